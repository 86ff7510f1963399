#include "test.h"

#include "common/alloc.h"
#include "common/random.h"
#include "same_bits.h"
#include "server/llm/matrix.h"

#include <math.h>

#define N_IN     37
#define N_OUT    96
#define ROWS_MAX 30

static float in[ROWS_MAX * N_IN], weights[N_OUT * N_IN], bias[N_OUT];
static struct matrix matrix;
static float *memory;

static void fill(struct random_state *rng, float *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        numbers[i] = (float)random_normal(rng, 0, 1);
}

static int set_up(void **state)
{
    struct random_state rng;

    (void)state;
    random_seed(&rng, 7);
    fill(&rng, in, COUNT_OF(in));
    fill(&rng, weights, COUNT_OF(weights));
    fill(&rng, bias, COUNT_OF(bias));
    memory = xcalloc(matrix_size(N_IN, N_OUT), sizeof(float));
    matrix_init(&matrix, memory, N_IN, N_OUT);
    /* In two parts, as query, key and value are. */
    matrix_set(&matrix, 0, 32, weights, bias);
    matrix_set(&matrix, 32, 64, weights + 32 * N_IN, bias + 32);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static void multiply(
    const struct matrix_kernels *kernels, size_t first, size_t n, bool has_gelu, float *out)
{
    const struct matrix_rows rows = {in + first * N_IN, N_IN, out, N_OUT, n};

    matrix_multiply(&matrix, kernels, &rows, has_gelu);
}

static double expected(size_t row, size_t column)
{
    double sum = (double)bias[column];

    for (size_t k = 0; k < N_IN; k++)
        sum += (double)in[row * N_IN + k] * (double)weights[column * N_IN + k];
    return sum;
}

static void a_product_is_right_for_every_number_of_rows(void **state)
{
    const struct matrix_kernels *kernels;
    float out[ROWS_MAX * N_OUT];

    (void)state;
    for (size_t set = 0; (kernels = matrix_kernels_at(set)); set++)
        for (size_t n = 1; n <= ROWS_MAX; n++) {
            multiply(kernels, 0, n, false, out);
            for (size_t i = 0; i < n * N_OUT; i++)
                CHECK_NEAR((double)out[i], expected(i / N_OUT, i % N_OUT), 1e-4);
        }
}

static void a_product_writes_nothing_beyond_its_rows(void **state)
{
    const struct matrix_kernels *kernels;
    float out[3 * N_OUT];

    (void)state;
    for (size_t set = 0; (kernels = matrix_kernels_at(set)); set++) {
        memset(out, 0x55, sizeof(out));
        multiply(kernels, 0, 2, true, out);
        for (size_t i = 2 * sizeof(float) * N_OUT; i < sizeof(out); i++)
            CHECK(((unsigned char *)out)[i] == 0x55);
    }
}

static void a_row_has_the_same_bits_among_any_others(void **state)
{
    const struct matrix_kernels *kernels;
    float together[ROWS_MAX * N_OUT], apart[ROWS_MAX * N_OUT];

    (void)state;
    for (size_t set = 0; (kernels = matrix_kernels_at(set)); set++)
        for (size_t n = 1; n <= 13; n++) {
            multiply(kernels, 0, ROWS_MAX, true, together);
            for (size_t first = 0; first < ROWS_MAX; first += n)
                multiply(kernels, first, first + n < ROWS_MAX ? n : ROWS_MAX - first, true,
                         apart + first * N_OUT);
            CHECK(same_bits(together, apart, sizeof(together)));
        }
}

/* All work of the other kernels too, on one row of 70 columns. */
static void run_all(const struct matrix_kernels *kernels, float *out)
{
    multiply(kernels, 0, ROWS_MAX, true, out);
    kernels->softmax(out, N_OUT, ROWS_MAX, 70, 0.3f);
    kernels->normalise(out, bias, weights, in, out, N_OUT);
}

static void wide_and_wider_registers_give_the_same_bits(void **state)
{
    float wide[ROWS_MAX * N_OUT], wider[ROWS_MAX * N_OUT];

    (void)state;
    if (!matrix_kernels_at(2)) {
        print_message("# skipped: this processor has not both AVX2 and AVX-512\n");
        skip();
    }
    run_all(matrix_kernels_at(0), wider);
    run_all(matrix_kernels_at(1), wide);
    CHECK(same_bits(wide, wider, sizeof(wide)));
}

static void gelu_is_that_of_the_error_function(void **state)
{
    float memory_of_one[32 + 32] = {0}, out[32];
    struct matrix one;
    const struct matrix_kernels *kernels;

    (void)state;
    matrix_init(&one, memory_of_one, 1, 32);
    one.panels[0] = 1;
    for (size_t set = 0; (kernels = matrix_kernels_at(set)); set++)
        for (int i = -12000; i <= 12000; i++) {
            float x = (float)i / 1000;
            double want = (double)x * 0.5 * erfc((double)-x / sqrt(2));

            matrix_multiply(&one, kernels, &(struct matrix_rows){&x, 1, out, 32, 1}, true);
            CHECK_NEAR((double)out[0], want, 3e-7 * fmax(1, fabs((double)x)));
        }
}

static void gelu_of_what_is_out_of_scale_stays_itself_or_nothing(void **state)
{
    static const float cases[][2] = {{3e38f, 3e38f}, {-3e38f, 0}, {1e5f, 1e5f}, {-1e5f, 0}};
    float memory_of_one[32 + 32] = {0}, out[32];
    struct matrix one;

    (void)state;
    matrix_init(&one, memory_of_one, 1, 32);
    one.panels[0] = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        matrix_multiply(&one, matrix_kernels_choose(),
                        &(struct matrix_rows){cases[i], 1, out, 32, 1}, true);
        CHECK(fabsf(out[0] - cases[i][1]) <= 1e-7f * fabsf(cases[i][0]));
    }
}

