#include "server/llm/block_ridge.h"

#include "common/alloc.h"

#include <math.h>
#include <string.h>

/* All that costs time is this, since compilers make vector instructions of it and, unlike of a sum, need
 * not reorder anything. */
static void add_scaled(double *restrict to, const double *restrict from, double by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += by * from[i];
}

/* a += v v', the upper triangle of n x n. */
static void add_outer(double *a, const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add_scaled(a + i * n + i, v + i, v[i], n - i);
}

void block_ridge_gram(const double *columns, size_t n, size_t dim, double *ret_gram)
{
    memset(ret_gram, 0, n * n * sizeof(*ret_gram));
    for (size_t k = 0; k < dim; k++)
        add_outer(ret_gram, columns + k * n, n);
}

/* Cholesky: the upper triangle of a becomes U with U'U = a. */
static void factor(double *a, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        double *row = a + k * n, root = sqrt(row[k]);

        for (size_t j = k; j < n; j++)
            row[j] /= root;
        for (size_t i = k + 1; i < n; i++)
            add_scaled(a + i * n + i, row + i, -row[i], n - i);
    }
}

/* ret_inverse = U'^-1, a lower triangle. */
static void invert_transposed(const double *u, size_t n, double *ret_inverse)
{
    memset(ret_inverse, 0, n * n * sizeof(*ret_inverse));
    for (size_t k = 0; k < n; k++) {
        double *row = ret_inverse + k * n;

        row[k] = 1;
        for (size_t j = 0; j <= k; j++)
            row[j] /= u[k * n + k];
        for (size_t i = k + 1; i < n; i++)
            add_scaled(ret_inverse + i * n, row, -u[k * n + i], k + 1);
    }
}

/* x = (U'U)^-1 x, for n rows of n_columns. */
static void solve(const double *u, size_t n, double *x, size_t n_columns)
{
    for (size_t k = 0; k < n; k++) {
        double *row = x + k * n_columns;

        for (size_t j = 0; j < n_columns; j++)
            row[j] /= u[k * n + k];
        for (size_t i = k + 1; i < n; i++)
            add_scaled(x + i * n_columns, row, -u[k * n + i], n_columns);
    }
    for (size_t k = n; k-- > 0;) {
        double *row = x + k * n_columns;

        for (size_t j = 0; j < n_columns; j++)
            row[j] /= u[k * n + k];
        for (size_t i = 0; i < k; i++)
            add_scaled(x + i * n_columns, row, -u[i * n + k], n_columns);
    }
}

/* ret_sums = Q E: of Q = Z'Z, with Z a lower triangle, the columns of each block added up. */
static void sum_columns(const double *z, const struct row_blocks *blocks, double *ret_sums)
{
    size_t n = blocks->first[blocks->n];
    CLEANUP(freep) double *sums = xcalloc(blocks->n, sizeof(*sums)); /* of one row of Z */

    memset(ret_sums, 0, n * blocks->n * sizeof(*ret_sums));
    for (size_t k = 0; k < n; k++) {
        memset(sums, 0, blocks->n * sizeof(*sums));
        for (size_t b = 0; b < blocks->n; b++)
            for (size_t i = blocks->first[b]; i < blocks->first[b + 1]; i++)
                sums[b] += z[k * n + i];
        for (size_t i = 0; i <= k; i++)
            add_scaled(ret_sums + i * blocks->n, sums, z[k * n + i], blocks->n);
    }
}

/* With Q = (K + lambda I)^-1 and y the targets, a fit to all but block b misses there by
 *
 *   y_b - f_b = Q_bb^-1 (Q y)_b,
 *
 * the hat matrix' (I - H_bb)^-1 (y - H y)_b, since I - H = lambda Q (the closed form of leave-one-out,
 * Allen's PRESS of 1974, for a block). y is E t, so f = weights t with weights_b = E_b - Q_bb^-1 (Q E)_b.
 * In its own column that is 0, as it must be, and is set so. */
void block_ridge_weights(double *gram,
                         double lambda,
                         const struct row_blocks *blocks,
                         double *ret_weights)
{
    size_t n = blocks->first[blocks->n];
    CLEANUP(freep) double *z = xcalloc(n * n, sizeof(*z)); /* Q = Z'Z */

    for (size_t i = 0; i < n; i++)
        gram[i * n + i] += lambda;
    factor(gram, n);
    invert_transposed(gram, n, z);
    sum_columns(z, blocks, ret_weights);
    for (size_t b = 0; b < blocks->n; b++) {
        size_t first = blocks->first[b], n_rows = blocks->first[b + 1] - first;
        double *weights = ret_weights + first * blocks->n, *own = gram; /* done with, so scratch */

        memset(own, 0, n_rows * n_rows * sizeof(*own));
        for (size_t k = first; k < n; k++)
            add_outer(own, z + k * n + first, n_rows);
        factor(own, n_rows);
        solve(own, n_rows, weights, blocks->n);
        for (size_t i = 0; i < n_rows * blocks->n; i++)
            weights[i] = i % blocks->n == b ? 0 : -weights[i];
    }
}
