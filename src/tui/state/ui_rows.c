#include "tui/state/ui_rows.h"

#include "common/alloc.h"
#include "common/utf8.h"
#include "tui/state/ui_parts.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 40

/* ---- The filter ---------------------------------------------------------------------------------- */

bool ui_filter_passes(const char *filter, const char *const *texts, size_t n)
{
    bool is_inverse = filter[0] == '!';
    const char *word = filter + is_inverse;

    if (!word[0])
        return true;
    for (size_t i = 0; i < n; i++)
        if (texts[i] && strcasestr(texts[i], word))
            return !is_inverse;
    return is_inverse;
}

static char *filter_of(struct ui_state *state)
{
    return state->overlay == OVERLAY_HELP ? state->filter : state->filters[state->view];
}

const char *ui_filter(const struct ui_state *state)
{
    return state->overlay == OVERLAY_HELP ? state->filter : state->filters[state->view];
}

void ui_filter_type(struct ui_state *state, uint32_t code)
{
    char *filter = filter_of(state);
    struct line_edit line = {0};

    line_edit_set(&line, filter);
    if (!line_edit_type(&line, code) || line.len >= UI_FILTER_SIZE)
        return;
    memcpy(filter, line.text, line.len + 1);
    state->text_top = 0;
}

void ui_filter_erase(struct ui_state *state)
{
    char *filter = filter_of(state);
    struct line_edit line = {0};

    line_edit_set(&line, filter);
    line_edit_do(&line, EDIT_ERASE);
    memcpy(filter, line.text, line.len + 1);
}

void ui_filter_clear(struct ui_state *state)
{
    state->is_filtering = false;
    filter_of(state)[0] = '\0';
}

/* ---- What it is held against --------------------------------------------------------------------- */

static size_t alert_texts(const struct alert *alert, const char *texts[TEXTS_MAX])
{
    size_t n = 0;

    texts[n++] = alert->name;
    texts[n++] = alert_severity_name(alert->severity);
    texts[n++] = alert_state_name(alert->state);
    texts[n++] = alert->service;
    texts[n++] = alert->summary;
    for (size_t i = 0; i < alert->labels.n && n < TEXTS_MAX; i++)
        texts[n++] = alert->labels.at[i].value;
    return n;
}

static size_t request_texts(const struct stored_request *request, const char *texts[TEXTS_MAX])
{
    const char *const some[] = {stored_kind_name(request->kind),
                                request->id,
                                request->status,
                                request->severity,
                                request->query,
                                request->model,
                                request->origin,
                                request->trace_id};

    memcpy(texts, some, sizeof(some));
    return COUNT_OF(some);
}

static size_t event_texts(const struct event *event, const char *texts[TEXTS_MAX])
{
    texts[0] = event->kind;
    texts[1] = event->subject;
    texts[2] = event->detail;
    return 3;
}

static size_t run_texts(const struct simulation *run, const char *texts[TEXTS_MAX])
{
    texts[0] = run->kind;
    texts[1] = simulation_state_name(run->state);
    texts[2] = run->params;
    return 3;
}

static size_t gameday_texts(const struct gameday *gameday, const char *texts[TEXTS_MAX])
{
    texts[0] = gameday->kind;
    texts[1] = gameday_state_name(gameday->state);
    texts[2] = gameday->reason;
    return 3;
}

/* What can be started is no list: it stays. */
static size_t simulation_texts(const struct ui_state *state,
                               const struct snapshot *snapshot,
                               size_t i,
                               const char *texts[TEXTS_MAX])
{
    if (i < UI_FIRST_RUN)
        return 0;
    if (state->lists_gamedays)
        return gameday_texts(ui_gameday(snapshot, i - UI_FIRST_RUN), texts);
    return run_texts(&snapshot->operations->simulations.at[i - UI_FIRST_RUN], texts);
}

static size_t count_all(const struct ui_state *state,
                        const struct snapshot *snapshot,
                        enum view_id view)
{
    const struct stored_requests *requests;

