/* States over time, a row for each series: where a state begins its word stands, as far as there is room
 * before the next one. */

#include "tui/view/board_parts.h"

#include <math.h>
#include <string.h>

#define NAME_CELLS_MAX 20
#define AXIS_MIN_ROWS  3

static bool is_same(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b;
}

/* The newest point of a column's; NaN: a gap. */
static double value_at(const struct series *series, size_t n_points, int x, int width)
{
    size_t from = (size_t)x * n_points / (size_t)width;
    size_t to = ((size_t)x + 1) * n_points / (size_t)width;

    to = to > from ? to : from + 1;
    while (to > from + 1 && isnan(series->values[to - 1]))
        to--;
    return series->values[to - 1];
}

/* From the column on, as long as the value stays; where it ends. */
static int put_state(const struct board_panel *at,
                     const struct series *series,
                     struct grid *grid,
                     struct rect plot,
                     int from)
{
    size_t n_points = at->data->set.grid.n;
    double value = value_at(series, n_points, from, plot.width);
    enum role role = board_value_role(at->panel, value, ROLE_SERIES_1);
    struct style style = style_with(role, board_is_stale(at) ? STYLE_DIM : 0);
    char text[UNITS_SIZE];
    int to = from + 1, cells;

    while (to < plot.width && is_same(value_at(series, n_points, to, plot.width), value))
        to++;
    if (isnan(value) && !panel_mapping(at->panel, value))
        return to;
    board_format(at->panel, value, true, text);
    cells = grid_put(grid, plot.x + from, plot.y, to - from, style, text);
    for (int x = from + cells; x < to; x++)
        grid_put_glyph(grid, plot.x + x, plot.y, style, GLYPH_HORIZONTAL);
    return to;
}

static int name_cells(const struct series_set *set, enum encoding encoding, int width)
{
    int most = 0;

    for (size_t s = 0; s < set->n; s++) {
        int cells = grid_text_cells(encoding, set->at[s].name);

        most = cells > most ? cells : most;
    }
    most = most < NAME_CELLS_MAX ? most : NAME_CELLS_MAX;
    return most < width / 3 ? most : width / 3;
}

void board_timeline_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    const struct series_set *set = &at->data->set;
    int cells = name_cells(set, grid->encoding, inside.width);
    struct rect plot = inside, axis = {0}, row;
    char rest[BOARD_REST_SIZE];
    struct board_span span;

    (void)layout_take_left(&plot, cells + 2);
    plot.width--;
    if (plot.width < 1 || plot.height < 1 || set->grid.n == 0)
        return;
    if (plot.height >= AXIS_MIN_ROWS)
        axis = layout_take_bottom(&plot, 1);
    span = board_span_of(set->n, (size_t)plot.height, at->top);
    row = (struct rect){plot.x, plot.y, plot.width, 1};
    for (size_t s = span.first; s < span.first + span.n; s++, row.y++) {
        (void)grid_put_cut(grid, inside.x + 1, row.y, cells, style_of(ROLE_NORMAL),
                           set->at[s].name);
        for (int x = 0; x < row.width;)
            x = put_state(at, &set->at[s], grid, row, x);
    }
    if (span.has_rest) {
        board_format_rest(&span, NULL, rest);
        (void)grid_put_cut(grid, inside.x + 1, row.y, inside.width - 2, style_of(ROLE_DIM), rest);
    }
    board_put_time_axis(at, grid, plot, axis);
}
