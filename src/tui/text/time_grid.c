#include "tui/text/time_grid.h"

#define SECOND_MS ((int64_t)1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

/* Points asked for again: a scrape that comes late changes them. */
#define TAIL_STEPS 2

static const int64_t steps_ms[] = {
    1 * SECOND_MS, 2 * SECOND_MS, 5 * SECOND_MS, 10 * SECOND_MS, 15 * SECOND_MS, 30 * SECOND_MS,
    1 * MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS,
    1 * HOUR_MS,   2 * HOUR_MS,   6 * HOUR_MS,   12 * HOUR_MS,   1 * DAY_MS,
};
#define N_STEPS (sizeof(steps_ms) / sizeof(steps_ms[0]))

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Towards minus infinity, also for moments before 1970. */
static int64_t floor_to(int64_t at_ms, int64_t step_ms)
{
    int64_t rest = at_ms % step_ms;

    return at_ms - (rest < 0 ? rest + step_ms : rest);
}

int64_t time_grid_step_ms(int64_t range_ms, size_t n_columns, int64_t scrape_interval_ms)
{
    size_t n_points = n_columns > 0 ? 2 * n_columns : 2;
    int64_t least_ms;

    if (n_points > TIME_GRID_POINTS_MAX)
        n_points = TIME_GRID_POINTS_MAX;
    least_ms = ceil_div(range_ms, (int64_t)n_points);
    if (least_ms < scrape_interval_ms)
        least_ms = scrape_interval_ms;
    for (size_t i = 0; i < N_STEPS; i++)
        if (steps_ms[i] >= least_ms)
            return steps_ms[i];
    return ceil_div(least_ms, DAY_MS) * DAY_MS;
}

struct time_grid time_grid_of(int64_t end_ms, int64_t range_ms, int64_t step_ms)
{
    int64_t last_ms = floor_to(end_ms, step_ms);
    int64_t n = range_ms / step_ms + 1;

    if (n > TIME_GRID_POINTS_MAX)
        n = TIME_GRID_POINTS_MAX;
    return (struct time_grid){last_ms - (n - 1) * step_ms, step_ms, (size_t)n};
}

int64_t time_grid_end_ms(const struct time_grid *grid)
{
    return grid->start_ms + ((int64_t)grid->n - 1) * grid->step_ms;
}

bool time_grid_index(const struct time_grid *grid, int64_t at_ms, size_t *ret_index)
{
    int64_t shifted = at_ms - grid->start_ms + grid->step_ms / 2;

    if (grid->n == 0 || shifted < 0 || shifted / grid->step_ms >= (int64_t)grid->n)
        return false;
    *ret_index = (size_t)(shifted / grid->step_ms);
    return true;
}

bool time_grid_equal(const struct time_grid *a, const struct time_grid *b)
{
    return a->start_ms == b->start_ms && a->step_ms == b->step_ms && a->n == b->n;
}

struct time_grid time_grid_missing(const struct time_grid *have, const struct time_grid *want)
{
    int64_t want_end_ms = time_grid_end_ms(want), tail_ms;

    if (have->n == 0 || have->step_ms != want->step_ms || have->start_ms > want->start_ms ||
        time_grid_end_ms(have) < want->start_ms || time_grid_end_ms(have) > want_end_ms)
        return *want;
    if (time_grid_end_ms(have) == want_end_ms)
        return (struct time_grid){want_end_ms, want->step_ms, 0};
    tail_ms = time_grid_end_ms(have) - TAIL_STEPS * want->step_ms;
    if (tail_ms < want->start_ms)
        tail_ms = want->start_ms;
    return (struct time_grid){tail_ms, want->step_ms,
                              (size_t)((want_end_ms - tail_ms) / want->step_ms) + 1};
}
