#ifndef TW_LLM_BLOCK_RIDGE_H
#define TW_LLM_BLOCK_RIDGE_H

/* Ridge regression in its dual form, every block of rows predicted from all the other blocks, without
 * fitting anew for each. Matrices are row by row. Pure. */

#include <stddef.h>

/* Block b is the rows first[b] .. first[b + 1] - 1. No block is empty, and together they are all rows. */
struct row_blocks {
    size_t n;      /* blocks */
    size_t *first; /* n + 1; the last one is the number of rows */
};

/* The inner products of n rows, into the upper triangle of ret_gram; below it is 0. The rows come as
 * columns: columns[k * n + i] is coordinate k of row i, k under dim. */
void block_ridge_gram(const double *columns, size_t n, size_t dim, double *ret_gram);

/* With targets that are one number for all of a block, the held-out predictions are linear in these
 * numbers t: row i of n is predicted as the sum over blocks c of ret_weights[c * n + i] t[c]. So to
 * exchange targets between blocks costs a small product, and no fit.
 *
 * gram is used up; of it the upper triangle is read. lambda over 0. */
void block_ridge_weights(double *gram,
                         double lambda,
                         const struct row_blocks *blocks,
                         double *ret_weights);

#endif
