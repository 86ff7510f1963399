#include "common/alloc.h"
#include "tui/draw/bars.h"
#include "tui/text/moment.h"
#include "tui/text/pattern.h"
#include "tui/view/board_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Which of the alerts ---------------------------------------------------------------------------- */

static bool matches(const struct alert_matcher *matcher, const struct labels *labels)
{
    const char *value = labels_get(labels, matcher->name);
    struct pattern pattern;
    size_t start, len;
    bool is_met;

    if (!matcher->is_pattern)
        return (strcmp(value, matcher->value) == 0) != matcher->is_negated;
    if (pattern_init(&pattern, matcher->value, NULL) < 0)
        return true; /* said when the file was read */
    is_met = pattern_find(&pattern, value, &start, &len);
    pattern_finish(&pattern);
    return is_met != matcher->is_negated;
}

static bool is_listed(const struct alertlist_options *options, const struct alert *alert)
{
    bool is_pending = alert->state == ALERT_PENDING;

    if (is_pending ? !options->shows_pending : !options->shows_firing)
        return false;
    if (options->name[0] && !strcasestr(alert->name, options->name))
        return false;
    for (size_t i = 0; i < options->n_matchers; i++)
        if (!matches(&options->matchers[i], &alert->labels))
            return false;
    return true;
}

/* The board has the worst first. */
static int compare_alerts(const void *left, const void *right, void *ctx)
{
    const struct alert *a = *(const struct alert *const *)left;
    const struct alert *b = *(const struct alert *const *)right;
    int by_time = (a->active_at_ms > b->active_at_ms) - (a->active_at_ms < b->active_at_ms);

    switch (*(const enum alert_order *)ctx) {
    case ALERT_ORDER_NAME:
        return strcmp(a->name, b->name);
    case ALERT_ORDER_NAME_DOWN:
        return strcmp(b->name, a->name);
    case ALERT_ORDER_OLDEST:
        return by_time;
    case ALERT_ORDER_NEWEST:
        return -by_time;
    case ALERT_ORDER_WORST:
        break;
    }
    return a < b ? -1 : a > b; /* all lie in the board's array, in its order */
}

struct listed {
    size_t n;
    const struct alert **at; /* owned */
};

static struct listed list(const struct board_panel *at)
{
    const struct alertlist_options *options = &at->panel->alertlist;
    const struct alert_board *board = at->model->snapshot->alerts;
    enum alert_order order = options->order;
    struct listed listed = {.at = xcalloc(board->n, sizeof(const struct alert *))};

    for (size_t i = 0; i < board->n; i++)
        if (is_listed(options, &board->at[i]))
            listed.at[listed.n++] = &board->at[i];
    if (listed.n > 0)
        qsort_r(listed.at, listed.n, sizeof(const struct alert *), compare_alerts, &order);
    return listed;
}

/* ---- The head --------------------------------------------------------------------------------------- */

/* What is told is told by Prometheus: as old and as good as its answers are. */
enum panel_state board_alertlist_state(const struct board_panel *at)
{
    const struct source *source = &at->model->snapshot->sources[SOURCE_PROMETHEUS];
    enum panel_state state = PANEL_OK;
    struct listed listed;

    if (source->state != DATA_OK)
        return view_state_of(source->state);
    if (!alert_board_is_known(at->model->snapshot->alerts))
        return PANEL_NO_DATA;
    listed = list(at);
    for (size_t i = 0; i < listed.n; i++) {
        enum panel_state one = view_severity_state(listed.at[i]);

        if (one == PANEL_CRIT || (one == PANEL_WARN && state != PANEL_CRIT) ||
            (one == PANEL_PENDING && state == PANEL_OK))
            state = one;
    }
    free(listed.at);
    return state;
}

int64_t board_alertlist_age_ms(const struct board_panel *at)
{
    return source_age_ms(&at->model->snapshot->sources[SOURCE_PROMETHEUS], at->model->at.mono_ms);
}

void board_alertlist_value(const struct board_panel *at, char out[UNITS_SIZE])
{
    struct listed listed = list(at);

    out[0] = '\0';
    if (alert_board_is_known(at->model->snapshot->alerts) || listed.n > 0)
        (void)snprintf(out, UNITS_SIZE, "%zu active", listed.n);
    free(listed.at);
}