    switch (view) {
    case VIEW_OVERVIEW:
    case VIEW_QUALITY:
    case VIEW_LATENCY:
        return ui_board(state, snapshot) ? snapshot->n_panels : 0;
    case VIEW_DRIFT:
        return snapshot->drift ? snapshot->drift->status.n_features : 0;
    case VIEW_ALERTS:
        return snapshot->alerts->n;
    case VIEW_EVENTS:
        return snapshot->operations->events.n;
    case VIEW_REQUESTS:
        requests = ui_requests(state, snapshot);
        return requests ? requests->n : 0;
    case VIEW_SIMULATIONS:
        return ui_simulations_count(state, snapshot);
    case VIEW_SOURCES:
    case N_VIEWS:
        break;
    }
    return 0;
}

/* 0: there is nothing to hold a filter against; it is shown. */
static size_t item_texts(const struct ui_state *state,
                         const struct snapshot *snapshot,
                         enum view_id view,
                         size_t i,
                         const char *texts[TEXTS_MAX])
{
    switch (view) {
    case VIEW_OVERVIEW:
    case VIEW_QUALITY:
    case VIEW_LATENCY:
        texts[0] = snapshot->dashboard->panels[i].title;
        return 1;
    case VIEW_ALERTS:
        return alert_texts(&snapshot->alerts->at[i], texts);
    case VIEW_EVENTS:
        return event_texts(&snapshot->operations->events.at[i], texts);
    case VIEW_REQUESTS:
        return request_texts(&ui_requests(state, snapshot)->at[i], texts);
    case VIEW_SIMULATIONS:
        return simulation_texts(state, snapshot, i, texts);
    case VIEW_DRIFT:
    case VIEW_SOURCES:
    case N_VIEWS:
        break;
    }
    return 0;
}

void ui_rows_alerts(const struct ui_state *state,
                    const struct alert_board *board,
                    struct alert_list *ret_list)
{
    const char *texts[TEXTS_MAX];
    size_t n = 0;

    alert_list_make(board, &state->alerts, ret_list);
    for (size_t i = 0; i < ret_list->n; i++)
        if (ui_filter_passes(state->filters[VIEW_ALERTS], texts,
                             alert_texts(&board->at[ret_list->at[i]], texts)))
            ret_list->at[n++] = ret_list->at[i];
    ret_list->n = n;
}

/* ---- Rows ---------------------------------------------------------------------------------------- */

/* As it was chosen; it may be one that the filter does not let through. */
static int chosen(const struct ui_state *state,
                  const struct snapshot *snapshot,
                  enum view_id view,
                  size_t n)
{
    if (view == VIEW_REQUESTS && n > 0)
        return ui_requests_chosen(state, ui_requests(state, snapshot));
    if (view == VIEW_SIMULATIONS)
        return ui_simulations_chosen(state, snapshot);
    return ui_selected(state, view, n);
}

struct ui_rows ui_rows_of(const struct ui_state *state,
                          const struct snapshot *snapshot,
                          enum view_id view)
{
    struct ui_rows rows = {.n_all = count_all(state, snapshot, view), .selected = -1};
    const char *texts[TEXTS_MAX];
    int wanted = chosen(state, snapshot, view, rows.n_all);

    rows.n_fixed = view == VIEW_SIMULATIONS ? UI_FIRST_RUN : 0;
    rows.at = xcalloc(rows.n_all > 0 ? rows.n_all : 1, sizeof(*rows.at));
    for (size_t i = 0; i < rows.n_all; i++) {
        size_t n = state->filters[view][0] ? item_texts(state, snapshot, view, i, texts) : 0;

        if (n > 0 && !ui_filter_passes(state->filters[view], texts, n))
            continue;
        if (rows.selected < 0 && (int)i >= wanted)
            rows.selected = (int)rows.n;
        rows.at[rows.n++] = (int)i;
    }
    if (rows.selected < 0)
        rows.selected = (int)rows.n - 1;
    return rows;
}

void ui_rows_finish(struct ui_rows *rows)
{
    free(rows->at);
}

int ui_rows_item(const struct ui_rows *rows)
{
    return rows->selected < 0 ? -1 : rows->at[rows->selected];
}

int ui_rows_step(const struct ui_rows *rows, int by)
{
    int to = rows->selected + by;

    if (rows->n == 0)
        return -1;
    return rows->at[to < 0 ? 0 : to >= (int)rows->n ? (int)rows->n - 1 : to];
}
