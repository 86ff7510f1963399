/* Beside a chart: single observations behind it, and the simulation that runs. */

#include "tui/text/moment.h"
#include "tui/view/view_inspect_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXEMPLARS_SHOWN 16
#define WHY_SIZE        SOURCE_REASON_SIZE

/* ---- Exemplars ---------------------------------------------------------------------------------- */

/* Why there is none to show, as a sentence; "" when there are some. */
static void write_no_exemplars(const struct inspect_view *view, char *out, size_t size)
{
    static const char *const why[] = {
        [PROM_STORAGE_UNKNOWN] = " (whether the server keeps any is not known)",
        [PROM_STORAGE_ON] = " (the server keeps them)",
        [PROM_STORAGE_OFF] = ": it runs without --enable-feature=exemplar-storage",
        [PROM_STORAGE_NEVER] = "",
    };
    const struct inspect_exemplars *exemplars = view->known ? &view->known->exemplars : NULL;
    char from[VIEW_INSPECT_MOMENT_SIZE], to[VIEW_INSPECT_MOMENT_SIZE];

    out[0] = '\0';
    if (exemplars && exemplars->reason[0] && exemplars->found.n == 0) {
        (void)snprintf(out, size, "%s", exemplars->reason);
    } else if (!exemplars || !exemplars->is_known) {
        (void)snprintf(out, size, "not answered yet");
    } else if (exemplars->found.n == 0 && exemplars->storage == PROM_STORAGE_OFF) {
        (void)snprintf(out, size, "this Prometheus keeps none%s", why[PROM_STORAGE_OFF]);
    } else if (exemplars->found.n == 0 && exemplars->storage == PROM_STORAGE_NEVER) {
        (void)snprintf(out, size, "VictoriaMetrics keeps none");
    } else if (exemplars->found.n == 0) {
        view_inspect_format_moment(view, exemplars->from_ms, from);
        view_inspect_format_moment(view, exemplars->to_ms, to);
        (void)snprintf(out, size, "none from %s to %s%s", from, to, why[exemplars->storage]);
    }
}

/* "0.93  07:59:28  trace 4bf92f3577b3" */
static void put_exemplar(const struct inspect_view *view,
                         struct pen *pen,
                         const struct prom_exemplar *exemplar)
{
    char value[UNITS_SIZE], moment[VIEW_INSPECT_MOMENT_SIZE];

    /* Of the observation: a panel's unit may be that of a rate of them. */
    (void)units_format(value, sizeof(value), NULL, UNITS_AUTO, exemplar->value);
    view_inspect_format_moment(view, exemplar->at_ms, moment);
    pen_putf(pen, style_with(ROLE_TITLE, STYLE_BOLD), "%7s", value);
    pen_putf(pen, style_of(ROLE_NORMAL), "  %s  ", moment);
    pen_put(pen, style_of(ROLE_DIM), exemplar->trace_id[0] ? "trace " : "no trace id");
    pen->x += grid_put_cut(pen->grid, pen->x, pen->y, pen_left(pen), style_of(ROLE_ACCENT),
                           exemplar->trace_id);
}

static size_t find_exemplars(const struct inspect_view *view, size_t near[EXEMPLARS_SHOWN])
{
    const struct time_grid *moments = &view->data->set.grid;

    return prom_exemplars_near(&view->known->exemplars.found,
                               inspect_moment_of(moments, view->model->state->cursor_ms), near,
                               EXEMPLARS_SHOWN);
}

void inspect_exemplars_draw_line(const struct inspect_view *view,
                                 struct grid *grid,
                                 struct rect row)
{
    struct pen pen = pen_at(grid, row);
    size_t near[EXEMPLARS_SHOWN];
    char why[WHY_SIZE];

    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "EXEMP ");
    write_no_exemplars(view, why, sizeof(why));
    if (why[0])
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM), why);
    else if (find_exemplars(view, near) > 0)
        put_exemplar(view, &pen, &view->known->exemplars.found.at[near[0]]);
}

void inspect_exemplars_draw_box(const struct inspect_view *view,
                                struct grid *grid,
                                struct rect rect)
{
    struct rect inside = panel_draw_plain(grid, rect, "Exemplars at cursor", "y t: copy id", false);
    const struct prom_exemplars *found;
    size_t near[EXEMPLARS_SHOWN], n;
    char why[WHY_SIZE];
    int rows;

    inside.x++;
    inside.width -= 2;
    write_no_exemplars(view, why, sizeof(why));
    if (why[0]) {
        (void)panel_put_wrapped(grid, inside, style_of(ROLE_DIM), why);
        return;
    }
    found = &view->known->exemplars.found;
    n = find_exemplars(view, near);
    rows = inside.height > 2 ? inside.height - 1 : inside.height;
    for (int row = 0; row < rows && (size_t)row < n; row++) {
        struct pen pen = pen_at(grid, (struct rect){inside.x, inside.y + row, inside.width, 1});

        if (row == 0)
            pen_glyph(&pen, style_of(ROLE_FOCUS), GLYPH_SELECTED);
        pen_to(&pen, inside.x + 2);
        put_exemplar(view, &pen, &found->at[near[row]]);
    }
    if (n > 0 && rows < inside.height)
        (void)grid_put_cut(grid, inside.x + 2, inside.y + rows, inside.width - 2,
                           style_of(ROLE_DIM), found->labels[found->at[near[0]].series]);
}

