#include "tui/state/ui_parts.h"

#include "tui/draw/layout.h"
#include "tui/state/ui_rows.h"

#include <stdio.h>
#include <string.h>

#define PAGE_ROWS 10

static int bound(int value, int least, int most)
{
    return value > most ? most : value < least ? least : value;
}

/* ---- Moving ------------------------------------------------------------------------------------ */

void ui_move(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    enum key_context context = ui_state_context(state);
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, state->view);

    if (context == IN_HELP || context == IN_ALERT || context == IN_SOURCES || context == IN_RUN ||
        context == IN_PAGE) {
        state->text_top = bound(state->text_top, 0, 1 << 20) + by;
        state->text_top = bound(state->text_top, 0, 1 << 20);
    } else if (context == IN_ANSWER) {
        ui_answer_move(state, snapshot, by);
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
    } else if (rows.n > 0) {
        state->selected[state->view] = ui_rows_step(&rows, by);
    }
}

/* Tab goes round. */
static void cycle(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, state->view);
    int n = (int)rows.n;

    if (ui_state_context(state) == IN_FORM)
        sim_form_move(&state->form, by);
    else if (ui_state_context(state) == IN_ANSWER)
        ui_answer_move(state, snapshot, by);
    else if (state->view == VIEW_REQUESTS)
        ui_requests_move(state, snapshot, by);
    else if (state->view == VIEW_SIMULATIONS)
        ui_simulations_move(state, snapshot, by);
    else if (state->view == VIEW_ALERTS)
        ui_alerts_move(state, snapshot, by);
    else if (n > 0)
        state->selected[state->view] = rows.at[(rows.selected + by + n) % n];
    state->selected_series = -1;
    state->hidden_series = 0;
}

int ui_panels_per_row(const struct ui_state *state)
{
    if (layout_frame(state->width, state->height).mode != LAYOUT_FULL)
        return 1;
    return layout_columns(state->width);
}

/* What a held screen does not have lets it go. */
void ui_go_to(struct ui_state *state, enum view_id view)
{
    enum board_id board = ui_board_of(view);

    if (view == VIEW_REQUESTS || (board != N_BOARDS && board != state->board))
        state->is_paused = false;
    if (board != N_BOARDS)
        state->board = board;
    state->view = view;
    state->open_id[0] = '\0';
    state->open_run_id = 0;
    state->overlay = OVERLAY_NONE;
    state->is_alert_open = false;
    state->zoom = ZOOM_NONE;
    state->text_top = 0;
}

void ui_open_help(struct ui_state *state)
{
    state->overlay = OVERLAY_HELP;
    state->filter[0] = '\0';
    state->text_top = 0;
}

static void toggle_help(struct ui_state *state)
{
    if (state->overlay == OVERLAY_HELP)
        state->overlay = OVERLAY_NONE;
    else
        ui_open_help(state);
}

static void go_back(struct ui_state *state)
{
    if (state->is_filtering) {
        ui_filter_clear(state);
    } else if (state->overlay == OVERLAY_CONFIRM && state->confirm.what == UI_START) {
        state->overlay = OVERLAY_FORM;
    } else if (state->overlay == OVERLAY_CONFIRM && state->confirm.what == UI_SILENCE &&
               state->silence_act == UI_FORM) {
        state->overlay = OVERLAY_SILENCE;
    } else if (state->overlay != OVERLAY_NONE) {
        state->overlay = OVERLAY_NONE;
    } else if (state->view == VIEW_ALERTS && state->is_alert_open) {
        state->is_alert_open = false;
    } else if (state->view == VIEW_REQUESTS && state->open_id[0]) {
        state->open_id[0] = '\0';
    } else if (state->view == VIEW_SIMULATIONS && state->open_run_id > 0) {
        state->open_run_id = 0;
    } else if (state->zoom != ZOOM_NONE) {
        state->zoom = ZOOM_NONE;
    } else if (state->filters[state->view][0]) {
        ui_filter_clear(state);
    } else {
        ui_go_to(state, VIEW_OVERVIEW);
    }
    state->text_top = 0;
}

/* ---- Acting ------------------------------------------------------------------------------------ */

static struct ui_request nothing(void)
{
    return (struct ui_request){.kind = UI_NOTHING};
}

struct ui_request ui_ask(struct ui_state *state,
                         enum ui_request_kind what,
                         bool is_on,
                         struct ui_moment at)
{
    state->confirm =
        (struct ui_confirm){.what = what, .is_on = is_on, .opened_mono_ms = at.mono_ms};
    state->overlay = OVERLAY_CONFIRM;
    return nothing();
}