static void softmax_weighs_by_the_exponential(void **state)
{
    const struct matrix_kernels *kernels;

    (void)state;
    for (size_t set = 0; (kernels = matrix_kernels_at(set)); set++)
        for (size_t n = 1; n <= 70; n++) {
            float row[96];
            double sum = 0;

            memcpy(row, weights, sizeof(row));
            for (size_t c = 0; c < n; c++)
                sum += exp((double)(weights[c] * 2.5f));
            kernels->softmax(row, 96, 1, n, 2.5f);
            for (size_t c = 0; c < n; c++)
                CHECK_NEAR((double)row[c], exp((double)(weights[c] * 2.5f)) / sum, 1e-6);
            for (size_t c = n; c < (n + 15) / 16 * 16; c++)
                CHECK(row[c] == 0);
        }
}

static void softmax_of_far_apart_numbers_is_all_on_the_largest(void **state)
{
    const struct matrix_kernels *kernels;

    (void)state;
    for (size_t set = 0; (kernels = matrix_kernels_at(set)); set++) {
        float row[16] = {-3e37f, 1e30f, 5, 3e37f};

        kernels->softmax(row, 16, 1, 4, 1);
        CHECK(row[3] == 1 && row[0] < 1e-30f && row[1] < 1e-30f && row[2] < 1e-30f);
    }
}

static void normalise_has_mean_0_and_variance_1_before_gain_and_shift(void **state)
{
    const struct matrix_kernels *kernels;
    float out[N_OUT];
    double sum = 0, square = 0;

    (void)state;
    for (size_t c = 0; c < N_OUT; c++)
        sum += (double)in[c] + (double)bias[c];
    for (size_t c = 0; c < N_OUT; c++)
        square += pow((double)in[c] + (double)bias[c] - sum / N_OUT, 2);
    for (size_t set = 0; (kernels = matrix_kernels_at(set)); set++) {
        kernels->normalise(in, bias, weights, weights + 200, out, N_OUT);
        for (size_t c = 0; c < N_OUT; c++)
            CHECK_NEAR((double)out[c],
                       ((double)in[c] + (double)bias[c] - sum / N_OUT) / sqrt(square / N_OUT) *
                               (double)weights[c] +
                           (double)weights[200 + c],
                       1e-5);
    }
}

static void missing_rows_of_the_last_panel_are_0(void **state)
{
    float panels[2 * 3 * 32];

    (void)state;
    matrix_transpose(weights, N_IN, 35, 3, panels);
    for (size_t c = 0; c < 3; c++)
        for (size_t r = 0; r < 64; r++)
            CHECK(panels[r / 32 * 96 + c * 32 + r % 32] == (r < 35 ? weights[r * N_IN + c] : 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_product_is_right_for_every_number_of_rows),
        TEST(a_product_writes_nothing_beyond_its_rows),
        TEST(a_row_has_the_same_bits_among_any_others),
        TEST(wide_and_wider_registers_give_the_same_bits),
        TEST(gelu_is_that_of_the_error_function),
        TEST(gelu_of_what_is_out_of_scale_stays_itself_or_nothing),
        TEST(softmax_weighs_by_the_exponential),
        TEST(softmax_of_far_apart_numbers_is_all_on_the_largest),
        TEST(normalise_has_mean_0_and_variance_1_before_gain_and_shift),
        TEST(missing_rows_of_the_last_panel_are_0),
    };

    return cmocka_run_group_tests_name("matrix", tests, set_up, tear_down);
}
