#include "scene.h"

#include "tui/draw/bars.h"
#include "tui/draw/chart.h"
#include "tui/draw/layout.h"
#include "tui/draw/panel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_VALUES 241
#define JUMP_AT  192
#define STEP_MS  15000
#define END_MS   INT64_C(1795766520000) /* 2026-11-26 08:02 */
#define START_MS (END_MS - (N_VALUES - 1) * INT64_C(15000))
#define N_PANELS 9

enum kind { CHART, STAT, GAUGE, HISTOGRAM };

/* What one panel shows when all is well. */
struct subject {
    const char *title;
    const char *unit;
    enum kind kind;
    struct layout_item item;
    double base, swing;          /* the ordinary course */
    double jump;                 /* what is added from 80 % on */
    double warn, crit, min, max; /* NaN: none */
    enum panel_state state;
    enum trend trend;
};

static const struct subject subjects[N_PANELS] = {
    {"Feature drift score",
     "none",
     CHART,
     {0, 0, 8, 8},
     0.05,
     0.02,
     0.24,
     0.25,
     CHART_AUTO,
     CHART_AUTO,
     CHART_AUTO,
     PANEL_WARN,
     TREND_UP},
    {"Hallucination rate",
     "percentunit",
     CHART,
     {8, 0, 8, 8},
     0.05,
     0.02,
     0.16,
     0.1,
     0.2,
     CHART_AUTO,
     CHART_AUTO,
     PANEL_CRIT,
     TREND_UP},
    {"Answer relevance",
     "none",
     CHART,
     {16, 0, 8, 8},
     0.82,
     0.04,
     -0.03,
     0.6,
     CHART_AUTO,
     0.5,
     1,
     PANEL_OK,
     TREND_DOWN},
    {"ML latency p95",
     "s",
     CHART,
     {0, 8, 8, 8},
     0.35,
     0.1,
     0,
     1,
     CHART_AUTO,
     CHART_AUTO,
     CHART_AUTO,
     PANEL_OK,
     TREND_NONE},
    {"LLM latency p95",
     "s",
     CHART,
     {8, 8, 8, 8},
     2.2,
     0.2,
     0,
     4,
     CHART_AUTO,
     CHART_AUTO,
     CHART_AUTO,
     PANEL_OK,
     TREND_NONE},
    {"Requests",
     "reqps",
     CHART,
     {16, 8, 8, 8},
     19.6,
     4,
     0,
     CHART_AUTO,
     CHART_AUTO,
     CHART_AUTO,
     CHART_AUTO,
     PANEL_NONE,
     TREND_NONE},
    {"Model accuracy",
     "percentunit",
     STAT,
     {0, 16, 6, 4},
     0.87,
     0.01,
     0,
     0.8,
     CHART_AUTO,
     0,
     1,
     PANEL_OK,
     TREND_NONE},
    {"Queue", "percent", GAUGE, {6, 16, 6, 4}, 40, 10, 0, 70, 90, 0, 100, PANEL_OK, TREND_NONE},
    {"urgency_score: reference, current",
     "percentunit",
     HISTOGRAM,
     {12, 16, 12, 4},
     0.3,
     0,
     0,
     CHART_AUTO,
     CHART_AUTO,
     CHART_AUTO,
     CHART_AUTO,
     PANEL_NONE,
     TREND_NONE},
};

const char *scene_state_name(enum scene_state state)
{
    static const char *const names[SCENE_COUNT] = {"ok", "stale", "error", "nan", "empty", "huge"};

    return names[state];
}

/* Waves of a triangle, so that no libm can differ in the last digit. */
static double wave(int i, int period)
{
    int at = i % period;

    return 1 - 4 * fabs((double)at / period - 0.5);
}

static double value_at(const struct subject *subject, enum scene_state state, int i)
{
    double value = subject->base + subject->swing * wave(i, 48) + subject->swing / 3 * wave(i, 13);

    if (i >= JUMP_AT)
        value += subject->jump * fmin(1, (i - JUMP_AT) / 20.0);
    if (state == SCENE_STALE && i >= N_VALUES - 20)
        return (double)NAN;
    if (state == SCENE_NAN && i % 60 >= 45)
        return (double)NAN;
    if (state == SCENE_HUGE)
        value *= i % 50 == 49 ? 1e300 : 1e12;
    return value;
}

