#ifndef TW_LLM_MATRIX_KERNELS_H
#define TW_LLM_MATRIX_KERNELS_H

/* The inner loops of the sentence encoder, compiled once per instruction set (matrix_kernels.c) and chosen at run
 * time. Every number of a result depends on its own row only, computed in one fixed order: the same text
 * gives the same bits alone, in a batch and on any thread; AVX2 and AVX-512 give the same bits too. Pure. */

#include <stdbool.h>
#include <stddef.h>

#define MATRIX_PANEL ((size_t)32) /* columns of the right-hand matrix that are stored together */

/* out[r][c] = bias[c] + sum over k of left[r][k] * right[k][c], all float32, where right[k][c] is
 * panels[(c / 32) * panel_stride + k * row_stride + c % 32]. Strides in floats. */
struct matrix_product {
    const float *left;
    size_t left_stride, n_rows;
    size_t n_inner; /* columns of left, rows of right */
    const float *panels;
    size_t panel_stride, row_stride;
    size_t n_panels;
    const float *bias; /* n_panels * 32; NULL: 0 */
    bool has_gelu;     /* gelu(out) instead of out */
    float *out;        /* n_panels * 32 columns are written */
    size_t out_stride;
};

struct matrix_kernels {
    const char *name; /* of the instruction set */

    void (*multiply)(const struct matrix_product *product);

    /* Each row becomes softmax(scale * row). Reads and writes up to a multiple of 16 columns; those from
     * n_columns on become 0. */
    void (*softmax)(float *rows, size_t stride, size_t n_rows, size_t n_columns, float scale);

    /* out = gain * (s - mean(s)) / sqrt(variance(s) + 1e-12) + shift for s = a + b, over n columns, a
     * multiple of 16. out may be a or b. */
    void (*normalise)(const float *a,
                      const float *b,
                      const float *gain,
                      const float *shift,
                      float *out,
                      size_t n);
};

/* The fastest that this processor has. */
const struct matrix_kernels *matrix_kernels_choose(void);

/* All that this processor has, fastest first: the i-th, or NULL. For tests and benchmarks. */
const struct matrix_kernels *matrix_kernels_at(size_t i);

#endif
