#include "tui/draw/chart.h"
#include "tui/text/server_text.h"
#include "tui/view/board_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MARKS_MAX 32

#define LEGEND_NAME_MAX    20
#define LEGEND_REST_CELLS  5   /* "+12 " and the blank behind */
#define LEGEND_VALUE_CELLS 16  /* a value with what stands around it and the name */
#define LEGEND_SIDE_FROM   100 /* cells; narrower charts have it below */

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

/* ---- Which line is which ----------------------------------------------------------------------------- */

/* Words that all names begin or end with tell nothing apart: "p90 chat", not "p90 chat lexical-1". In bytes,
 * with the blank. */
struct shared {
    size_t front, back;
};

static bool all_begin_with(const struct series_set *set, size_t len)
{
    for (size_t s = 1; s < set->n; s++)
        if (strncmp(set->at[s].name, set->at[0].name, len) != 0)
            return false;
    return true;
}

static bool all_end_with(const struct series_set *set, size_t front, size_t len)
{
    const char *end = set->at[0].name + strlen(set->at[0].name) - len;

    for (size_t s = 0; s < set->n; s++) {
        size_t all = strlen(set->at[s].name);

        if (all <= front + len || strcmp(set->at[s].name + all - len, end) != 0)
            return false;
    }
    return true;
}

static struct shared shared_of(const struct series_set *set)
{
    const char *name = set->at[0].name, *blank;
    struct shared shared = {0, 0};

    while ((blank = strchr(name + shared.front, ' ')) &&
           all_begin_with(set, (size_t)(blank + 1 - name)))
        shared.front = (size_t)(blank + 1 - name);
    for (size_t len = 1; len < strlen(name) - shared.front; len++)
        if (name[strlen(name) - len] == ' ' && all_end_with(set, shared.front, len))
            shared.back = len;
    return shared;
}

static void write_name(const struct series *series,
                       const struct shared *shared,
                       char out[UNITS_SIZE])
{
    size_t len = strlen(series->name) - shared->front - shared->back;

    (void)server_text_copy(out, UNITS_SIZE, series->name + shared->front, len);
}

/* "■ p95", in the line's colour; in ASCII with the line's sign. */
static void put_name(struct pen *pen, size_t s, int cells, const char *name)
{
    struct style style = style_of((enum role)(ROLE_SERIES_1 + s % ROLE_N_SERIES));

    if (pen->grid->encoding == ENCODING_UTF8)
        pen_glyph(pen, style, GLYPH_BULLET_ON);
    else
        pen_putf(pen, style, "%c", board_series_sign(s));
    pen_put(pen, style, " ");
    pen->x += grid_put_cut(pen->grid, pen->x, pen->y, cells, style_of(ROLE_DIM), name);
}

/* The names from the first on that have room, with "+N" where that is needed. */
static size_t count_names(const struct series_set *set,
                          const struct shared *shared,
                          enum encoding encoding,
                          int room)
{
    char name[UNITS_SIZE];
    int used = 0;
    size_t n = 0;

    for (; n < set->n; n++) {
        int cells;

        write_name(&set->at[n], shared, name);
        cells = grid_text_cells(encoding, name);
        used += 3 + (cells < LEGEND_NAME_MAX ? cells : LEGEND_NAME_MAX);
        if (used + (n + 1 < set->n ? LEGEND_REST_CELLS : 0) > room)
            break;
    }
    return n;
}

void board_put_legend(const struct board_panel *at, struct grid *grid, struct rect row)
{
    const struct series_set *set = &at->data->set;
    struct pen pen = pen_at(grid, row);
    struct shared shared, left_out;
    char name[UNITS_SIZE];
    size_t n = 0;

    if (set->n < 2)
        return;
    shared = shared_of(set);
    /* As little is left out as shows all of them. */
    for (int without = 0; without < 3 && n < set->n; without++) {
        left_out.back = without > 0 ? shared.back : 0;
        left_out.front = without > 1 ? shared.front : 0;
        n = count_names(set, &left_out, grid->encoding, row.width - 1);
    }
    if (n == 0)
        return;
    pen_put(&pen, style_of(ROLE_BORDER), " ");
    for (size_t s = 0; s < n; s++) {
        write_name(&set->at[s], &left_out, name);
        put_name(&pen, s, LEGEND_NAME_MAX, name);
        pen_put(&pen, style_of(ROLE_BORDER), " ");
    }
    if (n < set->n)
        pen_putf(&pen, style_of(ROLE_DIM), "+%zu ", set->n - n);
}

static void put_legend_row(const struct board_panel *at,
                           struct grid *grid,
                           struct rect line,
                           size_t s)
{
    double value = series_reduce(&at->data->set.at[s], at->data->set.grid.n, CALC_LAST);
    struct pen pen = pen_at(grid, line);
    char text[UNITS_SIZE];
    int cells;

    board_format(at->panel, value, true, text);
    cells = grid_text_cells(grid->encoding, text);
    put_name(&pen, s, line.width - cells - 3, at->data->set.at[s].name);
    grid_put_right(grid, line.x + line.width - cells, line.y, cells,
                   style_of(board_value_role(at->panel, value, ROLE_NORMAL)), text);
}

/* All names with their newest values: beside the chart, or under it where the screen is narrow. */
static struct rect take_legend(const struct series_set *set,
                               enum encoding encoding,
                               struct rect *inside)
{
    int rows = (int)set->n, most = inside->height / 3, width = 0;

    if (inside->width < LEGEND_SIDE_FROM)
        return layout_take_bottom(inside, rows < most ? rows : most);
    for (size_t s = 0; s < set->n; s++) {
        int cells = grid_text_cells(encoding, set->at[s].name);

        width = cells > width ? cells : width;
    }
    width += LEGEND_VALUE_CELLS;
    return layout_take_right(inside, width < inside->width / 3 ? width : inside->width / 3);
}

static void draw_legend(const struct board_panel *at, struct grid *grid, struct rect legend)
{
    struct rect line = {legend.x + 1, legend.y, legend.width - 2, 1};
    struct board_span span;
    char rest[BOARD_REST_SIZE];

    if (line.width < 1 || legend.height < 1)
        return;
    span = board_span_of(at->data->set.n, (size_t)legend.height, at->top);
    for (size_t i = 0; i < span.n; i++, line.y++)
        put_legend_row(at, grid, line, span.first + i);
    if (!span.has_rest)
        return;
    board_format_rest(&span, NULL, rest);
    (void)grid_put_cut(grid, line.x, line.y, line.width, style_of(ROLE_DIM), rest);
}

void board_timeseries_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    struct board_lines lines = {.cursor_ms = -1, .has_time_axis = inside.height >= 8};

    if (at->is_alone && at->data->set.n > 1)
        draw_legend(at, grid, take_legend(&at->data->set, grid->encoding, &inside));
    board_lines_draw(at->model, grid, inside, at->index, &lines);
}
