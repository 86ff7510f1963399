#ifndef TW_TUI_TABLE_H
#define TW_TUI_TABLE_H

/* Columns that line up, and that leave when the screen is too narrow. Pure. */

#include "tui/draw/grid.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 16

struct table_column {
    const char *title;
    int width;      /* cells; of the flexible one at least */
    int from_width; /* of the table: narrower ones go without this column */
    bool is_right;
    bool is_flexible; /* takes what is left; one at most */
};

struct table {
    const struct table_column *columns;
    size_t n_columns;

    struct {
        int x, width; /* width 0: left out */
    } at[TABLE_COLUMNS_MAX];
};

void table_plan(struct table *table,
                const struct table_column *columns,
                size_t n_columns,
                struct rect rect);
void table_put_titles(const struct table *table, struct grid *grid, int y);

/* Nothing when the column is left out. */
void table_put(const struct table *table,
               struct grid *grid,
               int y,
               size_t column,
               struct style style,
               const char *text);

/* Where a cell is, for what is no text; empty when left out. */
struct rect table_cell(const struct table *table, int y, size_t column);

#endif
