#include "tui/draw/bars.h"
#include "tui/view/board_parts.h"

#include <math.h>
#include <string.h>

/* As Grafana: a hundred, but for shares. */
static double gauge_max(const struct panel *panel)
{
    if (!isnan(panel->max))
        return panel->max;
    return strcmp(panel->unit, "percentunit") == 0 ? 1 : 100;
}

static void draw_one(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    const struct panel *panel = at->panel;
    double limits[BOARD_LIMITS_MAX];
    struct chart_limit lines[BOARD_LIMITS_MAX];
    struct gauge gauge = {
        .value = panel_data_value(panel, at->data),
        .min = isnan(panel->min) ? 0 : panel->min,
        .max = gauge_max(panel),
        .limits = limits,
        .n_limits = board_limits(panel, lines),
        .role = panel_state_role(at->state),
    };
    struct rect bar;

    for (size_t l = 0; l < gauge.n_limits; l++)
        limits[l] = lines[l].value;
    bar = layout_take_bottom(&inside, 1);
    bar.x++;
    bar.width -= 2;
    bars_big_value(grid, inside, panel_state_role(at->state), at->value);
    bars_gauge(grid, bar, &gauge);
}

void board_gauge_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    struct board_rows rows;

    if (at->data->set.n < 2) {
        draw_one(at, grid, inside);
        return;
    }
    board_rows_make(at, &rows);
    rows.min = isnan(at->panel->min) ? 0 : at->panel->min;
    rows.max = gauge_max(at->panel);
    board_rows_draw(&rows, grid, inside);
}
