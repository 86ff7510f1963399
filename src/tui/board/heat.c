#include "tui/board/heat.h"

#include "common/alloc.h"
#include "tui/data/prom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Buckets ------------------------------------------------------------------------------------- */

static bool bound_of(const struct series *series, double *ret_bound)
{
    const char *le = labels_get(&series->labels, "le");

    return le[0] && prom_number(le, ret_bound) && !isnan(*ret_bound);
}

static int compare_rows(const void *left, const void *right)
{
    const struct heat_row *a = left, *b = right;

    return a->upper < b->upper ? -1 : a->upper > b->upper;
}

static size_t row_of(const struct heat *heat, double upper)
{
    size_t row = 0;

    while (row < heat->n_rows && heat->rows[row].upper != upper)
        row++;
    return row;
}

/* Each bound once, ascending. */
static void find_bounds(const struct series_set *set, struct heat *heat)
{
    double upper;

    heat->rows = xcalloc(set->n, sizeof(*heat->rows));
    for (size_t s = 0; s < set->n; s++)
        if (bound_of(&set->at[s], &upper) && row_of(heat, upper) == heat->n_rows)
            heat->rows[heat->n_rows++] = (struct heat_row){.upper = upper};
    qsort(heat->rows, heat->n_rows, sizeof(*heat->rows), compare_rows);
}

static void new_density(struct heat *heat)
{
    size_t n = heat->n_rows * heat->n_points;

    heat->density = xcalloc(n, sizeof(*heat->density));
    for (size_t i = 0; i < n; i++)
        heat->density[i] = (double)NAN;
}

static void add(struct heat *heat, size_t row, size_t point, double value)
{
    double *density = &heat->density[row * heat->n_points + point];

    if (isfinite(value))
        *density = isnan(*density) ? value : *density + value;
}

/* A bucket holds the one below it too. One that is missing at a point has nothing beyond that; rounding of
 * rates must not come out below nothing. */
static void tell_apart(struct heat *heat, size_t point)
{
    double below = 0;

    for (size_t row = 0; row < heat->n_rows; row++) {
        double *density = &heat->density[row * heat->n_points + point];
        double cumulated = *density;

        if (isnan(cumulated))
            continue;
        *density = fmax(cumulated - below, 0);
        below = fmax(cumulated, below);
    }
}

static void make_buckets(const struct series_set *set, struct heat *heat)
{
    double upper;

    new_density(heat);
    for (size_t s = 0; s < set->n; s++) {
        size_t row = bound_of(&set->at[s], &upper) ? row_of(heat, upper) : heat->n_rows;

        for (size_t p = 0; row < heat->n_rows && p < heat->n_points; p++)
            add(heat, row, p, set->at[s].values[p]);
    }
    for (size_t p = 0; p < heat->n_points; p++)
        tell_apart(heat, p);
}

/* ---- Values and series ----------------------------------------------------------------------------- */

static bool find_range(const struct series_set *set, double *ret_min, double *ret_max)
{
    *ret_min = (double)NAN;
    *ret_max = (double)NAN;
    for (size_t s = 0; s < set->n; s++)
        for (size_t p = 0; p < set->grid.n; p++)
            if (isfinite(set->at[s].values[p])) {
                *ret_min = fmin(*ret_min, set->at[s].values[p]);
                *ret_max = fmax(*ret_max, set->at[s].values[p]);
            }
    return !isnan(*ret_min);
}

static void make_values(const struct series_set *set, struct heat *heat)
{
    double least = 0, most = 1, width;
    bool has_range = find_range(set, &least, &most);

    /* Each divided by itself: the difference of two doubles may overflow. */
    width = has_range ? most / HEAT_CALCULATED_ROWS - least / HEAT_CALCULATED_ROWS : 1;
    heat->n_rows = HEAT_CALCULATED_ROWS;
    heat->rows = xcalloc(heat->n_rows, sizeof(*heat->rows));
    for (size_t row = 0; row < heat->n_rows; row++)
        heat->rows[row].upper = least + width * (double)(row + 1);
    new_density(heat);
    for (size_t s = 0; s < set->n; s++)
        for (size_t p = 0; p < heat->n_points; p++) {
            double value = set->at[s].values[p], place = 0;

            if (!isfinite(value))
                continue;
            if (width > 0)
                place = fmin(value / width - least / width, HEAT_CALCULATED_ROWS - 1);
            for (size_t row = 0; row < heat->n_rows; row++)
                add(heat, row, p, row == (size_t)fmax(place, 0));
        }
}

static void make_series(const struct series_set *set, struct heat *heat)
{
    heat->n_rows = set->n;
    heat->rows = xcalloc(set->n, sizeof(*heat->rows));
    new_density(heat);
    for (size_t s = 0; s < set->n; s++) {
        heat->rows[s] = (struct heat_row){.upper = (double)NAN, .name = set->at[s].name};
        for (size_t p = 0; p < heat->n_points; p++)
            add(heat, s, p, set->at[s].values[p]);
    }
}

/* ---- All of it ----------------------------------------------------------------------------------- */

void heat_make(const struct heatmap_options *options,
               const struct series_set *set,
               struct heat *ret_heat)
{
    *ret_heat = (struct heat){.n_points = set->grid.n};
    if (options->is_calculated) {
        ret_heat->kind = HEAT_VALUES;
        make_values(set, ret_heat);
        return;
    }
    find_bounds(set, ret_heat);
    if (ret_heat->n_rows > 0) {
        ret_heat->kind = HEAT_BUCKETS;
        make_buckets(set, ret_heat);
        return;
    }
    free(ret_heat->rows);
    ret_heat->kind = HEAT_SERIES;
    make_series(set, ret_heat);
}

void heat_finish(struct heat *heat)
{
    free(heat->rows);
    free(heat->density);
    *heat = (struct heat){.rows = NULL};
}

double heat_sum(const struct heat *heat, size_t from_row, size_t to_row, size_t from, size_t to)
{
    double sum = 0;
    size_t n = 0;

    for (size_t p = from; p < to; p++) {
        bool has_value = false;

        for (size_t row = from_row; row < to_row; row++) {
            double density = heat->density[row * heat->n_points + p];

            if (isnan(density))
                continue;
            sum += density;
            has_value = true;
        }
        n += has_value;
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}
