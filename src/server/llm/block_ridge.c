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

/* The same for four vectors, one behind the other, in one walk over a, which costs more than the products. */
static void add_outer_of_four(double *restrict a, const double *restrict v, size_t n)
{
    const double *v1 = v + n, *v2 = v1 + n, *v3 = v2 + n;

    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            a[i * n + j] += (v[i] * v[j] + v1[i] * v1[j]) + (v2[i] * v2[j] + v3[i] * v3[j]);
}

void block_ridge_gram(const double *columns, size_t n, size_t dim, double *ret_gram)
{
    size_t k = 0;

    memset(ret_gram, 0, n * n * sizeof(*ret_gram));
    for (; k + 4 <= dim; k += 4)
        add_outer_of_four(ret_gram, columns + k * n, n);
    for (; k < dim; k++)
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
    CLEANUP(freep) double *sums = xcalloc(n * blocks->n, sizeof(*sums));

    for (size_t i = 0; i < n; i++)
        gram[i * n + i] += lambda;
    factor(gram, n);
    invert_transposed(gram, n, z);
    sum_columns(z, blocks, sums);
    for (size_t b = 0; b < blocks->n; b++) {
        size_t first = blocks->first[b], n_rows = blocks->first[b + 1] - first;
        double *own = gram, *missed = sums + first * blocks->n; /* the factor is done with */

        memset(own, 0, n_rows * n_rows * sizeof(*own));
        for (size_t k = first; k < n; k++)
            add_outer(own, z + k * n + first, n_rows);
        factor(own, n_rows);
        solve(own, n_rows, missed, blocks->n);
        for (size_t i = 0; i < n_rows; i++)
            for (size_t c = 0; c < blocks->n; c++)
                ret_weights[c * n + first + i] = c == b ? 0 : -missed[i * blocks->n + c];
    }
}
