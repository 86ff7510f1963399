#ifndef TW_TUI_VIEW_H
#define TW_TUI_VIEW_H

/* (model, width, height) -> cells. A view is one line of the table and one file. Pure. */

#include "tui/draw/grid.h"
#include "tui/draw/layout.h"
#include "tui/draw/panel.h"
#include "tui/state/ui_state.h"
#include "tui/text/moment.h"

#include <stddef.h>
#include <stdint.h>

struct view_ops {
    enum key_context context;
    /* Into body. Returns the first line of text that it shows, for views that scroll text; else 0. */
    int (*draw)(const struct ui_model *model, struct grid *grid, struct rect body);
};

extern const struct view_ops views[N_VIEWS];

/* The whole screen: header, strips, the view, what lies over it. The grid has the screen's
 * size. Returns the first line of text that is shown, bounded by the length of the text: the state's
 * text_top of the next key. */
int view_draw_screen(const struct ui_model *model, struct grid *grid);

int view_board_draw(const struct ui_model *model, struct grid *grid, struct rect body);
int view_drift_draw(const struct ui_model *model, struct grid *grid, struct rect body);
int view_alerts_draw(const struct ui_model *model, struct grid *grid, struct rect body);
int view_requests_draw(const struct ui_model *model, struct grid *grid, struct rect body);
int view_simulations_draw(const struct ui_model *model, struct grid *grid, struct rect body);
int view_events_draw(const struct ui_model *model, struct grid *grid, struct rect body);
int view_sources_draw(const struct ui_model *model, struct grid *grid, struct rect body);

/* ---- Rows that every view has (header.c, strips.c, footer.c) ----------------------------------- */

void header_draw(const struct ui_model *model, struct grid *grid, struct rect row);
void header_draw_line(const struct ui_model *model, struct grid *grid, struct rect row);
void alert_strip_draw(const struct ui_model *model, struct grid *grid, struct rect row);
void simulation_strip_draw(const struct ui_model *model, struct grid *grid, struct rect row);
void footer_draw(const struct ui_model *model, struct grid *grid, struct rect row);

/* ---- What lies over a view --------------------------------------------------------------------- */

int help_draw(const struct ui_model *model, struct grid *grid, struct rect body);
void picker_draw(const struct ui_model *model, struct grid *grid, struct rect body);
void silence_form_draw(const struct ui_model *model, struct grid *grid, struct rect body);
void form_draw(const struct ui_model *model, struct grid *grid, struct rect body);
int answer_draw(const struct ui_model *model, struct grid *grid, struct rect body);
int page_draw(const struct ui_model *model, struct grid *grid, struct rect body);
void confirm_draw(const struct ui_model *model, struct grid *grid, struct rect body);

/* The command line in row, and above it what may be typed there. */
void prompt_draw(const struct ui_model *model, struct grid *grid, struct rect row);

/* ---- Panels of the dashboard (board_panel.c, board_chart.c) ------------------------------------ */

/* The panel with its frame, as the board has it. The focused one is scrolled as the state says; returns the
 * first of its rows that is shown, bounded. So many cells at the right end of its lower border are left for
 * something else: foot_taken. */
int board_panel_draw(const struct ui_model *model,
                     struct grid *grid,
                     struct rect rect,
                     size_t i,
                     bool is_focused,
                     int foot_taken);
void board_panel_draw_strip(
    const struct ui_model *model, struct grid *grid, struct rect row, size_t i, bool is_focused);

/* One panel with its series, its cursor, its query and what else is known of it, over all of body. Returns
 * as board_panel_draw. */
int view_inspect_draw(const struct ui_model *model, struct grid *grid, struct rect body, size_t i);

/* What y and w offer. */
void choices_draw(const struct ui_model *model, struct grid *grid, struct rect body);

/* The word that stands on the panel, and the one that its thresholds give one value. */
enum panel_state board_panel_state(const struct panel *panel, const struct panel_data *data);
enum panel_state board_value_state(const struct panel *panel, double value);

/* Of series s in a chart of ASCII, where colours may not tell. */
char board_series_sign(size_t s);

/* The lines of the panel in rect; for timeseries, and for whatever else has points. */
struct board_lines {
    bool has_time_axis;
    int64_t cursor_ms; /* -1: none */
    uint64_t hidden;   /* series */
    bool is_logarithmic;
    const struct chart_series *earlier; /* the selected line at an earlier time; NULL: none */
};

void board_lines_draw(const struct ui_model *model,
                      struct grid *grid,
                      struct rect rect,
                      size_t i,
                      const struct board_lines *lines);

/* ---- Shared ------------------------------------------------------------------------------------ */

enum panel_state view_state_of(enum data_state state);
enum role view_role_of(enum data_state state);
enum panel_state view_severity_state(const struct alert *alert); /* CRIT, WARN, PENDING, ... */

/* Until the fault is off by itself, in ms, as far as is known; not below 0. */
int64_t view_fault_left_ms(const struct ui_model *model, const struct active_fault *fault);

/* The servers' clock at the moment of the frame: Prometheus's, of charts and alerts. */
int64_t view_server_now_ms(const struct ui_model *model);

/* That of one server, for the moments that it tells. */
int64_t view_now_of_ms(const struct ui_model *model, enum source_id source);

/* "4m12s" since at_ms by the servers' clock; "-" when at_ms is 0. */
void view_format_since(const struct ui_model *model, int64_t at_ms, char out[16]);

/* The alert's name with what tells it from others of that name: "MLFeatureDrift customer_tier". */
#define VIEW_ALERT_SIZE 200
void view_format_alert(const struct alert *alert, char out[VIEW_ALERT_SIZE]);

/* How long the silence still holds, a second at the least. */
void view_format_silence_left(const struct ui_model *model,
                              const struct silence *silence,
                              char out[MOMENT_SPAN_SIZE]);

/* "not silenced", "silenced by ana, 12m00s left", "inhibited by APIDown" */
#define VIEW_HOLD_SIZE 160
void view_format_hold(const struct ui_model *model,
                      const struct alert *alert,
                      char out[VIEW_HOLD_SIZE]);

/* The row shown first so that the selected one is visible, of n rows in height. */
int view_first_row(int selected, int n, int height);

/* A frame, and its inside with a blank at either end; of several, one has the focus. */
struct rect view_box(
    struct grid *grid, struct rect rect, const char *title, const char *note, bool is_focused);

/* The frame of a list, and its inside with a blank at either end; on a screen of strips there is no
 * frame, and all of body is the inside. */
struct rect view_frame(struct grid *grid, struct rect body, const char *title, const char *note);

/* In the place of a list of the backend's that is empty: why, as far as the backend has answered. */
void view_put_no_list(const struct ui_model *model,
                      struct grid *grid,
                      struct rect inside,
                      bool has_answered,
                      const char *text);

/* In the place of rows of which the filter lets none through. */
void view_put_filtered_out(struct grid *grid, struct rect inside);

/* Paints the selected row's background. */
void view_select_row(struct grid *grid, struct rect row);

#endif
