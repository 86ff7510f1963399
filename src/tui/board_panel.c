#include "tui/bars.h"
#include "tui/chart.h"
#include "tui/moment.h"
#include "tui/server_text.h"
#include "tui/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIMITS_MAX 8
#define MARKS_MAX  32
/* Fresh data's age in whole seconds up to here, then in steps: twelve ages a second are bytes. */
#define AGE_STEP_MS 5000
#define TREND_PART  10 /* the newest tenth of the points against the tenth before it */

/* ---- What a panel comes to --------------------------------------------------------------------- */

static bool has_points(const struct panel_data *data)
{
    return data->set.n > 0;
}

static enum panel_state state_of_level(enum threshold_level level)
{
    static const enum panel_state of_level[] = {[LEVEL_NONE] = PANEL_NONE,
                                                [LEVEL_OK] = PANEL_OK,
                                                [LEVEL_WARN] = PANEL_WARN,
                                                [LEVEL_CRIT] = PANEL_CRIT};

    return of_level[level];
}

enum panel_state board_value_state(const struct panel *panel, double value)
{
    return isnan(value) ? PANEL_NAN : state_of_level(panel_level(panel, value));
}

enum panel_state board_panel_state(const struct panel *panel, const struct panel_data *data)
{
    if (data->state != DATA_OK)
        return view_state_of(data->state);
    if (isnan(panel_data_value(panel, data)))
        return PANEL_NAN;
    return state_of_level(panel_data_level(panel, data));
}

/* The mean of finite values in [from, to); NaN when there is none. */
static double mean_of(const double *values, size_t from, size_t to)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = from; i < to; i++)
        if (isfinite(values[i])) {
            sum += values[i];
            n++;
        }
    return n > 0 ? sum / (double)n : (double)NAN;
}

/* A tenth of the range of what is shown is a trend, less is noise. */
static enum trend trend_of(const struct panel_data *data)
{
    size_t n = data->set.grid.n, part = n / TREND_PART;
    double now, before, least, most;

    if (data->set.n == 0 || part < 2)
        return TREND_NONE;
    now = mean_of(data->set.at[0].values, n - part, n);
    before = mean_of(data->set.at[0].values, n - 2 * part, n - part);
    least = series_reduce(&data->set.at[0], n, CALC_MIN);
    most = series_reduce(&data->set.at[0], n, CALC_MAX);
    if (!(fabs(now - before) > 0.1 * (most - least)))
        return TREND_NONE;
    return now > before ? TREND_UP : TREND_DOWN;
}

static void format_value(const struct panel *panel,
                         double value,
                         bool has_data,
                         char out[UNITS_SIZE])
{
    if (isnan(value) && panel->no_value[0])
        (void)snprintf(out, UNITS_SIZE, "%s", panel->no_value);
    else if (isnan(value) && !has_data)
        out[0] = '\0';
    else
        (void)units_format(out, UNITS_SIZE, panel->unit,
                           panel->decimals >= 0 ? panel->decimals : UNITS_AUTO, value);
}

static struct panel_head head_of(const struct ui_model *model,
                                 size_t i,
                                 bool is_focused,
                                 char value[UNITS_SIZE])
{
    const struct panel *panel = &model->snapshot->dashboard->panels[i];
    const struct panel_data *data = model->snapshot->panels[i];
    struct panel_head head = {
        .number = i < 9 ? (int)i + 1 : 0,
        .title = panel->title,
        .value = value,
        .age = {.ms = UNITS_AGE_NONE},
        .is_focused = is_focused,
    };

    value[0] = '\0';
    if (!panel_is_drawn(panel))
        return head;
    format_value(panel, panel_data_value(panel, data), has_points(data), value);
    if (panel->is_name_shown && panel_data_name(panel, data))
        (void)server_text_copy(value, UNITS_SIZE, panel_data_name(panel, data),
                               strlen(panel_data_name(panel, data)));
    head.state = board_panel_state(panel, data);
    head.trend = data->state == DATA_OK ? trend_of(data) : TREND_NONE;
    head.age.ms = panel_data_age_ms(data, model->at.mono_ms);
    head.age.is_late = data->state == DATA_STALE || data->state == DATA_ERROR;
    if (!head.age.is_late && head.age.ms > AGE_STEP_MS)
        head.age.ms -= head.age.ms % AGE_STEP_MS;
    return head;
}

/* ---- Lines ------------------------------------------------------------------------------------- */

