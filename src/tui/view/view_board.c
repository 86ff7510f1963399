#include "tui/view/view_parts.h"

#include "common/alloc.h"
#include "tui/draw/line.h"
#include "tui/state/ui_rows.h"
#include "tui/text/moment.h"

#include <stdio.h>
#include <string.h>

/* From this size on alerts and events stand under the panels. */
#define DIGEST_MIN_WIDTH  120
#define DIGEST_MIN_HEIGHT 34
#define DIGEST_HEIGHT     10
#define DIGEST_HEIGHT_MIN 4

/* ---- Panels ------------------------------------------------------------------------------------ */

/* Of the panels that the filter lets through: one at least. */
static struct layout_item *items_of(const struct dashboard *dashboard, const struct ui_rows *rows)
{
    struct layout_item *items = xcalloc(rows->n, sizeof(*items));

    for (size_t i = 0; i < rows->n; i++) {
        const struct panel *panel = &dashboard->panels[rows->at[i]];

        items[i] = (struct layout_item){panel->x, panel->y, panel->w, panel->h};
    }
    return items;
}

static struct layout_flow flow(const struct layout_item *items,
                               size_t n_items,
                               bool is_strips,
                               struct rect body,
                               int first_row,
                               struct rect *rects)
{
    if (is_strips)
        return layout_strips(n_items, body, first_row, rects);
    return layout_flow(items, n_items, body, first_row, rects);
}

#define MORE_SIZE   48
#define FRAME_CELLS 2 /* right of what stands in a border */

/* How many panels have no room; "" for none. Returns its cells. */
static int format_more(const struct layout_flow *shown, size_t n, char out[MORE_SIZE])
{
    size_t after = n - shown->first_item - shown->n_items_shown;

    out[0] = '\0';
    if (shown->n_items_shown == n)
        return 0;
    if (shown->first_item == 0)
        return snprintf(out, MORE_SIZE, " %zu more below ", after);
    if (after == 0)
        return snprintf(out, MORE_SIZE, " %zu more above ", shown->first_item);
    return snprintf(out, MORE_SIZE, " %zu above, %zu below ", shown->first_item, after);
}

/* Cells of a panel's lower border, from its right end on, that the text about the others takes. */
static int cells_taken(struct rect panel, struct rect more)
{
    int end = panel.x + panel.width;

    if (panel.y + panel.height - 1 != more.y || end <= more.x + FRAME_CELLS)
        return 0;
    return end - more.x - FRAME_CELLS;
}

/* Returns the first row that the focused one shows. */
static int draw_panels(const struct ui_model *model,
                       struct grid *grid,
                       struct rect body,
                       const struct ui_rows *rows)
{
    size_t focused = (size_t)rows->selected;
    bool is_strips = layout_frame(grid->width, grid->height).mode == LAYOUT_STRIPS;
    CLEANUP(freep) struct layout_item *items = items_of(model->snapshot->dashboard, rows);
    CLEANUP(freep) struct rect *rects = xcalloc(rows->n, sizeof(*rects));
    struct layout_flow shown = flow(items, rows->n, is_strips, body, 0, rects);
    char text[MORE_SIZE] = "";
    int top = 0, cells;
    struct rect more;

    /* The focused panel is always on the screen. */
    for (int row = 1; rects[focused].height == 0 && row < shown.n_rows; row++)
        shown = flow(items, rows->n, is_strips, body, row, rects);
    cells = is_strips ? 0 : format_more(&shown, rows->n, text);
    more = (struct rect){body.x + body.width - cells - FRAME_CELLS, body.y + body.height - 1, cells,
                         1};
    for (size_t i = 0; i < rows->n; i++) {
        size_t panel = (size_t)rows->at[i];

        if (rects[i].height < 1)
            continue;
        grid_add_item(grid, rects[i], (int)i);
        if (is_strips)
            board_panel_draw_strip(model, grid, rects[i], panel, i == focused);
        else if (i == focused)
            top = board_panel_draw(model, grid, rects[i], panel, true, cells_taken(rects[i], more));
        else
            (void)board_panel_draw(model, grid, rects[i], panel, false,
                                   cells_taken(rects[i], more));
    }
    (void)grid_put(grid, more.x, more.y, cells, style_of(ROLE_ACCENT), text);
    return top;
}

/* ---- Alerts and events under the panels -------------------------------------------------------- */

