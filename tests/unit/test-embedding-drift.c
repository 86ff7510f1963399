#include "test.h"

#include "common/json.h"
#include "common/random.h"
#include "server/llm/embedding_drift.h"
#include "source_file.h"

#include <math.h>

/* ---- Golden numbers from numpy, which fits anew for every block and permutation -------------------- */

/* Rows of whole numbers, brought to unit length. Owned. */
static float *read_rows(const struct json *rows, size_t dim, size_t *ret_n)
{
    float *vectors = xcalloc(json_count(rows) * dim, sizeof(*vectors)), *to = vectors;

    for (const struct json *row = json_first(rows); row; row = json_next(row), to += dim) {
        double x[64] = {0}, squared = 0;
        size_t k = 0;

        CHECK(json_count(row) == dim && dim <= 64);
        for (const struct json *item = json_first(row); item; item = json_next(item)) {
            x[k] = json_number(item, (double)NAN);
            squared += x[k] * x[k];
            k++;
        }
        for (k = 0; k < dim; k++)
            to[k] = (float)(x[k] / sqrt(squared));
    }
    *ret_n = json_count(rows);
    return vectors;
}

static void check_case(const struct json *golden, size_t dim)
{
    struct embedding_drift_result result;
    size_t n_reference, n_window;
    CLEANUP(freep) float *reference = read_rows(json_get(golden, "reference"), dim, &n_reference);
    CLEANUP(freep) float *window = read_rows(json_get(golden, "window"), dim, &n_window);

    const struct {
        const char *key;
        const double *ours;
    } numbers[] = {{"score", &result.score},        {"auc", &result.auc},
                   {"p_value", &result.p_value},    {"mmd2", &result.mmd2},
                   {"mmd2_p", &result.mmd2_p},      {"unseen_ratio", &result.unseen_ratio},
                   {"diversity", &result.diversity}};

    embedding_drift_compute(reference, n_reference, window, n_window, dim, &result);
    CHECK(result.has_score);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        double theirs =
            json_number(json_get(json_get(golden, "expected"), numbers[i].key), (double)NAN);

        if (!(fabs(*numbers[i].ours - theirs) <= 1e-12))
            fail_msg("%s is %.17g, not %.17g", numbers[i].key, *numbers[i].ours, theirs);
    }
}

static void the_closed_form_is_what_refitting_for_every_block_gives(void **state)
{
    size_t len, n_cases = 0;
    CLEANUP(freep) char *text = source_file_read("tests/data/golden/embedding_golden.json", &len);
    CLEANUP(json_freep) struct json *golden = NULL;
    struct tw_error err;

    (void)state;
    CHECK(json_parse(text, len, &golden, &err) == 0);
    for (const struct json *item = json_first(json_get(golden, "cases")); item;
         item = json_next(item)) {
        print_message("# %s\n", json_string(json_get(item, "name")));
        check_case(item, (size_t)json_number(json_get(golden, "dim"), 0));
        n_cases++;
    }
    assert_int_equal(n_cases, 4);
}

/* ---- Vectors made here ----------------------------------------------------------------------------- */

#define DIM  ((size_t)6)
#define MOST ((size_t)450)

/* Unit vectors in any direction, but by `towards` along the first axis. */
static void draw(float *vectors, size_t n, double towards, uint64_t seed)
{
    struct random_state rng;

    random_seed(&rng, seed);
    for (size_t i = 0; i < n; i++) {
        double x[DIM], squared = 0;

        for (size_t k = 0; k < DIM; k++) {
            x[k] = random_normal(&rng, k == 0 ? towards : 0, 1);
            squared += x[k] * x[k];
        }
        for (size_t k = 0; k < DIM; k++)
            vectors[i * DIM + k] = (float)(x[k] / sqrt(squared));
    }
}

static float before[MOST * DIM], after[MOST * DIM];

static void under_100_vectors_on_either_side_make_no_score(void **state)
{
    struct embedding_drift_result result;

    (void)state;
    draw(before, 200, 0, 1);
    draw(after, 200, 5, 2);
    embedding_drift_compute(before, 200, after, 99, DIM, &result);
    CHECK(!result.has_score && result.score == 0 && result.n_window == 99);
    CHECK(result.diversity > 0 && result.diversity < 0.5);
    embedding_drift_compute(before, 99, after, 200, DIM, &result);
    CHECK(!result.has_score && result.n_reference == 99);
    embedding_drift_compute(before, 200, after, 100, DIM, &result);
    CHECK(result.has_score && result.score > 0.9);
}

static void one_vector_has_no_diversity(void **state)
{
    struct embedding_drift_result result;

    (void)state;
    draw(after, 1, 0, 1);
    embedding_drift_compute(before, 0, after, 0, DIM, &result);
    CHECK(isnan(result.diversity));
    embedding_drift_compute(before, 0, after, 1, DIM, &result);
    CHECK(isnan(result.diversity));
}

static void opposite_vectors_are_two_apart(void **state)
{
    struct embedding_drift_result result;
    const float pair[] = {0.6F, 0.8F, -0.6F, -0.8F};

    (void)state;
    embedding_drift_compute(NULL, 0, pair, 2, 2, &result);
    CHECK_NEAR(result.diversity, 2, 1e-6);
}

