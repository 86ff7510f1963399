#include "test.h"

#include "server/llm/query_window.h"

#include <math.h>
#include <pthread.h>

#define DIM 3

/* ---- A computation that tells what it was given, in place of the real one -------------------------- */

static struct query_window *reset_meanwhile; /* a reset comes while it computes */
static float first_before, first_after, last_after;
static bool is_torn; /* a vector was not of one value */

static bool is_of_one_value(const float *vectors, size_t n, size_t dim)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 1; k < dim; k++)
            if (vectors[i * dim + k] != vectors[i * dim])
                return false;
    return true;
}

void embedding_drift_compute(const float *reference,
                             size_t n_reference,
                             const float *window,
                             size_t n_window,
                             size_t dim,
                             struct embedding_drift_result *ret_result)
{
    *ret_result = (struct embedding_drift_result){
        .n_reference = n_reference, .n_window = n_window, .score = 0.25};
    first_before = n_reference > 0 ? reference[0] : -1;
    first_after = n_window > 0 ? window[0] : -1;
    last_after = n_window > 0 ? window[(n_window - 1) * dim] : -1;
    is_torn |= !is_of_one_value(reference, n_reference, dim);
    is_torn |= !is_of_one_value(window, n_window, dim);
    if (reset_meanwhile)
        query_window_reset(reset_meanwhile);
}

/* ---- Windows ---------------------------------------------------------------------------------------- */

static bool put(struct query_window *w, float value)
{
    return query_window_put(w, (const float[DIM]){value, value, value}, false);
}

static void put_many(struct query_window *w, int n, float from)
{
    for (int i = 0; i < n; i++)
        (void)put(w, from + (float)i);
}

static struct query_window *new_with_reference(size_t n)
{
    struct query_window *w = query_window_new(DIM);
    float *vectors = calloc(n, DIM * sizeof(*vectors));

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < DIM; k++)
            vectors[i * DIM + k] = 1000 + (float)i;
    query_window_set_reference(w, vectors, n);
    free(vectors);
    return w;
}

static struct embedding_drift_result compute(struct query_window *w, int64_t now_mono_ms)
{
    struct embedding_drift_result result;

    CHECK(query_window_compute(w, now_mono_ms, &result));
    return result;
}

static void the_window_is_the_last_queries_oldest_first(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);
    struct embedding_drift_result result;

    (void)state;
    put_many(w, 70, 0);
    result = compute(w, 0);
    CHECK(result.n_reference == 150 && first_before == 1000);
    CHECK(result.n_window == 70 && first_after == 0 && last_after == 69);
    put_many(w, 250, 70);
    result = compute(w, 0);
    CHECK(result.n_window == QUERY_WINDOW_VECTORS && first_after == 120 && last_after == 319);
    assert_int_equal(query_window_count(w), 320);
}

static void a_drill_moves_the_window_and_never_the_reference(void **state)
{
    static const float drill[DIM] = {5000, 5000, 5000};
    CLEANUP(query_window_freep) struct query_window *w = query_window_new(DIM);
    struct embedding_drift_result result;

    (void)state;
    CHECK(!query_window_put(w, drill, true));
    put_many(w, QUERY_WINDOW_VECTORS, 0);
    (void)query_window_put(w, drill, true);
    result = compute(w, 0);
    CHECK(result.n_reference == QUERY_WINDOW_VECTORS && first_before == 0);
    CHECK(result.n_window == 1 && first_after == 5000);
    assert_int_equal(query_window_count(w), QUERY_WINDOW_VECTORS + 1);
}

static void without_a_reference_the_first_queries_are_it(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = query_window_new(DIM);
    struct embedding_drift_result result;

    (void)state;
    put_many(w, 199, 0);
    result = compute(w, 0);
    CHECK(result.n_reference == 199 && result.n_window == 0);
    put_many(w, 3, 199);
    result = compute(w, 0);
    CHECK(result.n_reference == 200 && first_before == 0);
    CHECK(result.n_window == 2 && first_after == 200 && last_after == 201);
}

static void a_reload_without_questions_gathers_a_new_reference(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);
    struct embedding_drift_result result;

    (void)state;
    put_many(w, 50, 0);
    query_window_set_reference(w, NULL, 0);
    put_many(w, 210, 500);
    result = compute(w, 0);
    CHECK(result.n_reference == 200 && first_before == 500);
    CHECK(result.n_window == 10 && first_after == 700);
}

static void a_reload_with_questions_keeps_the_window(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);
    const float vectors[2 * DIM] = {7, 7, 7, 8, 8, 8};
    struct embedding_drift_result result;

    (void)state;
    put_many(w, 50, 0);
    (void)compute(w, 0);
    query_window_set_reference(w, vectors, 2);
    CHECK(!query_window_latest(w, &result));
    result = compute(w, 0);
    CHECK(result.n_reference == 2 && first_before == 7 && result.n_window == 50);
}

static void of_many_questions_some_are_picked(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(1000);

    (void)state;
    assert_int_equal(compute(w, 0).n_reference, EMBEDDING_DRIFT_REFERENCE_MAX);
}

