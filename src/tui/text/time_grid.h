#ifndef TW_TIME_GRID_H
#define TW_TIME_GRID_H

/* The moments of a chart: multiples of the step, so that a chart stands still between two steps and
 * shifts by whole columns. All moments are Unix ms. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_GRID_POINTS_MAX 4000 /* Prometheus refuses over 11,000 */

struct time_grid {
    int64_t start_ms; /* a multiple of step_ms */
    int64_t step_ms;  /* over 0, whole seconds */
    size_t n;         /* points: start_ms, start_ms + step_ms, ... */
};

/* The step for a range on so many columns of two points each (braille): 1, 2, 5, 10, 15, 30 s, 1, 2, 5,
 * 10, 15, 30 min, 1, 2, 6, 12 h, 1 d and its multiples; never below the scrape interval. */
int64_t time_grid_step_ms(int64_t range_ms, size_t n_columns, int64_t scrape_interval_ms);

/* The points of the range up to the last multiple of step_ms not after end_ms. */
struct time_grid time_grid_of(int64_t end_ms, int64_t range_ms, int64_t step_ms);

/* Of the last point. */
int64_t time_grid_end_ms(const struct time_grid *grid);

/* The point nearest to at_ms, at most half a step away. False when there is none. */
bool time_grid_index(const struct time_grid *grid, int64_t at_ms, size_t *ret_index);

bool time_grid_equal(const struct time_grid *a, const struct time_grid *b);

/* What to ask for, when `have` is filled and `want` is to be shown: nothing (n = 0), the tail from two
 * steps before the end of `have`, since the newest points still change, or all of `want`: another
 * step, or no overlap. `have` may be zeroed. */
struct time_grid time_grid_missing(const struct time_grid *have, const struct time_grid *want);

#endif