/* ---- The simulation ----------------------------------------------------------------------------- */

/* The newest drill that runs, else the newest of all; NULL: there was none. */
static const struct simulation *find_simulation(const struct simulations *simulations)
{
    const struct simulation *newest = NULL;

    for (size_t i = 0; i < simulations->n; i++) {
        const struct simulation *simulation = &simulations->at[i];

        if (strcmp(simulation->kind, "baseline") == 0)
            continue;
        if (simulation->state == SIMULATION_RUNNING)
            return simulation;
        if (!newest)
            newest = simulation;
    }
    return newest;
}

/* What the selected line did since the simulation began; false: one of the two values is not known. */
static bool write_effect(const struct inspect_view *view,
                         const struct simulation *simulation,
                         char out[INSPECT_CHANGE_SIZE])
{
    const struct time_grid *moments = &view->data->set.grid;
    int64_t cursor_ms = view->model->state->cursor_ms;

    if (!view->series || simulation->started_at_ms <= 0 ||
        inspect_moment_of(moments, cursor_ms) < simulation->started_at_ms)
        return false;
    return inspect_format_change(
        out, view->panel, inspect_value_at(view->series, moments, cursor_ms),
        inspect_value_at(view->series, moments, simulation->started_at_ms), "x");
}

static void put_life(const struct inspect_view *view,
                     struct pen *pen,
                     const struct simulation *simulation)
{
    char clock[MOMENT_SPAN_SIZE], since[16];

    if (simulation->state != SIMULATION_RUNNING) {
        view_format_since(view->model, simulation->ended_at_ms, since);
        pen_putf(pen, style_of(ROLE_DIM), "%s %s ago", simulation_state_name(simulation->state),
                 since);
        return;
    }
    moment_format_clock(simulation->started_at_ms, clock);
    pen_putf(pen, style_of(ROLE_NORMAL), "started %s", clock);
    if (simulation->ends_by_ms > 0) {
        moment_format_clock(simulation->ends_by_ms, clock);
        pen_putf(pen, style_of(ROLE_NORMAL), "  ends by %s", clock);
    }
}

static void put_simulation_name(struct pen *pen, const struct simulation *simulation)
{
    if (simulation->state == SIMULATION_RUNNING) {
        pen_glyph(pen, style_of(ROLE_MARK), GLYPH_RUNNING);
        pen_skip(pen, 1);
    }
    pen_putf(pen, style_with(ROLE_TITLE, STYLE_BOLD), "%s id %lld", simulation->kind,
             (long long)simulation->id);
}

static const char *no_simulation(const struct inspect_view *view)
{
    const struct operations_data *operations = view->model->snapshot->operations;
    const struct source *source = &view->model->snapshot->sources[SOURCE_OPERATIONS];

    if (operations->has_simulations)
        return "none has run";
    return source->reason[0] ? source->reason : "the backend has not answered yet";
}

void inspect_simulation_draw_line(const struct inspect_view *view,
                                  struct grid *grid,
                                  struct rect row)
{
    const struct simulation *simulation =
        find_simulation(&view->model->snapshot->operations->simulations);
    struct pen pen = pen_at(grid, row);
    char effect[INSPECT_CHANGE_SIZE];

    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "SIM   ");
    if (!simulation) {
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM),
                           no_simulation(view));
        return;
    }
    put_simulation_name(&pen, simulation);
    pen_skip(&pen, 2);
    put_life(view, &pen, simulation);
    if (write_effect(view, simulation, effect))
        pen_putf(&pen, style_of(ROLE_ACCENT), "  effect here %s", effect);
}

void inspect_simulation_draw_box(const struct inspect_view *view,
                                 struct grid *grid,
                                 struct rect rect)
{
    const struct simulation *simulation =
        find_simulation(&view->model->snapshot->operations->simulations);
    struct rect inside = panel_draw_plain(grid, rect, "Simulation", "X: stop", false);
    char effect[INSPECT_CHANGE_SIZE];
    struct pen pens[4];

    inside.x++;
    inside.width -= 2;
    if (!simulation) {
        (void)panel_put_wrapped(grid, inside, style_of(ROLE_DIM), no_simulation(view));
        return;
    }
    for (int row = 0; row < 4; row++)
        pens[row] = pen_at(grid, (struct rect){inside.x, inside.y + row,
                                               row < inside.height ? inside.width : 0, 1});
    put_simulation_name(&pens[0], simulation);
    put_life(view, &pens[1], simulation);
    pen_putf(&pens[2], style_of(simulation->n_failed > 0 ? ROLE_WARN : ROLE_NORMAL),
             "%lld requests sent, %lld failed", (long long)simulation->n_sent,
             (long long)simulation->n_failed);
    if (write_effect(view, simulation, effect))
        pen_putf(&pens[3], style_of(ROLE_ACCENT), "effect here %s", effect);
    else
        pen_put(&pens[3], style_of(ROLE_DIM), "effect here: no value when it began");
}
