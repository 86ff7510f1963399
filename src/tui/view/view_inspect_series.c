#include "tui/draw/table.h"
#include "tui/text/moment.h"
#include "tui/view/view_inspect_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BOX_ROWS_MAX 8 /* series, before the list scrolls */
#define STATS_ROWS   5 /* with the blank above them */

enum { COLUMN_NAME, COLUMN_CURSOR, COLUMN_LAST, COLUMN_MIN, COLUMN_MEAN, COLUMN_MAX, COLUMN_STATE };

static const struct table_column columns[] = {
    [COLUMN_NAME] = {"SERIES", 12, 0, false, true},
    [COLUMN_CURSOR] = {"AT CURSOR", 9, 30, true, false},
    [COLUMN_LAST] = {"LAST", 8, 26, true, false},
    [COLUMN_MIN] = {"MIN", 8, 60, true, false},
    [COLUMN_MEAN] = {"AVG", 8, 60, true, false},
    [COLUMN_MAX] = {"MAX", 8, 50, true, false},
    [COLUMN_STATE] = {"STATE", 7, 56, false, false},
};

/* ---- The table ---------------------------------------------------------------------------------- */

static void put_value(const struct inspect_view *view,
                      struct grid *grid,
                      const struct table *table,
                      int y,
                      size_t column,
                      double value)
{
    char text[UNITS_SIZE];

    view_inspect_format(view, value, text);
    /* A number without its unit can be read, one that is cut cannot. */
    if (grid_text_cells(grid->encoding, text) > table_cell(table, y, column).width)
        (void)units_format(text, sizeof(text), NULL, UNITS_AUTO, value);
    table_put(table, grid, y, column, style_of(ROLE_NORMAL), text);
}

/* "▸ ■ name" with colours, "> [x] * name" without: there the chart has the sign too. */
static void put_name(const struct inspect_view *view, struct grid *grid, struct rect cell, size_t s)
{
    struct style style = style_of((enum role)(ROLE_SERIES_1 + s % ROLE_N_SERIES));
    bool is_hidden = view->model->state->hidden_series >> s & 1;
    struct pen pen = pen_at(grid, cell);

    if (s == view->selected)
        pen_glyph(&pen, style_of(ROLE_FOCUS), GLYPH_SELECTED);
    pen_to(&pen, cell.x + 2);
    if (grid->encoding == ENCODING_UTF8)
        pen_glyph(&pen, style, is_hidden ? GLYPH_BULLET_OFF : GLYPH_BULLET_ON);
    else
        pen_putf(&pen, style, "[%c] %c", is_hidden ? ' ' : 'x', board_series_sign(s));
    pen_skip(&pen, 1);
    (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen),
                       style_of(is_hidden ? ROLE_DIM : ROLE_NORMAL), view->data->set.at[s].name);
}

static void put_series(
    const struct inspect_view *view, struct grid *grid, const struct table *table, int y, size_t s)
{
    const struct series *series = &view->data->set.at[s];
    const struct time_grid *moments = &view->data->set.grid;
    double last = series_reduce(series, moments->n, CALC_LAST);
    struct rect state = table_cell(table, y, COLUMN_STATE);
    struct pen pen = pen_at(grid, state);

    put_name(view, grid, table_cell(table, y, COLUMN_NAME), s);
    put_value(view, grid, table, y, COLUMN_CURSOR,
              inspect_value_at(series, moments, view->model->state->cursor_ms));
    put_value(view, grid, table, y, COLUMN_LAST, last);
    put_value(view, grid, table, y, COLUMN_MIN, series_reduce(series, moments->n, CALC_MIN));
    put_value(view, grid, table, y, COLUMN_MEAN, series_reduce(series, moments->n, CALC_MEAN));
    put_value(view, grid, table, y, COLUMN_MAX, series_reduce(series, moments->n, CALC_MAX));
    if (state.width > 0)
        panel_put_state(&pen, board_value_state(view->panel, last));
}

/* "SERIES 4-6/12" in the place of the title: the arrows go on to the others. */
static void put_which(struct grid *grid, struct rect cell, int top, int height, int n)
{
    struct pen pen = pen_at(grid, cell);

    pen_putf(&pen, style_of(ROLE_DIM), "%s %d-%d/%d", columns[COLUMN_NAME].title, top + 1,
             top + height, n);
}

void inspect_series_draw(const struct inspect_view *view, struct grid *grid, struct rect rect)
{
    int n = (int)view->data->set.n, top;
    struct rect titles = {0};
    struct table table;

    if (rect.height < 1)
        return;
    table_plan(&table, columns, COUNT_OF(columns), rect);
    if (rect.height > 1)
        titles = layout_take_top(&rect, 1);
    if (titles.height > 0)
        table_put_titles(&table, grid, titles.y);
    top = view_first_row((int)view->selected, n, rect.height);
    if (n > rect.height && titles.height > 0)
        put_which(grid, table_cell(&table, titles.y, COLUMN_NAME), top, rect.height, n);
    for (int row = 0; row < rect.height && top + row < n; row++) {
        put_series(view, grid, &table, rect.y + row, (size_t)(top + row));
        if ((size_t)(top + row) == view->selected)
            view_select_row(grid, (struct rect){rect.x, rect.y + row, rect.width, 1});
    }
    if (n == 0)
        (void)grid_put(grid, rect.x, rect.y, rect.width, style_of(ROLE_DIM), "no series");
}

