#include "tui/moment.h"
#include "tui/table.h"
#include "tui/view.h"

#include "common/buffer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define QUERY_BYTES_MAX 2000
#define SERIES_ROWS_MAX 8
#define SIDE_BY_SIDE    120 /* from this width on the series stand beside the chart */

enum { COLUMN_NAME, COLUMN_CURSOR, COLUMN_LAST, COLUMN_MIN, COLUMN_MEAN, COLUMN_MAX };

static const struct table_column columns[] = {
    [COLUMN_NAME] = {"SERIES", 12, 0, false, true},
    [COLUMN_CURSOR] = {"AT CURSOR", 9, 30, true, false},
    [COLUMN_LAST] = {"LAST", 8, 26, true, false},
    [COLUMN_MIN] = {"MIN", 8, 60, true, false},
    [COLUMN_MEAN] = {"AVG", 8, 60, true, false},
    [COLUMN_MAX] = {"MAX", 8, 50, true, false},
};

/* ---- Series ------------------------------------------------------------------------------------ */

static void put_value(const struct table *table,
                      struct grid *grid,
                      int y,
                      size_t column,
                      const struct panel *panel,
                      double value)
{
    char text[UNITS_SIZE];

    (void)units_format(text, sizeof(text), panel->unit, UNITS_AUTO, value);
    table_put(table, grid, y, column, style_of(ROLE_NORMAL), isnan(value) ? "-" : text);
}

static double at_cursor(const struct ui_model *model,
                        const struct panel_data *data,
                        const struct series *series)
{
    size_t point;

    if (model->state->cursor_ms < 0)
        return series_reduce(series, data->set.grid.n, CALC_LAST);
    return time_grid_index(&data->set.grid, model->state->cursor_ms, &point) ? series->values[point]
                                                                             : (double)NAN;
}

static void put_series(const struct ui_model *model,
                       struct grid *grid,
                       const struct table *table,
                       int y,
                       size_t i,
                       size_t s)
{
    const struct panel *panel = &model->snapshot->dashboard->panels[i];
    const struct panel_data *data = model->snapshot->panels[i];
    const struct series *series = &data->set.at[s];
    bool is_hidden = model->state->hidden_series >> s & 1;
    struct rect name = table_cell(table, y, COLUMN_NAME);

    grid_put_glyph(grid, name.x, y, style_of((enum role)(ROLE_SERIES_1 + s % ROLE_N_SERIES)),
                   is_hidden ? GLYPH_BULLET_OFF : GLYPH_BULLET_ON);
    (void)grid_put_cut(grid, name.x + 2, y, name.width - 2,
                       style_of(is_hidden ? ROLE_DIM : ROLE_NORMAL), series->name);
    put_value(table, grid, y, COLUMN_CURSOR, panel, at_cursor(model, data, series));
    put_value(table, grid, y, COLUMN_LAST, panel,
              series_reduce(series, data->set.grid.n, CALC_LAST));
    put_value(table, grid, y, COLUMN_MIN, panel, series_reduce(series, data->set.grid.n, CALC_MIN));
    put_value(table, grid, y, COLUMN_MEAN, panel,
              series_reduce(series, data->set.grid.n, CALC_MEAN));
    put_value(table, grid, y, COLUMN_MAX, panel, series_reduce(series, data->set.grid.n, CALC_MAX));
}

static void draw_series(const struct ui_model *model, struct grid *grid, struct rect rect, size_t i)
{
    const struct panel_data *data = model->snapshot->panels[i];
    int n = (int)data->set.n, selected = model->state->selected_series, top;
    struct table table;
    char title[64];

    (void)snprintf(title, sizeof(title), "%d series", n);
    rect = panel_draw_plain(grid, rect, title, "space: hide", false);
    if (rect.height < 2)
        return;
    rect.x++;
    rect.width -= 2;
    table_plan(&table, columns, COUNT_OF(columns), rect);
    table_put_titles(&table, grid, rect.y);
    selected = selected < n ? selected : n - 1;
    top = view_first_row(selected, n, rect.height - 1);
    for (int row = 0; row < rect.height - 1 && top + row < n; row++) {
        put_series(model, grid, &table, rect.y + 1 + row, i, (size_t)top + (size_t)row);
        if (top + row == selected)
            view_select_row(grid, (struct rect){rect.x, rect.y + 1 + row, rect.width, 1});
    }
}

