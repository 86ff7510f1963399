#include "tui/state/ui_parts.h"

#include "common/utf8.h"

#include <stdio.h>
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
    case PROMPT_GAMEDAY:
        ui_gameday_form_open(state, (size_t)order->number, idempotency_key, at);
        return state->overlay == OVERLAY_FORM ? ui_ask(state, UI_START, false, at) : nothing();
    case PROMPT_DASHBOARD:
        return show_board(state, UI_LOAD_BOARD, order->text);
    case PROMPT_QUERY:
        return show_board(state, UI_SHOW_QUERY, order->text);
    case PROMPT_ASCII:
        return (struct ui_request){.kind = UI_SWITCH_ASCII};
    case PROMPT_HELP:
        ui_open_help(state);
        return nothing();
    case PROMPT_QUIT:
        return ui_quit(state, snapshot, at);
    case PROMPT_REPEAT: /* resolved before */
    case N_PROMPT_COMMANDS:
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
    if (prompt_commands[order.id].is_sending && state->place->is_read_only) {
        (void)ui_can_act(state, at);
        return nothing();
    }
    if (state->overlay == OVERLAY_HELP)
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

bool ui_prompt_edit(struct ui_state *state, uint32_t key, struct key_match match)
{
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
        prompt_tab(&prompt->line);
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
