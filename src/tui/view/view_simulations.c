/* What can be started, what was, and which faults are on. One cursor goes through the kinds and then the
 * runs, or the game days. */

#include "tui/draw/bars.h"
#include "tui/draw/table.h"
#include "tui/state/gameday_form.h"
#include "tui/state/ui_rows.h"
#include "tui/text/moment.h"
#include "tui/view/view_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIDE_BY_SIDE 120 /* from this width on the faults stand beside the kinds */

enum { KIND_KEY, KIND_NAME, KIND_NOW, KIND_ALERT, KIND_ABOUT };

static const struct table_column kind_columns[] = {
    [KIND_KEY] = {"", 1, 0, false, false},          [KIND_NAME] = {"KIND", 13, 0, false, false},
    [KIND_NOW] = {"NOW", 22, 0, false, true},       [KIND_ALERT] = {"RAISES", 24, 66, false, false},
    [KIND_ABOUT] = {"WHAT", 33, 100, false, false},
};

enum {
    RUN_NAME,
    RUN_STATE,
    RUN_PROGRESS,
    RUN_STARTED,
    RUN_ALERT,
    RUN_ALERT_STATE,
    RUN_PENDING,
    RUN_FIRING,
    RUN_DELIVERED,
    RUN_RESOLVED,
};

/* The times are since the run began. */
static const struct table_column run_columns[] = {
    [RUN_NAME] = {"RUN", 16, 0, false, true},
    [RUN_STATE] = {"STATE", 10, 0, false, false},
    [RUN_PROGRESS] = {"PROGRESS", 12, 90, false, false},
    [RUN_STARTED] = {"STARTED", 8, 100, false, false},
    [RUN_ALERT] = {"RAISES", 24, 126, false, false},
    [RUN_ALERT_STATE] = {"ALERT", 8, 0, false, false},
    [RUN_PENDING] = {"PENDING", 7, 65, true, false},
    [RUN_FIRING] = {"FIRING", 6, 46, true, false},
    [RUN_DELIVERED] = {"DELIVERED", 9, 76, true, false},
    [RUN_RESOLVED] = {"RESOLVED", 8, 56, true, false},
};

/* ---- Kinds -------------------------------------------------------------------------------------- */

/* The run of that kind that goes on, else the newest one; NULL: there was none. */
static const struct simulation *newest_of(const struct simulations *runs, const char *kind)
{
    const struct simulation *newest = NULL;

    for (size_t i = 0; i < runs->n; i++) {
        if (strcmp(runs->at[i].kind, kind) != 0)
            continue;
        if (runs->at[i].state == SIMULATION_RUNNING)
            return &runs->at[i];
        if (!newest)
            newest = &runs->at[i];
    }
    return newest;
}

static void format_now(const struct ui_model *model, const struct simulation *run, char out[64])
{
    char span[MOMENT_SPAN_SIZE] = "";

    if (run->state == SIMULATION_RUNNING && run->ends_by_ms > 0) {
        moment_format_span(run->ends_by_ms - view_now_of_ms(model, SOURCE_OPERATIONS), span);
        (void)snprintf(out, 64, "#%lld running, %s left", (long long)run->id, span);
    } else if (run->state == SIMULATION_RUNNING) {
        (void)snprintf(out, 64, "#%lld running", (long long)run->id);
    } else {
        view_format_since(model, run->ended_at_ms, span);
        (void)snprintf(out, 64, "#%lld %s %s ago", (long long)run->id,
                       simulation_state_name(run->state), span);
    }
}

/* The key that opens its form from anywhere; 0: there is none but Enter here. */
static char key_of(size_t kind)
{
    for (size_t i = 0; i < n_key_bindings; i++)
        if (key_bindings[i].action == ACTION_LAUNCH && key_bindings[i].argument == (int)kind)
            return (char)key_bindings[i].keys[0];
    return 0;
}

static void put_kind(
    const struct ui_model *model, struct grid *grid, const struct table *table, int y, size_t i)
{
    const struct operations_data *operations = model->snapshot->operations;
    const struct sim_kind *kind = &sim_kinds[i];
    const struct simulation *run = newest_of(&operations->simulations, kind->name);
    bool is_running = run && run->state == SIMULATION_RUNNING;
    char key[2] = {model->state->place->is_read_only ? '\0' : key_of(i), '\0'}, now[64] = "-";

    if (run)
        format_now(model, run, now);
    else if (!operations->has_simulations)
        (void)snprintf(now, sizeof(now), "not known");
    table_put(table, grid, y, KIND_KEY, style_of(ROLE_ACCENT), key);
    table_put(table, grid, y, KIND_NAME, style_of(ROLE_TITLE), kind->name);
    table_put(table, grid, y, KIND_NOW, style_of(is_running ? ROLE_MARK : ROLE_DIM), now);
    table_put(table, grid, y, KIND_ALERT, style_of(ROLE_NORMAL),
              kind->alert.name ? kind->alert.name : "-");
    table_put(table, grid, y, KIND_ABOUT, style_of(ROLE_DIM), kind->about);
}

