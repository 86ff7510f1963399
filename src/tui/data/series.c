#include "tui/data/series.h"

#include "common/alloc.h"

#include <math.h>
#include <string.h>

static void finish_series(struct series *series)
{
    labels_finish(&series->labels);
    free(series->name);
    free(series->values);
}

void series_set_finish(struct series_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        finish_series(&set->at[i]);
    free(set->at);
    *set = (struct series_set){0};
}

static void copy_labels(const struct labels *labels, struct labels *ret_copy)
{
    ret_copy->n = labels->n;
    ret_copy->at = xcalloc(labels->n, sizeof(*ret_copy->at));
    for (size_t i = 0; i < labels->n; i++) {
        ret_copy->at[i].name = xstrdup(labels->at[i].name);
        ret_copy->at[i].value = xstrdup(labels->at[i].value);
    }
}

static double *gaps(size_t n)
{
    double *values = xcalloc(n, sizeof(*values));

    for (size_t i = 0; i < n; i++)
        values[i] = (double)NAN;
    return values;
}

void series_set_copy(const struct series_set *set, struct series_set *ret_copy)
{
    *ret_copy = *set;
    ret_copy->at = xcalloc(set->n, sizeof(*ret_copy->at));
    for (size_t i = 0; i < set->n; i++) {
        const struct series *from = &set->at[i];
        struct series *to = &ret_copy->at[i];

        *to = *from;
        copy_labels(&from->labels, &to->labels);
        to->name = xstrdup(from->name);
        to->values = xcalloc(set->grid.n, sizeof(*to->values));
        if (set->grid.n > 0)
            memcpy(to->values, from->values, set->grid.n * sizeof(*to->values));
    }
}

static void regrid(struct series *series, const struct time_grid *from, const struct time_grid *to)
{
    double *values = gaps(to->n);
    size_t index;

    for (size_t i = 0; from->step_ms == to->step_ms && i < from->n; i++)
        if (time_grid_index(to, from->start_ms + (int64_t)i * from->step_ms, &index))
            values[index] = series->values[i];
    free(series->values);
    series->values = values;
}

void series_set_regrid(struct series_set *set, const struct time_grid *grid)
{
    if (time_grid_equal(&set->grid, grid))
        return;
    for (size_t i = 0; i < set->n; i++)
        regrid(&set->at[i], &set->grid, grid);
    set->grid = *grid;
}

void series_set_cut(struct series_set *set, size_t target, int64_t from_ms)
{
    for (size_t i = 0; i < set->n; i++)
        for (size_t k = 0; set->at[i].target == target && k < set->grid.n; k++)
            if (set->grid.start_ms + (int64_t)k * set->grid.step_ms >= from_ms)
                set->at[i].values[k] = (double)NAN;
}

void series_set_forget_last(struct series_set *set, size_t target)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->at[i].target == target) {
            set->at[i].last = (double)NAN;
            set->at[i].is_nan = false;
        }
}

struct series *series_set_obtain(struct series_set *set,
                                 size_t target,
                                 const struct labels *labels,
                                 const char *name)
{
    size_t place = 0;

    for (size_t i = 0; i < set->n; i++) {
        struct series *known = &set->at[i];

        if (known->target == target && known->labels.n == labels->n &&
            labels_include(&known->labels, labels))
            return known;
        place += known->target <= target;
    }
    if (set->n == SERIES_MAX) {
        set->n_refused++;
        return NULL;
    }
    set->at = xrealloc_array(set->at, set->n + 1, sizeof(*set->at));
    memmove(&set->at[place + 1], &set->at[place], (set->n - place) * sizeof(*set->at));
    set->n++;
    set->at[place] = (struct series){
        .target = target, .name = xstrdup(name), .values = gaps(set->grid.n), .last = (double)NAN};
    copy_labels(labels, &set->at[place].labels);
    return &set->at[place];
}

void series_put(const struct series_set *set, struct series *series, int64_t at_ms, double value)
{
    size_t index;

    if (time_grid_index(&set->grid, at_ms, &index))
        series->values[index] = value;
}

static bool is_empty(const struct series *series, size_t n_values)
{
    for (size_t i = 0; i < n_values; i++)
        if (!isnan(series->values[i]))
            return false;
    return isnan(series->last) && !series->is_nan;
}

void series_set_drop_empty(struct series_set *set)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < set->n; i++)
        if (is_empty(&set->at[i], set->grid.n))
            finish_series(&set->at[i]);
        else
            set->at[n_kept++] = set->at[i];
    set->n = n_kept;
}

/* ---- One number for a line ---------------------------------------------------------------------- */

static double last_of(const struct series *series, size_t n_values)
{
    if (!isnan(series->last))
        return series->last;
    while (n_values > 0 && isnan(series->values[n_values - 1]))
        n_values--;
    return n_values > 0 ? series->values[n_values - 1] : (double)NAN;
}

static double first_of(const struct series *series, size_t n_values)
{
    for (size_t i = 0; i < n_values; i++)
        if (!isnan(series->values[i]))
            return series->values[i];
    return series->last;
}

double series_reduce(const struct series *series, size_t n_values, enum series_calc calc)
{
    double least = (double)NAN, most = (double)NAN, sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < n_values; i++) {
        if (isnan(series->values[i]))
            continue;
        least = fmin(least, series->values[i]);
        most = fmax(most, series->values[i]);
        sum += series->values[i];
        n++;
    }
    switch (calc) {
    case CALC_LAST:
        return last_of(series, n_values);
    case CALC_FIRST:
        return first_of(series, n_values);
    case CALC_MIN:
        return least;
    case CALC_MAX:
        return most;
    case CALC_MEAN:
        return n > 0 ? sum / (double)n : (double)NAN;
    case CALC_SUM:
        return n > 0 ? sum : (double)NAN;
    case CALC_COUNT:
        return (double)n;
    }
    return (double)NAN;
}
