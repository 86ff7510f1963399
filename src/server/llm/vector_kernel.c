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

int32_t vector_dot_plain(const int8_t *x, const int16_t *y, size_t n)
{
    int32_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static int32_t dot_avx2(const int8_t *x, const int16_t *y, size_t n)
{
    __m256i even = _mm256_setzero_si256(), odd = even;
    __m128i sum;

    for (size_t i = 0; i < n; i += 32) {
        __m256i x0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(x + i)));
        __m256i x1 =
            _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(x + i + 16)));
        __m256i y0 = _mm256_loadu_si256((const __m256i *)(const void *)(y + i));
        __m256i y1 = _mm256_loadu_si256((const __m256i *)(const void *)(y + i + 16));

        even = _mm256_add_epi32(even, _mm256_madd_epi16(x0, y0));
        odd = _mm256_add_epi32(odd, _mm256_madd_epi16(x1, y1));
    }
    even = _mm256_add_epi32(even, odd);
    sum = _mm_add_epi32(_mm256_castsi256_si128(even), _mm256_extracti128_si256(even, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return _mm_cvtsi128_si32(sum);
}

/* Not target_clones: its resolvers run before the sanitizers are ready. */
vector_dot_fn *vector_dot_choose(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? dot_avx2 : vector_dot_plain;
}

#else

vector_dot_fn *vector_dot_choose(void)
{
    return vector_dot_plain;
}

#endif
