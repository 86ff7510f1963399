#include "common/alloc.h"
#include "tui/board/panel_table.h"
#include "tui/draw/table.h"
#include "tui/view/board_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GAP       2
#define CELLS_MIN 6 /* of a column; narrower ones tell nothing */

static const char *cell_text(const struct board_panel *at,
                             const struct panel_table *table,
                             size_t row,
                             size_t column,
                             char out[UNITS_SIZE])
{
    const struct panel_column *of = &table->columns[column];
    double value;
    const struct value_mapping *mapping;

    if (of->label)
        return labels_get(&table->rows[row].series->labels, of->label);
    value = panel_table_value(table, row, column);
    mapping = panel_mapping(at->panel, value);
    if (mapping && mapping->text[0])
        return mapping->text;
    if (isnan(value) && !table->rows[row].series->is_nan)
        return "-";
    (void)units_format(out, UNITS_SIZE, of->unit, of->decimals >= 0 ? of->decimals : UNITS_AUTO,
                       value);
    return out;
}

/* ---- Widths -------------------------------------------------------------------------------------- */

static int natural_width(const struct board_panel *at,
                         const struct panel_table *table,
                         size_t column,
                         enum encoding encoding)
{
    int most = grid_text_cells(encoding, table->columns[column].title);
    char text[UNITS_SIZE];

    for (size_t r = 0; r < table->n_rows; r++) {
        int cells = grid_text_cells(encoding, cell_text(at, table, r, column, text));

        most = cells > most ? cells : most;
    }
    return most;
}

static int width_of(const struct table_column *columns, size_t n)
{
    int width = n > 0 ? GAP * ((int)n - 1) : 0;

    for (size_t i = 0; i < n; i++)
        width += columns[i].width;
    return width;
}

/* The widest of the columns of labels gives up a cell. False: none has one to give. */
static bool narrow(struct table_column *columns, size_t n)
{
    size_t widest = n;

    for (size_t i = 0; i < n; i++)
        if (!columns[i].is_right && columns[i].width > CELLS_MIN &&
            (widest == n || columns[i].width > columns[widest].width))
            widest = i;
    if (widest == n)
        return false;
    columns[widest].width--;
    return true;
}

/* The last column of labels leaves, but for the only one: rows need a name; then the last value. The map says
 * which columns of the table are left. */
static bool leave_out(struct table_column *columns, size_t *map, size_t *n)
{
    size_t last = *n - 1, n_labels = 0;

    if (*n < 2)
        return false;
    for (size_t i = 0; i < *n; i++)
        n_labels += !columns[i].is_right;
    for (size_t i = 0; n_labels > 1 && i < *n; i++)
        if (!columns[i].is_right)
            last = i;
    (*n)--;
    memmove(&columns[last], &columns[last + 1], (*n - last) * sizeof(*columns));
    memmove(&map[last], &map[last + 1], (*n - last) * sizeof(*map));
    return true;
}

struct fitted {
    size_t n;
    struct table_column columns[TABLE_COLUMNS_MAX];
    size_t map[TABLE_COLUMNS_MAX]; /* of the table's */
};

static void fit(const struct board_panel *at,
                const struct panel_table *table,
                enum encoding encoding,
                int width,
                struct fitted *ret_fitted)
{
    struct table_column *columns = ret_fitted->columns;
    size_t *n = &ret_fitted->n;

    *n = table->n_columns < TABLE_COLUMNS_MAX ? table->n_columns : TABLE_COLUMNS_MAX;
    for (size_t i = 0; i < *n; i++) {
        columns[i] = (struct table_column){
            .title = table->columns[i].title,
            .width = natural_width(at, table, i, encoding),
            .is_right = !table->columns[i].label,
        };
        ret_fitted->map[i] = i;
    }
    while (width_of(columns, *n) > width)
        if (!narrow(columns, *n) && !leave_out(columns, ret_fitted->map, n))
            return;
    /* What is left over: values stand at the right edge. */
    for (size_t i = 0; i < *n; i++)
        if (!columns[i].is_right)
            columns[i].is_flexible = i + 1 == *n || columns[i + 1].is_right;
    for (size_t i = 0, seen = 0; i < *n; i++)
        if (columns[i].is_flexible && seen++ > 0)
            columns[i].is_flexible = false;
}

/* ---- Drawing ------------------------------------------------------------------------------------- */

/* A table while it is drawn. */
struct sheet {
    const struct board_panel *at;
    const struct panel_table *table;
    struct fitted fitted;
    struct table plan;
};

static void put_row(const struct sheet *sheet, struct grid *grid, int y, size_t row)
{
    char text[UNITS_SIZE];

    for (size_t i = 0; i < sheet->fitted.n; i++) {
        size_t column = sheet->fitted.map[i];
        enum role role = ROLE_NORMAL;

        if (!sheet->table->columns[column].label)
            role = board_value_role(sheet->at->panel, panel_table_value(sheet->table, row, column),
                                    ROLE_NORMAL);
        table_put(&sheet->plan, grid, y, i, style_of(role),
                  cell_text(sheet->at, sheet->table, row, column, text));
    }
}

static void put_rest(struct grid *grid,
                     struct rect line,
                     const struct board_span *span,
                     size_t n_columns)
{
    struct pen pen = pen_at(grid, line);
    char rows[BOARD_REST_SIZE];

    if (span->has_rest) {
        board_format_rest(span, "rows", rows);
        pen_putf(&pen, style_of(ROLE_DIM), "%s%s", rows, n_columns > 0 ? ", " : "");
    }
    if (n_columns > 0)
        pen_putf(&pen, style_of(ROLE_DIM), "%zu more column%s", n_columns,
                 n_columns == 1 ? "" : "s");
}

static void draw_rows(const struct board_panel *at,
                      const struct panel_table *table,
                      struct grid *grid,
                      struct rect rect)
{
    struct sheet sheet = {.at = at, .table = table};
    size_t room = (size_t)rect.height - 1, n_left_out;
    struct board_span span;

    fit(at, table, grid->encoding, rect.width, &sheet.fitted);
    table_plan(&sheet.plan, sheet.fitted.columns, sheet.fitted.n, rect);
    table_put_titles(&sheet.plan, grid, rect.y);
    n_left_out = table->n_columns - sheet.fitted.n;
    /* A line that says which columns have no room is a row less. */
    if (n_left_out > 0 && table->n_rows == room && room > 1)
        room--;
    span = board_span_of(table->n_rows, room > 1 ? room : 2, at->top);
    for (size_t r = 0; r < span.n; r++)
        put_row(&sheet, grid, rect.y + 1 + (int)r, span.first + r);
    if (rect.height > 2 &&
        (span.has_rest || (n_left_out > 0 && table->n_rows < (size_t)rect.height - 1)))
        put_rest(grid, (struct rect){rect.x, rect.y + rect.height - 1, rect.width, 1}, &span,
                 n_left_out);
}

void board_table_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    struct rect rect = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    struct panel_table table;

    if (rect.width < 1 || rect.height < 2)
        return;
    panel_table_make(at->panel, &at->data->set, &table);
    if (table.n_columns > 0)
        draw_rows(at, &table, grid, rect);
    panel_table_finish(&table);
}

void board_table_value(const struct board_panel *at, char out[UNITS_SIZE])
{
    struct panel_table table;

    panel_table_make(at->panel, &at->data->set, &table);
    out[0] = '\0';
    if (table.n_rows > 0)
        (void)snprintf(out, UNITS_SIZE, "%zu row%s", table.n_rows, table.n_rows == 1 ? "" : "s");
    panel_table_finish(&table);
}
