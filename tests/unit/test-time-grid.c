#include "test.h"

#include "tui/text/time_grid.h"

#include <stdbool.h>

#define S ((int64_t)1000)

static void steps_are_round_and_never_below_the_scrape_interval(void **state)
{
    static const struct {
        int64_t range_s;
        size_t n_columns;
        int64_t scrape_s, step_s;
    } cases[] = {
        {60, 60, 1, 1},         {60, 60, 10, 10},         {3600, 60, 10, 30},
        {3600, 70, 10, 30},     {3600, 120, 1, 15},       {3600, 1800, 1, 1},
        {3601, 1800, 1, 2},     {21600, 70, 10, 300},     {86400, 70, 10, 900},
        {604800, 70, 10, 7200}, {2592000, 70, 10, 21600}, {366 * 86400LL, 70, 10, 3 * 86400LL},
        {3600, 0, 10, 1800},    {60, 60, 7, 10},          {86400, 1, 10, 43200},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t step_ms =
            time_grid_step_ms(cases[i].range_s * S, cases[i].n_columns, cases[i].scrape_s * S);

        if (step_ms != cases[i].step_s * S)
            fail_msg("case %zu: %lld s", i, (long long)(step_ms / S));
    }
}

static void a_grid_stands_on_multiples_of_its_step(void **state)
{
    struct time_grid grid = time_grid_of(1795470317 * S + 123, 3600 * S, 30 * S);

    (void)state;
    CHECK(grid.n == 121 && grid.start_ms % (30 * S) == 0);
    CHECK(time_grid_end_ms(&grid) == 1795470300 * S);
    grid = time_grid_of(1795470330 * S, 3600 * S, 30 * S);
    CHECK(time_grid_end_ms(&grid) == 1795470330 * S);
    grid = time_grid_of(-1, 60 * S, 30 * S);
    CHECK(time_grid_end_ms(&grid) == -30 * S);
    grid = time_grid_of(1795470300 * S, 366LL * 86400 * S, S);
    CHECK(grid.n == TIME_GRID_POINTS_MAX && time_grid_end_ms(&grid) == 1795470300 * S);
}

static void a_moment_has_the_nearest_point(void **state)
{
    struct time_grid grid = {100 * S, 10 * S, 3}, none = {100 * S, 10 * S, 0};
    size_t index = 9;

    (void)state;
    CHECK(time_grid_index(&grid, 100 * S, &index) && index == 0);
    CHECK(time_grid_index(&grid, 104 * S, &index) && index == 0);
    CHECK(time_grid_index(&grid, 106 * S, &index) && index == 1);
    CHECK(time_grid_index(&grid, 120 * S + 1, &index) && index == 2);
    CHECK(time_grid_index(&grid, 95 * S, &index) && index == 0);
    CHECK(!time_grid_index(&grid, 94 * S, &index));
    CHECK(!time_grid_index(&grid, 125 * S, &index));
    CHECK(!time_grid_index(&none, 100 * S, &index));
}

static void check_missing(const struct time_grid *have,
                          const struct time_grid *want,
                          struct time_grid is)
{
    struct time_grid missing = time_grid_missing(have, want);

    if (missing.n != is.n || (is.n > 0 && !time_grid_equal(&missing, &is)))
        fail_msg("start %lld n %zu", (long long)(missing.start_ms / S), missing.n);
}

static void only_the_tail_is_missing_unless_all_is(void **state)
{
    struct time_grid want = {100 * S, 10 * S, 11}; /* to 200 */
    struct time_grid none = {0};

    (void)state;
    check_missing(&none, &want, want);
    check_missing(&want, &want, (struct time_grid){0, 0, 0});
    /* Ends at 190: from two steps before. */
    check_missing(&(struct time_grid){90 * S, 10 * S, 11}, &want,
                  (struct time_grid){170 * S, 10 * S, 4});
    /* Ends at 110: the tail would begin before what is wanted. */
    check_missing(&(struct time_grid){10 * S, 10 * S, 11}, &want, want);
    /* Ends before it begins: a gap. */
    check_missing(&(struct time_grid){0, 10 * S, 10}, &want, want);
    /* Another step; a longer range; a window that went back. */
    check_missing(&(struct time_grid){90 * S, 5 * S, 21}, &want, want);
    check_missing(&(struct time_grid){150 * S, 10 * S, 5}, &want, want);
    check_missing(&(struct time_grid){100 * S, 10 * S, 12}, &want, want);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(steps_are_round_and_never_below_the_scrape_interval),
        TEST(a_grid_stands_on_multiples_of_its_step),
        TEST(a_moment_has_the_nearest_point),
        TEST(only_the_tail_is_missing_unless_all_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
