#ifndef TW_VECTOR_KERNEL_H
#define TW_VECTOR_KERNEL_H

/* The arithmetic of vector search: distances as they are answered, and the integer products of the scan.
 * The same bits on every machine: floats are summed in sixteen lanes whatever the processor has. Pure. */

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

/* sum of x[i] * y[i] over n, a multiple of VECTOR_CODE_LANES; the caller sees to it that it fits. */
#define VECTOR_CODE_LANES 32
typedef int32_t vector_dot_fn(const int8_t *x, const int16_t *y, size_t n);

/* The fastest that this processor has; they all give the same number. */
vector_dot_fn *vector_dot_choose(void);

/* The one that needs nothing. */
vector_dot_fn vector_dot_plain;

#endif