/* ---- Statistics --------------------------------------------------------------------------------- */

static void write_crossing(const struct inspect_view *view, char *out, size_t size)
{
    struct inspect_crossing crossing =
        inspect_crossing_of(view->panel, view->series, &view->data->set.grid);
    char value[UNITS_SIZE], moment[VIEW_INSPECT_MOMENT_SIZE];

    if (!crossing.has_crossed) {
        (void)snprintf(out, size, "no threshold crossed");
        return;
    }
    view_inspect_format(view, crossing.threshold, value);
    view_inspect_format_moment(view, crossing.at_ms, moment);
    (void)snprintf(out, size, "crossed %s %s at %s", value, crossing.is_up ? "up" : "down", moment);
}

static void write_next(const struct inspect_view *view, char *out, size_t size)
{
    double threshold = (double)NAN;
    int64_t in_ms =
        inspect_next_crossing_ms(view->panel, view->series, &view->data->set.grid, &threshold);
    char value[UNITS_SIZE], span[MOMENT_SPAN_SIZE];

    if (in_ms < 0) {
        (void)snprintf(out, size, "-");
        return;
    }
    view_inspect_format(view, threshold, value);
    moment_format_span(in_ms, span);
    (void)snprintf(out, size, "%s in %s", value, span);
}

static bool has_thresholds(const struct panel *panel)
{
    for (size_t i = 0; i < panel->n_thresholds; i++)
        if (isfinite(panel->thresholds[i].from))
            return true;
    return false;
}

static void write_missing(const struct inspect_stats *stats, char *out, size_t size)
{
    (void)snprintf(out, size, "no value %zu of %zu, %zu gap%s", stats->n_missing, stats->n_points,
                   stats->n_gaps, stats->n_gaps == 1 ? "" : "s");
}

void inspect_stats_draw_line(const struct inspect_view *view, struct grid *grid, struct rect row)
{
    struct pen pen = pen_at(grid, row);
    struct inspect_stats stats;
    char p95[UNITS_SIZE], missing[80], text[96];

    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "STATS ");
    if (!view->series) {
        pen_put(&pen, style_of(ROLE_DIM), "-");
        return;
    }
    stats = inspect_stats_of(view->series, view->data->set.grid.n);
    view_inspect_format(view, stats.p95, p95);
    write_missing(&stats, missing, sizeof(missing));
    pen_putf(&pen, style_of(ROLE_NORMAL), "p95 %s  %s", p95, missing);
    if (!has_thresholds(view->panel))
        return;
    write_crossing(view, text, sizeof(text));
    pen_putf(&pen, style_of(ROLE_NORMAL), "  %s", text);
    write_next(view, text, sizeof(text));
    if (pen_left(&pen) > (int)strlen(text) + 7)
        pen_putf(&pen, style_of(ROLE_DIM), "  next %s", text);
}

static void draw_stats(const struct inspect_view *view, struct grid *grid, struct rect rect)
{
    struct inspect_stats stats = inspect_stats_of(view->series, view->data->set.grid.n);
    char least[UNITS_SIZE], mean[UNITS_SIZE], p95[UNITS_SIZE], rows[4][192] = {"", "", "", ""},
                                                               next[96];

    view_inspect_format(view, stats.min, least);
    view_inspect_format(view, stats.mean, mean);
    view_inspect_format(view, stats.p95, p95);
    (void)snprintf(rows[0], sizeof(rows[0]), "min %s  avg %s  p95 %s", least, mean, p95);
    write_missing(&stats, rows[1], sizeof(rows[1]));
    if (has_thresholds(view->panel)) {
        write_crossing(view, rows[2], sizeof(rows[2]));
        write_next(view, next, sizeof(next));
        (void)snprintf(rows[3], sizeof(rows[3]), "next at this slope: %s", next);
    }
    for (int row = 0; row < (int)COUNT_OF(rows) && row < rect.height; row++)
        (void)grid_put_cut(grid, rect.x, rect.y + row, rect.width, style_of(ROLE_NORMAL),
                           rows[row]);
}

int inspect_series_box_height(const struct inspect_view *view)
{
    int n = (int)view->data->set.n;

    return 3 + (n < 1 ? 1 : n < BOX_ROWS_MAX ? n : BOX_ROWS_MAX) + STATS_ROWS;
}

void inspect_series_draw_box(const struct inspect_view *view, struct grid *grid, struct rect rect)
{
    struct rect inside = panel_draw_plain(grid, rect, "Series", "space: hide", false), stats;

    inside.x++;
    inside.width -= 2;
    stats = layout_take_bottom(&inside, inside.height > STATS_ROWS + 1 ? STATS_ROWS - 1 : 0);
    inspect_series_draw(view, grid, inside);
    if (view->series)
        draw_stats(view, grid, stats);
}