static void equal_vectors_do_not_differ(void **state)
{
    struct embedding_drift_result result;

    (void)state;
    for (size_t i = 0; i < 200; i++)
        memcpy(before + i * DIM, (const float[DIM]){0.6F, 0, 0.8F}, DIM * sizeof(float));
    embedding_drift_compute(before, 200, before, 200, DIM, &result);
    CHECK_NEAR(result.auc, 0.5, 1e-12);
    CHECK_NEAR(result.p_value, 1, 1e-12);
    CHECK_NEAR(result.mmd2, 0, 1e-12);
    CHECK_NEAR(result.diversity, 0, 1e-6);
    CHECK(result.score == 0 && result.unseen_ratio == 0);
}

/* Of the window a quarter lies on an axis that the reference does not know. */
static void the_share_of_strangers_is_told(void **state)
{
    struct embedding_drift_result result;

    (void)state;
    draw(before, 200, 2, 9);
    draw(after, 200, 2, 10);
    for (size_t i = 0; i < 200; i += 4)
        for (size_t k = 0; k < DIM; k++)
            after[i * DIM + k] = k == 0 ? -1 : 0;
    embedding_drift_compute(before, 200, after, 200, DIM, &result);
    CHECK(result.unseen_ratio > 0.2 && result.unseen_ratio < 0.35);
}

/* Were they, the reference's nearest would be their own copies, and all that is not a copy far. */
static void questions_asked_twice_are_not_their_own_neighbours(void **state)
{
    struct embedding_drift_result result;

    (void)state;
    draw(before, 100, 0, 12);
    memcpy(before + 100 * DIM, before, 100 * DIM * sizeof(float));
    draw(after, 200, 0, 13);
    embedding_drift_compute(before, 200, after, 200, DIM, &result);
    CHECK(result.unseen_ratio < 0.1);
}

static void questions_asked_again_are_no_strangers(void **state)
{
    struct embedding_drift_result result;

    (void)state;
    draw(before, 220, 0, 11);
    embedding_drift_compute(before, 220, before + 20 * DIM, 200, DIM, &result);
    CHECK(result.auc < 0.5 && result.score == 0 && result.unseen_ratio == 0);
}

static void the_same_vectors_give_the_same_bits(void **state)
{
    struct embedding_drift_result first, second;

    (void)state;
    draw(before, 150, 0, 3);
    draw(after, 200, 0.7, 4);
    embedding_drift_compute(before, 150, after, 200, DIM, &first);
    embedding_drift_compute(before, 150, after, 200, DIM, &second);
    CHECK(first.auc == second.auc && first.p_value == second.p_value);
    CHECK(first.mmd2 == second.mmd2 && first.mmd2_p == second.mmd2_p);
    CHECK(first.diversity == second.diversity && first.unseen_ratio == second.unseen_ratio);
}

static void a_long_reference_is_picked_from_evenly(void **state)
{
    struct embedding_drift_result of_all, of_picked;
    static float picked[EMBEDDING_DRIFT_REFERENCE_MAX * DIM];

    (void)state;
    draw(before, MOST, 0, 5);
    draw(after, 120, 0.5, 6);
    for (size_t i = 0; i < EMBEDDING_DRIFT_REFERENCE_MAX; i++)
        memcpy(picked + i * DIM, before + embedding_drift_pick(i, MOST) * DIM, DIM * sizeof(float));
    CHECK(embedding_drift_pick(0, MOST) == 0);
    CHECK(embedding_drift_pick(EMBEDDING_DRIFT_REFERENCE_MAX - 1, MOST) >= MOST - 2);
    CHECK(embedding_drift_pick(399, 400) == 399 && embedding_drift_pick(7, 10) == 7);
    embedding_drift_compute(before, MOST, after, 120, DIM, &of_all);
    embedding_drift_compute(picked, EMBEDDING_DRIFT_REFERENCE_MAX, after, 120, DIM, &of_picked);
    assert_int_equal(of_all.n_reference, EMBEDDING_DRIFT_REFERENCE_MAX);
    CHECK(of_all.auc == of_picked.auc && of_all.mmd2 == of_picked.mmd2);
}

static void swapped_sides_differ_as_much(void **state)
{
    struct embedding_drift_result one, other;

    (void)state;
    draw(before, 130, 0, 7);
    draw(after, 190, 1, 8);
    embedding_drift_compute(before, 130, after, 190, DIM, &one);
    embedding_drift_compute(after, 190, before, 130, DIM, &other);
    CHECK_NEAR(one.auc, other.auc, 1e-12);
    CHECK_NEAR(one.mmd2, other.mmd2, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_closed_form_is_what_refitting_for_every_block_gives),
        TEST(under_100_vectors_on_either_side_make_no_score),
        TEST(one_vector_has_no_diversity),
        TEST(opposite_vectors_are_two_apart),
        TEST(equal_vectors_do_not_differ),
        TEST(the_share_of_strangers_is_told),
        TEST(questions_asked_twice_are_not_their_own_neighbours),
        TEST(questions_asked_again_are_no_strangers),
        TEST(the_same_vectors_give_the_same_bits),
        TEST(a_long_reference_is_picked_from_evenly),
        TEST(swapped_sides_differ_as_much),
    };

    return cmocka_run_group_tests_name("embedding-drift", tests, NULL, NULL);
}