/* What goes on, else how the newest one ended, where that is known. */
static void format_gameday_now(const struct ui_model *model, char out[64])
{
    const struct gameday_glance *running = ui_running_gameday(model->snapshot);
    const struct gameday *newest =
        ui_count_gamedays(model->snapshot) > 0 ? ui_gameday(model->snapshot, 0) : NULL;
    char since[16];

    if (running) {
        (void)snprintf(out, 64, "#%lld %.20s %lld/%lld %.10s", (long long)running->id,
                       running->kind, (long long)running->at, (long long)running->n_steps,
                       running->phase);
    } else if (newest) {
        view_format_since(model, newest->ended_at_ms, since);
        (void)snprintf(out, 64, "#%lld %s %s ago", (long long)newest->id,
                       gameday_state_name(newest->state), since);
    } else {
        (void)snprintf(out, 64, "-");
    }
}

static void put_gameday_kind(const struct ui_model *model,
                             struct grid *grid,
                             const struct table *table,
                             int y)
{
    bool is_running = ui_running_gameday(model->snapshot) != NULL;
    char now[64];

    format_gameday_now(model, now);
    table_put(table, grid, y, KIND_NAME, style_of(ROLE_TITLE), gameday_form_kind.name);
    table_put(table, grid, y, KIND_NOW, style_of(is_running ? ROLE_MARK : ROLE_DIM), now);
    table_put(table, grid, y, KIND_ALERT, style_of(ROLE_NORMAL), "each its own");
    table_put(table, grid, y, KIND_ABOUT, style_of(ROLE_DIM), "each must fire, be told, and clear");
}

/* ---- Runs --------------------------------------------------------------------------------------- */

static enum role state_role(enum simulation_state state)
{
    switch (state) {
    case SIMULATION_RUNNING:
        return ROLE_MARK;
    case SIMULATION_FAILED:
        return ROLE_CRIT;
    case SIMULATION_INTERRUPTED:
        return ROLE_WARN;
    case SIMULATION_STOPPED:
    case SIMULATION_FINISHED:
        break;
    }
    return ROLE_NORMAL;
}

static enum role alert_role(enum simulation_alert_state state)
{
    switch (state) {
    case SIMULATION_ALERT_FIRING:
        return ROLE_CRIT;
    case SIMULATION_ALERT_PENDING:
        return ROLE_PENDING;
    case SIMULATION_ALERT_UNKNOWN:
    case SIMULATION_ALERT_INACTIVE:
        break;
    }
    return ROLE_DIM;
}

static void put_progress(struct grid *grid, struct rect cell, double progress)
{
    struct gauge gauge = {.value = progress, .max = 1, .role = ROLE_MARK};
    struct rect percent = layout_take_right(&cell, 4);
    char text[8];

    if (cell.width < 1 || isnan(progress))
        return;
    bars_gauge(grid, cell, &gauge);
    (void)snprintf(text, sizeof(text), "%.0f%%", floor(progress * 100));
    grid_put_right(grid, percent.x, percent.y, percent.width, style_of(ROLE_NORMAL), text);
}

static void put_times(struct grid *grid,
                      const struct table *table,
                      int y,
                      const struct simulation *run)
{
    const struct {
        size_t column;
        int64_t at_ms;
    } times[] = {{RUN_PENDING, run->pending_at_ms},
                 {RUN_FIRING, run->firing_at_ms},
                 {RUN_DELIVERED, run->delivered_at_ms},
                 {RUN_RESOLVED, run->resolved_at_ms}};

    char span[MOMENT_SPAN_SIZE];

    for (size_t i = 0; i < COUNT_OF(times) && run->alert[0]; i++) {
        moment_format_span((times[i].at_ms - run->started_at_ms) / 1000 * 1000, span);
        if (times[i].at_ms == 0)
            table_put(table, grid, y, times[i].column, style_of(ROLE_DIM), "-");
        else
            table_put(table, grid, y, times[i].column, style_of(ROLE_NORMAL), span);
    }
}

/* How far it is stands here where there is no room for a bar. */
static void put_run_state(struct grid *grid,
                          const struct table *table,
                          int y,
                          const struct simulation *run)
{
    bool is_running = run->state == SIMULATION_RUNNING;
    struct rect bar = table_cell(table, y, RUN_PROGRESS);
    char text[16];

    (void)snprintf(text, sizeof(text), "%s", simulation_state_name(run->state));
    if (is_running && !isnan(run->progress) && bar.width < 1)
        (void)snprintf(text, sizeof(text), "at %.0f%%", floor(run->progress * 100));
    table_put(table, grid, y, RUN_STATE, style_of(state_role(run->state)), text);
    if (is_running)
        put_progress(grid, bar, run->progress);
}

