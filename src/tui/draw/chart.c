#include "tui/draw/chart.h"

#include "common/clock.h"
#include "tui/draw/chart_plan.h"
#include "tui/text/moment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS 86400000

/* Where values become dots. */
struct canvas {
    struct grid *grid;
    struct chart_plan plan;
    int cell_bits_x, cell_bits_y; /* a cell has 1 << so many dots */
    int n_dots_x, n_dots_y;       /* of the plot */
};

/* A line's look. */
struct ink {
    struct style style;
    uint32_t mark; /* in ASCII */
};

struct dot {
    int x, y; /* from the plot's top left corner */
};

static struct canvas canvas_of(struct grid *grid, struct chart_plan plan)
{
    bool is_braille = grid->encoding == ENCODING_UTF8;
    struct canvas canvas = {
        .grid = grid,
        .plan = plan,
        .cell_bits_x = is_braille ? 1 : 0,
        .cell_bits_y = is_braille ? 2 : 0,
    };

    canvas.n_dots_x = plan.plot.width * (1 << canvas.cell_bits_x);
    canvas.n_dots_y = plan.plot.height * (1 << canvas.cell_bits_y);
    return canvas;
}

/* Of what is over -0.5; lround is a call for every point of every line. */
static int nearest(double value)
{
    return (int)(value + 0.5);
}

/* What is outside the range goes to its edge. */
static int dot_y(const struct canvas *canvas, double value)
{
    double share = chart_plan_share(&canvas->plan, value);

    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return nearest((1 - share) * (canvas->n_dots_y - 1));
}

static void put_dot(const struct canvas *canvas, struct dot dot, struct ink ink)
{
    /* Unicode numbers the dots of a braille cell down the columns, but for the bottom row. */
    static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    int x = canvas->plan.plot.x + (dot.x >> canvas->cell_bits_x);
    int y = canvas->plan.plot.y + (dot.y >> canvas->cell_bits_y);

    if (canvas->cell_bits_y > 0)
        grid_add_dots(canvas->grid, x, y, ink.style, bits[dot.y % 4][dot.x % 2]);
    else
        grid_put_code(canvas->grid, x, y, ink.style, ink.mark);
}

/* Bresenham's line, both ends included. */
static void put_line(const struct canvas *canvas, struct dot from, struct dot to, struct ink ink)
{
    int dx = abs(to.x - from.x), dy = -abs(to.y - from.y);
    int step_x = from.x < to.x ? 1 : -1, step_y = from.y < to.y ? 1 : -1;
    int error = dx + dy;

    for (;;) {
        int twice = 2 * error;

        put_dot(canvas, from, ink);
        if (from.x == to.x && from.y == to.y)
            return;
        if (twice >= dy) {
            error += dy;
            from.x += step_x;
        }
        if (twice <= dx) {
            error += dx;
            from.y += step_y;
        }
    }
}

/* The dot of the i-th value; false for a gap and for what lies outside the time shown. */
static bool dot_of(const struct canvas *canvas,
                   const struct chart_series *series,
                   size_t i,
                   struct dot *ret_dot)
{
    const struct chart_plan *plan = &canvas->plan;
    double at_ms =
        (double)(series->first_ms - plan->start_ms) + (double)i * (double)series->step_ms;
    double x = at_ms / (double)(plan->end_ms - plan->start_ms) * (canvas->n_dots_x - 1);

    if (!isfinite(series->values[i]) || isnan(chart_plan_share(plan, series->values[i])) ||
        !(x > -0.5 && x < canvas->n_dots_x - 0.5))
        return false;
    *ret_dot = (struct dot){nearest(x), dot_y(canvas, series->values[i])};
    return true;
}

