#include "tui/board/inspect.h"

#include "common/alloc.h"
#include "tui/data/prom_query.h"
#include "tui/text/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOPE_PART       10 /* of the window */
#define SLOPE_POINTS_MIN 5

/* ---- Statistics -------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

/* The finite values, ascending; owned. */
static double *sorted_dup(const double *values, size_t n_values, size_t *ret_n)
{
    double *sorted = xcalloc(n_values > 0 ? n_values : 1, sizeof(*sorted));
    size_t n = 0;

    for (size_t i = 0; i < n_values; i++)
        if (isfinite(values[i]))
            sorted[n++] = values[i];
    qsort(sorted, n, sizeof(*sorted), compare);
    *ret_n = n;
    return sorted;
}

static void count_gaps(const double *values, size_t n_values, struct inspect_stats *stats)
{
    bool has_value = false, is_gap = false;

    for (size_t i = 0; i < n_values; i++) {
        if (isnan(values[i])) {
            stats->n_missing++;
            is_gap = has_value;
            continue;
        }
        stats->n_gaps += is_gap;
        has_value = true;
        is_gap = false;
    }
}

struct inspect_stats inspect_stats_of(const struct series *series, size_t n_values)
{
    struct inspect_stats stats = {
        .n_points = n_values,
        .min = (double)NAN,
        .mean = (double)NAN,
        .max = (double)NAN,
        .p95 = (double)NAN,
        .last = series_reduce(series, n_values, CALC_LAST),
    };
    size_t n;
    CLEANUP(freep) double *sorted = sorted_dup(series->values, n_values, &n);

    count_gaps(series->values, n_values, &stats);
    if (n == 0)
        return stats;
    stats.min = sorted[0];
    stats.max = sorted[n - 1];
    stats.p95 = sorted[(n * 95 + 99) / 100 - 1];
    stats.mean = 0;
    for (size_t i = 0; i < n; i++) /* running: a sum of large values would overflow */
        stats.mean += sorted[i] / (double)(i + 1) - stats.mean / (double)(i + 1);
    return stats;
}

/* ---- Thresholds -------------------------------------------------------------------------------- */

/* The threshold between two values that are on different levels: the one nearest to where it went. */
static double threshold_between(const struct panel *panel, double from, double to)
{
    double between = (double)NAN;

    for (size_t i = 0; i < panel->n_thresholds; i++) {
        double at = panel->thresholds[i].from;

        if (to >= from && at > from && at <= to)
            between = at; /* ascending: the highest of them */
        if (to < from && at <= from && at > to && isnan(between))
            between = at; /* the lowest */
    }
    return between;
}

struct inspect_crossing inspect_crossing_of(const struct panel *panel,
                                            const struct series *series,
                                            const struct time_grid *grid)
{
    struct inspect_crossing crossing = {0};
    double later = (double)NAN;
    size_t later_index = 0;

    for (size_t i = grid->n; i > 0; i--) {
        double value = series->values[i - 1];

        if (isnan(value))
            continue;
        if (!isnan(later) && panel_level(panel, value) != panel_level(panel, later)) {
            crossing.has_crossed = true;
            crossing.is_up = later > value;
            crossing.at_ms = grid->start_ms + (int64_t)later_index * grid->step_ms;
            crossing.threshold = threshold_between(panel, value, later);
            return crossing;
        }
        later = value;
        later_index = i - 1;
    }
    return crossing;
}

/* In value per point, over the finite ones of values[from..n); false for fewer than five. */
static bool slope_of(const double *values, size_t from, size_t n, double *ret_slope)
{
    double mean_x = 0, mean_y = 0, xy = 0, xx = 0;
    size_t n_seen = 0;

    for (size_t i = from; i < n; i++)
        if (isfinite(values[i])) {
            double dx = (double)i - mean_x;

            n_seen++;
            mean_x += dx / (double)n_seen;
            mean_y += (values[i] - mean_y) / (double)n_seen;
            xy += dx * (values[i] - mean_y);
            xx += dx * ((double)i - mean_x);
        }
    *ret_slope = xx > 0 ? xy / xx : 0;
    return n_seen >= SLOPE_POINTS_MIN && isfinite(*ret_slope);
}