/* ---- Query ------------------------------------------------------------------------------------- */

/* One line: expressions may hold line breaks. */
static void write_query(const struct panel *panel, struct buffer *out)
{
    for (size_t t = 0; t < panel->n_targets; t++) {
        const struct target *target = &panel->targets[t];

        if (!target->is_asked)
            continue;
        if (out->len > 0)
            (void)buffer_puts(out, "\n");
        for (const char *at = target->expr; *at; at++)
            (void)buffer_append(out, (unsigned char)*at < ' ' ? " " : at, 1);
    }
}

static void draw_query(const struct ui_model *model, struct grid *grid, struct rect rect, size_t i)
{
    const struct panel_data *data = model->snapshot->panels[i];
    struct rect inside = panel_draw_plain(grid, rect, "Query", data_state_name(data->state), false);
    struct buffer text;

    inside.x++;
    inside.width -= 2;
    buffer_init(&text, QUERY_BYTES_MAX);
    write_query(&model->snapshot->dashboard->panels[i], &text);
    for (size_t w = 0; w < data->warnings.n && w < PROM_NOTES_MAX; w++)
        (void)buffer_printf(&text, "\nwarning: %s", data->warnings.text[w]);
    for (size_t w = 0; w < data->infos.n && w < PROM_NOTES_MAX; w++)
        (void)buffer_printf(&text, "\ninfo: %s", data->infos.text[w]);
    if (data->reason[0])
        (void)buffer_printf(&text, "\n%s", data->reason);
    (void)panel_put_wrapped(grid, inside, style_of(ROLE_DIM), buffer_text(&text));
    buffer_finish(&text);
}

/* ---- All of it --------------------------------------------------------------------------------- */

static void draw_chart(const struct ui_model *model, struct grid *grid, struct rect rect, size_t i)
{
    const struct panel_data *data = model->snapshot->panels[i];
    struct board_lines lines = {
        .has_time_axis = true,
        .cursor_ms = model->state->cursor_ms,
        .hidden = model->state->hidden_series,
    };
    char cursor[MOMENT_SPAN_SIZE];

    if (data->set.n == 0 || !panel_is_drawn(&model->snapshot->dashboard->panels[i])) {
        board_panel_draw(model, grid, rect, i, true);
        return;
    }
    /* The frame and its head are the board's; lines take the place of whatever it draws inside. */
    board_panel_draw(model, grid, rect, i, true);
    rect = (struct rect){rect.x + 1, rect.y + 1, rect.width - 2, rect.height - 2};
    grid_fill(grid, rect, style_of(ROLE_NORMAL), ' ');
    board_lines_draw(model, grid, rect, i, &lines);
    if (data->state != DATA_OK)
        panel_put_note(grid, (struct rect){rect.x, rect.y, rect.width, rect.height - 1},
                       view_state_of(data->state), data->reason);
    if (model->state->cursor_ms >= 0) {
        moment_format_clock(model->state->cursor_ms, cursor);
        grid_put_right(grid, rect.x, rect.y, rect.width, style_of(ROLE_ACCENT), cursor);
    }
}

void board_chart_draw(const struct ui_model *model, struct grid *grid, struct rect body, size_t i)
{
    int n_series = (int)model->snapshot->panels[i]->set.n;
    int rows = 3 + (n_series < SERIES_ROWS_MAX ? n_series : SERIES_ROWS_MAX);
    struct rect query = {0}, series = {0};

    if (body.height >= 16)
        query = layout_take_bottom(&body, body.height >= 30 ? 6 : 4);
    if (body.width >= SIDE_BY_SIDE)
        series = layout_take_right(&body, body.width * 35 / 100);
    else if (body.height >= 10)
        series = layout_take_bottom(&body, rows < body.height / 2 ? rows : body.height / 2);
    draw_chart(model, grid, body, i);
    if (series.height > 0)
        draw_series(model, grid, series, i);
    if (query.height > 0)
        draw_query(model, grid, query, i);
}
