#include "server/llm/matrix.h"

size_t matrix_size(size_t n_in, size_t n_out)
{
    return n_out * (n_in + 1);
}

void matrix_init(struct matrix *matrix, float *memory, size_t n_in, size_t n_out)
{
    matrix->panels = memory;
    matrix->bias = memory + n_in * n_out;
    matrix->n_in = n_in;
    matrix->n_out = n_out;
}

void matrix_transpose(
    const float *rows, size_t stride, size_t n_rows, size_t n_columns, float *ret_panels)
{
    for (size_t first = 0; first < n_rows; first += MATRIX_PANEL) {
        float *panel = ret_panels + first * n_columns;
        size_t n = n_rows - first < MATRIX_PANEL ? n_rows - first : MATRIX_PANEL;

        for (size_t c = 0; c < n_columns; c++)
            for (size_t r = 0; r < MATRIX_PANEL; r++)
                panel[c * MATRIX_PANEL + r] = r < n ? rows[(first + r) * stride + c] : 0.0f;
    }
}

void matrix_set(
    struct matrix *matrix, size_t first_out, size_t n_out, const float *weights, const float *bias)
{
    matrix_transpose(weights, matrix->n_in, n_out, matrix->n_in,
                     matrix->panels + first_out * matrix->n_in);
    for (size_t i = 0; i < n_out; i++)
        matrix->bias[first_out + i] = bias[i];
}

void matrix_multiply(const struct matrix *matrix,
                     const struct matrix_kernels *kernels,
                     const struct matrix_rows *rows,
                     bool has_gelu)
{
    const struct matrix_product product = {
        .left = rows->in,
        .left_stride = rows->in_stride,
        .n_rows = rows->n_rows,
        .n_inner = matrix->n_in,
        .panels = matrix->panels,
        .panel_stride = matrix->n_in * MATRIX_PANEL,
        .row_stride = MATRIX_PANEL,
        .n_panels = matrix->n_out / MATRIX_PANEL,
        .bias = matrix->bias,
        .has_gelu = has_gelu,
        .out = rows->out,
        .out_stride = rows->out_stride,
    };

    kernels->multiply(&product);
}
