/* Where the keys that move go: to rows, panels, lines of a text, points of a chart. */

#include "tui/draw/layout.h"
#include "tui/state/ui_parts.h"
#include "tui/state/ui_rows.h"

#define PAGE_ROWS 10

static int bound(int value, int least, int most)
{
    return value > most ? most : value < least ? least : value;
}

static void scroll(struct ui_state *state, int by)
{
    state->text_top = bound(state->text_top, 0, 1 << 20) + by;
    state->text_top = bound(state->text_top, 0, 1 << 20);
}

void ui_select_panel(struct ui_state *state, const struct snapshot *snapshot, int panel)
{
    state->selected[state->view] = panel;
    state->text_top = 0;
    if (state->zoom == ZOOM_CHART && (size_t)panel < snapshot->n_panels &&
        ui_board(state, snapshot) && !panel_is_of_queries(&snapshot->dashboard->panels[panel]))
        state->zoom = ZOOM_PANEL;
}

void ui_move(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    enum key_context context = ui_state_context(state);
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, state->view);

    if (context == IN_HELP || context == IN_ALERT || context == IN_SOURCES || context == IN_RUN ||
        context == IN_GAMEDAY || context == IN_PANEL || context == IN_PAGE) {
        scroll(state, by);
    } else if (context == IN_ANSWER) {
        ui_answer_move(state, snapshot, by);
    } else if (context == IN_WORST) {
        ui_worst_move(state, snapshot, by);
    } else if (context == IN_PICKER) {
        state->picked = bound(state->picked + by, 0, N_VIEWS - 1);
    } else if (context == IN_REQUESTS || context == IN_REQUEST) {
        ui_requests_move(state, snapshot, by);
    } else if (context == IN_SIMULATIONS) {
        ui_simulations_move(state, snapshot, by);
    } else if (context == IN_ALERTS) {
        ui_alerts_move(state, snapshot, by);
    } else if (context == IN_CHART) {
        ui_inspect_move_series(state, snapshot, by);
    } else if (context == IN_POINTS && ui_inspects_now(state, snapshot)) {
        scroll(state, by);
    } else if (context == IN_POINTS) { /* the newest is on top */
        ui_window_move_cursor(state, snapshot, -by);
    } else if (context == IN_BOARD && rows.n > 0) {
        ui_select_panel(state, snapshot, ui_rows_step(&rows, by));
    } else if (rows.n > 0) {
        state->selected[state->view] = ui_rows_step(&rows, by);
    }
}

void ui_cycle(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, state->view);
    int n = (int)rows.n;

    if (ui_state_context(state) == IN_FORM)
        sim_form_move(&state->form, by);
    else if (ui_state_context(state) == IN_ANSWER)
        ui_answer_move(state, snapshot, by);
    else if (ui_state_context(state) == IN_WORST)
        ui_worst_move(state, snapshot, by);
    else if (state->view == VIEW_REQUESTS)
        ui_requests_move(state, snapshot, by);
    else if (state->view == VIEW_SIMULATIONS)
        ui_simulations_move(state, snapshot, by);
    else if (state->view == VIEW_ALERTS)
        ui_alerts_move(state, snapshot, by);
    else if (n > 0 && ui_board_of(state->view) != N_BOARDS)
        ui_select_panel(state, snapshot, rows.at[(rows.selected + by + n) % n]);
    else if (n > 0)
        state->selected[state->view] = rows.at[(rows.selected + by + n) % n];
    state->selected_series = -1;
    state->hidden_series = 0;
    state->panel_alert_id = 0;
}

int ui_panels_per_row(const struct ui_state *state)
{
    if (layout_frame(state->width, state->height).mode != LAYOUT_FULL)
        return 1;
    return layout_columns(state->width);
}

/* In a chart by points, in a panel by its lines, elsewhere by rows. What a chart shows of now alone has
 * lines and no cursor. */
static void move_far(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    enum key_context context = ui_state_context(state);

    if (context == IN_CHART && ui_inspects_now(state, snapshot))
        scroll(state, by);
    else if (context == IN_CHART)
        ui_window_move_cursor(state, snapshot, by);
    else if (context == IN_BOARD)
        scroll(state, by);
    else
        ui_move(state, snapshot, by);
}

/* To the left and right of where it is, by what stands there. */
static void move_aside(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    switch (ui_state_context(state)) {
    case IN_REQUEST:
        ui_requests_turn(state, snapshot, by);
        break;
    case IN_CHART:
        ui_window_move_cursor(state, snapshot, by);
        break;
    case IN_POINTS:
        ui_inspect_move_series(state, snapshot, by);
        break;
    case IN_PANEL:
        ui_cycle(state, snapshot, by);
        break;
    default:
        ui_move(state, snapshot, by);
        break;
    }
}

bool ui_move_by_key(struct ui_state *state, const struct snapshot *snapshot, enum action action)
{
    enum key_context context = ui_state_context(state);
    int row = context == IN_BOARD ? ui_panels_per_row(state) : 1;

    switch (action) {
    case ACTION_UP:
    case ACTION_DOWN:
        if (context == IN_FORM)
            sim_form_move(&state->form, action == ACTION_UP ? -1 : 1);
        else if (context == IN_SILENCE)
            silence_form_move(&state->silence, action == ACTION_UP ? -1 : 1);
        else
            ui_move(state, snapshot, action == ACTION_UP ? -row : row);
        return true;
    case ACTION_LEFT:
    case ACTION_RIGHT:
        move_aside(state, snapshot, action == ACTION_LEFT ? -1 : 1);
        return true;
    case ACTION_PAGE_UP:
        move_far(state, snapshot, -PAGE_ROWS);
        return true;
    case ACTION_PAGE_DOWN:
        move_far(state, snapshot, PAGE_ROWS);
        return true;
    case ACTION_FIRST:
        move_far(state, snapshot, -(1 << 20));
        return true;
    case ACTION_LAST:
        move_far(state, snapshot, 1 << 20);
        return true;
    default:
        return false;
    }
}
