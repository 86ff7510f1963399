#include "tui/state/ui_parts.h"

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

/* A cursor that moves asks for other exemplars only when it leaves a quarter of an hour; see
 * inspect_exemplar_span. */
#define CURSOR_STEP (INSPECT_EXEMPLAR_SPAN_MS / 2)

bool ui_is_inspecting(const struct ui_state *state)
{
    return ui_board_of(state->view) != N_BOARDS && state->zoom == ZOOM_CHART;
}

bool ui_inspects_now(const struct ui_state *state, const struct snapshot *snapshot)
{
    struct ui_model model = {snapshot, state, {0, 0}};
    size_t i;

    return ui_is_inspecting(state) && ui_focused_panel(&model, &i) &&
           panel_is_of_now(&snapshot->dashboard->panels[i]);
}

struct inspect_want ui_inspect_want(const struct ui_state *state, const struct snapshot *snapshot)
{
    struct ui_model model = {snapshot, state, {0, 0}};
    struct inspect_want want = {.cursor_ms = -1};
    size_t i;

    if (!ui_is_inspecting(state) || !ui_focused_panel(&model, &i))
        return want;
    want.is_on = true;
    want.dashboard = snapshot->dashboard;
    want.panel = i;
    want.compare_ms = state->compare_ms;
    if (state->cursor_ms >= 0 && ui_range_ms(state, snapshot) > INSPECT_EXEMPLAR_SPAN_MS)
        want.cursor_ms = state->cursor_ms - state->cursor_ms % CURSOR_STEP;
    return want;
}

const struct inspect_data *ui_inspect_data(const struct snapshot *snapshot, size_t i)
{
    const struct inspect_data *data = snapshot->inspect;

    return data && data->dashboard == snapshot->dashboard && data->panel == i ? data : NULL;
}

size_t ui_selected_series(const struct ui_state *state,
                          const struct panel *panel,
                          const struct panel_data *data)
{
    size_t selected = state->selected_series > 0 ? (size_t)state->selected_series : 0;
    const struct series *of_title =
        state->selected_series < 0 ? panel_data_series(panel, data) : NULL;

    if (of_title)
        return (size_t)(of_title - data->set.at);
    return selected < data->set.n || data->set.n == 0 ? selected : data->set.n - 1;
}

void ui_inspect_move_series(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    struct ui_model model = {snapshot, state, {0, 0}};
    const struct panel *panel;
    int n, at;
    size_t i;

    panel = ui_focused_panel(&model, &i);
    if (!panel || snapshot->panels[i]->set.n == 0)
        return;
    n = (int)snapshot->panels[i]->set.n;
    at = (int)ui_selected_series(state, panel, snapshot->panels[i]) + by;
    state->selected_series = at < 0 ? 0 : at < n ? at : n - 1;
}

/* Which one that is must not change under the keys: from here on it is the one that was seen. */
void ui_inspect_hide_series(struct ui_state *state, const struct snapshot *snapshot)
{
    ui_inspect_move_series(state, snapshot, 0);
    if (state->selected_series >= 0)
        state->hidden_series ^= UINT64_C(1) << (state->selected_series % SERIES_MAX);
}

void ui_inspect_open(struct ui_state *state)
{
    state->zoom = ZOOM_CHART;
    state->selected_series = -1;
    state->hidden_series = 0;
    state->panel_alert_id = 0;
    state->cursor_ms = -1;
    state->compare_ms = 0;
    state->is_table = false;
    state->is_scale_turned = false;
}

/* A held screen has no other past: asking for one lets it go. */
static void next_compare(struct ui_state *state)
{
    static const int64_t offsets[] = {0, HOUR, DAY, 7 * DAY};
    size_t i = 0;

    while (i < COUNT_OF(offsets) && offsets[i] != state->compare_ms)
        i++;
    state->compare_ms = offsets[(i + 1) % COUNT_OF(offsets)];
    state->is_paused = false;
}

bool ui_inspect_key(struct ui_state *state, enum action action)
{
    switch (action) {
    case ACTION_COMPARE:
        next_compare(state);
        return true;
    case ACTION_TABLE:
        state->is_table = !state->is_table;
        state->text_top = 0;
        return true;
    case ACTION_SCALE:
        state->is_scale_turned = !state->is_scale_turned;
        return true;
    case ACTION_SAVE:
        state->overlay = OVERLAY_SAVE;
        return true;
    default: /* not of this view */
        return false;
    }
}

struct ui_request ui_inspect_choose(struct ui_state *state, int choice)
{
    struct ui_request request = {
        .kind = ui_state_context(state) == IN_REPORT ? UI_SAVE_REPORT
                : state->overlay == OVERLAY_COPY     ? UI_COPY
                                                     : UI_SAVE,
        .choice = choice,
    };

    state->overlay = OVERLAY_NONE;
    return request;
}