bool ui_can_act(struct ui_state *state, struct ui_moment at)
{
    if (!state->place->no_token[0])
        return true;
    ui_state_say(state, true, state->place->no_token, at);
    return false;
}

static void remember_baseline(struct ui_state *state, bool was_on, struct ui_moment at)
{
    state->undo = UNDO_BASELINE;
    state->undo_baseline_was_on = was_on;
    state->undo_until_mono_ms = at.mono_ms + UI_UNDO_FOR_MS;
}

static struct ui_request switch_baseline(struct ui_state *state,
                                         const struct snapshot *snapshot,
                                         struct ui_moment at)
{
    bool is_on = !ui_baseline(snapshot);

    if (!ui_can_act(state, at))
        return nothing();
    if (!snapshot->operations->has_simulations) {
        ui_state_say(state, true,
                     "whether the baseline runs is not known yet: the backend has not answered",
                     at);
        return nothing();
    }
    if (state->place->is_production)
        return ui_ask(state, UI_SET_BASELINE, is_on, at);
    remember_baseline(state, !is_on, at);
    return (struct ui_request){.kind = UI_SET_BASELINE, .is_on = is_on};
}

/* What is stopped with all others cannot be undone once more. */
static void forget_start(struct ui_state *state)
{
    if (state->undo == UNDO_SIMULATION)
        state->undo = UNDO_NOTHING;
}

static struct ui_request stop_drills(struct ui_state *state,
                                     const struct snapshot *snapshot,
                                     struct ui_moment at)
{
    if (!ui_can_act(state, at))
        return nothing();
    /* Others' drills end with ours: that is asked first. */
    if (ui_count_drills_running(snapshot) > ui_count_own_running(state, snapshot))
        return ui_ask(state, UI_STOP_DRILLS, false, at);
    forget_start(state);
    return (struct ui_request){.kind = UI_STOP_DRILLS};
}

static struct ui_request undo(struct ui_state *state, struct ui_moment at)
{
    enum ui_undo what = at.mono_ms < state->undo_until_mono_ms ? state->undo : UNDO_NOTHING;

    state->undo = UNDO_NOTHING;
    switch (what) {
    case UNDO_SIMULATION:
        return (struct ui_request){.kind = UI_STOP_SIMULATION,
                                   .simulation_id = state->undo_simulation_id};
    case UNDO_BASELINE:
        return (struct ui_request){.kind = UI_SET_BASELINE, .is_on = state->undo_baseline_was_on};
    case UNDO_SILENCE:
        memcpy(state->silence_id, state->undo_silence_id, sizeof(state->silence_id));
        return (struct ui_request){.kind = UI_EXPIRE};
    case UNDO_NOTHING:
        break;
    }
    ui_state_say(state, false, "nothing to undo", at);
    return nothing();
}

struct ui_request ui_quit(struct ui_state *state,
                          const struct snapshot *snapshot,
                          struct ui_moment at)
{
    bool was_asked = state->overlay == OVERLAY_CONFIRM && state->confirm.what == UI_QUIT;

    if (ui_count_own_running(state, snapshot) > 0 && !was_asked)
        return ui_ask(state, UI_QUIT, false, at);
    return (struct ui_request){.kind = UI_QUIT};
}

/* What the box asked about is to be done. */
static struct ui_request confirmed(struct ui_state *state, struct ui_moment at)
{
    struct ui_request request = {.kind = state->confirm.what, .is_on = state->confirm.is_on};

    state->overlay = OVERLAY_NONE;
    if (request.kind == UI_STOP_DRILLS)
        forget_start(state);
    if (request.kind == UI_START) {
        request.form = state->form;
        state->is_form_sent = true;
    }
    if (request.kind == UI_SET_BASELINE)
        remember_baseline(state, !request.is_on, at);
    return request;
}

/* In production the environment's name is typed, and Enter sends it. */
static struct ui_request type_name(struct ui_state *state, uint32_t key, struct ui_moment at)
{
    char *typed = state->confirm.typed;
    size_t len = strlen(typed);

    if (key == INPUT_ENTER && strcmp(typed, state->place->environment) == 0)
        return confirmed(state, at);
    if (key == INPUT_BACKSPACE && len > 0)
        typed[len - 1] = '\0';
    if (key > ' ' && key < 0x7f && len + 1 < sizeof(state->confirm.typed)) {
        typed[len] = (char)key;
        typed[len + 1] = '\0';
    }
    return nothing();
}

