#ifndef TW_TUI_BARS_H
#define TW_TUI_BARS_H

/* Everything drawn as filled cells: sparklines, gauges, histograms, big numbers. Pure. */

#include "tui/draw/chart.h"
#include "tui/draw/grid.h"

#include <stddef.h>

/* The newest values at the right end, as many as rect is wide, each the largest of its share when
 * there are more values than cells. Not finite: a blank. */
struct spark {
    const double *values;
    size_t n_values;
    double min, max; /* CHART_AUTO: from the values; of equal values the level is low */
    struct style style;
};

void bars_spark(struct grid *grid, struct rect rect, const struct spark *spark);

/* A bar from min to value; value NaN: empty. */
struct gauge {
    double value, min, max;
    const double *limits; /* where a tick stands in the empty part */
    size_t n_limits;
    enum role role; /* of the filled part */
};

void bars_gauge(struct grid *grid, struct rect rect, const struct gauge *gauge);

/* Two distributions over the same bins, a pair of bars per bin: reference left, current right. */
struct histogram_pair {
    const double *reference, *current; /* shares 0..1, n_bins each */
    size_t n_bins;
    const char *const *labels; /* n_bins, under the pairs where they fit; NULL for none */
    enum role role;            /* of the current bars */
};

/* Draws as many bins as fit and returns their number. */
size_t bars_histogram_pair(struct grid *grid, struct rect rect, const struct histogram_pair *pair);

/* text (digits and what goes with them) in tall letters, in the middle of rect; in ordinary bold ones
 * where rect is too small. */
void bars_big_value(struct grid *grid, struct rect rect, enum role role, const char *text);

#endif
