#include "tui/state/ui_parts.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const int64_t ranges[] = {5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR,    3 * HOUR, 6 * HOUR,
                                 12 * HOUR,  DAY,         2 * DAY,     7 * DAY, 30 * DAY};
static const int64_t refreshes[] = {1000, 2000, 5000, 10000, 15000, 30000, 60000};

/* The next larger (by > 0) or smaller one in the ascending list; the value itself at its ends. */
static int64_t neighbour(const int64_t *list, size_t n, int64_t value, int by)
{
    if (by > 0) {
        for (size_t i = 0; i < n; i++)
            if (list[i] > value)
                return list[i];
        return value;
    }
    for (size_t i = n; i > 0; i--)
        if (list[i - 1] < value)
            return list[i - 1];
    return value;
}

/* A held screen shows no other window: asking for one lets it go. */
static void set_window(struct ui_state *state, int64_t range_ms, int64_t end_ms)
{
    state->range_ms = range_ms;
    state->end_ms = end_ms;
    state->cursor_ms = -1;
    state->is_paused = false;
}

void ui_window_set_range(struct ui_state *state, int64_t range_ms)
{
    set_window(state, range_ms, state->end_ms);
}

static void pan(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    int64_t range_ms = ui_range_ms(state, snapshot);
    int64_t end_ms = state->end_ms > 0 ? state->end_ms : snapshot->now_ms;

    end_ms += by * (range_ms / 2);
    set_window(state, state->range_ms, end_ms >= snapshot->now_ms || end_ms <= 0 ? 0 : end_ms);
}

/* The cursor moves by one point of the chart. */
void ui_window_move_cursor(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    struct ui_model model = {snapshot, state, {0, 0}};
    const struct time_grid *grid;
    int64_t at_ms;
    size_t i;

    if (!ui_focused_panel(&model, &i) || snapshot->panels[i]->set.grid.n == 0)
        return;
    grid = &snapshot->panels[i]->set.grid;
    at_ms = (state->cursor_ms < 0 ? time_grid_end_ms(grid) : state->cursor_ms) + by * grid->step_ms;
    if (at_ms >= time_grid_end_ms(grid))
        at_ms = -1;
    else if (at_ms < grid->start_ms)
        at_ms = grid->start_ms;
    state->cursor_ms = at_ms;
}

static void toggle_pause(struct ui_state *state, struct ui_moment at)
{
    state->is_paused = !state->is_paused;
    state->paused_at = at;
}

bool ui_window_key(struct ui_state *state,
                   const struct snapshot *snapshot,
                   enum action action,
                   struct ui_moment at)
{
    int64_t range_ms = ui_range_ms(state, snapshot);
    int64_t refresh_ms = state->refresh_ms > 0 ? state->refresh_ms : snapshot->refresh_ms;

    switch (action) {
    case ACTION_WIDER:
        set_window(state, neighbour(ranges, COUNT_OF(ranges), range_ms, 1), state->end_ms);
        return true;
    case ACTION_NARROWER:
        set_window(state, neighbour(ranges, COUNT_OF(ranges), range_ms, -1), state->end_ms);
        return true;
    case ACTION_EARLIER:
        pan(state, snapshot, -1);
        return true;
    case ACTION_LATER:
        pan(state, snapshot, 1);
        return true;
    case ACTION_NOW:
        set_window(state, state->range_ms, 0);
        return true;
    case ACTION_PAUSE:
        toggle_pause(state, at);
        return true;
    case ACTION_SLOWER:
        state->refresh_ms = neighbour(refreshes, COUNT_OF(refreshes), refresh_ms, 1);
        return true;
    case ACTION_FASTER:
        state->refresh_ms = neighbour(refreshes, COUNT_OF(refreshes), refresh_ms, -1);
        return true;
    default: /* not of the window */
        return false;
    }
}
