#include "tui/state/ui_parts.h"

#include "tui/state/ui_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct view_title view_titles[N_VIEWS] = {
    [VIEW_OVERVIEW] = {"overview", "What matters most, at one look"},
    [VIEW_DRIFT] = {"drift", "What moved, feature by feature"},
    [VIEW_QUALITY] = {"quality", "How good the answers are"},
    [VIEW_LATENCY] = {"latency", "How fast, and where the time goes"},
    [VIEW_ALERTS] = {"alerts", "Prometheus and Alertmanager joined"},
    [VIEW_REQUESTS] = {"requests", "Answers, sentence by sentence"},
    [VIEW_SIMULATIONS] = {"simulations", "What can be broken, runs, faults"},
    [VIEW_EVENTS] = {"events", "What happened, newest first"},
    [VIEW_SOURCES] = {"sources", "Servers, errors and warnings"},
};

void ui_state_init(struct ui_state *state, const struct ui_place *place)
{
    *state = (struct ui_state){.place = place,
                               .width = 80,
                               .height = 24,
                               .cursor_ms = -1,
                               .requests.kind = STORED_CHAT,
                               .part = -1};
}

void ui_state_finish(struct ui_state *state)
{
    silence_draft_finish(&state->draft);
    free(state->runbook);
    state->runbook = NULL;
    free(state->page_text);
    state->page_text = NULL;
    prompt_finish(&state->prompt);
}

void ui_state_move(struct ui_state *state)
{
    struct ui_state next;

    ui_state_init(&next, state->place);
    next.width = state->width;
    next.height = state->height;
    next.view = state->view;
    next.board = state->board;
    next.range_ms = state->range_ms;
    next.refresh_ms = state->refresh_ms;
    next.prompt = state->prompt;
    state->prompt = (struct prompt){0};
    ui_state_finish(state);
    *state = next;
}

struct ui_moment ui_state_moment(const struct ui_state *state, struct ui_moment now)
{
    return state->is_paused ? state->paused_at : now;
}

enum key_context ui_state_context(const struct ui_state *state)
{
    static const enum key_context of_view[N_VIEWS] = {
        [VIEW_OVERVIEW] = IN_BOARD,          [VIEW_DRIFT] = IN_DRIFT,
        [VIEW_QUALITY] = IN_BOARD,           [VIEW_LATENCY] = IN_BOARD,
        [VIEW_ALERTS] = IN_ALERTS,           [VIEW_REQUESTS] = IN_REQUESTS,
        [VIEW_EVENTS] = IN_EVENTS,           [VIEW_SOURCES] = IN_SOURCES,
        [VIEW_SIMULATIONS] = IN_SIMULATIONS,
    };

    if (state->is_prompt_open)
        return IN_PROMPT;
    switch (state->overlay) {
    case OVERLAY_HELP:
        return state->is_filtering ? IN_FILTER : IN_HELP;
    case OVERLAY_PICKER:
        return IN_PICKER;
    case OVERLAY_FORM:
        return IN_FORM;
    case OVERLAY_SILENCE:
        return IN_SILENCE;
    case OVERLAY_CONFIRM:
        return IN_CONFIRM;
    case OVERLAY_ANSWER:
        return IN_ANSWER;
    case OVERLAY_COPY:
        return IN_COPY;
    case OVERLAY_SAVE:
        return state->open_gameday_id > 0 ? IN_REPORT : IN_SAVE;
    case OVERLAY_PAGE:
        return IN_PAGE;
    case OVERLAY_NONE:
        break;
    }
    if (state->is_filtering)
        return IN_FILTER;
    if (state->view == VIEW_QUALITY && state->is_in_worst)
        return IN_WORST;
    if (ui_is_inspecting(state))
        return state->is_table ? IN_POINTS : IN_CHART;
    if (ui_board_of(state->view) != N_BOARDS && state->zoom == ZOOM_PANEL)
        return IN_PANEL;
    if (state->view == VIEW_ALERTS && state->is_alert_open)
        return IN_ALERT;
    if (state->view == VIEW_REQUESTS && state->open_id[0])
        return IN_REQUEST;
    if (state->view == VIEW_SIMULATIONS && state->open_gameday_id > 0)
        return IN_GAMEDAY;
    if (state->view == VIEW_SIMULATIONS && state->open_run_id > 0)
        return IN_RUN;
    return state->view < N_VIEWS ? of_view[state->view] : IN_BOARD;
}

/* ---- What is there ----------------------------------------------------------------------------- */

static int bound(int value, int least, int most)
{
    return value > most ? most : value < least ? least : value;
}

int ui_selected(const struct ui_state *state, enum view_id view, size_t n)
{
    return n == 0 ? -1 : bound(state->selected[view], 0, (int)n - 1);
}

int64_t ui_range_ms(const struct ui_state *state, const struct snapshot *snapshot)
{
    return state->range_ms > 0 ? state->range_ms : snapshot->range_ms;
}

static const enum view_id board_views[N_BOARDS] = {
    [BOARD_OVERVIEW] = VIEW_OVERVIEW,
    [BOARD_QUALITY] = VIEW_QUALITY,
    [BOARD_LATENCY] = VIEW_LATENCY,
};

const char *ui_shipped_board(size_t i)
{
    static const char *const names[] = {
        [BOARD_OVERVIEW] = "overview",
        [BOARD_QUALITY] = "llm-quality",
        [BOARD_LATENCY] = "pipeline-health",
        [N_BOARDS] = "ml-service",
    };

    return i < COUNT_OF(names) ? names[i] : NULL;
}

