#ifndef TW_VECTOR_KERNEL_H
#define TW_VECTOR_KERNEL_H

/* The arithmetic of vector search: distances as they are answered, and the integer products of the scan.
 * The same bits on every machine: floats are summed in sixteen lanes whatever the processor has. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As Chroma and hnswlib define them. The values are stored: keep them. */
enum vector_space {
    VECTOR_L2,     /* sum of (a - b)^2 */
    VECTOR_COSINE, /* 1 - cosine; 1 when one of them is zero */
    VECTOR_IP,     /* 1 - a.b */
    N_VECTOR_SPACES
};

/* Beyond it a square no longer fits a float; shorter ones have no direction. */
#define VECTOR_VALUE_MAX 1e15
#define VECTOR_NORM_MIN  1e-15

double vector_norm(const float *x, size_t dim);

/* 1 / norm, or 0 for a vector that counts as zero. */
double vector_inverse_norm(const float *x, size_t dim);

/* The inverses are used by VECTOR_COSINE only. */
struct vector_side {
    const float *x;
    double inverse_norm;
};

float vector_distance(enum vector_space space,
                      const struct vector_side *a,
                      const struct vector_side *b,
                      size_t dim);

/* ---- Codes --------------------------------------------------------------------------------------
 * A vector as whole numbers of -127..127, a row of bytes. Rows are padded with zeros to a stride, a multiple
 * of VECTOR_CODE_LANES. */

#define VECTOR_DIM_MAX    4096
#define VECTOR_CODE_MAX   127
#define VECTOR_CODE_LANES 64

/* What rows are multiplied with: the words, or the same as bytes with 128 added. */
struct vector_multiplier {
    _Alignas(64) int16_t words[VECTOR_DIM_MAX];
    _Alignas(64) uint8_t bytes[VECTOR_DIM_MAX];
};

#define VECTOR_BYTE_OFFSET 128

struct vector_kernel {
    const char *name;
    bool uses_bytes; /* then words must be within VECTOR_CODE_MAX */
    /* ret_products[i]: the sum over the stride of row i times the words, or the bytes. The caller sees to
     * it that the sum fits. */
    void (*multiply)(const int8_t *rows,
                     size_t n_rows,
                     size_t stride,
                     const struct vector_multiplier *multiplier,
                     int32_t *ret_products);
};

/* Those that this processor can run, the fastest first. */
#define VECTOR_KERNELS_MAX 3
size_t vector_kernels(const struct vector_kernel *ret_kernels[VECTOR_KERNELS_MAX]);

#endif
