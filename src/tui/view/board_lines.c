#include "tui/draw/chart.h"
#include "tui/view/board_parts.h"

#include <math.h>
#include <stdio.h>

#define MARKS_MAX 32

size_t board_limits(const struct panel *panel, struct chart_limit limits[BOARD_LIMITS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < panel->n_thresholds && n < BOARD_LIMITS_MAX; i++) {
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
    struct chart_limit limits[BOARD_LIMITS_MAX];
    struct marks marks = {.n = 0};
    struct chart chart = {
        .series = series,
        .limits = limits,
        .n_limits = board_limits(panel, limits),
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

void board_put_time_axis(const struct board_panel *at,
                         struct grid *grid,
                         struct rect plot,
                         struct rect axis)
{
    const struct time_grid *times = &at->data->set.grid;
    struct chart chart = {.start_ms = times->start_ms, .end_ms = time_grid_end_ms(times)};
    struct marks marks = {.n = 0};

    find_marks(at->model->snapshot->operations, &chart, &marks);
    chart.marks = marks.at;
    chart.n_marks = marks.n;
    chart_draw_time_axis(grid, plot, axis, &chart);
}

void board_timeseries_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    struct board_lines lines = {.cursor_ms = -1, .has_time_axis = inside.height >= 8};

    board_lines_draw(at->model, grid, inside, at->index, &lines);
}
