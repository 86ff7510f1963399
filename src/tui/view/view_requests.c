#include "tui/data/quality.h"
#include "tui/draw/table.h"
#include "tui/state/ui_rows.h"
#include "tui/view/view_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    COLUMN_MARK,
    COLUMN_KIND,
    COLUMN_AGE,
    COLUMN_SEVERITY,
    COLUMN_HALLUCINATION,
    COLUMN_GROUNDEDNESS,
    COLUMN_RELEVANCE,
    COLUMN_STATUS,
    COLUMN_ORIGIN,
    COLUMN_QUERY,
};

static const struct table_column columns[] = {
    [COLUMN_MARK] = {" ", 1, 0, false, false},
    [COLUMN_KIND] = {"KIND", 7, 0, false, false},
    [COLUMN_AGE] = {"AGE", 3, 0, true, false},
    [COLUMN_SEVERITY] = {"SEV", 6, 56, false, false},
    [COLUMN_HALLUCINATION] = {"HALL", 5, 0, true, false},
    [COLUMN_GROUNDEDNESS] = {"GRND", 4, 70, true, false},
    [COLUMN_RELEVANCE] = {"REL", 4, 70, true, false},
    [COLUMN_STATUS] = {"STATUS", 9, 100, false, false},
    [COLUMN_ORIGIN] = {"FROM", 8, 110, false, false},
    [COLUMN_QUERY] = {"ASKED", 10, 0, false, true},
};

/* ---- Shared with the one that is open ------------------------------------------------------------ */

enum panel_state view_quality_state(enum quality_id id, double value)
{
    static const enum panel_state states[] = {[QUALITY_UNJUDGED] = PANEL_NONE,
                                              [QUALITY_GOOD] = PANEL_OK,
                                              [QUALITY_WARN] = PANEL_WARN,
                                              [QUALITY_CRIT] = PANEL_CRIT};

    return states[quality_level(id, value)];
}

/* In steps once it is no longer new: a list of ages that each grow by the second is bytes. */
void view_format_request_age(const struct ui_model *model,
                             const struct stored_request *request,
                             char *out,
                             size_t size)
{
    struct age age = {.ms = view_now_of_ms(model, SOURCE_OPERATIONS) - request->at_ms};

    if (request->at_ms == 0) {
        (void)snprintf(out, size, "-");
        return;
    }
    if (age.ms < 0)
        age.ms = 0;
    if (age.ms > VIEW_AGE_STEP_MS)
        age.ms -= age.ms % VIEW_AGE_STEP_MS;
    (void)units_format_age(out, size, age);
}

/* ---- Rows -------------------------------------------------------------------------------------- */

/* In seven cells. */
static const char *kind_word(enum stored_kind kind)
{
    static const char *const words[N_STORED_KINDS] = {"chat", "triage", "predict", "extern",
                                                      "other"};

    return words[kind];
}

static bool is_success(const struct stored_request *request)
{
    return !request->status[0] || strcmp(request->status, "success") == 0;
}

/* The score, or why there is none. */
static void put_hallucination(const struct table *table,
                              struct grid *grid,
                              int y,
                              const struct stored_request *request)
{
    enum panel_state state = view_quality_state(QUALITY_HALLUCINATION, request->hallucination);
    struct style style = style_of(panel_state_role(state));
    char text[32];

    if (!isnan(request->hallucination))
        (void)snprintf(text, sizeof(text), "%.2f", request->hallucination);
    else
        (void)snprintf(text, sizeof(text), "%s",
                       request->is_abstained ? "abst."
                       : is_success(request) ? "-"
                                             : request->status);
    table_put(table, grid, y, COLUMN_HALLUCINATION, style, text);
    if (grid->encoding == ENCODING_UTF8 && state != PANEL_NONE)
        grid_put_glyph(grid, table->at[COLUMN_MARK].x, y, style, panel_state_glyph(state));
    else if (state == PANEL_CRIT || state == PANEL_WARN)
        (void)grid_put(grid, table->at[COLUMN_MARK].x, y, 1, style,
                       state == PANEL_CRIT ? "!" : "*");
}

static void put_score(
    const struct table *table, struct grid *grid, int y, size_t column, double score)
{
    char text[16] = "-";

    if (!isnan(score))
        (void)snprintf(text, sizeof(text), "%.2f", score);
    table_put(table, grid, y, column, style_of(ROLE_NORMAL), text);
}

static void put_request(const struct ui_model *model,
                        struct grid *grid,
                        const struct table *table,
                        int y,
                        const struct stored_request *request)
{
    struct style plain = style_of(ROLE_NORMAL), dim = style_of(ROLE_DIM);
    char age[24], origin[64];

    view_format_request_age(model, request, age, sizeof(age));
    (void)snprintf(origin, sizeof(origin), "%s%s%s", request->simulation[0] ? "sim " : "",
                   request->simulation, request->simulation[0] ? "" : request->origin);
    put_hallucination(table, grid, y, request);
    table_put(table, grid, y, COLUMN_KIND, plain, kind_word(request->kind));
    table_put(table, grid, y, COLUMN_AGE, dim, age);
    table_put(table, grid, y, COLUMN_SEVERITY, plain,
              request->severity[0] ? request->severity : "-");
    put_score(table, grid, y, COLUMN_GROUNDEDNESS, request->groundedness);
    put_score(table, grid, y, COLUMN_RELEVANCE, request->relevance);
    table_put(table, grid, y, COLUMN_STATUS, is_success(request) ? dim : style_of(ROLE_WARN),
              request->status[0] ? request->status : "-");
    table_put(table, grid, y, COLUMN_ORIGIN, dim, origin);
    table_put(table, grid, y, COLUMN_QUERY, plain, request->query);
}

