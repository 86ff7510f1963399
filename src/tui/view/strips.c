#include "tui/draw/bars.h"
#include "tui/draw/line.h"
#include "tui/text/moment.h"
#include "tui/view/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* How much is said of a drill, by the width of the row. */
#define WIDE   100
#define MEDIUM 70
#define NARROW 50

/* ---- Alerts ------------------------------------------------------------------------------------ */

/* "✖ 1 crit" in UTF-8, "1 CRIT" in ASCII. */
static void add_count(
    struct line *line, const struct grid *grid, size_t n, enum panel_state state, const char *word)
{
    struct style style = style_with(panel_state_role(state), n > 0 ? STYLE_BOLD : 0);
    char sign[8] = "";

    if (grid->encoding == ENCODING_UTF8) {
        static const char *const signs[PANEL_STATE_COUNT] = {
            [PANEL_CRIT] = "\xe2\x9c\x96 ", [PANEL_WARN] = "\xe2\x96\xb2 ",
            [PANEL_PENDING] = "\xc2\xb7 ",  [PANEL_STALE] = "\xe2\x97\x8c ",
            [PANEL_OK] = "\xe2\x97\x8f ",
        };

        (void)snprintf(sign, sizeof(sign), "%s", signs[state] ? signs[state] : "");
    }
    (void)line_add(line,
                   state == PANEL_CRIT   ? 90
                   : state == PANEL_WARN ? 80
                                         : 50,
                   style, "%s%zu %s", sign, n, word);
}

static void add_worst(const struct ui_model *model, struct line *line)
{
    const struct alert *worst = &model->snapshot->alerts->at[0];
    struct style style = style_with(panel_state_role(view_severity_state(worst)), STYLE_BOLD);
    char since[16];
    struct line_part *part;

    view_format_since(model, worst->active_at_ms, since);
    part = line_add(line, 70, style, "%s", worst->name);
    part->is_divided = true;
    if (worst->state == ALERT_CLEARING)
        (void)line_add(line, 65, style_of(ROLE_NORMAL), "%s", alert_state_name(worst->state));
    if (worst->service[0])
        (void)line_add(line, 40, style_of(ROLE_NORMAL), "%s", worst->service);
    (void)line_add(line, 60, style_of(ROLE_NORMAL), "%s", since);
    if (worst->summary[0])
        (void)line_add(line, 30, style_of(ROLE_DIM), "\"%.120s\"", worst->summary);
}

static void add_watchdog(const struct alert_board *alerts, struct line *line)
{
    struct style style = style_with(ROLE_CRIT, STYLE_BOLD);

    if (alerts->watchdog == WATCHDOG_SILENT)
        (void)line_add(line, 85, style, "Watchdog silent: rules are not evaluated");
    else if (alerts->watchdog == WATCHDOG_NO_RULES)
        (void)line_add(line, 85, style, "prometheus has no alert rules");
    else if (alerts->watchdog == WATCHDOG_UNDELIVERED)
        (void)line_add(line, 85, style, "Watchdog not delivered to Alertmanager");
    else if (alerts->n_undelivered > 0)
        (void)line_add(line, 82, style, "%zu not in Alertmanager", alerts->n_undelivered);
}

/* What is not known is not said to be fine. */
static void add_doubt(const struct ui_model *model, struct line *line)
{
    const struct snapshot *snapshot = model->snapshot;
    const struct source *prometheus = &snapshot->sources[SOURCE_PROMETHEUS];
    const struct source *teller =
        &snapshot
             ->sources[snapshot->alerts->without_rules ? SOURCE_ALERTMANAGER : SOURCE_PROMETHEUS];

    if (!alert_board_is_known(model->snapshot->alerts))
        (void)line_add(line, 88, style_with(view_role_of(teller->state), STYLE_BOLD), "unknown: %s",
                       teller->reason[0]                 ? teller->reason
                       : snapshot->alerts->without_rules ? "alertmanager has not answered yet"
                                                         : "prometheus has not answered yet");
    else if (prometheus->state == DATA_ERROR || prometheus->state == DATA_STALE)
        (void)line_add(line, 88, style_with(ROLE_STALE, STYLE_BOLD), "as last heard: prometheus %s",
                       data_state_name(prometheus->state));
}

void alert_strip_draw(const struct ui_model *model, struct grid *grid, struct rect row)
{
    const struct alert_board *alerts = model->snapshot->alerts;
    struct line line = {.n = 0};

    (void)line_add(&line, 20, style_with(ROLE_TITLE, STYLE_BOLD), "ALERTS");
    if (alerts->n_critical > 0)
        add_count(&line, grid, alerts->n_critical, PANEL_CRIT, "CRIT");
    if (alerts->n_warning > 0)
        add_count(&line, grid, alerts->n_warning, PANEL_WARN, "WARN");
    if (alerts->n_info > 0)
        add_count(&line, grid, alerts->n_info, PANEL_OK, "info");
    if (alerts->n_pending > 0)
        add_count(&line, grid, alerts->n_pending, PANEL_PENDING, "pending");
    if (alerts->n_silenced > 0)
        add_count(&line, grid, alerts->n_silenced, PANEL_STALE, "silenced");
    if (alerts->n == 0 && alert_board_is_known(alerts))
        (void)line_add(&line, 60, style_of(ROLE_OK), "none");
    add_doubt(model, &line);
    add_watchdog(alerts, &line);
    if (alerts->n > 0)
        add_worst(model, &line);
    line_draw(grid, row, &line);
}

/* ---- Simulations ------------------------------------------------------------------------------- */

