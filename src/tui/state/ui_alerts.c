#include "tui/state/ui_parts.h"
#include "tui/state/ui_rows.h"

#include <stdio.h>
#include <string.h>

#define ACK_MS      ((int64_t)15 * 60000)
#define ACK_COMMENT "acknowledged in the console"
#define EXTEND_MS   ((int64_t)60 * 60000)

/* ---- The selected one --------------------------------------------------------------------------- */

/* An alert is found by its labels: others come and go above it. */
static const struct alert *find(const struct ui_state *state, const struct alert_board *board)
{
    for (size_t i = 0; state->alert_id != 0 && i < board->n; i++)
        if (board->at[i].id == state->alert_id)
            return &board->at[i];
    return NULL;
}

static int row_in(const struct ui_state *state,
                  const struct alert_board *board,
                  const struct alert_list *list)
{
    const struct alert *alert = find(state, board);

    for (size_t i = 0; alert && i < list->n; i++)
        if (list->at[i] == (size_t)(alert - board->at))
            return (int)i;
    return ui_selected(state, VIEW_ALERTS, list->n);
}

int ui_alert_row(const struct ui_state *state, const struct snapshot *snapshot)
{
    struct alert_list list;

    ui_rows_alerts(state, snapshot->alerts, &list);
    return row_in(state, snapshot->alerts, &list);
}

/* An open one that is gone is not replaced by what stands in its row now: a key would act on that. */
const struct alert *ui_selected_alert(const struct ui_state *state, const struct snapshot *snapshot)
{
    struct alert_list list;
    int row;

    if (state->is_alert_open)
        return find(state, snapshot->alerts);
    ui_rows_alerts(state, snapshot->alerts, &list);
    row = row_in(state, snapshot->alerts, &list);
    return row < 0 ? NULL : &snapshot->alerts->at[list.at[row]];
}

void ui_alerts_move(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    struct alert_list list;
    int row;

    ui_rows_alerts(state, snapshot->alerts, &list);
    if (list.n == 0)
        return;
    row = row_in(state, snapshot->alerts, &list) + by;
    row = row < 0 ? 0 : row >= (int)list.n ? (int)list.n - 1 : row;
    state->selected[VIEW_ALERTS] = row;
    state->alert_id = snapshot->alerts->at[list.at[row]].id;
}

void ui_alerts_next_grouping(struct ui_state *state)
{
    state->alerts.grouping =
        (enum alert_grouping)(((int)state->alerts.grouping + 1) % N_ALERT_GROUPINGS);
}

/* The last choice is for the service of the alert that is selected then. */
void ui_alerts_next_show(struct ui_state *state, const struct snapshot *snapshot)
{
    const struct alert *alert = find(state, snapshot->alerts);
    enum alert_show show = (enum alert_show)(((int)state->alerts.show + 1) % N_ALERT_SHOWS);

    if (!alert)
        alert = ui_selected_alert(state, snapshot);
    if (!alert && snapshot->alerts->n > 0)
        alert = &snapshot->alerts->at[0];
    state->alerts.show = show == SHOW_SERVICE && !alert ? SHOW_ALL : show;
    if (alert)
        (void)snprintf(state->alerts.service, sizeof(state->alerts.service), "%s", alert->service);
}

/* ---- Silences ----------------------------------------------------------------------------------- */

static void say(struct ui_state *state, bool is_error, struct ui_moment at, const char *text)
{
    ui_state_say(state, is_error, text, at);
}

/* The operator token is the backend's: silences need none. */
static bool can_silence(struct ui_state *state, struct ui_moment at)
{
    if (state->place->is_read_only)
        say(state, true, at, state->place->no_token);
    else if (!state->place->alertmanager_url[0])
        say(state, true, at, "no alertmanager is configured");
    else
        return true;
    return false;
}

static bool is_in_board(const struct ui_state *state)
{
    return ui_board_of(state->view) != N_BOARDS && !ui_is_inspecting(state);
}