static struct panel_head head_of(const struct subject *subject,
                                 const struct scene *scene,
                                 int i,
                                 char *value)
{
    struct panel_head head = {
        .number = i + 1,
        .title = subject->title,
        .value = value,
        .state = subject->state,
        .trend = subject->trend,
        .age = {2000 + scene->seconds * INT64_C(1000), false, false},
        .is_focused = scene->focus == i + 1,
    };

    (void)units_format(
        value, UNITS_SIZE, subject->unit, UNITS_AUTO,
        value_at(subject, scene->state == SCENE_STALE ? SCENE_OK : scene->state, N_VALUES - 1));
    switch (scene->state) {
    case SCENE_STALE:
        head.state = PANEL_STALE;
        head.trend = TREND_NONE;
        head.age = (struct age){47000, true, false};
        break;
    case SCENE_ERROR:
        head.state = PANEL_ERROR;
        head.value = "";
        head.trend = TREND_NONE;
        head.age.ms = UNITS_AGE_NONE;
        break;
    case SCENE_NAN:
        head.state = i % 2 ? PANEL_PARTIAL : PANEL_NAN;
        (void)snprintf(value, UNITS_SIZE, "NaN");
        break;
    case SCENE_EMPTY:
        head.state = PANEL_NO_DATA;
        head.value = "";
        head.trend = TREND_NONE;
        break;
    case SCENE_HUGE:
        head.title =
            "A panel whose title is much longer than any panel of it will ever be \xe6\x9f\xb1\xe7\x8a\xb6";
        break;
    case SCENE_OK:
    case SCENE_COUNT:
        break;
    }
    return head;
}

static void fill(const struct subject *subject, enum scene_state state, double values[N_VALUES])
{
    for (int i = 0; i < N_VALUES; i++)
        values[i] = value_at(subject, state, i);
}

static void draw_chart(struct grid *grid,
                       struct rect inside,
                       const struct subject *subject,
                       const struct scene *scene)
{
    double values[N_VALUES], others[N_VALUES];
    struct chart_series series[2] = {
        {values, N_VALUES, START_MS, STEP_MS, ROLE_SERIES_1, 0, false},
        {others, N_VALUES, START_MS, STEP_MS, ROLE_SERIES_2, '+', false},
    };
    struct chart_limit limits[2];
    struct chart_mark marks[] = {{START_MS + 190 * INT64_C(15000), "S8"}};
    struct chart chart = {
        .series = series,
        .n_series = subject == &subjects[4] ? 2 : 1,
        .limits = limits,
        .marks = marks,
        .n_marks = 1,
        .start_ms = START_MS,
        .end_ms = END_MS,
        .min = subject->min,
        .max = subject->max,
        .unit = subject->unit,
        .cursor_ms = -1,
        .has_time_axis = inside.height >= 12,
        .is_stale = scene->state == SCENE_STALE,
    };

    fill(subject, scene->state, values);
    for (int i = 0; i < N_VALUES; i++)
        others[i] = values[i] * 0.6;
    if (scene->state == SCENE_HUGE)
        chart.min = chart.max = CHART_AUTO;
    if (isfinite(subject->warn))
        limits[chart.n_limits++] = (struct chart_limit){subject->warn, "warn", ROLE_LIMIT_WARN};
    if (isfinite(subject->crit))
        limits[chart.n_limits++] = (struct chart_limit){subject->crit, "crit", ROLE_LIMIT_CRIT};
    chart_draw(grid, inside, &chart);
}

static void draw_gauge(struct grid *grid,
                       struct rect inside,
                       const struct subject *subject,
                       double value)
{
    double limits[2] = {subject->warn, subject->crit};
    struct gauge gauge = {value, subject->min, subject->max, limits, 2, ROLE_OK};

    bars_gauge(grid, (struct rect){inside.x + 1, inside.y + inside.height / 2, inside.width - 2, 1},
               &gauge);
}

static void draw_histogram(struct grid *grid, struct rect inside)
{
    static const double reference[] = {0.05, 0.2, 0.4, 0.25, 0.08, 0.02};
    static const double current[] = {0, 0.02, 0.08, 0.2, 0.45, 0.25};
    static const char *const labels[] = {"0-1", "1-2", "2-3", "3-4", "4-5", "5+"};
    struct histogram_pair pair = {reference, current, 6, labels, ROLE_SERIES_1};

    (void)bars_histogram_pair(
        grid, (struct rect){inside.x + 1, inside.y, inside.width - 2, inside.height}, &pair);
}

static void draw_panel(struct grid *grid, struct rect rect, const struct scene *scene, int i)
{
    const struct subject *subject = &subjects[i];
    char text[UNITS_SIZE];
    struct panel_head head = head_of(subject, scene, i, text);
    struct rect inside = panel_draw(grid, rect, &head);
    double last = value_at(subject, scene->state, N_VALUES - 1);

    if (scene->state == SCENE_ERROR) {
        panel_put_message(
            grid, inside, PANEL_ERROR,
            "Prometheus answered 400: parse error at char 7: unexpected \"}\" in aggregation");
        return;
    }
    if (scene->state == SCENE_EMPTY) {
        panel_put_message(grid, inside, PANEL_NO_DATA, "no series matches llm_relevance_score");
        return;
    }
    if (subject->kind == CHART)
        draw_chart(grid, inside, subject, scene);
    else if (subject->kind == STAT)
        bars_big_value(grid, inside, ROLE_OK, head.value);
    else if (subject->kind == GAUGE)
        draw_gauge(grid, inside, subject, last);
    else
        draw_histogram(grid, inside);
    if (head.state == PANEL_STALE)
        panel_put_note(grid, inside, PANEL_STALE, "last good 08:01:24: HTTP 502, retry 8s");
    if (head.state == PANEL_PARTIAL)
        panel_put_note(grid, inside, PANEL_PARTIAL, "1 of 3 stores did not answer");
}