static void draw_series(const struct canvas *canvas,
                        const struct chart_series *series,
                        bool is_stale)
{
    struct ink ink = {
        .style = style_with(series->role, is_stale || series->is_dim ? STYLE_DIM : 0),
        .mark = series->mark ? (uint32_t)series->mark : '*',
    };
    struct dot last = {0}, dot;
    bool has_last = false;

    for (size_t i = 0; i < series->n_values; i++) {
        bool has_dot = dot_of(canvas, series, i, &dot);

        if (has_dot)
            put_line(canvas, has_last ? last : dot, dot, ink);
        has_last = has_dot;
        last = dot;
    }
}

/* The row of a limit on the grid, or -1 when it is out of range. */
static int limit_row(const struct canvas *canvas, const struct chart_limit *limit)
{
    const struct chart_plan *plan = &canvas->plan;

    if (!(limit->value >= plan->range.min && limit->value <= plan->range.max))
        return -1;
    return plan->plot.y + (dot_y(canvas, limit->value) >> canvas->cell_bits_y);
}

static void draw_limit(const struct canvas *canvas, const struct chart_limit *limit)
{
    const struct rect *plot = &canvas->plan.plot;
    int y = limit_row(canvas, limit);

    /* The blanks between have the style too: to change it at each cell costs a terminal line 10 bytes. */
    for (int x = plot->x; y >= 0 && x < plot->x + plot->width; x++)
        grid_put_code(canvas->grid, x, y, style_of(limit->role),
                      (x - plot->x) % 2 ? ' ' : glyph_code(GLYPH_LIMIT, canvas->grid->encoding));
}

/* Has a row nothing but blanks and the line of a limit in these cells? */
static bool has_room(const struct grid *grid, int x, int y, int width)
{
    for (int at = x; at < x + width; at++) {
        const struct cell *cell = grid_at(grid, at, y);

        if (cell && cell->code != ' ' && cell->code != glyph_code(GLYPH_LIMIT, grid->encoding))
            return false;
    }
    return true;
}

/* At the left, or as near to it as no line of data is in the way. */
static void draw_limit_label(const struct canvas *canvas, const struct chart_limit *limit)
{
    const struct rect *plot = &canvas->plan.plot;
    int cells = limit->label ? grid_text_cells(canvas->grid->encoding, limit->label) : 0;
    int y = limit_row(canvas, limit);

    for (int x = plot->x; cells > 0 && y >= 0 && x + cells <= plot->x + plot->width; x += 2) {
        if (has_room(canvas->grid, x, y, cells)) {
            (void)grid_put(canvas->grid, x, y, cells, style_of(limit->role), limit->label);
            return;
        }
    }
}

static void draw_column(const struct canvas *canvas, int x, enum role role, enum glyph glyph)
{
    const struct rect *plot = &canvas->plan.plot;

    for (int y = plot->y; x >= 0 && y < plot->y + plot->height; y++)
        grid_put_glyph(canvas->grid, x, y, style_of(role), glyph);
}

static void draw_labels(struct grid *grid, const struct chart_plan *plan)
{
    for (int i = 0; i < plan->n_labels; i++)
        grid_put_right(grid, plan->labels.x, plan->labels.y + plan->label[i].row,
                       plan->labels.width - 1, style_of(ROLE_AXIS), plan->label[i].text);
}

/* ---- Time axis ------------------------------------------------------------------------------ */

/* Are these cells of the axis blank, and those beside them? */
static bool is_free(const struct grid *grid, struct rect axis, int x, int width)
{
    if (x < axis.x || x + width > axis.x + axis.width)
        return false;
    for (int at = x - 1; at <= x + width; at++) {
        const struct cell *cell = grid_at(grid, at, axis.y);

        if (cell && cell->code != ' ' && at >= axis.x && at < axis.x + axis.width)
            return false;
    }
    return true;
}