/* Why a key has no alert to act on. */
static const char *no_alert(const struct ui_state *state, bool wants_held_back)
{
    if (is_in_board(state))
        return wants_held_back ? "no alert of this panel is held back; a lists all"
                               : "no alert is pending or firing";
    return ui_is_inspecting(state) ? "no alert looks at this panel now; a lists all"
                                   : "no alert is selected";
}

/* The alert that a key is for; NULL: it was said why there is none. */
static const struct alert *alert_for(struct ui_state *state,
                                     const struct snapshot *snapshot,
                                     bool wants_held_back,
                                     struct ui_moment at)
{
    const struct alert *alert = ui_alert_at_hand(state, snapshot, wants_held_back);

    if (!can_silence(state, at))
        return NULL;
    if (!alert)
        say(state, true, at, no_alert(state, wants_held_back));
    return alert;
}

static bool has_exact_labels(struct ui_state *state, const struct alert *alert, struct ui_moment at)
{
    if (!alert->labels.is_altered && alert->labels.n > 0)
        return true;
    say(state, true, at,
        "its labels have characters that cannot be shown here: silence it with amtool");
    return false;
}

static void set_draft(struct ui_state *state, struct silence_draft draft, enum ui_silence_act act)
{
    silence_draft_finish(&state->draft);
    state->draft = draft;
    state->silence_act = act;
}

/* In production its name is typed first; and in a board no cursor shows which alert it is. */
static struct ui_request post(struct ui_state *state, struct ui_moment at)
{
    if (state->place->is_production || is_in_board(state))
        return ui_ask(state, UI_SILENCE, false, at);
    return (struct ui_request){.kind = UI_SILENCE};
}

static struct ui_request acknowledge(struct ui_state *state,
                                     const struct snapshot *snapshot,
                                     struct ui_moment at)
{
    const struct alert *alert = alert_for(state, snapshot, false, at);
    struct silence_draft draft = {.for_ms = ACK_MS, .comment = ACK_COMMENT};

    if (!alert || !has_exact_labels(state, alert, at))
        return (struct ui_request){.kind = UI_NOTHING};
    if (alert->state == ALERT_SILENCED) {
        say(state, false, at, "it is silenced already: E ends that, T in the alerts extends it");
        return (struct ui_request){.kind = UI_NOTHING};
    }
    draft.matchers = matchers_of_labels(&alert->labels);
    (void)snprintf(draft.by, sizeof(draft.by), "%s", state->place->user);
    set_draft(state, draft, UI_ACK);
    return post(state, at);
}

static void open_form(struct ui_state *state, const struct snapshot *snapshot, struct ui_moment at)
{
    const struct alert *alert = alert_for(state, snapshot, false, at);

    if (!alert || !has_exact_labels(state, alert, at))
        return;
    if (!silence_form_init(&state->silence, &alert->labels)) {
        say(state, true, at, "it has more or longer labels than the form can hold");
        return;
    }
    state->overlay = OVERLAY_SILENCE;
}

/* The one that holds the alert back, and ends last; NULL: it was said why there is none. */
static const struct silence *silence_for(struct ui_state *state,
                                         const struct snapshot *snapshot,
                                         struct ui_moment at)
{
    const struct alert *alert = alert_for(state, snapshot, true, at);
    const struct silence *silence = alert ? ui_silence_of(snapshot, alert) : NULL;

    if (alert && !silence)
        say(state, true, at,
            snapshot->silences_reason[0] ? snapshot->silences_reason
                                         : "no silence is known that holds it back");
    return silence;
}

const struct silence *ui_silence_of(const struct snapshot *snapshot, const struct alert *alert)
{
    const struct silence *longest = NULL;

    for (size_t i = 0; snapshot->silences && i < AM_SILENCES_MAX; i++) {
        const struct silence *silence =
            silences_find(&snapshot->silences->silences, alert->silences[i]);

        if (silence && silence->state == SILENCE_ACTIVE &&
            (!longest || silence->ends_at_ms > longest->ends_at_ms))
            longest = silence;
    }
    return longest;
}