static void draw_alerts(const struct ui_model *model, struct grid *grid, struct rect rect)
{
    const struct alert_board *alerts = model->snapshot->alerts;
    char title[48];
    struct rect inside;

    (void)snprintf(title, sizeof(title), "Alerts (%zu)", alerts->n);
    inside = panel_draw_plain(grid, rect, title, "a: list", false);
    for (int row = 0; row < inside.height && (size_t)row < alerts->n; row++) {
        const struct alert *alert = &alerts->at[row];
        struct style style = style_of(panel_state_role(view_severity_state(alert)));
        struct rect line_row = {inside.x + 1, inside.y + row, inside.width - 2, 1};
        struct pen pen = pen_at(grid, line_row);
        char since[16], by[48] = "", name[VIEW_ALERT_SIZE];

        view_format_since(model, alert->active_at_ms, since);
        panel_put_state(&pen, view_severity_state(alert));
        pen_to(&pen, line_row.x + 10);
        view_format_alert(alert, name);
        pen.x += grid_put_cut(grid, pen.x, pen.y, 30, style, name);
        pen_to(&pen, line_row.x + 42);
        (void)grid_put_cut(grid, pen.x, pen.y, 12, style_of(ROLE_NORMAL), alert->service);
        pen_to(&pen, line_row.x + 55);
        grid_put_right(grid, pen.x, pen.y, 8, style_of(ROLE_NORMAL), since);
        pen_to(&pen, line_row.x + 65);
        if (alert->simulation_id > 0)
            (void)snprintf(by, sizeof(by), "  sim %lld", (long long)alert->simulation_id);
        pen_putf(&pen, style_of(ROLE_DIM), "%s%s", alert_state_name(alert->state), by);
    }
    if (alerts->n == 0)
        (void)grid_put(grid, inside.x + 1, inside.y, inside.width - 1,
                       style_of(alert_board_is_known(alerts) ? ROLE_OK : ROLE_STALE),
                       alert_board_is_known(alerts) ? "none"
                       : alerts->without_rules      ? "unknown: alertmanager has not answered"
                                                    : "unknown: prometheus has not answered");
}

static void draw_events(const struct ui_model *model, struct grid *grid, struct rect rect)
{
    const struct events *events = &model->snapshot->operations->events;
    struct rect inside;
    char note[16];

    (void)snprintf(note, sizeof(note), "F%d: all", VIEW_EVENTS + 2);
    inside = panel_draw_plain(grid, rect, "Events", note, false);
    for (int row = 0; row < inside.height && (size_t)row < events->n; row++) {
        const struct event *event = &events->at[row];
        struct rect line_row = {inside.x + 1, inside.y + row, inside.width - 2, 1};
        struct pen pen = pen_at(grid, line_row);
        char clock[MOMENT_SPAN_SIZE];

        moment_format_clock(event->at_ms, clock);
        pen_putf(&pen, style_of(ROLE_DIM), "%s ", clock);
        pen_putf(&pen, style_of(ROLE_NORMAL), "%s ", event->kind);
        pen.x +=
            grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_NORMAL), event->subject);
        pen_skip(&pen, 1);
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM), event->detail);
    }
}

static void draw_digest(const struct ui_model *model, struct grid *grid, struct rect rect)
{
    struct rect events = layout_take_right(&rect, rect.width / 3);

    rect.width--;
    draw_alerts(model, grid, rect);
    draw_events(model, grid, events);
}

/* As much as leaves room for all panels, if that can be had. */
static int digest_height(const struct dashboard *dashboard,
                         const struct ui_rows *rows,
                         struct rect body)
{
    CLEANUP(freep) struct layout_item *items = items_of(dashboard, rows);
    CLEANUP(freep) struct rect *rects = xcalloc(rows->n, sizeof(*rects));

    for (int height = DIGEST_HEIGHT; height >= DIGEST_HEIGHT_MIN; height--) {
        struct rect rest = body;

        rest.height -= height;
        if (flow(items, rows->n, false, rest, 0, rects).n_items_shown == rows->n)
            return height;
    }
    return DIGEST_HEIGHT;
}

/* In the place of panels. */
static void put_no_panels(const struct ui_model *model, struct grid *grid, struct rect body)
{
    enum board_id board = model->state->board;
    const char *reason = model->state->place->no_board[board];

    if (reason)
        panel_put_message(grid, body, PANEL_ERROR, reason);
    else if (ui_board(model->state, model->snapshot) && ui_filter(model->state)[0])
        panel_put_message(grid, body, PANEL_NONE, "no panel's title passes the filter");
    else if (ui_board(model->state, model->snapshot))
        panel_put_message(grid, body, PANEL_NO_DATA, "the dashboard has no panels");
    else
        panel_put_message(grid, body, PANEL_NONE, "the panels come");
}

/* What is not of queries has neither series nor a cursor: opened, it is larger and no more. */
static bool is_panel_alone(const struct ui_model *model, size_t focused)
{
    const struct panel *panel = &model->snapshot->dashboard->panels[focused];

    return model->state->zoom == ZOOM_PANEL ||
           (model->state->zoom != ZOOM_NONE && !panel_is_of_queries(panel));
}

int view_board_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    CLEANUP(ui_rows_finish)
    struct ui_rows rows = ui_rows_of(model->state, model->snapshot, model->state->view);
    size_t focused;
    int height;

    if (!ui_focused_panel(model, &focused)) {
        put_no_panels(model, grid, body);
        return 0;
    }
    if (is_panel_alone(model, focused))
        return board_panel_draw(model, grid, body, focused, true, 0);
    if (model->state->zoom == ZOOM_CHART)
        return view_inspect_draw(model, grid, body, focused);
    if (model->state->view == VIEW_QUALITY && (height = view_worst_height(model, grid, body)) > 0)
        view_worst_draw(model, grid, layout_take_bottom(&body, height));
    if (body.height < 1)
        return 0;
    if (model->state->view == VIEW_OVERVIEW && body.width >= DIGEST_MIN_WIDTH &&
        body.height >= DIGEST_MIN_HEIGHT)
        draw_digest(
            model, grid,
            layout_take_bottom(&body, digest_height(model->snapshot->dashboard, &rows, body)));
    return draw_panels(model, grid, body, &rows);
}
