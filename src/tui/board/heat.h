#ifndef TW_HEAT_H
#define TW_HEAT_H

/* How often values lay where, over time: what a heatmap is drawn from. Rows are the buckets of a histogram,
 * or ranges of values, or series. Pure. */

#include "tui/board/dashboard.h"
#include "tui/data/series.h"

#include <stdbool.h>
#include <stddef.h>

#define HEAT_CALCULATED_ROWS 12

enum heat_kind {
    HEAT_BUCKETS, /* series with "le", cumulated: told apart here */
    HEAT_VALUES,  /* ranges of equal width over the values of all series; a density is a count */
    HEAT_SERIES,  /* one row each, by name */
};

struct heat_row {
    double upper;     /* the bound, included; +infinity for the last bucket; NaN: of HEAT_SERIES */
    const char *name; /* of HEAT_SERIES; borrowed from the set */
};

struct heat {
    enum heat_kind kind;
    size_t n_rows, n_points; /* points of the set's grid */
    struct heat_row *rows;   /* owned; the lowest first */
    double *density;         /* owned; of row r at point p: [r * n_points + p]; NaN: a gap */
};

/* Of the series of the set. */
void heat_make(const struct heatmap_options *options,
               const struct series_set *set,
               struct heat *ret_heat);
void heat_finish(struct heat *heat); /* zeroed is fine */

/* What lies in rows [from_row, to_row) on the average of points [from, to); NaN: gaps alone. */
double heat_sum(const struct heat *heat, size_t from_row, size_t to_row, size_t from, size_t to);

#endif