struct ui_request ui_open_selected(struct ui_state *state,
                                   const struct snapshot *snapshot,
                                   const char *idempotency_key,
                                   struct ui_moment at)
{
    const struct alert *alert;

    if (state->overlay == OVERLAY_FORM) {
        return sim_form_check(&state->form) ? ui_ask(state, UI_START, false, at) : nothing();
    }
    if (state->overlay == OVERLAY_SILENCE)
        return ui_silence_review(state, at);
    if (state->is_filtering) {
        state->is_filtering = false;
    } else if (state->overlay == OVERLAY_PICKER) {
        ui_go_to(state, (enum view_id)state->picked);
    } else if (state->overlay == OVERLAY_ANSWER) {
        ui_answer_open(state, snapshot, at);
    } else if (state->view == VIEW_REQUESTS) {
        ui_requests_open(state, snapshot);
    } else if (state->view == VIEW_SIMULATIONS) {
        ui_simulations_open(state, snapshot, idempotency_key, at);
    } else if (ui_board_of(state->view) != N_BOARDS) {
        ui_inspect_open(state);
    } else if (state->view == VIEW_ALERTS && (alert = ui_selected_alert(state, snapshot))) {
        state->is_alert_open = true;
        state->alert_id = alert->id;
        state->text_top = 0;
        (void)snprintf(state->runbook_name, sizeof(state->runbook_name), "%s", alert->name);
        return (struct ui_request){.kind = UI_LOAD_RUNBOOK};
    }
    return nothing();
}

/* ---- Dispatch ---------------------------------------------------------------------------------- */

static void type(struct ui_state *state, uint32_t key)
{
    if (state->overlay == OVERLAY_FORM)
        sim_form_type(&state->form, key);
    else if (state->overlay == OVERLAY_SILENCE)
        silence_form_type(&state->silence, key);
    else if (state->is_filtering)
        ui_filter_type(state, key);
}

static void erase(struct ui_state *state)
{
    if (state->overlay == OVERLAY_FORM)
        sim_form_erase(&state->form);
    else if (state->overlay == OVERLAY_SILENCE)
        silence_form_erase(&state->silence);
    else
        ui_filter_erase(state);
}

static void toggle(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    if (state->overlay == OVERLAY_FORM)
        sim_form_turn(&state->form, by);
    else
        ui_inspect_hide_series(state, snapshot);
}

static void next_kind(struct ui_state *state, const struct snapshot *snapshot)
{
    if (state->view == VIEW_ALERTS)
        ui_alerts_next_show(state, snapshot);
    else
        ui_requests_next_kind(state);
}

static void next_order(struct ui_state *state)
{
    if (state->view == VIEW_ALERTS)
        ui_alerts_next_grouping(state);
    else
        ui_requests_next_order(state);
}

/* Keys that only change what is shown. */
static void look(struct ui_state *state, const struct snapshot *snapshot, struct key_match match)
{
    switch (match.action) {
    case ACTION_HELP:
        toggle_help(state);
        break;
    case ACTION_PROMPT:
        ui_prompt_open(state);
        break;
    case ACTION_BACK:
        go_back(state);
        break;
    case ACTION_NEXT:
        cycle(state, snapshot, 1);
        break;
    case ACTION_PREVIOUS:
        cycle(state, snapshot, -1);
        break;
    case ACTION_NUMBER:
        if (match.argument <= (int)snapshot->n_panels && ui_board(state, snapshot))
            state->selected[state->view] = match.argument - 1;
        break;
    case ACTION_ZOOM:
        state->zoom = state->zoom == ZOOM_PANEL ? ZOOM_NONE : ZOOM_PANEL;
        break;
    case ACTION_PICKER:
        state->overlay = OVERLAY_PICKER;
        state->picked = (int)state->view;
        break;
    case ACTION_GO:
        if (match.argument < N_VIEWS)
            ui_go_to(state, (enum view_id)match.argument);
        break;
    case ACTION_KIND:
        next_kind(state, snapshot);
        break;
    case ACTION_ORDER:
        next_order(state);
        break;
    case ACTION_ALERTS:
        ui_go_to(state, VIEW_ALERTS);
        break;
    case ACTION_SIMULATIONS:
        ui_go_to(state, VIEW_SIMULATIONS);
        break;
    case ACTION_SOURCES:
        ui_go_to(state, VIEW_SOURCES);
        break;
    case ACTION_FILTER:
        state->is_filtering = true;
        if (match.argument == 1) {
            ui_filter_clear(state);
            state->is_filtering = true;
            ui_filter_type(state, '!');
        }
        break;
    case ACTION_TOGGLE:
        toggle(state, snapshot, match.argument);
        break;
    case ACTION_ERASE:
        erase(state);
        break;
    default: /* moving and acting keys are not ours */
        break;
    }
}

