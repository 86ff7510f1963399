#ifndef TW_LLM_MATRIX_H
#define TW_LLM_MATRIX_H

/* Matrices laid out as the right-hand side of a matrix_product: panels of 32 columns, in which the 32
 * numbers of one row follow each other. Memory is the caller's. Pure. */

#include "server/llm/matrix_kernels.h"

#include <stdbool.h>
#include <stddef.h>

/* A linear layer: out = in x weights^T + bias. */
struct matrix {
    float *panels;
    float *bias;
    size_t n_in, n_out; /* n_out is a multiple of MATRIX_PANEL */
};

/* Floats of a layer. */
size_t matrix_size(size_t n_in, size_t n_out);

/* The layer in memory of that size, aligned to 64 bytes; its numbers are set later. */
void matrix_init(struct matrix *matrix, float *memory, size_t n_in, size_t n_out);

/* Sets the outputs [first_out, first_out + n_out), both multiples of MATRIX_PANEL, from a weight row and a
 * bias for each. */
void matrix_set(
    struct matrix *matrix, size_t first_out, size_t n_out, const float *weights, const float *bias);

/* n_rows of n_in numbers -> n_rows of n_out; strides in floats, as in matrix_product. */
struct matrix_rows {
    const float *in;
    size_t in_stride;
    float *out;
    size_t out_stride;
    size_t n_rows;
};

void matrix_multiply(const struct matrix *matrix,
                     const struct matrix_kernels *kernels,
                     const struct matrix_rows *rows,
                     bool has_gelu);

/* Turns rows (n_rows of n_columns, stride floats apart) into panels of their transpose: panel p has the
 * rows 32 p to 32 p + 31 as its columns; rows that are missing in the last are 0. */
void matrix_transpose(
    const float *rows, size_t stride, size_t n_rows, size_t n_columns, float *ret_panels);

#endif
