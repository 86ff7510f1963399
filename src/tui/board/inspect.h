#ifndef TW_INSPECT_H
#define TW_INSPECT_H

/* What a line says about itself, for the view of one panel: statistics, when it went over a threshold,
 * where it is heading, and how it compares with an earlier time. Pure. */

#include "tui/board/dashboard.h"
#include "tui/data/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Statistics -------------------------------------------------------------------------------- */

/* Of the points in a window. A point without a value is one that the server did not give, or gave as NaN;
 * infinities are values, but stand in none of the numbers. */
struct inspect_stats {
    size_t n_points;          /* of the grid */
    size_t n_missing, n_gaps; /* points without a value, and runs of them between two values */
    double min, mean, max;    /* NaN: there is no value */
    double p95;               /* nearest rank */
    double last;
};

struct inspect_stats inspect_stats_of(const struct series *series, size_t n_values);

/* ---- Thresholds -------------------------------------------------------------------------------- */

/* The newest moment at which the line's level became another: at_ms is the first point of the present
 * level. has_crossed false: one level all along, or no thresholds. */
struct inspect_crossing {
    bool has_crossed;
    bool is_up; /* in value, not in level */
    int64_t at_ms;
    double threshold;
};

struct inspect_crossing inspect_crossing_of(const struct panel *panel,
                                            const struct series *series,
                                            const struct time_grid *grid);

/* In how many ms the line meets the next threshold when it goes on as its last tenth of points did (least
 * squares over them, five at the least). -1: it does not within the length of the window. */
int64_t inspect_next_crossing_ms(const struct panel *panel,
                                 const struct series *series,
                                 const struct time_grid *grid,
                                 double *ret_threshold);

/* ---- At a moment ------------------------------------------------------------------------------- */

/* The value at that moment; cursor_ms below 0: the newest one. NaN: there is none. */
double inspect_value_at(const struct series *series,
                        const struct time_grid *grid,
                        int64_t cursor_ms);

/* The moment that a cursor below 0 stands for: the newest point of the grid; -1: it has none. */
int64_t inspect_moment_of(const struct time_grid *grid, int64_t cursor_ms);

/* The series of the same target and labels, or NULL. */
const struct series *inspect_find(const struct series_set *set, const struct series *like);

/* "+0.14 (x3.0)", in the panel's unit; the ratio only where both have the same sign and neither is zero.
 * times is the sign of the ratio: "x" or "×". False: one of them is no finite number. */
#define INSPECT_CHANGE_SIZE 96
bool inspect_format_change(char out[INSPECT_CHANGE_SIZE],
                           const struct panel *panel,
                           double now,
                           double then,
                           const char *times);

/* ---- Names ------------------------------------------------------------------------------------- */

#define INSPECT_METRICS_MAX 8
#define INSPECT_METRIC_SIZE 96

/* The metrics that an expression names, each once. */
struct inspect_metrics {
    size_t n;
    char names[INSPECT_METRICS_MAX][INSPECT_METRIC_SIZE];
};

void inspect_metrics_add(struct inspect_metrics *metrics, const char *expr);
void inspect_metrics_of_panel(const struct panel *panel, struct inspect_metrics *ret_metrics);

/* One metric is in both; the series of a histogram (_bucket, _count, _sum) are one. */
bool inspect_metrics_meet(const struct inspect_metrics *a, const struct inspect_metrics *b);

#endif
