#include "tui/state/gameday_form.h"
#include "tui/state/ui_parts.h"

#include <string.h>

struct gamedays_want ui_gamedays_want(const struct ui_state *state)
{
    return (struct gamedays_want){
        .is_on = state->view == VIEW_SIMULATIONS,
        .id = state->view == VIEW_SIMULATIONS ? state->open_gameday_id : 0,
    };
}

/* ---- The list ------------------------------------------------------------------------------------ */

size_t ui_count_gamedays(const struct snapshot *snapshot)
{
    return snapshot->gamedays ? snapshot->gamedays->gamedays.n : 0;
}

/* The list is asked seldom, the one that runs at every refresh. */
const struct gameday *ui_gameday(const struct snapshot *snapshot, size_t i)
{
    const struct gameday *listed = &snapshot->gamedays->gamedays.at[i];

    return snapshot->gameday && snapshot->gameday->gameday.id == listed->id
               ? &snapshot->gameday->gameday
               : listed;
}

const struct gameday *ui_open_gameday(const struct ui_state *state, const struct snapshot *snapshot)
{
    if (snapshot->gameday && snapshot->gameday->gameday.id == state->open_gameday_id)
        return &snapshot->gameday->gameday;
    for (size_t i = 0; i < ui_count_gamedays(snapshot); i++)
        if (ui_gameday(snapshot, i)->id == state->open_gameday_id)
            return ui_gameday(snapshot, i);
    return NULL;
}

/* A held screen may not have the list. */
void ui_gamedays_turn(struct ui_state *state)
{
    state->lists_gamedays = !state->lists_gamedays;
    state->run_id = state->gameday_id = 0;
    state->selected[VIEW_SIMULATIONS] = UI_FIRST_RUN;
    state->is_paused = false;
}

void ui_gamedays_open(struct ui_state *state, int64_t id)
{
    state->open_gameday_id = id;
    state->text_top = 0;
    state->is_paused = false;
}

/* ---- The one that runs --------------------------------------------------------------------------- */

const struct gameday_glance *ui_running_gameday(const struct snapshot *snapshot)
{
    const struct gameday_glance *gameday = &snapshot->operations->health.gameday;

    return gameday->id > 0 ? gameday : NULL;
}

bool ui_is_own_gameday_running(const struct ui_state *state, const struct snapshot *snapshot)
{
    const struct gameday_glance *running = ui_running_gameday(snapshot);

    return running && running->id == state->own_gameday_id;
}

void ui_gameday_form_open(struct ui_state *state,
                          size_t kind,
                          const char *idempotency_key,
                          struct ui_moment at)
{
    if (!ui_can_act(state, at))
        return;
    gameday_form_init(&state->form, kind, idempotency_key);
    state->is_form_sent = false;
    state->overlay = OVERLAY_FORM;
}

void ui_gamedays_take_own(struct ui_state *state, int64_t id, struct ui_moment at)
{
    state->own_gameday_id = id;
    state->undo = UNDO_GAMEDAY;
    state->undo_gameday_id = id;
    state->undo_until_mono_ms = at.mono_ms + UI_UNDO_FOR_MS;
    state->lists_gamedays = true;
}