static void draw_mark_foot(struct grid *grid,
                           const struct chart_plan *plan,
                           const struct chart_mark *mark)
{
    struct style style = style_of(ROLE_MARK);
    const char *label = mark->label ? mark->label : "";
    int x = chart_plan_column(plan, mark->at_ms), y = plan->axis.y;
    int cells = grid_text_cells(grid->encoding, label);

    if (x < 0)
        return;
    /* The label goes to the right of its foot, or to the left where something stands there. */
    if (is_free(grid, plan->axis, x + 1, cells))
        (void)grid_put(grid, x + 1, y, cells, style, label);
    else if (is_free(grid, plan->axis, x - cells, cells))
        (void)grid_put(grid, x - cells, y, cells, style, label);
    grid_put_glyph(grid, x, y, style, GLYPH_MARK_FOOT);
}

/* "07:02", with seconds or as a date where the labels are so far apart. */
static void format_tick(char out[MOMENT_SPAN_SIZE], int64_t at_ms, int64_t step_ms)
{
    char iso[CLOCK_ISO_SIZE];

    if (step_ms >= DAY_MS) {
        clock_format_iso(at_ms, iso, sizeof(iso));
        (void)snprintf(out, MOMENT_SPAN_SIZE, "%.10s", iso);
        return;
    }
    moment_format_clock(at_ms, out);
    if (step_ms >= 60000)
        out[5] = '\0';
}

static void draw_ticks(struct grid *grid, const struct chart_plan *plan)
{
    int64_t step_ms = chart_plan_tick_ms(plan);
    int64_t at_ms = (plan->start_ms + step_ms - 1) / step_ms * step_ms;
    int end = plan->axis.x + plan->axis.width;

    for (; at_ms <= plan->end_ms; at_ms += step_ms) {
        char text[MOMENT_SPAN_SIZE];
        int x = chart_plan_column(plan, at_ms), cells;

        format_tick(text, at_ms, step_ms);
        cells = (int)strlen(text);
        if (x > end - cells) /* the last one may end at the edge instead */
            x = end - cells;
        if (is_free(grid, plan->axis, x, cells))
            (void)grid_put(grid, x, plan->axis.y, cells, style_of(ROLE_AXIS), text);
    }
}

static void draw_time_axis(struct grid *grid,
                           const struct chart *chart,
                           const struct chart_plan *plan)
{
    for (size_t i = 0; i < chart->n_marks; i++)
        draw_mark_foot(grid, plan, &chart->marks[i]);
    draw_ticks(grid, plan);
}

void chart_draw_time_axis(struct grid *grid,
                          struct rect plot,
                          struct rect axis,
                          const struct chart *chart)
{
    struct chart_plan plan = {
        .plot = plot,
        .axis = axis,
        .start_ms = chart->start_ms,
        .end_ms = chart->end_ms > chart->start_ms ? chart->end_ms : chart->start_ms + 1,
    };

    if (plot.width > 0 && axis.height > 0)
        draw_time_axis(grid, chart, &plan);
}

void chart_draw(struct grid *grid, struct rect rect, const struct chart *chart)
{
    struct chart_plan plan = chart_plan_make(chart, rect);
    struct canvas canvas = canvas_of(grid, plan);

    draw_labels(grid, &plan);
    if (plan.plot.width < 1 || plan.plot.height < 1)
        return;
    for (size_t i = 0; i < chart->n_limits; i++)
        draw_limit(&canvas, &chart->limits[i]);
    for (size_t i = 0; i < chart->n_marks; i++)
        draw_column(&canvas, chart_plan_column(&plan, chart->marks[i].at_ms), ROLE_MARK,
                    GLYPH_MARK);
    if (chart->cursor_ms >= 0)
        draw_column(&canvas, chart_plan_column(&plan, chart->cursor_ms), ROLE_ACCENT, GLYPH_CURSOR);
    for (size_t i = chart->n_series; i > 0; i--)
        draw_series(&canvas, &chart->series[i - 1], chart->is_stale);
    for (size_t i = 0; i < chart->n_limits; i++)
        draw_limit_label(&canvas, &chart->limits[i]);
    if (plan.axis.height > 0)
        draw_time_axis(grid, chart, &plan);
}