enum board_id ui_board_of(enum view_id view)
{
    int board = 0;

    while (board < N_BOARDS && board_views[board] != view)
        board++;
    return (enum board_id)board;
}

const struct dashboard *ui_board(const struct ui_state *state, const struct snapshot *snapshot)
{
    const struct dashboard *wanted = state->place->boards[state->board];

    /* The poller's is a later one when variables have been asked for. */
    return dashboard_is_kin(wanted, snapshot->dashboard) ? snapshot->dashboard : NULL;
}

const struct panel *ui_focused_panel(const struct ui_model *model, size_t *ret_index)
{
    const struct dashboard *dashboard = ui_board(model->state, model->snapshot);
    enum view_id view = board_views[model->state->board];
    CLEANUP(ui_rows_finish)
    struct ui_rows rows = ui_rows_of(model->state, model->snapshot, view);
    int i = dashboard ? ui_rows_item(&rows) : -1;

    if (i < 0)
        return NULL;
    *ret_index = (size_t)i;
    return &dashboard->panels[i];
}

static bool is_baseline(const struct simulation *simulation)
{
    return strcmp(simulation->kind, "baseline") == 0;
}

bool ui_is_drill_running(const struct simulation *simulation)
{
    return simulation->state == SIMULATION_RUNNING && !is_baseline(simulation);
}

size_t ui_count_drills_running(const struct snapshot *snapshot)
{
    const struct simulations *simulations = &snapshot->operations->simulations;
    size_t n = 0;

    for (size_t i = 0; i < simulations->n; i++)
        n += ui_is_drill_running(&simulations->at[i]);
    return n;
}

const struct simulation *ui_baseline(const struct snapshot *snapshot)
{
    const struct simulations *simulations = &snapshot->operations->simulations;

    for (size_t i = 0; i < simulations->n; i++)
        if (simulations->at[i].state == SIMULATION_RUNNING && is_baseline(&simulations->at[i]))
            return &simulations->at[i];
    return NULL;
}

/* One that the list does not have yet counts: it is newer than the list. */
static bool is_running(int64_t id, const struct simulations *simulations)
{
    bool is_newer = true;

    for (size_t i = 0; i < simulations->n; i++) {
        if (simulations->at[i].id == id)
            return simulations->at[i].state == SIMULATION_RUNNING;
        is_newer = is_newer && simulations->at[i].id < id;
    }
    return is_newer;
}

size_t ui_count_own_running(const struct ui_state *state, const struct snapshot *snapshot)
{
    size_t n = 0;

    for (size_t i = 0; i < state->n_own; i++)
        n += is_running(state->own[i], &snapshot->operations->simulations);
    return n;
}

/* ---- Notices ----------------------------------------------------------------------------------- */

void ui_state_say(struct ui_state *state, bool is_error, const char *text, struct ui_moment at)
{
    (void)snprintf(state->notice, sizeof(state->notice), "%s", text);
    state->is_notice_error = is_error;
    state->notice_until_mono_ms = at.mono_ms + UI_NOTICE_FOR_MS;
}

bool ui_state_expire(struct ui_state *state, struct ui_moment at)
{
    if (!state->notice[0] || at.mono_ms < state->notice_until_mono_ms)
        return false;
    state->notice[0] = '\0';
    return true;
}

/* A simulation of ours was started, or could not be. */
static void take_own(struct ui_state *state, const struct notice *notice, struct ui_moment at)
{
    state->start_command_id = 0;
    if (!notice->is_error && notice->gameday_id > 0)
        ui_gamedays_take_own(state, notice->gameday_id, at);
    if (notice->is_error || notice->simulation_id == 0)
        return;
    state->undo_until_mono_ms = at.mono_ms + UI_UNDO_FOR_MS;
    if (!state->is_start_drill) {
        state->undo = UNDO_BASELINE;
        state->undo_baseline_was_on = false;
        return;
    }
    if (state->n_own == UI_OWN_MAX)
        memmove(state->own, state->own + 1, sizeof(state->own[0]) * --state->n_own);
    state->own[state->n_own++] = notice->simulation_id;
    state->undo = UNDO_SIMULATION;
    state->undo_simulation_id = notice->simulation_id;
}

bool ui_state_take_notices(struct ui_state *state,
                           const struct snapshot *snapshot,
                           struct ui_moment at)
{
    bool was_shown = false;

    for (size_t i = 0; i < snapshot->n_notices; i++) {
        const struct notice *notice = &snapshot->notices[i];

        if (notice->id <= state->last_notice_id)
            continue;
        state->last_notice_id = notice->id;
        was_shown = true;
        if (notice->command_id != 0 && notice->command_id == state->start_command_id) {
            take_own(state, notice, at);
            if (ui_form_refuse(state, notice)) {
                state->notice[0] = '\0'; /* the form says it */
                continue;
            }
        }
        if (notice->command_id != 0 && notice->command_id == state->silence_command_id &&
            ui_silence_take(state, notice, at)) {
            state->notice[0] = '\0';
            continue;
        }
        ui_state_say(state, notice->is_error, notice->text, at);
    }
    return was_shown;
}

void ui_state_sent(struct ui_state *state, const struct ui_request *request, uint64_t command_id)
{
    if (request->kind == UI_ENQUIRE)
        state->enquiry_id = command_id;
    if (request->kind == UI_SILENCE)
        state->silence_command_id = command_id;
    if (request->kind != UI_START)
        return;
    state->start_command_id = command_id;
    state->is_start_drill = request->form.kind != &sim_kinds[SIM_BASELINE];
}
