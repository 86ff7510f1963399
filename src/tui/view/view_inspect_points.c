#include "tui/view/view_inspect_parts.h"

#include <math.h>
#include <stdio.h>

#define COLUMN_CELLS 12
#define GAP          2

/* Where the columns stand: the moment, then the series from `first` on, and what one was earlier. */
struct columns {
    int moment_cells;
    size_t first, n;
    bool has_earlier;
};

static size_t count_shown(const struct inspect_view *view)
{
    size_t n = 0;

    for (size_t s = 0; s < view->data->set.n; s++)
        n += !(view->model->state->hidden_series >> s & 1);
    return n;
}

/* The series that stands in column c of those that are not hidden. */
static size_t series_of(const struct inspect_view *view, size_t c)
{
    size_t s = 0;

    for (; s < view->data->set.n; s++)
        if (!(view->model->state->hidden_series >> s & 1) && c-- == 0)
            break;
    return s;
}

static struct columns columns_of(const struct inspect_view *view, int width)
{
    char moment[VIEW_INSPECT_MOMENT_SIZE];
    struct columns columns = {.has_earlier = view_inspect_compare(view) != N_COMPARES};
    size_t n_shown = count_shown(view), n_room, selected = 0;
    int rest;

    view_inspect_format_moment(view, view->data->set.grid.start_ms, moment);
    for (columns.moment_cells = 0; moment[columns.moment_cells]; columns.moment_cells++)
        ;
    rest = width - columns.moment_cells - (columns.has_earlier ? COLUMN_CELLS + GAP : 0);
    n_room = rest > 0 ? (size_t)(rest / (COLUMN_CELLS + GAP)) : 0;
    columns.n = n_shown < n_room ? n_shown : n_room;
    while (selected < n_shown && series_of(view, selected) < view->selected)
        selected++;
    if (selected >= columns.n && columns.n > 0)
        columns.first = selected + 1 - columns.n;
    if (columns.first + columns.n > n_shown)
        columns.first = n_shown - columns.n;
    return columns;
}

static void put_titles(const struct inspect_view *view,
                       struct grid *grid,
                       struct rect row,
                       const struct columns *columns)
{
    int x = row.x + columns->moment_cells + GAP;
    char title[32];

    (void)grid_put(grid, row.x, row.y, columns->moment_cells, style_of(ROLE_DIM), "UTC");
    for (size_t c = 0; c < columns->n; c++, x += COLUMN_CELLS + GAP) {
        size_t s = series_of(view, columns->first + c);

        grid_put_right(grid, x, row.y, COLUMN_CELLS,
                       style_with((enum role)(ROLE_SERIES_1 + s % ROLE_N_SERIES),
                                  s == view->selected ? STYLE_BOLD | STYLE_UNDERLINE : 0),
                       view->data->set.at[s].name);
    }
    if (!columns->has_earlier)
        return;
    (void)snprintf(title, sizeof(title), "%s ago",
                   view_inspect_compare_name(view_inspect_compare(view)));
    grid_put_right(grid, x, row.y, COLUMN_CELLS, style_of(ROLE_REFERENCE), title);
}

static void put_point(const struct inspect_view *view,
                      struct grid *grid,
                      struct rect row,
                      const struct columns *columns,
                      size_t point)
{
    const struct time_grid *moments = &view->data->set.grid;
    int x = row.x + columns->moment_cells + GAP;
    int64_t at_ms = moments->start_ms + (int64_t)point * moments->step_ms;
    char text[UNITS_SIZE];

    view_inspect_format_moment(view, at_ms, text);
    (void)grid_put(grid, row.x, row.y, columns->moment_cells, style_of(ROLE_DIM), text);
    for (size_t c = 0; c < columns->n; c++, x += COLUMN_CELLS + GAP) {
        double value = view->data->set.at[series_of(view, columns->first + c)].values[point];

        view_inspect_format(view, value, text);
        grid_put_right(grid, x, row.y, COLUMN_CELLS,
                       style_of(panel_state_role(board_value_state(view->panel, value))), text);
    }
    if (!columns->has_earlier)
        return;
    view_inspect_format(view, view_inspect_earlier_value(view, view_inspect_compare(view), at_ms),
                        text);
    grid_put_right(grid, x, row.y, COLUMN_CELLS, style_of(ROLE_REFERENCE), text);
}

/* "12 newer, 96 older" */
static void put_rest(struct grid *grid, struct rect line, int n_newer, int n_older)
{
    struct pen pen = pen_at(grid, line);

    if (n_newer > 0)
        pen_putf(&pen, style_of(ROLE_DIM), "%d newer%s", n_newer, n_older > 0 ? ", " : "");
    if (n_older > 0)
        pen_putf(&pen, style_of(ROLE_DIM), "%d older", n_older);
}

void inspect_points_draw(const struct inspect_view *view, struct grid *grid, struct rect inside)
{
    const struct time_grid *moments = &view->data->set.grid;
    int n = (int)moments->n, selected = 0, top;
    struct columns columns;
    struct rect rest = {0};
    size_t point;

    inside.x++;
    inside.width -= 2;
    columns = columns_of(view, inside.width);
    if (view->model->state->cursor_ms >= 0 &&
        time_grid_index(moments, view->model->state->cursor_ms, &point))
        selected = n - 1 - (int)point;
    put_titles(view, grid, layout_take_top(&inside, 1), &columns);
    if (n > inside.height && inside.height > 2)
        rest = layout_take_bottom(&inside, 1);
    top = view_first_row(selected, n, inside.height);
    for (int row = 0; row < inside.height && top + row < n; row++) {
        struct rect line = {inside.x, inside.y + row, inside.width, 1};

        put_point(view, grid, line, &columns, (size_t)(n - 1 - top - row));
        if (top + row == selected)
            view_select_row(grid, line);
    }
    if (rest.height > 0)
        put_rest(grid, rest, top, n - top - inside.height);
}
