#include "tui/draw/bars.h"
#include "tui/view/board_parts.h"

#include <math.h>
#include <stdio.h>

#define NAME_CELLS_MIN 8
#define BAR_CELLS_MIN  4
#define SHARE_CELLS    5

void board_rows_make(const struct board_panel *at, struct board_rows *ret_rows)
{
    const struct series_set *set = &at->data->set;

    ret_rows->n = 0;
    ret_rows->panel = at->panel;
    ret_rows->n_points = set->grid.n;
    ret_rows->is_stale = board_is_stale(at);
    ret_rows->bar = BOARD_BARS;
    ret_rows->top = at->top;
    ret_rows->rest_total = (double)NAN;
    for (size_t s = 0; s < set->n && s < SERIES_MAX; s++) {
        struct board_row *row = &ret_rows->at[ret_rows->n++];

        row->series = &set->at[s];
        row->name = row->series->name;
        row->value = series_reduce(row->series, set->grid.n, at->panel->calc);
        row->share[0] = '\0';
        row->role = board_value_role(at->panel, row->value, ROLE_SERIES_1);
        board_format(at->panel, row->value, true, row->text);
    }
}

struct board_span board_span_of(size_t n_all, size_t room, int *top)
{
    struct board_span span = {.n = n_all < room ? n_all : room, .n_all = n_all};
    size_t last;

    if (n_all > room && room > 0) {
        span.has_rest = true;
        span.n = room - 1;
    }
    last = span.has_rest && span.n > 0 ? n_all - span.n : 0;
    span.first = *top < 0 ? 0 : (size_t)*top < last ? (size_t)*top : last;
    *top = (int)span.first;
    return span;
}

void board_format_rest(const struct board_span *span, const char *what, char out[BOARD_REST_SIZE])
{
    size_t after = span->n_all - span->first - span->n;
    const char *blank = what ? " " : "", *word = what ? what : "";

    if (span->first == 0)
        (void)snprintf(out, BOARD_REST_SIZE, "%zu more%s%s", after, blank, word);
    else if (after == 0)
        (void)snprintf(out, BOARD_REST_SIZE, "%zu%s%s above", span->first, blank, word);
    else
        (void)snprintf(out, BOARD_REST_SIZE, "%zu%s%s above, %zu more", span->first, blank, word,
                       after);
}

/* Where the parts of a line stand. */
struct columns {
    int name, bar, share, text; /* cells; 0: left out */
};

static struct columns plan(const struct board_rows *rows, enum encoding encoding, int width)
{
    struct columns columns = {0};
    int most;

    for (size_t i = 0; i < rows->n; i++) {
        int name = grid_text_cells(encoding, rows->at[i].name);
        int text = grid_text_cells(encoding, rows->at[i].text);

        columns.name = name > columns.name ? name : columns.name;
        columns.text = text > columns.text ? text : columns.text;
        if (rows->at[i].share[0])
            columns.share = SHARE_CELLS;
    }
    if (columns.text > width / 2)
        columns.text = width / 2;
    width -= columns.text + 1;
    if (columns.share > 0 && width >= NAME_CELLS_MIN + SHARE_CELLS + 1)
        width -= columns.share + 1;
    else
        columns.share = 0;
    most = width / 2 > NAME_CELLS_MIN ? width / 2 : NAME_CELLS_MIN;
    if (width < columns.name + 1 + BAR_CELLS_MIN && width < most + 1 + BAR_CELLS_MIN) {
        columns.name = width > 0 ? width : 0;
        return columns;
    }
    columns.name = columns.name < most ? columns.name : most;
    columns.bar = width - columns.name - 1;
    return columns;
}

static void put_bar(const struct board_rows *rows,
                    const struct board_row *row,
                    struct grid *grid,
                    struct rect rect)
{
    struct chart_limit lines[BOARD_LIMITS_MAX];
    double limits[BOARD_LIMITS_MAX];
    struct gauge gauge = {.value = row->value,
                          .min = rows->min,
                          .max = rows->max,
                          .limits = limits,
                          .n_limits = rows->panel ? board_limits(rows->panel, lines) : 0,
                          .role = row->role};
    struct spark spark = {.values = row->series->values,
                          .n_values = rows->n_points,
                          .min = CHART_AUTO,
                          .max = CHART_AUTO,
                          .style = style_with(row->role, rows->is_stale ? STYLE_DIM : 0)};

    for (size_t i = 0; i < gauge.n_limits; i++)
        limits[i] = lines[i].value;
    if (rows->bar == BOARD_SPARKS)
        bars_spark(grid, rect, &spark);
    else
        bars_gauge(grid, rect, &gauge);
}

static void put_row(const struct board_rows *rows,
                    const struct board_row *row,
                    const struct columns *columns,
                    struct grid *grid,
                    struct rect line)
{
    struct style style = style_with(row->role, STYLE_BOLD);
    int x = line.x;

    (void)grid_put_cut(grid, x, line.y, columns->name, style_of(ROLE_NORMAL), row->name);
    x += columns->name + 1;
    if (columns->bar > 0)
        put_bar(rows, row, grid, (struct rect){x, line.y, columns->bar, 1});
    x = line.x + line.width - columns->text;
    grid_put_right(grid, x, line.y, columns->text, style, row->text);
    if (columns->share > 0)
        grid_put_right(grid, x - 1 - columns->share, line.y, columns->share, style_of(ROLE_NORMAL),
                       row->share);
}

/* How many have no room, and of a pie their share. */
static void put_rest(const struct board_rows *rows,
                     const struct board_span *span,
                     struct grid *grid,
                     struct rect line)
{
    char rest[BOARD_REST_SIZE], text[BOARD_REST_SIZE + 16];
    double share = 0;

    board_format_rest(span, NULL, rest);
    for (size_t i = 0; i < rows->n; i++)
        if (i < span->first || i >= span->first + span->n)
            share += rows->at[i].value;
    if (rows->rest_total > 0)
        (void)snprintf(text, sizeof(text), "%s, %.1f%%", rest, 100 * share / rows->rest_total);
    else
        (void)snprintf(text, sizeof(text), "%s", rest);
    (void)grid_put_cut(grid, line.x, line.y, line.width, style_of(ROLE_DIM), text);
}

void board_rows_draw(const struct board_rows *rows, struct grid *grid, struct rect inside)
{
    struct rect line = {inside.x + 1, inside.y, inside.width - 2, 1};
    struct board_span span;
    struct columns columns;

    if (line.width < 1)
        return;
    span = board_span_of(rows->n, inside.height > 0 ? (size_t)inside.height : 0, rows->top);
    columns = plan(rows, grid->encoding, line.width);
    for (size_t i = 0; i < span.n; i++, line.y++)
        put_row(rows, &rows->at[span.first + i], &columns, grid, line);
    if (span.has_rest)
        put_rest(rows, &span, grid, line);
}
