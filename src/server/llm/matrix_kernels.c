/* Compiled once per instruction set: KERNELS is the name of what it defines. With -ffp-contract=fast, unlike
 * the rest: these loops live on fused multiply-add, and the bits stay the same because each number is summed
 * in one order whatever the width of the registers. */

#include "server/llm/matrix_kernels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

extern const struct matrix_kernels KERNELS;

/* A tile of the product stays in registers: TILE_ROWS x 2 of the 16 or 32 that there are. */
#if defined(__AVX512F__)
#define ISA_NAME  "avx512"
#define LANES     ((size_t)16)
#define TILE_ROWS 12
#elif defined(__AVX2__)
#define ISA_NAME  "avx2"
#define LANES     ((size_t)8)
#define TILE_ROWS 6
#else
#define ISA_NAME  "baseline"
#define LANES     ((size_t)4)
#define TILE_ROWS 4
#endif
#define TILE_COLUMNS (2 * LANES)

#define CACHE_LINE (64 / sizeof(float))

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

/* Sums and maxima along a row are kept in this many parts, so that they do not depend on LANES. */
#define PARTS 16

static inline vector load(const float *from)
{
    vector v;

    (void)memcpy(&v, from, sizeof(v));
    return v;
}

static inline void store(float *to, vector v)
{
    (void)memcpy(to, &v, sizeof(v));
}

/* 2^y for y <= 0, within 2e-7 of itself (2^-126 below that). The polynomials here and below are minimax fits,
 * see tests/golden/fit_kernels.py. */
static inline float exp2_of_negative(float y)
{
    const float rounder = 0x1.8p23f; /* adding it leaves the nearest integer in the low bits */
    float clamped = y > -126.0f ? y : -126.0f;
    float shifted = clamped + rounder;
    float x = clamped - (shifted - rounder); /* -0.5..0.5 */
    float p = 0.00132764713f;
    uint32_t bits;

    p = p * x + 0.00967554096f;
    p = p * x + 0.0555071309f;
    p = p * x + 0.240221202f;
    p = p * x + 0.693146944f;
    p = p * x + 1.00000012f;
    (void)memcpy(&bits, &shifted, sizeof(bits));
    bits = (bits + 127) << 23;
    (void)memcpy(&x, &bits, sizeof(x));
    return p * x;
}

/* x Phi(x) = max(x, 0) - |x| Phi(-|x|), where log2 Phi(-x) is all but a parabola: within 2e-7. */
static inline float gelu(float x)
{
    float size = fabsf(x);
    float a = size < 6.0f ? size : 6.0f; /* beyond it Phi is under 1e-9 */
    float p = 3.3092816e-05f;

    p = p * a - 0.00076921971f;
    p = p * a + 0.00808071624f;
    p = p * a - 0.0534121022f;
    p = p * a - 0.458770961f;
    p = p * a - 1.15120173f;
    p = p * a - 0.999993086f;
    return (x > 0.0f ? x : 0.0f) - size * exp2_of_negative(p);
}

/* Where a tile of the product is, and what of the next panel it fetches from memory meanwhile: the weights are
 * too many for the near caches. Without it a batch of 128 tokens took 1.25 times as long, a short text by
 * itself 1.3 to 2 times. */
struct tile {
    const float *left, *right, *bias;
    float *out;
    const float *ahead;
    size_t ahead_step; /* for each number of n_inner */
};

/* n_rows x TILE_COLUMNS of the product. n_rows is a constant wherever this is used, so that the sums stay in
 * registers; each is bias + l[0] r[0] + l[1] r[1] ... in that order, whatever the tile. Rows are addressed in
 * threes, for that takes no register per row (4 % in a batch). */
static inline __attribute__((always_inline)) void multiply_tile(const struct matrix_product *p,
                                                                const struct tile *tile,
                                                                size_t n_rows)
{
    const size_t stride = p->left_stride;
    const float *const lefts[] = {tile->left, tile->left + 3 * stride, tile->left + 6 * stride,
                                  tile->left + 9 * stride};
    const float *right = tile->right, *ahead = tile->ahead;
    vector sums[TILE_ROWS][2];

    for (size_t r = 0; r < n_rows; r++)
        for (size_t h = 0; h < 2; h++)
            sums[r][h] = tile->bias ? load(tile->bias + h * LANES) : (vector){0};
    for (size_t k = 0; k < p->n_inner; k++) {
        vector right0 = load(right), right1 = load(right + LANES);

        __builtin_prefetch(ahead, 0, 2);
        __builtin_prefetch(ahead + CACHE_LINE, 0, 2);
        right += p->row_stride;
        ahead += tile->ahead_step;
        for (size_t r = 0; r < n_rows; r++) {
            float factor = lefts[r / 3][r % 3 * stride + k];

            sums[r][0] += factor * right0;
            sums[r][1] += factor * right1;
        }
    }
    for (size_t r = 0; r < n_rows; r++) {
        float *row = tile->out + r * p->out_stride;

        store(row, sums[r][0]);
        store(row + LANES, sums[r][1]);
        for (size_t c = 0; p->has_gelu && c < TILE_COLUMNS; c++)
            row[c] = gelu(row[c]);
    }
}