/* ---- The list --------------------------------------------------------------------------------------- */

#define STATE_CELLS   9
#define SINCE_CELLS   8
#define SERVICE_CELLS 12
#define SINCE_FROM    30 /* cells; narrower lists go without the times */
#define SERVICE_FROM  60 /* and these without services and states */

static void put_alert(const struct board_panel *at,
                      struct grid *grid,
                      struct rect line,
                      const struct alert *alert)
{
    enum panel_state state = view_severity_state(alert);
    struct pen pen = pen_at(grid, line);
    bool is_wide = line.width >= SERVICE_FROM;
    int since_cells = line.width >= SINCE_FROM ? SINCE_CELLS : 0;
    int end = line.x + line.width - since_cells - (is_wide ? 2 * (SERVICE_CELLS + 1) : 0);
    char name[VIEW_ALERT_SIZE], since[16];

    view_format_alert(alert, name);
    view_format_since(at->model, alert->active_at_ms, since);
    panel_put_state(&pen, state);
    pen_to(&pen, line.x + STATE_CELLS);
    if (end - 1 > pen.x)
        (void)grid_put_cut(grid, pen.x, line.y, end - 1 - pen.x, style_of(panel_state_role(state)),
                           name);
    if (is_wide) {
        (void)grid_put_cut(grid, end, line.y, SERVICE_CELLS, style_of(ROLE_NORMAL), alert->service);
        (void)grid_put_cut(grid, end + SERVICE_CELLS + 1, line.y, SERVICE_CELLS, style_of(ROLE_DIM),
                           alert_state_name(alert->state));
    }
    if (since_cells > 0)
        grid_put_right(grid, line.x + line.width - since_cells, line.y, since_cells,
                       style_of(ROLE_DIM), since);
}

static void put_none(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    const struct snapshot *snapshot = at->model->snapshot;
    const struct source *source = &snapshot->sources[SOURCE_PROMETHEUS];

    if (!alert_board_is_known(snapshot->alerts))
        panel_put_message(grid, inside, at->state,
                          source->reason[0] ? source->reason : "no answer yet");
    else
        (void)grid_put_cut(grid, inside.x + 1, inside.y, inside.width - 2, style_of(ROLE_OK),
                           "none");
}

static void put_list(const struct board_panel *at,
                     struct grid *grid,
                     struct rect inside,
                     const struct listed *listed)
{
    const struct alertlist_options *options = &at->panel->alertlist;
    size_t room = inside.height > 0 ? (size_t)inside.height : 0;
    struct rect line = {inside.x + 1, inside.y, inside.width - 2, 1};
    struct board_span span;
    char rest[BOARD_REST_SIZE];

    /* So many at a time as the file says; those behind them are scrolled to. */
    if (options->n_most > 0 && options->n_most < listed->n && options->n_most < room)
        room = options->n_most + 1;
    span = board_span_of(listed->n, room, at->top);
    for (size_t i = 0; i < span.n; i++, line.y++)
        put_alert(at, grid, line, listed->at[span.first + i]);
    if (!span.has_rest)
        return;
    board_format_rest(&span, NULL, rest);
    (void)grid_put_cut(grid, line.x, line.y, line.width, style_of(ROLE_DIM), rest);
}

void board_alertlist_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    const struct source *source = &at->model->snapshot->sources[SOURCE_PROMETHEUS];
    struct listed listed = list(at);
    struct rect whole = inside;
    char number[32];

    (void)snprintf(number, sizeof(number), "%zu", listed.n);
    if (source->state != DATA_OK && listed.n > 0 && inside.height > 1)
        inside.height--; /* for the note */
    if (!alert_board_is_known(at->model->snapshot->alerts) || listed.n == 0)
        put_none(at, grid, inside);
    else if (at->panel->alertlist.is_number_alone)
        bars_big_value(grid, inside, panel_state_role(at->state), number);
    else
        put_list(at, grid, inside, &listed);
    if (source->state != DATA_OK && listed.n > 0)
        panel_put_note(grid, whole, at->state, source->reason);
    free(listed.at);
}
