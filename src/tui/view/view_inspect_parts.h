#ifndef TW_VIEW_INSPECT_PARTS_H
#define TW_VIEW_INSPECT_PARTS_H

/* What the files of the view of one panel share. Nobody else includes this. Pure. */

#include "tui/board/inspect.h"
#include "tui/view/view.h"

struct inspect_view {
    const struct ui_model *model;
    const struct panel *panel;
    const struct panel_data *data;
    const struct inspect_data *known; /* NULL: nothing was answered for this panel alone */
    const struct series *series;      /* the selected one; NULL: there is none */
    size_t index, selected;
};

/* A value in the panel's unit; "-" for NaN. */
void view_inspect_format(const struct inspect_view *view, double value, char out[UNITS_SIZE]);

/* "08:00:30", with the date in windows of over a day. */
#define VIEW_INSPECT_MOMENT_SIZE 32
void view_inspect_format_moment(const struct inspect_view *view,
                                int64_t at_ms,
                                char out[VIEW_INSPECT_MOMENT_SIZE]);

const char *view_inspect_compare_name(enum compare_id id); /* "1h", "1d", "1w" */

/* The one whose line the chart shows beside; N_COMPARES: none. */
enum compare_id view_inspect_compare(const struct inspect_view *view);

/* The selected line at that earlier time, on the moments of now; NULL: not known. */
const struct series *view_inspect_earlier(const struct inspect_view *view, enum compare_id id);

/* Its value so much earlier than at_ms; NaN: not known. */
double view_inspect_earlier_value(const struct inspect_view *view,
                                  enum compare_id id,
                                  int64_t at_ms);

/* ---- view_inspect_chart.c */

/* Returns the first row shown of a panel that looks as on its board. */
int inspect_chart_draw(const struct inspect_view *view, struct grid *grid, struct rect rect);

/* ---- view_inspect_points.c */

/* The points as numbers, the newest on top, in the place of the chart. */
void inspect_points_draw(const struct inspect_view *view, struct grid *grid, struct rect inside);

/* ---- view_inspect_series.c */

void inspect_series_draw(const struct inspect_view *view, struct grid *grid, struct rect rect);
void inspect_series_draw_box(const struct inspect_view *view, struct grid *grid, struct rect rect);

/* Rows that the box is to have. */
int inspect_series_box_height(const struct inspect_view *view);

/* ---- One line each, for screens without room for boxes; and the boxes */

void inspect_stats_draw_line(const struct inspect_view *view, struct grid *grid, struct rect row);

/* view_inspect_context.c */
void inspect_exemplars_draw_line(const struct inspect_view *view,
                                 struct grid *grid,
                                 struct rect row);
void inspect_exemplars_draw_box(const struct inspect_view *view,
                                struct grid *grid,
                                struct rect rect);
void inspect_simulation_draw_line(const struct inspect_view *view,
                                  struct grid *grid,
                                  struct rect row);
void inspect_simulation_draw_box(const struct inspect_view *view,
                                 struct grid *grid,
                                 struct rect rect);

/* view_inspect_rules.c */
void inspect_rules_draw_line(const struct inspect_view *view, struct grid *grid, struct rect row);
void inspect_rules_draw_box(const struct inspect_view *view, struct grid *grid, struct rect rect);

/* view_inspect_query.c */
void inspect_cost_draw_line(const struct inspect_view *view, struct grid *grid, struct rect row);
void inspect_query_draw_line(const struct inspect_view *view, struct grid *grid, struct rect row);
int inspect_query_box_height(const struct inspect_view *view, int width);
void inspect_query_draw_box(const struct inspect_view *view, struct grid *grid, struct rect rect);

#endif
