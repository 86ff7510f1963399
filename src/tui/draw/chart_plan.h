#ifndef TW_TUI_CHART_PLAN_H
#define TW_TUI_CHART_PLAN_H

/* Where the parts of a chart lie and what its axes say, before anything is drawn. For chart.c. Pure. */

#include "tui/draw/chart.h"

#define CHART_LABEL_LEN 6 /* characters of a y label, at the most */
#define CHART_N_LABELS  3

struct chart_plan {
    struct rect labels, plot, axis; /* labels and axis are empty where there is no room */
    struct chart_range range;
    bool is_logarithmic;      /* range.min is over 0 */
    int64_t start_ms, end_ms; /* end > start */

    struct chart_label {
        int row; /* of the plot */
        char text[CHART_LABEL_LEN + 1];
    } label[CHART_N_LABELS];

    int n_labels;
};

struct chart_plan chart_plan_make(const struct chart *chart, struct rect rect);

/* Where a value lies between the ends of the range, 0 to 1 and beyond; NaN: nowhere on this axis. */
double chart_plan_share(const struct chart_plan *plan, double value);

/* The column of the plot, -1 when the moment is outside. */
int chart_plan_column(const struct chart_plan *plan, int64_t at_ms);

/* How far apart the labels of the time axis are, so that they stand at round times and not too close. */
int64_t chart_plan_tick_ms(const struct chart_plan *plan);

#endif
