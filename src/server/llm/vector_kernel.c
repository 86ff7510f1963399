#include "server/llm/vector_kernel.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define LANES 16

/* The compiler cuts it into what the processor has; each lane is summed by itself, so that the result
 * does not depend on it. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

/* ---- Floats ------------------------------------------------------------------------------------- */

double vector_norm(const float *x, size_t dim)
{
    double sum = 0;

    for (size_t i = 0; i < dim; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

double vector_inverse_norm(const float *x, size_t dim)
{
    double norm = vector_norm(x, dim);

    return norm < VECTOR_NORM_MIN ? 0 : 1 / norm;
}

static float sum_of(const lanes *sums)
{
    float at[LANES];

    memcpy(at, sums, sizeof(at));
    for (size_t width = LANES / 2; width > 0; width /= 2)
        for (size_t i = 0; i < width; i++)
            at[i] += at[i + width];
    return at[0];
}

static float dot(const float *a, const float *b, size_t dim)
{
    lanes sums = {0}, x, y;
    size_t i = 0;

    for (; i + LANES <= dim; i += LANES) {
        memcpy(&x, a + i, sizeof(x));
        memcpy(&y, b + i, sizeof(y));
        sums += x * y;
    }
    if (i < dim) {
        x = y = (lanes){0};
        memcpy(&x, a + i, (dim - i) * sizeof(*a));
        memcpy(&y, b + i, (dim - i) * sizeof(*b));
        sums += x * y;
    }
    return sum_of(&sums);
}

static float square_of_difference(const float *a, const float *b, size_t dim)
{
    lanes sums = {0}, x, y;
    size_t i = 0;

    for (; i + LANES <= dim; i += LANES) {
        memcpy(&x, a + i, sizeof(x));
        memcpy(&y, b + i, sizeof(y));
        sums += (x - y) * (x - y);
    }
    if (i < dim) {
        x = y = (lanes){0};
        memcpy(&x, a + i, (dim - i) * sizeof(*a));
        memcpy(&y, b + i, (dim - i) * sizeof(*b));
        sums += (x - y) * (x - y);
    }
    return sum_of(&sums);
}

float vector_distance(enum vector_space space,
                      const struct vector_side *a,
                      const struct vector_side *b,
                      size_t dim)
{
    double cosine;

    if (space == VECTOR_L2)
        return square_of_difference(a->x, b->x, dim);
    if (space == VECTOR_IP)
        return 1.0F - dot(a->x, b->x, dim);
    cosine = (double)dot(a->x, b->x, dim) * a->inverse_norm * b->inverse_norm;
    /* Rounding must not make it a negative distance. */
    return cosine >= 1 ? 0 : (float)(1 - cosine);
}

/* ---- Integers ----------------------------------------------------------------------------------- */

static void multiply_plain(const int8_t *rows,
                           size_t n_rows,
                           size_t stride,
                           const struct vector_multiplier *multiplier,
                           int32_t *ret_products)
{
    for (size_t i = 0; i < n_rows; i++) {
        int32_t sum = 0;

        for (size_t j = 0; j < stride; j++)
            sum += rows[i * stride + j] * multiplier->words[j];
        ret_products[i] = sum;
    }
}

static const struct vector_kernel plain = {"plain", false, multiply_plain};

#if defined(__x86_64__)

/* Four rows at a time: the multiplier is loaded once for them, and their sums are added up together. */

__attribute__((target("avx2"))) static inline __m128i add_up(__m256i a,
                                                             __m256i b,
                                                             __m256i c,
                                                             __m256i d)
{
    __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));

    return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

__attribute__((target("avx2"))) static inline __m256i multiply_words(__m256i sum,
                                                                     const int8_t *row,
                                                                     __m256i words)
{
    __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)row));

    return _mm256_add_epi32(sum, _mm256_madd_epi16(wide, words));
}

__attribute__((target("avx2"))) static void multiply_avx2(
    const int8_t *rows,
    size_t n_rows,
    size_t stride,
    const struct vector_multiplier *multiplier,
    int32_t *ret_products)
{
    size_t i = 0;

    for (; i + 4 <= n_rows; i += 4) {
        const int8_t *row = rows + i * stride;
        __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;

        for (size_t j = 0; j < stride; j += 16) {
            __m256i words =
                _mm256_load_si256((const __m256i *)(const void *)(multiplier->words + j));

            a = multiply_words(a, row + j, words);
            b = multiply_words(b, row + stride + j, words);
            c = multiply_words(c, row + 2 * stride + j, words);
            d = multiply_words(d, row + 3 * stride + j, words);
        }
        _mm_storeu_si128((__m128i *)(void *)(ret_products + i), add_up(a, b, c, d));
    }
    for (; i < n_rows; i++) {
        __m256i sum = _mm256_setzero_si256();

        for (size_t j = 0; j < stride; j += 16)
            sum = multiply_words(
                sum, rows + i * stride + j,
                _mm256_load_si256((const __m256i *)(const void *)(multiplier->words + j)));
        ret_products[i] = _mm_cvtsi128_si32(add_up(sum, sum, sum, sum));
    }
}

static const struct vector_kernel avx2 = {"avx2", false, multiply_avx2};

#define VNNI "avx2,avx512f,avx512vnni"

__attribute__((target(VNNI))) static inline __m512i multiply_bytes(__m512i sum,
                                                                   const int8_t *row,
                                                                   __m512i bytes)
{
    return _mm512_dpbusd_epi32(sum, bytes, _mm512_loadu_si512(row));
}

__attribute__((target(VNNI))) static inline __m256i fold(__m512i sum)
{
    return _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
}

__attribute__((target(VNNI))) static void multiply_vnni(const int8_t *rows,
                                                        size_t n_rows,
                                                        size_t stride,
                                                        const struct vector_multiplier *multiplier,
                                                        int32_t *ret_products)
{
    size_t i = 0;

    for (; i + 4 <= n_rows; i += 4) {
        const int8_t *row = rows + i * stride;
        __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;

        for (size_t j = 0; j < stride; j += 64) {
            __m512i bytes = _mm512_load_si512(multiplier->bytes + j);

            a = multiply_bytes(a, row + j, bytes);
            b = multiply_bytes(b, row + stride + j, bytes);
            c = multiply_bytes(c, row + 2 * stride + j, bytes);
            d = multiply_bytes(d, row + 3 * stride + j, bytes);
        }
        _mm_storeu_si128((__m128i *)(void *)(ret_products + i),
                         add_up(fold(a), fold(b), fold(c), fold(d)));
    }
    for (; i < n_rows; i++) {
        __m512i sum = _mm512_setzero_si512();

        for (size_t j = 0; j < stride; j += 64)
            sum = multiply_bytes(sum, rows + i * stride + j,
                                 _mm512_load_si512(multiplier->bytes + j));
        ret_products[i] = _mm512_reduce_add_epi32(sum);
    }
}

static const struct vector_kernel vnni = {"avx512-vnni", true, multiply_vnni};

/* Not target_clones: its resolvers run before the sanitizers are ready. */
size_t vector_kernels(const struct vector_kernel *ret_kernels[VECTOR_KERNELS_MAX])
{
    size_t n = 0;

    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni"))
        ret_kernels[n++] = &vnni;
    if (__builtin_cpu_supports("avx2"))
        ret_kernels[n++] = &avx2;
    ret_kernels[n++] = &plain;
    return n;
}

#else

size_t vector_kernels(const struct vector_kernel *ret_kernels[VECTOR_KERNELS_MAX])
{
    ret_kernels[0] = &plain;
    return 1;
}

#endif
