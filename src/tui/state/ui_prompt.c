#include "tui/state/ui_parts.h"

#include "common/buffer.h"
#include "common/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ui_request nothing(void)
{
    return (struct ui_request){.kind = UI_NOTHING};
}

void ui_prompt_open(struct ui_state *state)
{
    prompt_begin(&state->prompt);
    state->prompt_problem[0] = '\0';
    state->is_prompt_open = true;
}

/* Where the keys go when the line is closed. */
static enum key_context context_below(const struct ui_state *state)
{
    struct ui_state below = *state;

    below.is_prompt_open = false;
    return ui_state_context(&below);
}

struct prompt_known ui_prompt_known(const struct ui_state *state, const struct snapshot *snapshot)
{
    const struct ui_place *place = state->place;

    return (struct prompt_known){
        .context = context_below(state),
        .is_read_only = place->is_read_only,
        .contexts = place->is_replay ? NULL : place->contexts,
        .bare_context = place->is_replay ? NULL : place->bare_context,
        .dashboard = ui_board(state, snapshot),
    };
}

void ui_page_show(struct ui_state *state, enum ui_page page, char *owned_text)
{
    free(state->page_text);
    state->page_text = owned_text;
    state->page = page;
    state->overlay = OVERLAY_PAGE;
    state->text_top = 0;
}

/* ---- Enquiries ----------------------------------------------------------------------------------- */

const struct enquiry_data *ui_enquiry(const struct ui_state *state, const struct snapshot *snapshot)
{
    const struct enquiry_data *data = snapshot->enquiry;

    return data && data->id == state->enquiry_id ? data : NULL;
}

static void show_answer(struct ui_state *state)
{
    state->overlay = OVERLAY_ANSWER;
    state->is_paused = false; /* a held screen does not have it */
    state->part = -1;
    state->text_top = 0;
}

static struct ui_request enquire(struct ui_state *state,
                                 const struct enquiry *enquiry,
                                 struct ui_moment at)
{
    state->enquiry = *enquiry;
    state->enquiry_id = 0; /* until it is sent */
    state->has_enquiry = true;
    state->enquired_mono_ms = at.mono_ms;
    show_answer(state);
    return (struct ui_request){.kind = UI_ENQUIRE};
}

static void show_last_answer(struct ui_state *state, struct ui_moment at)
{
    if (state->has_enquiry)
        show_answer(state);
    else
        ui_state_say(state, false, "nothing was asked from here yet", at);
}

void ui_answer_move(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    const struct enquiry_data *data = ui_enquiry(state, snapshot);
    int part = data && data->is_answered ? ui_request_part(state, &data->detail) : -1, n;

    if (part < 0) {
        state->text_top = state->text_top + by > 0 ? state->text_top + by : 0;
        return;
    }
    n = (int)data->detail.answer.scored.n_parts;
    state->part = part + by < 0 ? 0 : part + by >= n ? n - 1 : part + by;
}

void ui_answer_open(struct ui_state *state, const struct snapshot *snapshot, struct ui_moment at)
{
    const struct enquiry_data *data = ui_enquiry(state, snapshot);
    const char *id = data ? enquiry_stored_id(data) : "";

    if (id[0])
        ui_requests_open_id(state, id);
    else
        ui_state_say(state, false, "there is nothing of it among the stored requests", at);
}

/* ---- Commands ------------------------------------------------------------------------------------ */

static struct ui_request show_board(struct ui_state *state,
                                    enum ui_request_kind kind,
                                    const char *text)
{
    (void)snprintf(state->board_text, sizeof(state->board_text), "%s", text);
    ui_go_to(state, VIEW_OVERVIEW);
    state->is_paused = false;
    state->selected[VIEW_OVERVIEW] = 0;
    return (struct ui_request){.kind = kind};
}

/* With the variables as they are, so that it is what the panel shows. */
static struct ui_request edit_query(struct ui_state *state,
                                    const struct snapshot *snapshot,
                                    struct ui_moment at)
{
    struct ui_model model = {snapshot, state, at};
    CLEANUP(buffer_finish) struct buffer line;
    const struct panel *panel;
    size_t i, t = 0;

    buffer_init(&line, LINE_EDIT_SIZE);
    panel = ui_board_of(state->view) == N_BOARDS ? NULL : ui_focused_panel(&model, &i);
    while (panel && t < panel->n_targets && !panel->targets[t].is_asked)
        t++;
    if (!panel || t == panel->n_targets) {
        ui_state_say(state, false, "there is no panel here with a query to edit", at);
        return nothing();
    }
    (void)buffer_printf(&line, "%s ", prompt_commands[PROMPT_QUERY].name);
    if (dashboard_fill_in(snapshot->dashboard, panel->targets[t].expr, &snapshot->panels[i]->times,
                          &line, NULL) < 0 ||
        line.failed) {
        ui_state_say(state, true, "the query is too long for the command line", at);
        return nothing();
    }
    ui_prompt_open(state);
    line_edit_set(&state->prompt.line, buffer_text(&line));
    return nothing();
}

