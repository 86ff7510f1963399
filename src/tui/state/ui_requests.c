#include "tui/state/ui_parts.h"

#include "tui/state/ui_rows.h"

#include <stdio.h>
#include <string.h>

static int bound(int value, int least, int most)
{
    return value > most ? most : value < least ? least : value;
}

/* ---- What is there ----------------------------------------------------------------------------- */

struct stored_filter ui_requests_filter(const struct ui_state *state)
{
    static const struct stored_filter worst = {.kind = STORED_CHAT, .order = ORDER_WORST};

    return state->view == VIEW_QUALITY ? worst : state->requests;
}

const struct stored_requests *ui_requests(const struct ui_state *state,
                                          const struct snapshot *snapshot)
{
    const struct requests_data *data = snapshot->requests;
    struct stored_filter filter = ui_requests_filter(state);

    if (!data || data->filter.kind != filter.kind || data->filter.order != filter.order)
        return NULL;
    return &data->requests;
}

/* -1: not among them. */
static int find(const struct stored_requests *requests, const char *id)
{
    for (size_t i = 0; id[0] && i < requests->n; i++)
        if (strcmp(requests->at[i].id, id) == 0)
            return (int)i;
    return -1;
}

/* The list grows at its top: the selection stays with its request, but at the top it stays there. */
int ui_requests_chosen(const struct ui_state *state, const struct stored_requests *requests)
{
    int row = find(requests, state->request_id);

    if (row >= 0 || requests->n == 0)
        return row;
    return state->request_id[0] ? ui_selected(state, VIEW_REQUESTS, requests->n) : 0;
}

int ui_requests_row(const struct ui_state *state, const struct snapshot *snapshot)
{
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, VIEW_REQUESTS);

    return ui_rows_item(&rows);
}

const struct stored_detail *ui_request(const struct ui_state *state,
                                       const struct snapshot *snapshot)
{
    if (!snapshot->request || strcmp(snapshot->request->detail.request.id, state->open_id) != 0)
        return NULL;
    return &snapshot->request->detail;
}

static int weakest(const struct scored *scored)
{
    int worst = 0;

    for (size_t i = 1; i < scored->n_parts; i++) {
        const struct scored_part *part = &scored->parts[i], *least = &scored->parts[worst];

        if (part->level != SUPPORT_UNSCORED &&
            (least->level == SUPPORT_UNSCORED || part->support < least->support))
            worst = (int)i;
    }
    return worst;
}

int ui_request_part(const struct ui_state *state, const struct stored_detail *detail)
{
    const struct scored *scored = &detail->answer.scored;

    if (!detail->has_answer || scored->n_parts == 0)
        return -1;
    return state->part < 0 ? weakest(scored) : bound(state->part, 0, (int)scored->n_parts - 1);
}

struct requests_want ui_requests_want(const struct ui_state *state)
{
    struct requests_want want = {.is_on = state->view == VIEW_REQUESTS ||
                                          (state->view == VIEW_QUALITY && state->zoom == ZOOM_NONE),
                                 .filter = ui_requests_filter(state)};

    if (state->view == VIEW_REQUESTS)
        memcpy(want.id, state->open_id, sizeof(want.id));
    return want;
}

/* ---- Keys -------------------------------------------------------------------------------------- */

static void select_row(struct ui_state *state, const struct stored_requests *requests, int row)
{
    state->selected[VIEW_REQUESTS] = row;
    (void)snprintf(state->request_id, sizeof(state->request_id), "%s",
                   row > 0 ? requests->at[row].id : "");
}

static void open_row(struct ui_state *state, const struct stored_requests *requests, int row)
{
    memcpy(state->open_id, requests->at[row].id, sizeof(state->open_id));
    state->part = -1;
    state->text_top = 0;
    state->is_paused = false; /* a held screen does not have it */
}

void ui_requests_move(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    const struct stored_requests *requests = ui_requests(state, snapshot);
    const struct stored_detail *detail = ui_request(state, snapshot);
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, VIEW_REQUESTS);

    if (state->open_id[0] && detail && ui_request_part(state, detail) >= 0)
        state->part =
            bound(ui_request_part(state, detail) + by, 0, (int)detail->answer.scored.n_parts - 1);
    else if (!state->open_id[0] && rows.n > 0)
        select_row(state, requests, ui_rows_step(&rows, by));
}

void ui_requests_turn(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    const struct stored_requests *requests = ui_requests(state, snapshot);
    CLEANUP(ui_rows_finish) struct ui_rows rows = ui_rows_of(state, snapshot, VIEW_REQUESTS);
    int row = ui_rows_step(&rows, by);

    if (!requests || row < 0 || find(requests, state->open_id) != ui_rows_item(&rows) ||
        row == ui_rows_item(&rows))
        return;
    select_row(state, requests, row);
    open_row(state, requests, row);
}

void ui_requests_open(struct ui_state *state, const struct snapshot *snapshot)
{
    const struct stored_requests *requests = ui_requests(state, snapshot);
    int row = ui_requests_row(state, snapshot);

    if (row >= 0)
        open_row(state, requests, row);
}

/* Another list begins at its top. */
static void begin_list(struct ui_state *state)
{
    state->request_id[0] = '\0';
    state->selected[VIEW_REQUESTS] = 0;
    state->is_paused = false;
}

void ui_requests_open_id(struct ui_state *state, const char *id)
{
    state->requests = (struct stored_filter){.kind = N_STORED_KINDS, .order = ORDER_NEWEST};
    begin_list(state);
    ui_go_to(state, VIEW_REQUESTS);
    (void)snprintf(state->request_id, sizeof(state->request_id), "%s", id);
    (void)snprintf(state->open_id, sizeof(state->open_id), "%s", id);
    state->part = -1;
}

/* ---- The worst answers ---------------------------------------------------------------------------- */

void ui_worst_enter(struct ui_state *state)
{
    if (state->view != VIEW_QUALITY)
        ui_go_to(state, VIEW_QUALITY);
    state->zoom = ZOOM_NONE;
    begin_list(state);
    state->is_in_worst = true;
}

void ui_worst_move(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    const struct stored_requests *requests = ui_requests(state, snapshot);

    if (requests && requests->n > 0)
        select_row(state, requests,
                   bound(ui_requests_chosen(state, requests) + by, 0, (int)requests->n - 1));
}

void ui_worst_open(struct ui_state *state, const struct snapshot *snapshot)
{
    const struct stored_requests *requests = ui_requests(state, snapshot);
    int row = requests && requests->n > 0 ? ui_requests_chosen(state, requests) : -1;

    if (row < 0)
        return;
    select_row(state, requests, row);
    state->requests = ui_requests_filter(state);
    ui_go_to(state, VIEW_REQUESTS);
    open_row(state, requests, row);
}

void ui_requests_next_kind(struct ui_state *state)
{
    static const enum stored_kind next[] = {
        [STORED_CHAT] = STORED_TRIAGE,         [STORED_TRIAGE] = N_STORED_KINDS,
        [STORED_PREDICTION] = STORED_EXTERNAL, [STORED_EXTERNAL] = STORED_CHAT,
        [STORED_OTHER] = N_STORED_KINDS,       [N_STORED_KINDS] = STORED_PREDICTION};

    state->requests.kind = next[state->requests.kind];
    begin_list(state);
}

void ui_requests_next_order(struct ui_state *state)
{
    state->requests.order = (enum stored_order)(((int)state->requests.order + 1) % N_STORED_ORDERS);
    begin_list(state);
}