static void put_run(struct grid *grid,
                    const struct table *table,
                    int y,
                    const struct simulation *run)
{
    char text[64], clock[MOMENT_SPAN_SIZE];

    (void)snprintf(text, sizeof(text), "%s %lld", run->kind, (long long)run->id);
    moment_format_clock(run->started_at_ms, clock);
    table_put(table, grid, y, RUN_NAME, style_of(ROLE_TITLE), text);
    put_run_state(grid, table, y, run);
    table_put(table, grid, y, RUN_STARTED, style_of(ROLE_DIM), clock);
    table_put(table, grid, y, RUN_ALERT, style_of(ROLE_NORMAL), run->alert[0] ? run->alert : "-");
    table_put(table, grid, y, RUN_ALERT_STATE, style_of(alert_role(run->alert_state)),
              run->alert[0] ? simulation_alert_state_name(run->alert_state) : "-");
    put_times(grid, table, y, run);
}

/* ---- Faults ------------------------------------------------------------------------------------- */

static void format_fault(const struct ui_model *model,
                         const struct active_fault *fault,
                         char *out,
                         size_t size)
{
    char left[MOMENT_SPAN_SIZE], whose[40] = "by an operator";

    moment_format_span(view_fault_left_ms(model, fault), left);
    if (fault->simulation_id > 0)
        (void)snprintf(whose, sizeof(whose), "by sim %lld", (long long)fault->simulation_id);
    (void)snprintf(out, size, "%s %s left  %s%s%s", fault->name, left, whose,
                   fault->params[0] ? "  " : "", fault->params);
}

/* Why it is not known which faults are on; NULL: it is. */
static const char *why_unknown(const struct ui_model *model)
{
    const struct source *source = &model->snapshot->sources[SOURCE_OPERATIONS];

    if (!model->snapshot->operations->has_faults)
        return source->reason[0] ? source->reason : "the backend has not answered yet";
    if (source->state == DATA_OK || source->state == DATA_PARTIAL)
        return NULL;
    return data_state_name(source->state);
}

static void put_fault_line(const struct ui_model *model, struct grid *grid, struct rect row)
{
    const struct active_faults *faults = &model->snapshot->operations->faults;
    const char *why = why_unknown(model);
    struct pen pen = pen_at(grid, row);
    char text[160];

    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "Faults ");
    if (why)
        pen_putf(&pen, style_with(ROLE_STALE, STYLE_BOLD), "%s: %s  ",
                 faults->n > 0 ? "as last heard" : "unknown", why);
    else if (faults->n == 0)
        pen_put(&pen, style_of(ROLE_OK), "none");
    for (size_t i = 0; i < faults->n; i++) {
        format_fault(model, &faults->at[i], text, sizeof(text));
        pen_putf(&pen, style_of(ROLE_WARN), "%s   ", text);
    }
}

static void draw_faults(const struct ui_model *model, struct grid *grid, struct rect rect)
{
    const struct active_faults *faults = &model->snapshot->operations->faults;
    const char *why = why_unknown(model);
    struct rect inside = view_box(grid, rect, "Active faults", why ? "as last heard" : "", false);
    char text[160];

    if (why && faults->n == 0)
        (void)panel_put_wrapped(grid, inside, style_with(ROLE_STALE, STYLE_BOLD), why);
    else if (faults->n == 0)
        (void)grid_put(grid, inside.x, inside.y, inside.width, style_of(ROLE_OK), "none");
    for (int row = 0; row < inside.height && (size_t)row < faults->n; row++) {
        format_fault(model, &faults->at[row], text, sizeof(text));
        (void)grid_put_cut(grid, inside.x, inside.y + row, inside.width, style_of(ROLE_WARN), text);
    }
}

/* ---- All of it ---------------------------------------------------------------------------------- */

struct rows {
    struct table kinds, runs; /* runs: or of the game days */
    int selected;
};

static void put_row(
    const struct ui_model *model, struct grid *grid, const struct rows *rows, int y, int row)
{
    const struct snapshot *snapshot = model->snapshot;
    size_t i = (size_t)(row - UI_FIRST_RUN);

    if (row < N_SIM_KINDS)
        put_kind(model, grid, &rows->kinds, y, (size_t)row);
    else if (row == UI_GAMEDAY_ROW)
        put_gameday_kind(model, grid, &rows->kinds, y);
    else if (model->state->lists_gamedays)
        view_gamedays_put(model, grid, &rows->runs, y, ui_gameday(snapshot, i));
    else
        put_run(grid, &rows->runs, y, &snapshot->operations->simulations.at[i]);
}