static struct ui_request show_query(struct ui_state *state,
                                    const struct snapshot *snapshot,
                                    const struct prompt_order *order,
                                    struct ui_moment at)
{
    if (strcmp(order->text, PROMPT_QUERY_EDIT) == 0)
        return edit_query(state, snapshot, at);
    return show_board(state, UI_SHOW_QUERY, order->text);
}

/* A held screen has no other choice: asking for one lets it go. */
static struct ui_request choose_variable(struct ui_state *state, const char *text)
{
    if (!text[strcspn(text, " ")]) { /* no value */
        ui_page_show(state, PAGE_VARIABLES, NULL);
        return nothing();
    }
    (void)snprintf(state->board_text, sizeof(state->board_text), "%s", text);
    state->is_paused = false;
    return (struct ui_request){.kind = UI_CHOOSE_VARIABLE};
}

/* Why it cannot be left; NULL: it can. */
static const char *why_stay(const struct ui_place *place)
{
    if (place->is_replay)
        return "a recording shows the installation that it was made of, and no other";
    if (place->is_recording)
        return "a recording is made of one installation: end this one first";
    return NULL;
}

static struct ui_request go_to_context(struct ui_state *state,
                                       const struct snapshot *snapshot,
                                       const char *name,
                                       struct ui_moment at)
{
    const char *reason = why_stay(state->place);

    if (reason) {
        ui_state_say(state, true, reason, at);
        return nothing();
    }
    if (!name[0]) {
        ui_page_show(state, PAGE_CONTEXTS, NULL);
        return nothing();
    }
    (void)snprintf(state->context_name, sizeof(state->context_name), "%.*s",
                   (int)utf8_whole(name, strnlen(name, UI_NAME_SIZE - 1)), name);
    if (strcmp(name, state->place->environment) == 0) {
        ui_state_say(state, false, "that is where we are; :reload reads its settings again", at);
        return nothing();
    }
    if (ui_count_own_running(state, snapshot) > 0 || state->start_command_id != 0)
        return ui_ask(state, UI_SET_CONTEXT, false, at);
    return (struct ui_request){.kind = UI_SET_CONTEXT};
}

static struct ui_request set_theme(struct ui_state *state,
                                   const struct prompt_order *order,
                                   struct ui_moment at)
{
    char text[80];

    if (order->text[0] && !state->place->is_color_refused)
        return (struct ui_request){.kind = UI_SET_THEME, .choice = order->number};
    (void)snprintf(text, sizeof(text), "the theme is %s%s", theme_name(state->place->theme),
                   state->place->is_color_refused ? ": NO_COLOR is set" : "");
    ui_state_say(state, order->text[0], text, at);
    return nothing();
}

/* What the key of that word does here. */
static struct ui_request press(struct ui_state *state,
                               const struct snapshot *snapshot,
                               const char *word,
                               const char *idempotency_key,
                               struct ui_moment at)
{
    uint32_t key = keys_of_word(ui_state_context(state), word);
    char text[80];

    if (key)
        return ui_state_key(state, snapshot, key, idempotency_key, at);
    (void)snprintf(text, sizeof(text), "%.40s: not here", word);
    ui_state_say(state, false, text, at);
    return nothing();
}

static struct ui_request run(struct ui_state *state,
                             const struct snapshot *snapshot,
                             const struct prompt_order *order,
                             const char *idempotency_key,
                             struct ui_moment at)
{
    switch (order->id) {
    case PROMPT_VIEW:
        ui_go_to(state, (enum view_id)order->number);
        return nothing();
    case PROMPT_RANGE:
        ui_window_set_range(state, order->ms);
        return nothing();
    case PROMPT_REFRESH:
        state->refresh_ms = order->ms;
        return nothing();
    case PROMPT_ASK:
    case PROMPT_PREDICT:
    case PROMPT_TRIAGE:
        return enquire(state, &order->enquiry, at);
    case PROMPT_ANSWER:
        show_last_answer(state, at);
        return nothing();
    case PROMPT_SIM:
        ui_form_open(state, snapshot, (enum sim_kind_id)order->number, idempotency_key, at);
        return nothing();
    case PROMPT_DASHBOARD:
        return show_board(state, UI_LOAD_BOARD, order->text);
    case PROMPT_QUERY:
        return show_query(state, snapshot, order, at);
    case PROMPT_VAR:
        return choose_variable(state, order->text);
    case PROMPT_CONTEXT:
        return go_to_context(state, snapshot, order->text, at);
    case PROMPT_RELOAD:
        return (struct ui_request){.kind = UI_RELOAD};
    case PROMPT_SAVE:
        return (struct ui_request){.kind = UI_SAVE_SETTINGS};
    case PROMPT_THEME:
        return set_theme(state, order, at);
    case PROMPT_MOUSE:
        return (struct ui_request){.kind = UI_SET_MOUSE,
                                   .is_on = order->number < 0 ? !state->place->has_mouse
                                                              : order->number};
    case PROMPT_ASCII:
        return (struct ui_request){.kind = UI_SWITCH_ASCII};
    case PROMPT_HELP:
        ui_open_help(state);
        return nothing();
    case PROMPT_QUIT:
        return ui_quit(state, snapshot, at);
    case PROMPT_KEY:
        return press(state, snapshot, order->text, idempotency_key, at);
    case PROMPT_REPEAT: /* resolved before */
        break;
    }
    return nothing();
}

