#include "tui/state/ui_parts.h"

#include "tui/state/ui_rows.h"

#include <stdio.h>
#include <string.h>

/* ---- Rows: what can be started, then what was ---------------------------------------------------- */

size_t ui_simulations_count(const struct ui_state *state, const struct snapshot *snapshot)
{
    return UI_FIRST_RUN + (state->lists_gamedays ? ui_count_gamedays(snapshot)
                                                 : snapshot->operations->simulations.n);
}

static const struct simulation *find_run(const struct snapshot *snapshot, int64_t id)
{
    const struct simulations *runs = &snapshot->operations->simulations;

    for (size_t i = 0; i < runs->n; i++)
        if (runs->at[i].id == id)
            return &runs->at[i];
    return NULL;
}

/* A run and a game day are found by their numbers: newer ones come above them. */
int ui_simulations_chosen(const struct ui_state *state, const struct snapshot *snapshot)
{
    const struct simulation *run = state->lists_gamedays ? NULL : find_run(snapshot, state->run_id);

    if (run)
        return UI_FIRST_RUN + (int)(run - snapshot->operations->simulations.at);
    for (size_t i = 0; state->lists_gamedays && i < ui_count_gamedays(snapshot); i++)
        if (ui_gameday(snapshot, i)->id == state->gameday_id)
            return UI_FIRST_RUN + (int)i;
    return ui_selected(state, VIEW_SIMULATIONS, ui_simulations_count(state, snapshot));
}

int ui_simulations_row(const struct ui_state *state, const struct snapshot *snapshot)
{
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, VIEW_SIMULATIONS);

    return ui_rows_item(&rows);
}

void ui_simulations_move(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, VIEW_SIMULATIONS);
    int row = ui_rows_step(&rows, by);

    state->selected[VIEW_SIMULATIONS] = row;
    state->run_id = state->gameday_id = 0;
    if (row >= UI_FIRST_RUN && state->lists_gamedays)
        state->gameday_id = ui_gameday(snapshot, (size_t)(row - UI_FIRST_RUN))->id;
    else if (row >= UI_FIRST_RUN)
        state->run_id = snapshot->operations->simulations.at[row - UI_FIRST_RUN].id;
}

const struct simulation *ui_open_run(const struct ui_state *state, const struct snapshot *snapshot)
{
    return find_run(snapshot, state->open_run_id);
}

void ui_simulations_open(struct ui_state *state,
                         const struct snapshot *snapshot,
                         const char *idempotency_key,
                         struct ui_moment at)
{
    int row = ui_simulations_row(state, snapshot);

    if (row < N_SIM_KINDS) {
        ui_form_open(state, snapshot, (enum sim_kind_id)row, idempotency_key, at);
    } else if (row == UI_GAMEDAY_ROW) {
        ui_gameday_form_open(state, 0, idempotency_key, at);
    } else if (state->lists_gamedays) {
        ui_gamedays_open(state, ui_gameday(snapshot, (size_t)(row - UI_FIRST_RUN))->id);
    } else {
        state->open_run_id = snapshot->operations->simulations.at[row - UI_FIRST_RUN].id;
        state->text_top = 0;
    }
}

/* ---- Forms -------------------------------------------------------------------------------------- */

void ui_form_open(struct ui_state *state,
                  const struct snapshot *snapshot,
                  enum sim_kind_id kind,
                  const char *idempotency_key,
                  struct ui_moment at)
{
    if (!ui_can_act(state, at))
        return;
    sim_form_init(&state->form, &sim_kinds[kind], snapshot->drift ? &snapshot->drift->status : NULL,
                  idempotency_key);
    state->is_form_sent = false;
    state->overlay = OVERLAY_FORM;
}

bool ui_form_refuse(struct ui_state *state, const struct notice *notice)
{
    bool is_at_field = false;

    if (!notice->is_error || !state->is_form_sent || state->overlay != OVERLAY_NONE)
        return false;
    for (size_t i = 0; i < notice->n_fields; i++)
        is_at_field |=
            sim_form_refuse_field(&state->form, notice->fields[i].field, notice->fields[i].detail);
    if (!is_at_field)
        sim_form_refuse(&state->form, notice->text);
    state->is_form_sent = false;
    state->overlay = OVERLAY_FORM;
    return true;
}