static void plan_runs(const struct ui_model *model, struct rows *rows, struct rect rect)
{
    if (model->state->lists_gamedays)
        view_gamedays_plan(&rows->runs, rect);
    else
        table_plan(&rows->runs, run_columns, COUNT_OF(run_columns), rect);
}

/* Rows from `first` up to `end` into rect, as many as fit around the selected one. */
static void draw_rows(const struct ui_model *model,
                      struct grid *grid,
                      struct rect rect,
                      const struct rows *rows,
                      int first,
                      int end)
{
    CLEANUP(ui_rows_finish)
    struct ui_rows listed = ui_rows_of(model->state, model->snapshot, VIEW_SIMULATIONS);
    int from = 0, to = (int)listed.n, top;

    while (from < to && listed.at[from] < first)
        from++;
    while (to > from && listed.at[to - 1] >= end)
        to--;
    if (from == to)
        view_put_filtered_out(grid, rect);
    top = from + view_first_row(listed.selected - from, to - from, rect.height);
    for (int i = top; i < to && i - top < rect.height; i++) {
        int row = listed.at[i], y = rect.y + i - top;

        put_row(model, grid, rows, y, row);
        grid_add_item(grid, (struct rect){rect.x, y, rect.width, 1}, i);
        if (row == rows->selected)
            view_select_row(grid, (struct rect){rect.x, y, rect.width, 1});
    }
}

static bool is_listed(const struct ui_model *model)
{
    return model->state->lists_gamedays ? model->snapshot->gamedays != NULL
                                        : model->snapshot->operations->has_simulations;
}

static void put_no_runs(const struct ui_model *model, struct grid *grid, struct rect inside)
{
    const char *reason = model->snapshot->gamedays_reason;

    if (model->state->lists_gamedays && !is_listed(model) && reason[0])
        panel_put_message(grid, inside, PANEL_ERROR, reason);
    else
        view_put_no_list(model, grid, inside, is_listed(model),
                         model->state->lists_gamedays ? "no game day was started yet"
                                                      : "nothing was started yet");
}

static void draw_runs(const struct ui_model *model,
                      struct grid *grid,
                      struct rect body,
                      int selected)
{
    const struct source *source = &model->snapshot->sources[SOURCE_OPERATIONS];
    bool is_gamedays = model->state->lists_gamedays;
    const char *note = is_gamedays ? "Enter: report  f: runs" : "Enter: times  f: game days";
    int end = (int)ui_simulations_count(model->state, model->snapshot);
    struct rows rows = {.selected = selected};
    struct rect inside;

    inside = view_box(grid, body, is_gamedays ? "Game days" : "Runs",
                      source->state == DATA_OK ? note : data_state_name(source->state),
                      selected >= UI_FIRST_RUN);
    if (end == UI_FIRST_RUN) {
        put_no_runs(model, grid, inside);
        return;
    }
    plan_runs(model, &rows, inside);
    table_put_titles(&rows.runs, grid, layout_take_top(&inside, 1).y);
    draw_rows(model, grid, inside, &rows, UI_FIRST_RUN, end);
}

static void draw_kinds(const struct ui_model *model,
                       struct grid *grid,
                       struct rect body,
                       int selected)
{
    struct rect inside =
        view_box(grid, body, "Simulations", "Enter: form", selected < UI_FIRST_RUN);
    struct rows rows = {.selected = selected};

    table_plan(&rows.kinds, kind_columns, COUNT_OF(kind_columns), inside);
    draw_rows(model, grid, inside, &rows, 0, UI_FIRST_RUN);
}

/* Without frames and titles: one list. */
static void draw_strips(const struct ui_model *model,
                        struct grid *grid,
                        struct rect body,
                        int selected)
{
    struct rows rows = {.selected = selected};

    put_fault_line(model, grid, layout_take_top(&body, 1));
    table_plan(&rows.kinds, kind_columns, COUNT_OF(kind_columns), body);
    plan_runs(model, &rows, body);
    draw_rows(model, grid, body, &rows, 0,
              (int)ui_simulations_count(model->state, model->snapshot));
}

int view_simulations_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    int selected = ui_simulations_row(model->state, model->snapshot);
    struct rect top;

    if (model->state->open_gameday_id > 0)
        return view_gameday_draw(model, grid, body);
    if (model->state->open_run_id > 0)
        return view_run_draw(model, grid, body);
    if (layout_frame(grid->width, grid->height).mode != LAYOUT_FULL) {
        draw_strips(model, grid, body, selected);
        return 0;
    }
    top = layout_take_top(&body, UI_FIRST_RUN + 2);
    if (top.width >= SIDE_BY_SIDE)
        draw_faults(model, grid, layout_take_right(&top, top.width * 2 / 5));
    else
        put_fault_line(model, grid, layout_take_top(&body, 1));
    draw_kinds(model, grid, top, selected);
    draw_runs(model, grid, body, selected);
    return 0;
}
