#ifndef TW_BOARD_PARTS_H
#define TW_BOARD_PARTS_H

/* What the drawers of a dashboard's panels share, one file per type of panel. Nobody but the board_*.c
 * includes this. Pure. */

#include "tui/draw/chart.h"
#include "tui/text/units.h"
#include "tui/view/view.h"

#include <stdbool.h>
#include <stddef.h>

/* A panel while it is drawn. */
struct board_panel {
    const struct ui_model *model;
    const struct panel *panel;
    const struct panel_data *data;
    size_t index;           /* in the dashboard */
    enum panel_state state; /* as its head has it */
    const char *value;
    bool is_alone; /* it has the screen, or most of it */
    int *top;      /* first row that it shows; the drawer bounds it */
};

/* ---- Drawers: into inside, which is blank; the panel has series, or is not of queries -------------- */

typedef void board_draw_fn(const struct board_panel *at, struct grid *grid, struct rect inside);

/* The value in the head. */
typedef void board_value_fn(const struct board_panel *at, char out[UNITS_SIZE]);

board_draw_fn board_timeseries_draw;
board_draw_fn board_stat_draw;
board_draw_fn board_gauge_draw;
board_draw_fn board_bargauge_draw;
board_draw_fn board_piechart_draw;
board_draw_fn board_heatmap_draw;
board_draw_fn board_table_draw;
board_draw_fn board_text_draw;
board_draw_fn board_alertlist_draw;
board_draw_fn board_timeline_draw;

board_value_fn board_piechart_value;
board_value_fn board_heatmap_value;
board_value_fn board_table_value;
board_value_fn board_alertlist_value;

/* What its alerts come to. */
enum panel_state board_alertlist_state(const struct board_panel *at);

/* Age of what it lists; -1: there was no answer. */
int64_t board_alertlist_age_ms(const struct board_panel *at);

/* ---- Rows that are scrolled ------------------------------------------------------------------------ */

/* Which of n rows stand in `room` lines. Where they are not all, one line is left for board_put_rest. */
struct board_span {
    size_t first, n, n_all;
    bool has_rest;
};

struct board_span board_span_of(size_t n_all, size_t room, int *top);

/* "4 above, 12 more"; with `what`, "4 rows above, 12 more rows". */
#define BOARD_REST_SIZE 80
void board_format_rest(const struct board_span *span, const char *what, char out[BOARD_REST_SIZE]);

/* ---- Shared --------------------------------------------------------------------------------------- */

/* As the panel shows it: its mapping's text, or the number in its unit; "" for NaN without either when
 * has_data is false. */
void board_format(const struct panel *panel, double value, bool has_data, char out[UNITS_SIZE]);

enum panel_state board_level_state(enum threshold_level level);

/* The role of a value by its level; otherwise for one that nothing judges. */
enum role board_value_role(const struct panel *panel, double value, enum role otherwise);

#define BOARD_LIMITS_MAX 8

/* The thresholds that warn; how many. */
size_t board_limits(const struct panel *panel, struct chart_limit limits[BOARD_LIMITS_MAX]);

/* A line for each series: its name, a bar, its value. */
struct board_row {
    const char *name; /* borrowed */
    const struct series *series;
    double value;
    char text[UNITS_SIZE];
    char share[12]; /* "45%"; "" for none */
    enum role role;
};

enum board_bar { BOARD_BARS, BOARD_SPARKS };

struct board_rows {
    size_t n;
    struct board_row at[SERIES_MAX];
    enum board_bar bar;
    double min, max;           /* of the bars */
    const struct panel *panel; /* for ticks at its thresholds; NULL: none */
    size_t n_points;           /* of the series */
    bool is_stale;
    int *top;          /* the first that is shown; bounded when they are drawn */
    double rest_total; /* NaN: the shares of the rows without room are not said */
};

/* One for each series, in their order, with its value, text and role. */
void board_rows_make(const struct board_panel *at, struct board_rows *ret_rows);

void board_rows_draw(const struct board_rows *rows, struct grid *grid, struct rect inside);

/* Axis of time under a plot; marks as board_lines_draw has them. */
void board_put_time_axis(const struct board_panel *at,
                         struct grid *grid,
                         struct rect plot,
                         struct rect axis);

/* Names of the series of a chart that has several, in one row; "+2" stands for those without room. */
void board_put_legend(const struct board_panel *at, struct grid *grid, struct rect row);

/* What a panel's stale data is drawn with. */
bool board_is_stale(const struct board_panel *at);

#endif