static void multiply_rows(const struct matrix_product *p, const struct tile *tile, size_t n_rows)
{
#define TILE(n)                                                                                    \
    case n:                                                                                        \
        multiply_tile(p, tile, n);                                                                 \
        return;
    switch (n_rows) {
        TILE(1)
        TILE(2)
        TILE(3)
        TILE(4)
#if TILE_ROWS > 4
        TILE(5)
        TILE(6)
#endif
#if TILE_ROWS > 6
        TILE(7)
        TILE(8)
        TILE(9)
        TILE(10)
        TILE(11)
        TILE(12)
#endif
    }
#undef TILE
}

/* TILE_COLUMNS of all rows. The rows go over in tiles of like height, because a low one wastes the registers;
 * each of the n_tiles fetches its part of the next panel. (Beyond the last one lies nothing, or the next
 * matrix; to fetch there does no harm.) */
static void multiply_columns(const struct matrix_product *p, size_t column)
{
    const float *panel = p->panels + column / MATRIX_PANEL * p->panel_stride;
    size_t n_tiles = (p->n_rows + TILE_ROWS - 1) / TILE_ROWS, row = 0;

    for (size_t i = 0; i < n_tiles; i++) {
        size_t n_rows = (p->n_rows - row + (n_tiles - i) - 1) / (n_tiles - i);
        const struct tile tile = {
            .left = p->left + row * p->left_stride,
            .right = panel + column % MATRIX_PANEL,
            .bias = p->bias ? p->bias + column : NULL,
            .out = p->out + row * p->out_stride + column,
            .ahead = panel + p->panel_stride + i * (p->panel_stride / n_tiles),
            .ahead_step = (MATRIX_PANEL + n_tiles - 1) / n_tiles,
        };

        multiply_rows(p, &tile, n_rows);
        row += n_rows;
    }
}

static void multiply(const struct matrix_product *p)
{
    for (size_t column = 0; column < p->n_panels * MATRIX_PANEL; column += TILE_COLUMNS)
        multiply_columns(p, column);
}

static inline float sum_parts(const float parts[PARTS])
{
    float sums[PARTS];

    (void)memcpy(sums, parts, sizeof(sums));
    for (size_t half = PARTS / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            sums[i] += sums[i + half];
    return sums[0];
}

static inline float max_of(const float *row, size_t n)
{
    float most[PARTS];

    (void)memcpy(most, row, sizeof(most));
    for (size_t c = PARTS; c < n; c += PARTS)
        for (size_t i = 0; i < PARTS; i++)
            most[i] = most[i] > row[c + i] ? most[i] : row[c + i];
    for (size_t i = 1; i < PARTS; i++)
        most[0] = most[0] > most[i] ? most[0] : most[i];
    return most[0];
}

static void softmax_row(float *row, size_t n_columns, float scale)
{
    const float log2_e = 1.44269504f;
    size_t n = (n_columns + PARTS - 1) / PARTS * PARTS;
    float parts[PARTS] = {0}, most, inverse;

    for (size_t c = n_columns; c < n; c++)
        row[c] = -INFINITY;
    most = max_of(row, n);
    for (size_t c = 0; c < n; c += PARTS)
        for (size_t i = 0; i < PARTS; i++) {
            row[c + i] = exp2_of_negative((row[c + i] - most) * (scale * log2_e));
            parts[i] += row[c + i];
        }
    inverse = 1.0f / sum_parts(parts);
    for (size_t c = 0; c < n; c++)
        row[c] *= inverse;
    for (size_t c = n_columns; c < n; c++)
        row[c] = 0.0f;
}

static void softmax(float *rows, size_t stride, size_t n_rows, size_t n_columns, float scale)
{
    for (size_t r = 0; r < n_rows; r++)
        softmax_row(rows + r * stride, n_columns, scale);
}

static void normalise(
    const float *a, const float *b, const float *gain, const float *shift, float *out, size_t n)
{
    float sums[PARTS] = {0}, squares[PARTS] = {0}, mean, scale;

    for (size_t c = 0; c < n; c += PARTS)
        for (size_t i = 0; i < PARTS; i++) {
            out[c + i] = a[c + i] + b[c + i];
            sums[i] += out[c + i];
        }
    mean = sum_parts(sums) / (float)n;
    for (size_t c = 0; c < n; c += PARTS)
        for (size_t i = 0; i < PARTS; i++) {
            float off = out[c + i] - mean;

            squares[i] += off * off;
        }
    scale = 1.0f / sqrtf(sum_parts(squares) / (float)n + 1e-12f);
    for (size_t c = 0; c < n; c++)
        out[c] = (out[c] - mean) * scale * gain[c] + shift[c];
}

const struct matrix_kernels KERNELS = {ISA_NAME, multiply, softmax, normalise};
