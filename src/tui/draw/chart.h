#ifndef TW_TUI_CHART_H
#define TW_TUI_CHART_H

/* Line charts over time, in cells: braille dots (2x4 per cell) in UTF-8, '*' in ASCII. NaN, infinite
 * and missing values are gaps. Pure; borrows all of its input while it draws. */

#include "tui/draw/grid.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHART_AUTO        ((double)NAN) /* a bound that follows from the data */
#define CHART_LABEL_WIDTH 6             /* cells of the y labels with the blank behind them */

struct chart_series {
    const double *values; /* at first_ms, first_ms + step_ms, ... */
    size_t n_values;
    int64_t first_ms;
    int64_t step_ms; /* over 0 */
    enum role role;
    char mark;   /* its sign where colours cannot tell; 0 for '*' */
    bool is_dim; /* an earlier time, behind the others */
};

struct chart_limit {
    double value;
    const char *label; /* "warn", "crit" */
    enum role role;
};

/* Something that happened: a vertical line. */
struct chart_mark {
    int64_t at_ms;
    const char *label; /* on the time axis, "S8"; NULL for none */
};

struct chart {
    const struct chart_series *series; /* the first is drawn on top */
    size_t n_series;
    const struct chart_limit *limits;
    size_t n_limits;
    const struct chart_mark *marks;
    size_t n_marks;
    int64_t start_ms, end_ms; /* left and right edge, Unix time */
    double min, max;          /* CHART_AUTO: from data and limits, rounded to round numbers */
    const char *unit;         /* as units_format */
    int64_t cursor_ms;        /* below 0: none */
    bool has_time_axis;       /* takes the last row */
    bool is_stale;            /* drawn dim */
    bool is_logarithmic;      /* only where there is a value over 0: what is not is a gap then */
};

struct chart_range {
    double min, max; /* min < max, finite */
};

/* What the y axis covers. Values outside are drawn at its edge. */
struct chart_range chart_range(const struct chart *chart);

/* It is drawn on a logarithmic axis: that is asked for, and there is a value over 0. */
bool chart_has_log_axis(const struct chart *chart);

/* Dots across a chart this many cells wide: ask the server for as many points, not for more. */
int chart_dots(int width, enum encoding encoding);

void chart_draw(struct grid *grid, struct rect rect, const struct chart *chart);

/* The axis alone, under a plot of another kind: the chart's times and marks. */
void chart_draw_time_axis(struct grid *grid,
                          struct rect plot,
                          struct rect axis,
                          const struct chart *chart);

/* The moment under the left edge of column x of a chart drawn in rect, and the reverse (-1 outside). */
int64_t chart_moment_at(const struct chart *chart, struct rect rect, int x);
int chart_column_of(const struct chart *chart, struct rect rect, int64_t at_ms);

#endif