static void a_reset_empties_the_window_and_keeps_a_set_reference(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);
    struct embedding_drift_result result;

    (void)state;
    put_many(w, 230, 0);
    (void)compute(w, 0);
    query_window_reset(w);
    CHECK(!query_window_latest(w, &result));
    CHECK(result.n_window == 0 && !result.has_score && isnan(result.diversity));
    put_many(w, 5, 900);
    result = compute(w, 0);
    CHECK(result.n_reference == 150 && result.n_window == 5 && first_after == 900);
    assert_int_equal(query_window_count(w), 235);
}

static void a_reset_forgets_a_reference_of_queries(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = query_window_new(DIM);
    struct embedding_drift_result result;

    (void)state;
    put_many(w, 230, 0);
    query_window_reset(w);
    put_many(w, 4, 900);
    result = compute(w, 0);
    CHECK(result.n_reference == 4 && first_before == 900 && result.n_window == 0);
}

static void twenty_five_queries_make_it_due(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);

    (void)state;
    (void)compute(w, 1000);
    for (int i = 0; i < 24; i++)
        CHECK(!put(w, 1));
    CHECK(!query_window_is_due(w, 9000));
    CHECK(put(w, 1));
    CHECK(query_window_is_due(w, 9000));
    (void)compute(w, 9000);
    CHECK(!query_window_is_due(w, 19000));
    CHECK(!put(w, 1));
}

static void however_many_come_it_rests_for_a_second(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);

    (void)state;
    (void)compute(w, 1000);
    CHECK(query_window_due_in_ms(w, 1500) == INT64_MAX);
    (void)put(w, 1);
    CHECK(query_window_due_in_ms(w, 1500) == 29500);
    put_many(w, 200, 0);
    CHECK(query_window_due_in_ms(w, 1500) == 500);
    CHECK(!query_window_is_due(w, 1999));
    CHECK(query_window_is_due(w, 2000));
    CHECK(query_window_due_in_ms(w, 9000) == 0);
}

static void thirty_seconds_make_it_due_only_with_news(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);

    (void)state;
    (void)compute(w, 1000);
    CHECK(!query_window_is_due(w, 999999));
    (void)put(w, 1);
    CHECK(!query_window_is_due(w, 30999));
    CHECK(query_window_is_due(w, 31000));
}

static void without_a_result_it_is_due(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);

    (void)state;
    CHECK(query_window_is_due(w, 0));
    (void)compute(w, 0);
    CHECK(!query_window_is_due(w, 0));
    query_window_reset(w);
    CHECK(query_window_is_due(w, 0));
}

static void the_latest_result_is_kept(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);
    struct embedding_drift_result result;

    (void)state;
    CHECK(!query_window_latest(w, &result));
    put_many(w, 12, 0);
    (void)compute(w, 0);
    put_many(w, 12, 0);
    CHECK(query_window_latest(w, &result));
    CHECK(result.n_window == 12 && result.score == 0.25);
}

static void a_result_that_a_reset_overtook_is_not_kept(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);
    struct embedding_drift_result result;
    bool is_kept;

    (void)state;
    put_many(w, 120, 0);
    reset_meanwhile = w;
    is_kept = query_window_compute(w, 0, &result);
    reset_meanwhile = NULL;
    CHECK(!is_kept && result.n_window == 120);
    CHECK(!query_window_latest(w, &result));
    CHECK(query_window_is_due(w, 0));
}

static void *put_thousand(void *ctx)
{
    put_many(ctx, 1000, 0);
    return NULL;
}

static void threads_put_whole_vectors_and_none_is_lost(void **state)
{
    CLEANUP(query_window_freep) struct query_window *w = new_with_reference(150);
    struct embedding_drift_result result;
    pthread_t threads[4];

    (void)state;
    is_torn = false;
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, put_thousand, w) == 0);
    while (query_window_count(w) < 4000)
        (void)query_window_compute(w, 0, &result);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    assert_int_equal(compute(w, 0).n_window, QUERY_WINDOW_VECTORS);
    CHECK(!is_torn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_window_is_the_last_queries_oldest_first),
        TEST(without_a_reference_the_first_queries_are_it),
        TEST(a_reload_without_questions_gathers_a_new_reference),
        TEST(a_reload_with_questions_keeps_the_window),
        TEST(of_many_questions_some_are_picked),
        TEST(a_reset_empties_the_window_and_keeps_a_set_reference),
        TEST(a_reset_forgets_a_reference_of_queries),
        TEST(twenty_five_queries_make_it_due),
        TEST(a_drill_moves_the_window_and_never_the_reference),
        TEST(however_many_come_it_rests_for_a_second),
        TEST(thirty_seconds_make_it_due_only_with_news),
        TEST(without_a_result_it_is_due),
        TEST(the_latest_result_is_kept),
        TEST(a_result_that_a_reset_overtook_is_not_kept),
        TEST(threads_put_whole_vectors_and_none_is_lost),
    };

    return cmocka_run_group_tests_name("query-window", tests, NULL, NULL);
}
