#include "tui/state/ui_parts.h"

#include <stdio.h>
#include <string.h>

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
    state->open_run_id = state->open_gameday_id = 0;
    state->overlay = OVERLAY_NONE;
    state->is_alert_open = false;
    state->is_in_worst = false;
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
    } else if (state->is_in_worst) {
        state->is_in_worst = false;
    } else if (state->view == VIEW_REQUESTS && state->open_id[0]) {
        state->open_id[0] = '\0';
    } else if (state->view == VIEW_SIMULATIONS &&
               (state->open_run_id > 0 || state->open_gameday_id > 0)) {
        state->open_run_id = state->open_gameday_id = 0;
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
    if (state->undo == UNDO_SIMULATION || state->undo == UNDO_GAMEDAY)
        state->undo = UNDO_NOTHING;
}

/* A game day of ours has a simulation of its own at a time. */
static bool are_all_ours(const struct ui_state *state, const struct snapshot *snapshot)
{
    bool has_gameday = ui_is_own_gameday_running(state, snapshot);

    return ui_count_drills_running(snapshot) <=
               ui_count_own_running(state, snapshot) + has_gameday &&
           (has_gameday || !ui_running_gameday(snapshot));
}

static struct ui_request stop_drills(struct ui_state *state,
                                     const struct snapshot *snapshot,
                                     struct ui_moment at)
{
    if (!ui_can_act(state, at))
        return nothing();
    /* Others' drills end with ours: that is asked first. */
    if (!are_all_ours(state, snapshot))
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
    case UNDO_GAMEDAY:
        return (struct ui_request){.kind = UI_STOP_GAMEDAY, .gameday_id = state->undo_gameday_id};
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

    if (!was_asked &&
        (ui_count_own_running(state, snapshot) > 0 || ui_is_own_gameday_running(state, snapshot)))
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

static int focused_panel(const struct ui_state *state, const struct snapshot *snapshot)
{
    struct ui_model model = {snapshot, state, {0, 0}};
    size_t i;

    return ui_focused_panel(&model, &i) ? (int)i : state->selected[state->view];
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
    } else if (ui_state_context(state) == IN_WORST) {
        ui_worst_open(state, snapshot);
    } else if (state->view == VIEW_REQUESTS) {
        ui_requests_open(state, snapshot);
    } else if (state->view == VIEW_SIMULATIONS) {
        ui_simulations_open(state, snapshot, idempotency_key, at);
    } else if (ui_board_of(state->view) != N_BOARDS) {
        ui_inspect_open(state);
        ui_select_panel(state, snapshot, focused_panel(state, snapshot));
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
    else if (state->view == VIEW_SIMULATIONS)
        ui_gamedays_turn(state);
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

/* Keys that lead to another view or panel; false: it is none of them. */
static bool go(struct ui_state *state, const struct snapshot *snapshot, struct key_match match)
{
    switch (match.action) {
    case ACTION_NEXT:
        ui_cycle(state, snapshot, 1);
        break;
    case ACTION_PREVIOUS:
        ui_cycle(state, snapshot, -1);
        break;
    case ACTION_NUMBER:
        if (match.argument <= (int)snapshot->n_panels && ui_board(state, snapshot))
            ui_select_panel(state, snapshot, match.argument - 1);
        break;
    case ACTION_PICKER:
        state->overlay = OVERLAY_PICKER;
        state->picked = (int)state->view;
        break;
    case ACTION_GO:
        if (match.argument < N_VIEWS)
            ui_go_to(state, (enum view_id)match.argument);
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
    default:
        return false;
    }
    return true;
}

/* Those that change what is shown of it. */
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
    case ACTION_ZOOM:
        state->zoom = state->zoom == ZOOM_PANEL ? ZOOM_NONE : ZOOM_PANEL;
        state->text_top = 0;
        break;
    case ACTION_KIND:
        next_kind(state, snapshot);
        break;
    case ACTION_ORDER:
        next_order(state);
        break;
    case ACTION_WORST:
        ui_worst_enter(state);
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

/* Of a report there is one thing to copy; of a panel there are several. */
static struct ui_request copy(struct ui_state *state)
{
    if (ui_state_context(state) == IN_GAMEDAY)
        return (struct ui_request){.kind = UI_COPY_REPORT};
    state->overlay = OVERLAY_COPY;
    return nothing();
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
    if (ui_move_by_key(state, snapshot, match.action))
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
    case ACTION_COPY:
        return copy(state);
    case ACTION_NEXT_ALERT:
        ui_panel_move_alert(state, snapshot, match.argument);
        return nothing();
    default:
        if (ui_alerts_key(state, snapshot, match.action, at, &request))
            return request;
        if (!ui_window_key(state, snapshot, match.action, at) &&
            !ui_inspect_key(state, match.action) && !go(state, snapshot, match))
            look(state, snapshot, match);
        return nothing();
    }
}