/* It may be somebody else's: that is always asked first. */
static struct ui_request expire(struct ui_state *state,
                                const struct snapshot *snapshot,
                                struct ui_moment at)
{
    const struct silence *silence = silence_for(state, snapshot, at);

    if (!silence)
        return (struct ui_request){.kind = UI_NOTHING};
    (void)snprintf(state->silence_id, sizeof(state->silence_id), "%s", silence->id);
    return ui_ask(state, UI_EXPIRE, false, at);
}

static struct ui_request extend(struct ui_state *state,
                                const struct snapshot *snapshot,
                                struct ui_moment at)
{
    const struct silence *silence = silence_for(state, snapshot, at);
    struct silence_draft draft = {0};

    if (!silence)
        return (struct ui_request){.kind = UI_NOTHING};
    draft.starts_at_ms = silence->starts_at_ms;
    draft.for_ms = silence->ends_at_ms - silence->starts_at_ms + EXTEND_MS;
    if (silence->is_altered || strlen(silence->comment) >= sizeof(draft.comment) ||
        strlen(silence->by) >= sizeof(draft.by) || draft.for_ms > SILENCE_MS_MAX) {
        say(state, true, at, "it is too long, or has characters that cannot be written back");
        return (struct ui_request){.kind = UI_NOTHING};
    }
    memcpy(draft.id, silence->id, sizeof(draft.id));
    (void)snprintf(draft.by, sizeof(draft.by), "%s", silence->by);
    (void)snprintf(draft.comment, sizeof(draft.comment), "%s", silence->comment);
    draft.matchers = matchers_copy(&silence->matchers);
    set_draft(state, draft, UI_EXTEND);
    return post(state, at);
}

struct ui_request ui_silence_review(struct ui_state *state, struct ui_moment at)
{
    struct silence_draft draft;

    if (!silence_form_check(&state->silence, state->place->user, &draft))
        return (struct ui_request){.kind = UI_NOTHING};
    set_draft(state, draft, UI_FORM);
    return ui_ask(state, UI_SILENCE, false, at);
}

bool ui_alerts_key(struct ui_state *state,
                   const struct snapshot *snapshot,
                   enum action action,
                   struct ui_moment at,
                   struct ui_request *ret_request)
{
    *ret_request = (struct ui_request){.kind = UI_NOTHING};
    switch (action) {
    case ACTION_ACK:
        *ret_request = acknowledge(state, snapshot, at);
        return true;
    case ACTION_SILENCE:
        open_form(state, snapshot, at);
        return true;
    case ACTION_EXPIRE:
        *ret_request = expire(state, snapshot, at);
        return true;
    case ACTION_EXTEND:
        *ret_request = extend(state, snapshot, at);
        return true;
    default:
        return false;
    }
}

/* ---- What became of it -------------------------------------------------------------------------- */

bool ui_silence_take(struct ui_state *state, const struct notice *notice, struct ui_moment at)
{
    state->silence_command_id = 0;
    if (notice->is_error) {
        if (state->silence_act != UI_FORM || state->overlay != OVERLAY_NONE)
            return false;
        silence_form_refuse(&state->silence, notice->text);
        state->overlay = OVERLAY_SILENCE;
        return true;
    }
    state->undo = UNDO_NOTHING; /* of an extension: what came before it is no longer the last */
    if (state->silence_act == UI_EXTEND || !notice->silence_id[0])
        return false;
    state->undo = UNDO_SILENCE;
    memcpy(state->undo_silence_id, notice->silence_id, sizeof(state->undo_silence_id));
    state->undo_until_mono_ms = at.mono_ms + UI_UNDO_FOR_MS;
    return false;
}
