#include "tui/state/ui_parts.h"
#include "tui/state/ui_rows.h"

#define WHEEL_LINES 3

/* The item that is selected, as the view counts them; -1: there is none. */
static int selected_item(const struct ui_state *state, const struct snapshot *snapshot)
{
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, state->view);

    if (state->overlay == OVERLAY_PICKER)
        return state->picked;
    return state->view == VIEW_ALERTS ? ui_alert_row(state, snapshot) : rows.selected;
}

static bool is_in(enum key_context context, unsigned contexts)
{
    return (contexts >> context & 1) != 0;
}

struct ui_request ui_state_click(struct ui_state *state,
                                 const struct snapshot *snapshot,
                                 int item,
                                 const char *idempotency_key,
                                 struct ui_moment at)
{
    static const unsigned takes = 1U << IN_BOARD | 1U << IN_DRIFT | 1U << IN_ALERTS |
                                  1U << IN_REQUESTS | 1U << IN_SIMULATIONS | 1U << IN_EVENTS |
                                  1U << IN_PICKER;
    int selected;

    if (item < 0 || !is_in(ui_state_context(state), takes))
        return (struct ui_request){.kind = UI_NOTHING};
    state->notice[0] = '\0';
    selected = selected_item(state, snapshot);
    if (item == selected)
        return ui_open_selected(state, snapshot, idempotency_key, at);
    ui_move(state, snapshot, item - selected);
    return (struct ui_request){.kind = UI_NOTHING};
}

void ui_state_wheel(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    static const unsigned texts = 1U << IN_HELP | 1U << IN_ALERT | 1U << IN_SOURCES | 1U << IN_RUN |
                                  1U << IN_GAMEDAY | 1U << IN_PAGE | 1U << IN_PANEL;
    static const unsigned deaf = 1U << IN_FORM | 1U << IN_SILENCE | 1U << IN_CONFIRM |
                                 1U << IN_FILTER | 1U << IN_PROMPT | 1U << IN_COPY | 1U << IN_SAVE |
                                 1U << IN_REPORT;
    enum key_context context = ui_state_context(state);

    if (is_in(context, deaf))
        return;
    if (is_in(context, texts))
        by *= WHEEL_LINES;
    else if (context == IN_BOARD)
        by *= ui_panels_per_row(state);
    ui_move(state, snapshot, by);
}
