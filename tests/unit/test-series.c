#include "test.h"

#include "tui/data/series.h"

#include <math.h>

#define S ((int64_t)1000)

static char job_a[] = "a", job_b[] = "b";

static struct series *obtain(struct series_set *set, size_t target, char *job)
{
    static char name[] = "job";
    struct label label = {name, job};
    struct labels labels = {.n = 1, .at = &label};

    return series_set_obtain(set, target, &labels, job);
}

static void a_tail_replaces_the_end_and_the_rest_shifts(void **state)
{
    struct series_set set = {.grid = {100 * S, 10 * S, 4}};
    struct time_grid next = {120 * S, 10 * S, 4};
    struct series *series = obtain(&set, 0, job_a);

    (void)state;
    for (int i = 0; i < 4; i++)
        series_put(&set, series, (100 + 10 * i) * S, i);
    series_set_regrid(&set, &next);
    CHECK(series->values[0] == 2 && series->values[1] == 3 && isnan(series->values[2]));
    series_set_cut(&set, 0, 130 * S);
    CHECK(series->values[0] == 2 && isnan(series->values[1]));
    series_put(&set, series, 140 * S, 9);
    series_put(&set, series, 990 * S, 1);
    CHECK(isnan(series->values[1]) && series->values[2] == 9 && isnan(series->values[3]));
    series_set_finish(&set);
}

static void another_step_keeps_no_point(void **state)
{
    struct series_set set = {.grid = {100 * S, 10 * S, 4}};
    struct time_grid next = {100 * S, 20 * S, 2};
    struct series *series = obtain(&set, 0, job_a);

    (void)state;
    series_put(&set, series, 100 * S, 1);
    series_set_regrid(&set, &next);
    CHECK(isnan(series->values[0]) && isnan(series->values[1]));
    series_set_drop_empty(&set);
    CHECK(set.n == 0);
    series_set_finish(&set);
}

static void series_are_known_by_target_and_labels(void **state)
{
    struct series_set set = {.grid = {0, S, 1}}, copy;

    (void)state;
    obtain(&set, 1, job_b)->last = 2;
    obtain(&set, 0, job_b)->last = 1;
    obtain(&set, 1, job_b)->values[0] = 3;
    CHECK(set.n == 2 && set.at[0].target == 0 && set.at[1].values[0] == 3);
    series_set_forget_last(&set, 1);
    CHECK(isnan(set.at[1].last) && set.at[0].last == 1);
    series_set_copy(&set, &copy);
    set.at[1].values[0] = 4;
    CHECK(copy.n == 2 && copy.at[1].values[0] == 3);
    assert_string_equal(copy.at[1].name, "b");
    series_set_finish(&set);
    series_set_finish(&copy);
}

static void a_full_set_counts_what_it_refuses(void **state)
{
    struct series_set set = {.grid = {0, S, 1}};

    (void)state;
    for (int i = 0; i < SERIES_MAX + 3; i++) {
        char job[16];
        const struct series *series;

        (void)snprintf(job, sizeof(job), "%d", i);
        series = obtain(&set, 0, job);
        CHECK((series != NULL) == (i < SERIES_MAX));
    }
    CHECK(set.n == SERIES_MAX && set.n_refused == 3);
    series_set_finish(&set);
}

static void a_line_comes_down_to_one_number(void **state)
{
    double values[] = {(double)NAN, 4, (double)NAN, 2, (double)NAN};
    double gaps[] = {(double)NAN, (double)NAN};
    struct series line = {.values = values, .last = (double)NAN};
    struct series empty = {.values = gaps, .last = (double)NAN};

    (void)state;
    CHECK(series_reduce(&line, 5, CALC_LAST) == 2 && series_reduce(&line, 5, CALC_FIRST) == 4);
    CHECK(series_reduce(&line, 5, CALC_MIN) == 2 && series_reduce(&line, 5, CALC_MAX) == 4);
    CHECK(series_reduce(&line, 5, CALC_MEAN) == 3 && series_reduce(&line, 5, CALC_SUM) == 6);
    CHECK(series_reduce(&line, 5, CALC_COUNT) == 2);
    line.last = 7;
    CHECK(series_reduce(&line, 5, CALC_LAST) == 7);
    for (int calc = CALC_LAST; calc < CALC_COUNT; calc++)
        CHECK(isnan(series_reduce(&empty, 2, (enum series_calc)calc)));
    CHECK(series_reduce(&empty, 2, CALC_COUNT) == 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_tail_replaces_the_end_and_the_rest_shifts),
        TEST(another_step_keeps_no_point),
        TEST(series_are_known_by_target_and_labels),
        TEST(a_full_set_counts_what_it_refuses),
        TEST(a_line_comes_down_to_one_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