static size_t limits_of(const struct panel *panel, struct chart_limit limits[LIMITS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < panel->n_thresholds && n < LIMITS_MAX; i++) {
        const struct threshold *threshold = &panel->thresholds[i];

        if (!isfinite(threshold->from) ||
            (threshold->level != LEVEL_WARN && threshold->level != LEVEL_CRIT))
            continue;
        limits[n++] = (struct chart_limit){
            .value = threshold->from,
            .label = threshold->level == LEVEL_CRIT ? "crit" : "warn",
            .role = threshold->level == LEVEL_CRIT ? ROLE_LIMIT_CRIT : ROLE_LIMIT_WARN,
        };
    }
    return n;
}

struct marks {
    size_t n;
    struct chart_mark at[MARKS_MAX];
    char labels[MARKS_MAX][24];
};

/* The newest ones in the window. */
static void find_marks(const struct operations_data *operations,
                       const struct chart *chart,
                       struct marks *marks)
{
    for (size_t i = operations->n_marks; i > 0 && marks->n < MARKS_MAX; i--) {
        const struct mark *mark = &operations->marks[i - 1];

        if (mark->at_ms < chart->start_ms || mark->at_ms > chart->end_ms)
            continue;
        (void)snprintf(marks->labels[marks->n], sizeof(marks->labels[0]), "S%lld",
                       (long long)mark->simulation_id);
        marks->at[marks->n] = (struct chart_mark){
            .at_ms = mark->at_ms,
            .label = mark->kind == MARK_START ? marks->labels[marks->n] : NULL,
        };
        marks->n++;
    }
}

char board_series_sign(size_t s)
{
    static const char signs[ROLE_N_SERIES] = {'*', '+', 'o', 'x', '#', '@', '%', '&'};

    return signs[s % ROLE_N_SERIES];
}

void board_lines_draw(const struct ui_model *model,
                      struct grid *grid,
                      struct rect rect,
                      size_t i,
                      const struct board_lines *lines)
{
    const struct panel *panel = &model->snapshot->dashboard->panels[i];
    const struct panel_data *data = model->snapshot->panels[i];
    struct chart_series series[SERIES_MAX + 1];
    struct chart_limit limits[LIMITS_MAX];
    struct marks marks = {.n = 0};
    struct chart chart = {
        .series = series,
        .limits = limits,
        .n_limits = limits_of(panel, limits),
        .start_ms = data->set.grid.start_ms,
        .end_ms = time_grid_end_ms(&data->set.grid),
        .min = panel->min,
        .max = panel->max,
        .unit = panel->unit,
        .cursor_ms = lines->cursor_ms,
        .has_time_axis = lines->has_time_axis,
        .is_stale = data->state == DATA_STALE || data->state == DATA_ERROR,
        .is_logarithmic = lines->is_logarithmic,
    };

    for (size_t s = 0; s < data->set.n && s < SERIES_MAX; s++) {
        if (lines->hidden >> s & 1)
            continue;
        series[chart.n_series++] = (struct chart_series){
            .values = data->set.at[s].values,
            .n_values = data->set.grid.n,
            .first_ms = data->set.grid.start_ms,
            .step_ms = data->set.grid.step_ms,
            .role = (enum role)(ROLE_SERIES_1 + s % ROLE_N_SERIES),
            .mark = board_series_sign(s),
        };
    }
    if (lines->earlier)
        series[chart.n_series++] = *lines->earlier;
    find_marks(model->snapshot->operations, &chart, &marks);
    chart.marks = marks.at;
    chart.n_marks = marks.n;
    chart_draw(grid, rect, &chart);
}

/* ---- Numbers ----------------------------------------------------------------------------------- */

static void draw_spark(const struct ui_model *model, struct grid *grid, struct rect row, size_t i)
{
    const struct panel_data *data = model->snapshot->panels[i];
    struct spark spark = {.min = (double)NAN, .max = (double)NAN, .style = style_of(ROLE_SERIES_1)};

    if (!has_points(data) || row.height < 1)
        return;
    spark.values = data->set.at[0].values;
    spark.n_values = data->set.grid.n;
    bars_spark(grid, row, &spark);
}

static void draw_stat(const struct ui_model *model,
                      struct grid *grid,
                      struct rect inside,
                      size_t i,
                      const struct panel_head *head)
{
    struct rect spark = {0};

    if (inside.height >= 3)
        spark = layout_take_bottom(&inside, 1);
    bars_big_value(grid, inside, panel_state_role(head->state), head->value);
    draw_spark(model, grid, spark, i);
}

