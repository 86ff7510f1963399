/* Bars side by side: bar gauges, and bar charts, whose bars are the newest values here. */

#include "tui/view/board_parts.h"

#include <math.h>

void board_bargauge_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    double least = 0, most = (double)NAN;
    struct board_rows rows;

    board_rows_make(at, &rows);
    for (size_t i = 0; i < rows.n; i++)
        if (isfinite(rows.at[i].value)) {
            least = fmin(least, rows.at[i].value);
            most = fmax(most, rows.at[i].value);
        }
    rows.min = isnan(at->panel->min) ? least : at->panel->min;
    rows.max = !isnan(at->panel->max) ? at->panel->max : isnan(most) ? 1 : most;
    board_rows_draw(&rows, grid, inside);
}
