#ifndef TW_TUI_VIEW_PARTS_H
#define TW_TUI_VIEW_PARTS_H

/* What the files of a view share. Nobody else includes this. */

#include "tui/data/quality.h"
#include "tui/draw/line.h"
#include "tui/draw/table.h"
#include "tui/view/view.h"

#define VIEW_AGE_STEP_MS 5000

enum panel_state view_quality_state(enum quality_id id, double value);
void view_format_request_age(const struct ui_model *model,
                             const struct stored_request *request,
                             char *out,
                             size_t size);

/* Rows of a list of requests; row i is that of item at[i], or i where at is NULL. */
struct request_rows {
    const struct stored_requests *requests;
    const int *at;
    size_t n;
    int selected; /* -1: none */
};

/* With titles where there is room for more than two rows. */
void view_requests_put_rows(const struct ui_model *model,
                            struct grid *grid,
                            struct rect inside,
                            const struct request_rows *rows);

/* In the place of rows: why there are none. */
void view_requests_put_none(const struct ui_model *model, struct grid *grid, struct rect inside);

/* view_worst.c: rows of the screen that the list of the worst answers is to have under the panels. */
int view_worst_height(const struct ui_model *model, const struct grid *grid, struct rect body);
void view_worst_draw(const struct ui_model *model, struct grid *grid, struct rect rect);

/* The one that is open. */
void view_request_draw(const struct ui_model *model, struct grid *grid, struct rect body);
void view_request_draw_detail(const struct ui_model *model,
                              struct grid *grid,
                              struct rect body,
                              const struct stored_detail *detail);

/* view_gameday.c: rows of the list, and the report of the open one. */
void view_gamedays_plan(struct table *table, struct rect rect);
void view_gamedays_put(const struct ui_model *model,
                       struct grid *grid,
                       const struct table *table,
                       int y,
                       const struct gameday *gameday);
int view_gameday_draw(const struct ui_model *model, struct grid *grid, struct rect body);
int view_run_draw(const struct ui_model *model, struct grid *grid, struct rect body);

/* Which drills and faults are on and for how long, in the header. */
void header_add_drills(const struct ui_model *model, struct line *line);

#endif
