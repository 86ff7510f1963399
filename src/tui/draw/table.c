#include "tui/draw/table.h"

#define GAP 2

static int flexible_width(const struct table *table, struct rect rect)
{
    int used = 0, n = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        if (rect.width < table->columns[i].from_width)
            continue;
        used += table->columns[i].is_flexible ? 0 : table->columns[i].width;
        n++;
    }
    return rect.width - used - GAP * (n > 0 ? n - 1 : 0);
}

void table_plan(struct table *table,
                const struct table_column *columns,
                size_t n_columns,
                struct rect rect)
{
    int x = rect.x, end = rect.x + rect.width, flexible;

    *table = (struct table){.columns = columns, .n_columns = n_columns};
    flexible = flexible_width(table, rect);
    for (size_t i = 0; i < n_columns && i < TABLE_COLUMNS_MAX; i++) {
        int width = columns[i].width;

        if (rect.width < columns[i].from_width || x >= end)
            continue;
        if (columns[i].is_flexible && flexible > width)
            width = flexible;
        table->at[i].x = x;
        table->at[i].width = width < end - x ? width : end - x;
        x += width + GAP;
    }
}

void table_put(const struct table *table,
               struct grid *grid,
               int y,
               size_t column,
               struct style style,
               const char *text)
{
    int x = table->at[column].x, width = table->at[column].width;

    if (width < 1)
        return;
    if (table->columns[column].is_right && grid_text_cells(grid->encoding, text) <= width)
        grid_put_right(grid, x, y, width, style, text);
    else
        (void)grid_put_cut(grid, x, y, width, style, text);
}

void table_put_titles(const struct table *table, struct grid *grid, int y)
{
    for (size_t i = 0; i < table->n_columns; i++)
        table_put(table, grid, y, i, style_of(ROLE_DIM), table->columns[i].title);
}

struct rect table_cell(const struct table *table, int y, size_t column)
{
    return (struct rect){table->at[column].x, y, table->at[column].width,
                         table->at[column].width > 0 ? 1 : 0};
}