static void draw_strip(struct grid *grid, struct rect row, const struct scene *scene, int i)
{
    const struct subject *subject = &subjects[i];
    double values[N_VALUES];
    char text[UNITS_SIZE];
    struct strip strip = {.head = head_of(subject, scene, i, text)};

    fill(subject, scene->state, values);
    if (scene->state != SCENE_ERROR && scene->state != SCENE_EMPTY) {
        strip.values = values;
        strip.n_values = N_VALUES;
    }
    panel_draw_strip(grid, row, &strip);
}

static void draw_header(struct grid *grid, struct rect row)
{
    struct pen pen = pen_at(grid, row);
    bool is_wide = row.width >= 120;
    int sources = 3;

    pen_put(&pen, style_of(ROLE_TITLE), is_wide ? " tidewatch  " : "tidewatch ");
    pen_put(&pen, (struct style){ROLE_PROD, ROLE_PROD, 0}, "[PROD]");
    for (int i = 0; i < sources && pen_left(&pen) > 12; i++) {
        static const char *const names[] = {"prom", "am", "api"};
        static const char *const long_names[] = {"prometheus", "alertmanager", "backend"};

        pen_putf(&pen, style_of(ROLE_NORMAL), "%s%s ", is_wide ? "   " : "  ",
                 is_wide ? long_names[i] : names[i]);
        pen_put(&pen, style_of(ROLE_OK), "OK");
        pen_putf(&pen, style_of(ROLE_DIM), " %ds", i + 1);
    }
    if (pen_left(&pen) > 20) {
        pen_put(&pen, style_of(ROLE_BORDER), "  ");
        pen_glyph(&pen, style_of(ROLE_BORDER), GLYPH_SEPARATOR);
        pen_put(&pen, style_with(ROLE_ACCENT, STYLE_BOLD), " LIVE 2s  1h");
    }
    if (pen_left(&pen) > 12)
        grid_put_right(grid, pen.x, row.y, pen_left(&pen), style_of(ROLE_DIM), "08:02:11Z ?");
}

static void draw_alerts(struct grid *grid, struct rect row)
{
    struct pen pen = pen_at(grid, row);

    pen_put(&pen, style_of(ROLE_TITLE), row.width >= 120 ? " ALERTS  " : "ALERTS  ");
    pen_glyph(&pen, style_of(ROLE_CRIT), GLYPH_CRIT);
    pen_put(&pen, style_of(ROLE_CRIT), "1 CRIT  ");
    pen_glyph(&pen, style_of(ROLE_WARN), GLYPH_WARN);
    pen_put(&pen, style_of(ROLE_WARN), "2 WARN");
    pen_put(&pen, style_of(ROLE_DIM), "  1 silenced  ");
    pen_glyph(&pen, style_of(ROLE_ACCENT), GLYPH_SELECTED);
    pen_put(&pen, style_of(ROLE_CRIT), " CRIT LLMHallucinationCritical llm-rag 4m12s");
}

void scene_draw(struct grid *grid, const struct scene *scene)
{
    struct layout_frame frame = layout_frame(grid->width, grid->height);
    struct layout_item items[N_PANELS];
    struct rect rects[N_PANELS];

    grid_clear(grid);
    if (frame.mode == LAYOUT_LINE) {
        struct pen pen = pen_at(grid, frame.header);

        panel_put_state(&pen, PANEL_CRIT);
        pen_put(&pen, style_of(ROLE_CRIT), " 1 crit 2 warn LLMHallucinationCritical 4m12s");
        return;
    }
    draw_header(grid, frame.header);
    draw_alerts(grid, frame.alerts);
    for (int i = 0; i < N_PANELS; i++)
        items[i] = subjects[i].item;
    if (frame.mode == LAYOUT_FULL)
        (void)layout_flow(items, N_PANELS, frame.body, scene->first_row, rects);
    else
        (void)layout_strips(N_PANELS, frame.body, scene->first_row, rects);
    for (int i = 0; i < N_PANELS; i++) {
        if (rects[i].width > 0 && frame.mode == LAYOUT_FULL)
            draw_panel(grid, rects[i], scene, i);
        else if (rects[i].width > 0)
            draw_strip(grid, rects[i], scene, i);
    }
    (void)grid_put_cut(
        grid, 0, frame.simulations.y, grid->width, style_of(ROLE_NORMAL),
        scene->message
            ? scene->message
            : "07:44:10 sim 7 drift started (2m left)       08:00:58 ok LLMLatencyHigh resolved");
    (void)grid_put_cut(
        grid, 0, frame.footer.y, grid->width, style_of(ROLE_DIM),
        "1-9 panel Enter drill a alerts +- range [] pan p pause / : | A S D H L X act  ?");
}