int64_t inspect_next_crossing_ms(const struct panel *panel,
                                 const struct series *series,
                                 const struct time_grid *grid,
                                 double *ret_threshold)
{
    size_t n_used =
        grid->n / SLOPE_PART > SLOPE_POINTS_MIN ? grid->n / SLOPE_PART : SLOPE_POINTS_MIN;
    double last = series_reduce(series, grid->n, CALC_LAST), slope, nearest = (double)INFINITY;

    if (!isfinite(last) ||
        !slope_of(series->values, grid->n > n_used ? grid->n - n_used : 0, grid->n, &slope) ||
        slope == 0)
        return -1;
    for (size_t i = 0; i < panel->n_thresholds; i++) {
        double points = (panel->thresholds[i].from - last) / slope;

        if (isfinite(points) && points > 0 && points < nearest) {
            nearest = points;
            *ret_threshold = panel->thresholds[i].from;
        }
    }
    return nearest <= (double)grid->n ? (int64_t)(nearest * (double)grid->step_ms) : -1;
}

/* ---- At a moment ------------------------------------------------------------------------------- */

int64_t inspect_moment_of(const struct time_grid *grid, int64_t cursor_ms)
{
    if (cursor_ms >= 0)
        return cursor_ms;
    return grid->n > 0 ? time_grid_end_ms(grid) : -1;
}

double inspect_value_at(const struct series *series,
                        const struct time_grid *grid,
                        int64_t cursor_ms)
{
    size_t point;

    if (cursor_ms < 0)
        return series_reduce(series, grid->n, CALC_LAST);
    return time_grid_index(grid, cursor_ms, &point) ? series->values[point] : (double)NAN;
}

const struct series *inspect_find(const struct series_set *set, const struct series *like)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->at[i].target == like->target && set->at[i].labels.n == like->labels.n &&
            labels_include(&set->at[i].labels, &like->labels))
            return &set->at[i];
    return NULL;
}

bool inspect_format_change(char out[INSPECT_CHANGE_SIZE],
                           const struct panel *panel,
                           double now,
                           double then,
                           const char *times)
{
    char change[UNITS_SIZE];
    int used;

    if (!isfinite(now) || !isfinite(then) || !isfinite(now - then))
        return false;
    (void)units_format(change, sizeof(change), panel->unit, UNITS_AUTO, now - then);
    used = snprintf(out, INSPECT_CHANGE_SIZE, "%s%s", now >= then ? "+" : "", change);
    if (then != 0 && now / then > 0 && isfinite(now / then) && now / then < 1e6)
        (void)snprintf(out + used, INSPECT_CHANGE_SIZE - (size_t)used, " (%s%.*f)", times,
                       now / then < 10 ? 1 + (now / then < 0.95) : 0, now / then);
    return true;
}

/* ---- Names ------------------------------------------------------------------------------------- */

static void add_name(struct inspect_metrics *metrics, const char *selector)
{
    int len = (int)strcspn(selector, "{[ ");
    char *slot;

    for (size_t i = 0; i < metrics->n; i++)
        if ((int)strlen(metrics->names[i]) == len &&
            strncmp(metrics->names[i], selector, (size_t)len) == 0)
            return;
    if (len == 0 || len >= INSPECT_METRIC_SIZE || metrics->n == INSPECT_METRICS_MAX)
        return;
    slot = metrics->names[metrics->n++];
    (void)snprintf(slot, INSPECT_METRIC_SIZE, "%.*s", len, selector);
}

void inspect_metrics_add(struct inspect_metrics *metrics, const char *expr)
{
    struct prom_selectors selectors;

    prom_selectors_read(expr, &selectors);
    for (size_t i = 0; i < selectors.n; i++)
        add_name(metrics, selectors.at[i]);
    prom_selectors_finish(&selectors);
}

void inspect_metrics_of_panel(const struct panel *panel, struct inspect_metrics *ret_metrics)
{
    ret_metrics->n = 0;
    for (size_t t = 0; t < panel->n_targets; t++)
        if (panel->targets[t].is_asked)
            inspect_metrics_add(ret_metrics, panel->targets[t].expr);
}

/* Without what tells the series of one histogram or summary apart. */
static size_t family_len(const char *name)
{
    static const char *const ends[] = {"_bucket", "_count", "_sum"};
    size_t len = strlen(name);

    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (len > strlen(ends[i]) && strcmp(name + len - strlen(ends[i]), ends[i]) == 0)
            return len - strlen(ends[i]);
    return len;
}

bool inspect_metrics_meet(const struct inspect_metrics *a, const struct inspect_metrics *b)
{
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < b->n; k++) {
            size_t len = family_len(a->names[i]);

            if (len == family_len(b->names[k]) && strncmp(a->names[i], b->names[k], len) == 0)
                return true;
        }
    return false;
}