/* The line as it is, or the one before it for a repetition. The line is left open when it makes no sense. */
static struct ui_request run_line(struct ui_state *state,
                                  const struct snapshot *snapshot,
                                  const char *idempotency_key,
                                  struct ui_moment at)
{
    struct prompt *prompt = &state->prompt;
    const char *last = prompt_last(prompt);
    struct prompt_order order;
    struct tw_error err = {0};

    if (prompt_parse(prompt->line.text, &order, &err) == 0 && order.id == PROMPT_REPEAT) {
        line_edit_set(&prompt->line, last ? last : "");
        if (!last)
            (void)tw_fail(&err, TW_INVALID, "there is no command before this one");
        else if (prompt_parse(prompt->line.text, &order, &err) < 0)
            order.id = PROMPT_REPEAT;
    }
    prompt_remember(prompt);
    if (err.code != TW_OK) {
        (void)snprintf(state->prompt_problem, sizeof(state->prompt_problem), "%.239s", err.message);
        state->is_prompt_open = true;
        return nothing();
    }
    state->is_prompt_open = false;
    if (order.id < N_PROMPT_COMMANDS && prompt_commands[order.id].is_sending &&
        state->place->is_read_only) {
        (void)ui_can_act(state, at);
        return nothing();
    }
    if (state->overlay == OVERLAY_HELP || state->overlay == OVERLAY_PAGE)
        state->overlay = OVERLAY_NONE;
    return run(state, snapshot, &order, idempotency_key, at);
}

struct ui_request ui_prompt_repeat(struct ui_state *state,
                                   const struct snapshot *snapshot,
                                   const char *idempotency_key,
                                   struct ui_moment at)
{
    if (!prompt_last(&state->prompt)) {
        ui_state_say(state, false, "there is no command before this one", at);
        return nothing();
    }
    ui_prompt_open(state);
    line_edit_set(&state->prompt.line, prompt_commands[PROMPT_REPEAT].name);
    return run_line(state, snapshot, idempotency_key, at);
}

/* ---- Keys ---------------------------------------------------------------------------------------- */

bool ui_prompt_edit(struct ui_state *state,
                    const struct snapshot *snapshot,
                    uint32_t key,
                    struct key_match match)
{
    struct prompt_known known = ui_prompt_known(state, snapshot);
    struct prompt *prompt = &state->prompt;

    state->prompt_problem[0] = '\0';
    switch (match.action) {
    case ACTION_NONE:
        (void)line_edit_type(&prompt->line, key);
        return true;
    case ACTION_EDIT:
        if (match.argument == EDIT_ERASE && prompt->line.len == 0)
            state->is_prompt_open = false;
        line_edit_do(&prompt->line, (enum line_edit_action)match.argument);
        return true;
    case ACTION_COMPLETE:
        prompt_tab(&prompt->line, &known);
        return true;
    case ACTION_RECALL:
        prompt_recall(prompt, match.argument);
        return true;
    case ACTION_BACK:
        state->is_prompt_open = false;
        return true;
    default: /* to send it, and what every screen has */
        return false;
    }
}

struct ui_request ui_prompt_send(struct ui_state *state,
                                 const struct snapshot *snapshot,
                                 const char *idempotency_key,
                                 struct ui_moment at)
{
    const char *text = state->prompt.line.text;

    if (text[strspn(text, " ")])
        return run_line(state, snapshot, idempotency_key, at);
    state->is_prompt_open = false;
    return nothing();
}

/* The first line, as far as there is room. */
static bool paste_filter(struct ui_state *state, const char *text)
{
    size_t len = strcspn(text, "\n");

    for (size_t at = 0, step; at < len; at += step)
        ui_filter_type(state, utf8_decode(text + at, len - at, &step));
    return true;
}

bool ui_state_paste(struct ui_state *state, const char *text, bool is_cut)
{
    if (state->is_filtering)
        return paste_filter(state, text);
    if (!state->is_prompt_open)
        return false;
    state->prompt_problem[0] = '\0';
    if (!line_edit_paste(&state->prompt.line, text) || is_cut)
        (void)snprintf(state->prompt_problem, sizeof(state->prompt_problem),
                       "not all of the pasted text has room: a line has %d bytes",
                       LINE_EDIT_SIZE - 1);
    return true;
}