static void draw_gauge(const struct ui_model *model,
                       struct grid *grid,
                       struct rect inside,
                       size_t i,
                       const struct panel_head *head)
{
    const struct panel *panel = &model->snapshot->dashboard->panels[i];
    double limits[LIMITS_MAX];
    struct chart_limit lines[LIMITS_MAX];
    struct gauge gauge = {
        .value = panel_data_value(panel, model->snapshot->panels[i]),
        .min = isnan(panel->min) ? 0 : panel->min,
        .max = isnan(panel->max) ? 1 : panel->max,
        .limits = limits,
        .n_limits = limits_of(panel, lines),
        .role = panel_state_role(head->state),
    };
    struct rect bar;

    for (size_t l = 0; l < gauge.n_limits; l++)
        limits[l] = lines[l].value;
    bar = layout_take_bottom(&inside, 1);
    bar.x++;
    bar.width -= 2;
    bars_big_value(grid, inside, panel_state_role(head->state), head->value);
    bars_gauge(grid, bar, &gauge);
}

/* ---- Panels ------------------------------------------------------------------------------------ */

/* Why the panel is not as it should be, with the next try where one is waited for. */
static void format_note(const struct ui_model *model,
                        const struct panel_data *data,
                        char *out,
                        size_t size)
{
    const struct source *source = &model->snapshot->sources[SOURCE_PROMETHEUS];
    int64_t wait_ms = source->retry_at_mono_ms - model->at.mono_ms;

    if (source->retry_at_mono_ms > 0 && wait_ms > 0 && data->state != DATA_PARTIAL)
        (void)snprintf(out, size, "%s, retry %llds", data->reason,
                       (long long)((wait_ms + 999) / 1000));
    else
        (void)snprintf(out, size, "%s", data->reason);
}

static void draw_inside(const struct ui_model *model,
                        struct grid *grid,
                        struct rect inside,
                        size_t i,
                        const struct panel_head *head)
{
    const struct panel *panel = &model->snapshot->dashboard->panels[i];
    const struct panel_data *data = model->snapshot->panels[i];
    struct board_lines lines = {.cursor_ms = -1, .has_time_axis = inside.height >= 8};
    char note[SOURCE_REASON_SIZE + 32];

    if (!panel_is_drawn(panel)) {
        panel_put_message(grid, inside, PANEL_NONE,
                          panel->reason[0] ? panel->reason : "cannot be drawn here");
        return;
    }
    format_note(model, data, note, sizeof(note));
    if (!has_points(data)) {
        panel_put_message(grid, inside, head->state, note);
        return;
    }
    if (panel->type == PANEL_STAT)
        draw_stat(model, grid, inside, i, head);
    else if (panel->type == PANEL_GAUGE)
        draw_gauge(model, grid, inside, i, head);
    else
        board_lines_draw(model, grid, inside, i, &lines);
    if (head->state == PANEL_STALE || head->state == PANEL_ERROR || head->state == PANEL_PARTIAL)
        panel_put_note(grid, inside, head->state, note);
    else if (data->set.n_refused > 0) {
        (void)snprintf(note, sizeof(note), "%zu series more are not shown", data->set.n_refused);
        panel_put_note(grid, inside, PANEL_PARTIAL, note);
    }
}

void board_panel_draw(
    const struct ui_model *model, struct grid *grid, struct rect rect, size_t i, bool is_focused)
{
    char value[UNITS_SIZE];
    struct panel_head head = head_of(model, i, is_focused, value);

    draw_inside(model, grid, panel_draw(grid, rect, &head), i, &head);
}

void board_panel_draw_strip(
    const struct ui_model *model, struct grid *grid, struct rect row, size_t i, bool is_focused)
{
    const struct panel_data *data = model->snapshot->panels[i];
    char value[UNITS_SIZE];
    const struct panel *panel = &model->snapshot->dashboard->panels[i];
    struct strip strip = {.head = head_of(model, i, is_focused, value)};

    if (panel_is_drawn(panel) && has_points(data)) {
        strip.values = data->set.at[0].values;
        strip.n_values = data->set.grid.n;
    }
    panel_draw_strip(grid, row, &strip);
    if (!panel_is_drawn(panel))
        (void)grid_put_cut(grid, row.x + row.width / 2, row.y, row.width - row.width / 2,
                           style_of(ROLE_DIM), panel->reason);
}
