#include "tui/draw/bars.h"
#include "tui/view/board_parts.h"

#include <math.h>

static void draw_one(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    const struct series_set *set = &at->data->set;
    struct spark spark = {.min = (double)NAN, .max = (double)NAN, .style = style_of(ROLE_SERIES_1)};
    struct rect row = {0};

    if (inside.height >= 3)
        row = layout_take_bottom(&inside, 1);
    bars_big_value(grid, inside, panel_state_role(at->state), at->value);
    if (row.height < 1 || set->n == 0)
        return;
    spark.values = set->at[0].values;
    spark.n_values = set->grid.n;
    bars_spark(grid, row, &spark);
}

/* One number is tall, of several each has a line. */
void board_stat_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    struct board_rows rows;

    if (at->data->set.n < 2) {
        draw_one(at, grid, inside);
        return;
    }
    board_rows_make(at, &rows);
    rows.bar = BOARD_SPARKS;
    board_rows_draw(&rows, grid, inside);
}