/* ---- List -------------------------------------------------------------------------------------- */

static void format_title(const struct ui_state *state,
                         const struct stored_requests *requests,
                         char *out,
                         size_t size)
{
    static const char *const kinds[] = {[STORED_CHAT] = "chats",
                                        [STORED_TRIAGE] = "triages",
                                        [STORED_PREDICTION] = "predictions",
                                        [STORED_EXTERNAL] = "answers of others",
                                        [STORED_OTHER] = "others",
                                        [N_STORED_KINDS] = "all"};
    static const char *const orders[] = {
        [ORDER_NEWEST] = "newest first",
        [ORDER_WORST_OF_HOUR] = "worst of the last hour first, with unsupported sentences",
        [ORDER_WORST] = "worst first, with unsupported sentences"};
    int used = snprintf(out, size, "Requests: %s, %s", kinds[state->requests.kind],
                        orders[state->requests.order]);

    if (requests && requests->n > 0 && used > 0 && (size_t)used < size)
        (void)snprintf(out + used, size - (size_t)used, " (%s%zu)",
                       requests->has_more ? "last " : "", requests->n);
}

void view_requests_put_none(const struct ui_model *model, struct grid *grid, struct rect inside)
{
    const struct snapshot *snapshot = model->snapshot;
    const struct source *source = &snapshot->sources[SOURCE_OPERATIONS];

    if (snapshot->requests_reason[0])
        panel_put_message(grid, inside, PANEL_ERROR, snapshot->requests_reason);
    else if (source->state == DATA_ERROR || !source->is_configured)
        panel_put_message(grid, inside, PANEL_ERROR, source->reason);
    else if (!ui_requests(model->state, snapshot))
        panel_put_message(grid, inside, PANEL_NONE, "the backend is asked");
    else if (ui_requests_filter(model->state).order == ORDER_WORST_OF_HOUR)
        panel_put_message(grid, inside, PANEL_OK,
                          "no answer of the last hour has an unsupported sentence; o: all times");
    else if (ui_requests_filter(model->state).order == ORDER_WORST)
        panel_put_message(grid, inside, PANEL_OK, "no stored answer has an unsupported sentence");
    else
        panel_put_message(grid, inside, PANEL_NO_DATA, "no such request is stored");
}

void view_requests_put_rows(const struct ui_model *model,
                            struct grid *grid,
                            struct rect inside,
                            const struct request_rows *rows)
{
    int n = (int)rows->n, top;
    struct table table;

    table_plan(&table, columns, COUNT_OF(columns), inside);
    if (inside.height > 2)
        table_put_titles(&table, grid, layout_take_top(&inside, 1).y);
    top = view_first_row(rows->selected, n, inside.height);
    for (int row = 0; row < inside.height && top + row < n; row++) {
        int item = rows->at ? rows->at[top + row] : top + row;

        put_request(model, grid, &table, inside.y + row, &rows->requests->at[item]);
        if (rows->at) /* of the view's own list: under other panels a click is for those */
            grid_add_item(grid, (struct rect){inside.x, inside.y + row, inside.width, 1},
                          top + row);
        if (top + row == rows->selected)
            view_select_row(grid, (struct rect){inside.x, inside.y + row, inside.width, 1});
    }
}

static void put_rows(const struct ui_model *model,
                     struct grid *grid,
                     struct rect inside,
                     const struct stored_requests *requests)
{
    CLEANUP(ui_rows_finish)
    struct ui_rows rows = ui_rows_of(model->state, model->snapshot, VIEW_REQUESTS);
    struct request_rows shown = {requests, rows.at, rows.n, rows.selected};

    if (rows.n == 0)
        view_put_filtered_out(grid, inside);
    view_requests_put_rows(model, grid, inside, &shown);
}

static void draw_list(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct stored_requests *requests = ui_requests(model->state, model->snapshot);
    const char *reason = model->snapshot->requests_reason;
    char title[96];
    struct rect inside;

    format_title(model->state, requests, title, sizeof(title));
    inside = view_frame(grid, body, title, "Enter: open");
    if (!requests || requests->n == 0) {
        view_requests_put_none(model, grid, inside);
        return;
    }
    if (reason[0]) {
        struct pen pen = pen_at(grid, layout_take_bottom(&inside, 1));

        pen_put(&pen, style_with(ROLE_STALE, STYLE_BOLD), "STALE ");
        pen_put(&pen, style_of(ROLE_NORMAL), reason);
    }
    put_rows(model, grid, inside, requests);
}

int view_requests_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    if (model->state->open_id[0])
        view_request_draw(model, grid, body);
    else
        draw_list(model, grid, body);
    return 0;
}