/* In a chart by points, elsewhere by rows. */
static void move_far(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    if (ui_state_context(state) == IN_CHART)
        ui_window_move_cursor(state, snapshot, by);
    else
        ui_move(state, snapshot, by);
}

/* True when it was a moving key. */
static bool move_by_key(struct ui_state *state, const struct snapshot *snapshot, enum action action)
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
        if (context == IN_REQUEST)
            ui_requests_turn(state, snapshot, action == ACTION_LEFT ? -1 : 1);
        else if (context == IN_CHART)
            ui_window_move_cursor(state, snapshot, action == ACTION_LEFT ? -1 : 1);
        else
            ui_move(state, snapshot, action == ACTION_LEFT ? -1 : 1);
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

/* The boxes that ask have their own rules: a guard against keys typed ahead, and names to type. */
static bool is_guarded(struct ui_state *state, uint32_t key, struct ui_moment at)
{
    return state->overlay == OVERLAY_CONFIRM && key != INPUT_ESC && key != INPUT_CTRL_L &&
           key != INPUT_CTRL_Z && at.mono_ms < state->confirm.opened_mono_ms + UI_GUARD_MS;
}

bool ui_confirm_wants_name(const struct ui_state *state)
{
    return state->overlay == OVERLAY_CONFIRM && state->place->is_production &&
           state->confirm.what != UI_QUIT && state->confirm.what != UI_SET_CONTEXT;
}

static bool is_typed_name(const struct ui_state *state, uint32_t key)
{
    return ui_confirm_wants_name(state) && key != INPUT_ESC && key != INPUT_CTRL_C &&
           key != INPUT_CTRL_L && key != INPUT_CTRL_Z;
}

struct ui_request ui_state_key(struct ui_state *state,
                               const struct snapshot *snapshot,
                               uint32_t key,
                               const char *idempotency_key,
                               struct ui_moment at)
{
    struct key_match match = keys_find(ui_state_context(state), key);
    struct ui_request request;

    if (is_guarded(state, key, at))
        return nothing();
    if (match.action != ACTION_SUSPEND && match.action != ACTION_REDRAW)
        state->notice[0] = '\0';
    if (is_typed_name(state, key))
        return type_name(state, key, at);
    if (state->is_prompt_open && ui_prompt_edit(state, snapshot, key, match))
        return nothing();
    if (move_by_key(state, snapshot, match.action))
        return nothing();
    switch (match.action) {
    case ACTION_NONE:
        type(state, key);
        return nothing();
    case ACTION_QUIT:
        return ui_quit(state, snapshot, at);
    case ACTION_REDRAW:
        return (struct ui_request){.kind = UI_REDRAW};
    case ACTION_SUSPEND:
        return (struct ui_request){.kind = UI_SUSPEND};
    case ACTION_REFRESH:
        return (struct ui_request){.kind = UI_REFRESH};
    case ACTION_OPEN:
        return ui_open_selected(state, snapshot, idempotency_key, at);
    case ACTION_CONFIRM:
        return confirmed(state, at);
    case ACTION_SEND:
        return ui_prompt_send(state, snapshot, idempotency_key, at);
    case ACTION_REPEAT:
        return ui_prompt_repeat(state, snapshot, idempotency_key, at);
    case ACTION_LAUNCH:
        ui_form_open(state, snapshot, (enum sim_kind_id)match.argument, idempotency_key, at);
        return nothing();
    case ACTION_STOP:
        return stop_drills(state, snapshot, at);
    case ACTION_BASELINE:
        return switch_baseline(state, snapshot, at);
    case ACTION_UNDO:
        return undo(state, at);
    case ACTION_CHOOSE:
        return ui_inspect_choose(state, match.argument);
    default:
        if (ui_alerts_key(state, snapshot, match.action, at, &request))
            return request;
        if (!ui_window_key(state, snapshot, match.action, at) &&
            !ui_inspect_key(state, match.action))
            look(state, snapshot, match);
        return nothing();
    }
}