static void put_alert_state(struct pen *pen, const struct simulation *simulation, int width)
{
    static const enum role roles[] = {ROLE_DIM, ROLE_DIM, ROLE_PENDING, ROLE_CRIT};

    if (!simulation->alert[0])
        return;
    pen_putf(pen, style_of(ROLE_DIM), " %s%s", width >= WIDE ? " " : "",
             width >= WIDE     ? simulation->alert
             : width >= NARROW ? " alert"
                               : "");
    pen_skip(pen, width >= NARROW ? 1 : 0);
    pen_put(pen, style_of(roles[simulation->alert_state]),
            simulation_alert_state_name(simulation->alert_state));
}

static void put_drill(const struct ui_model *model,
                      struct pen *pen,
                      const struct simulation *simulation,
                      int width)
{
    int bar_cells = width >= WIDE ? 12 : width >= MEDIUM ? 6 : 4;
    int64_t left_ms = simulation->ends_by_ms - view_now_of_ms(model, SOURCE_OPERATIONS);
    char left[MOMENT_SPAN_SIZE];

    pen_glyph(pen, style_of(ROLE_MARK), GLYPH_RUNNING);
    pen_putf(pen, style_with(ROLE_TITLE, STYLE_BOLD), " %s %lld ", simulation->kind,
             (long long)simulation->id);
    if (!isnan(simulation->progress) && pen_left(pen) >= bar_cells) {
        struct gauge gauge = {.value = simulation->progress, .max = 1, .role = ROLE_MARK};

        bars_gauge(pen->grid, (struct rect){pen->x, pen->y, bar_cells, 1}, &gauge);
        pen_skip(pen, bar_cells);
        pen_putf(pen, style_of(ROLE_NORMAL), " %.0f%%", floor(simulation->progress * 100));
    }
    if (simulation->ends_by_ms > 0) {
        moment_format_span(left_ms, left);
        pen_putf(pen, style_of(ROLE_NORMAL), "%s%s left", width >= WIDE ? "  " : " ", left);
    }
    if (strcmp(simulation->until, "alert") == 0 && width >= WIDE)
        pen_put(pen, style_of(ROLE_DIM), " at most");
    put_alert_state(pen, simulation, width);
    if (simulation->n_failed > 0)
        pen_putf(pen, style_of(ROLE_WARN), "  %lld failed", (long long)simulation->n_failed);
    pen_skip(pen, width >= MEDIUM ? 2 : 1);
}

/* The last drill that ended, where there is room to say so. */
static void put_last(const struct ui_model *model, struct pen *pen)
{
    const struct simulations *simulations = &model->snapshot->operations->simulations;

    for (size_t i = 0; i < simulations->n; i++) {
        const struct simulation *last = &simulations->at[i];
        char since[16];

        if (last->state == SIMULATION_RUNNING || strcmp(last->kind, "baseline") == 0)
            continue;
        view_format_since(model, last->ended_at_ms, since);
        pen_putf(pen, style_of(ROLE_DIM), "last: %s %lld %s %s ago", last->kind,
                 (long long)last->id, simulation_state_name(last->state), since);
        return;
    }
}

static void put_baseline(const struct ui_model *model, struct pen *pen)
{
    const struct simulation *baseline = ui_baseline(model->snapshot);

    if (!baseline) {
        pen_put(pen, style_of(ROLE_DIM), "baseline off  ");
        return;
    }
    pen_put(pen, style_of(ROLE_OK), "baseline on");
    if (baseline->n_failed > 0)
        pen_putf(pen, style_of(ROLE_WARN), " %lld failed", (long long)baseline->n_failed);
    pen_skip(pen, 2);
}

/* "game day 3: 2/10 rag empty-kb, detect"; its drill stands behind it. */
static void put_gameday(const struct ui_model *model, struct pen *pen, int width)
{
    const struct gameday_glance *gameday = ui_running_gameday(model->snapshot);

    if (!gameday)
        return;
    pen_putf(pen, style_with(ROLE_MARK, STYLE_BOLD), "game day %lld", (long long)gameday->id);
    pen_putf(pen, style_of(ROLE_NORMAL), " %lld/%lld", (long long)gameday->at,
             (long long)gameday->n_steps);
    if (width >= WIDE)
        pen_putf(pen, style_of(ROLE_NORMAL), " %s", gameday->step);
    pen_putf(pen, style_of(ROLE_DIM), " %s", gameday->phase);
    pen_skip(pen, width >= MEDIUM ? 2 : 1);
}

void simulation_strip_draw(const struct ui_model *model, struct grid *grid, struct rect row)
{
    const struct operations_data *operations = model->snapshot->operations;
    const struct source *source = &model->snapshot->sources[SOURCE_OPERATIONS];
    struct pen pen = pen_at(grid, row);
    size_t n = 0;

    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), row.width >= MEDIUM ? "SIM  " : "SIM ");
    if (!operations->has_simulations) {
        pen_put(&pen, style_of(view_role_of(source->state)),
                source->reason[0] ? source->reason : "the backend has not answered yet");
        return;
    }
    put_gameday(model, &pen, row.width);
    for (size_t i = 0; i < operations->simulations.n; i++) {
        const struct simulation *simulation = &operations->simulations.at[i];

        if (simulation->state != SIMULATION_RUNNING || strcmp(simulation->kind, "baseline") == 0)
            continue;
        put_drill(model, &pen, simulation, row.width);
        n++;
    }
    put_baseline(model, &pen);
    if (source->state != DATA_OK)
        pen_putf(&pen, style_with(view_role_of(source->state), STYLE_BOLD), "backend %s  ",
                 data_state_name(source->state));
    if (n == 0)
        put_last(model, &pen);
}
