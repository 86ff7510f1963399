#include "tui/state/ui_parts.h"

#include "tui/state/ui_rows.h"

#include <stdio.h>
#include <string.h>

/* ---- Rows: the kinds, then the runs ------------------------------------------------------------- */

static size_t count_rows(const struct snapshot *snapshot)
{
    return N_SIM_KINDS + snapshot->operations->simulations.n;
}

static const struct simulation *find_run(const struct snapshot *snapshot, int64_t id)
{
    const struct simulations *runs = &snapshot->operations->simulations;

    for (size_t i = 0; i < runs->n; i++)
        if (runs->at[i].id == id)
            return &runs->at[i];
    return NULL;
}

/* A run is found by its number: newer ones come above it. */
int ui_simulations_chosen(const struct ui_state *state, const struct snapshot *snapshot)
{
    const struct simulation *run = find_run(snapshot, state->run_id);

    if (run)
        return N_SIM_KINDS + (int)(run - snapshot->operations->simulations.at);
    return ui_selected(state, VIEW_SIMULATIONS, count_rows(snapshot));
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
    state->run_id =
        row < N_SIM_KINDS ? 0 : snapshot->operations->simulations.at[row - N_SIM_KINDS].id;
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
        return;
    }
    state->open_run_id = snapshot->operations->simulations.at[row - N_SIM_KINDS].id;
    state->text_top = 0;
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
