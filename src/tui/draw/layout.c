#include "tui/draw/layout.h"

#define FULL_MIN_WIDTH   40
#define FULL_MIN_HEIGHT  20
#define STRIP_MIN_WIDTH  40
#define STRIP_MIN_HEIGHT 10
#define CHART_MIN_HEIGHT 8   /* of a framed chart that can be read */
#define SMALL_MIN_HEIGHT 5   /* of a framed number */
#define SMALL_ITEM       4   /* up to here a dashboard's author means a number, not a chart */
#define BOARD_WIDTH      24  /* columns of a Grafana dashboard */
#define GAP_MIN_WIDTH    120 /* from here on panels stand apart */
#define ITEM_SIZE_MAX    1000

struct rect layout_take_top(struct rect *rect, int height)
{
    struct rect part = *rect;

    part.height = height > rect->height ? rect->height : height;
    if (part.height < 0)
        part.height = 0;
    rect->y += part.height;
    rect->height -= part.height;
    return part;
}

struct rect layout_take_bottom(struct rect *rect, int height)
{
    struct rect part = *rect;

    (void)layout_take_top(&part, rect->height - height);
    rect->height -= part.height;
    return part;
}

struct rect layout_take_left(struct rect *rect, int width)
{
    struct rect part = *rect;

    part.width = width > rect->width ? rect->width : width;
    if (part.width < 0)
        part.width = 0;
    rect->x += part.width;
    rect->width -= part.width;
    return part;
}

struct rect layout_take_right(struct rect *rect, int width)
{
    struct rect part = *rect;

    (void)layout_take_left(&part, rect->width - width);
    rect->width -= part.width;
    return part;
}

struct rect layout_center(struct rect outer, int width, int height)
{
    struct rect inner = {
        .width = width < outer.width ? width : outer.width,
        .height = height < outer.height ? height : outer.height,
    };

    inner.x = outer.x + (outer.width - inner.width) / 2;
    inner.y = outer.y + (outer.height - inner.height) / 2;
    return inner;
}

struct layout_frame layout_frame(int width, int height)
{
    struct rect rest = {0, 0, width, height};
    struct layout_frame frame = {.mode = LAYOUT_LINE};

    if (width >= FULL_MIN_WIDTH && height >= FULL_MIN_HEIGHT)
        frame.mode = LAYOUT_FULL;
    else if (width >= STRIP_MIN_WIDTH && height >= STRIP_MIN_HEIGHT)
        frame.mode = LAYOUT_STRIPS;
    frame.header = layout_take_top(&rest, 1);
    if (frame.mode == LAYOUT_LINE)
        return frame;
    frame.alerts = layout_take_top(&rest, 1);
    frame.footer = layout_take_bottom(&rest, 1);
    frame.simulations = layout_take_bottom(&rest, 1);
    frame.body = rest;
    return frame;
}

int layout_columns(int width)
{
    return width >= GAP_MIN_WIDTH ? 3 : width >= 76 ? 2 : 1;
}

/* A run of items side by side. */
struct row {
    size_t first, n;
    int height; /* of the tallest, in the board's units */
    int width;  /* of all together */
};

static int item_size(int size)
{
    return size < 1 ? 1 : size > ITEM_SIZE_MAX ? ITEM_SIZE_MAX : size;
}

/* The columns that an item gets, halves rounded down: 12 of 24 is one of three. */
static int span_of(const struct layout_item *item, int n_columns)
{
    int width = item->width > BOARD_WIDTH ? BOARD_WIDTH : item_size(item->width);
    int span = (2 * width * n_columns + BOARD_WIDTH - 1) / (2 * BOARD_WIDTH);

    return span < 1 ? 1 : span;
}

/* The row that begins with item first. */
static struct row row_at(const struct layout_item *items,
                         size_t n_items,
                         size_t first,
                         int n_columns)
{
    struct row row = {.first = first};
    int left = n_columns;

    for (size_t i = first; i < n_items; i++) {
        int span = span_of(&items[i], n_columns);

        if (span > left)
            break;
        left -= span;
        row.n++;
        row.width += span;
        if (item_size(items[i].height) > row.height)
            row.height = item_size(items[i].height);
    }
    return row;
}

/* Divides the row's width by the items' spans. */
static void place_row(const struct layout_item *items,
                      const struct row *row,
                      struct rect area,
                      int n_columns,
                      struct rect *rects)
{
    int gap = area.width >= GAP_MIN_WIDTH ? 1 : 0;
    int room = area.width - gap * ((int)row->n - 1);
    int used = 0;

    for (size_t i = row->first; i < row->first + row->n; i++) {
        int from = room * used / row->width + gap * (int)(i - row->first);
        int to;

        used += span_of(&items[i], n_columns);
        to = room * used / row->width + gap * (int)(i - row->first);
        rects[i] = (struct rect){area.x + from, area.y, to - from, area.height};
    }
}

static int least_height(const struct row *row)
{
    return row->height <= SMALL_ITEM ? SMALL_MIN_HEIGHT : CHART_MIN_HEIGHT;
}

/* The rows from first_row on that fit into a height; one at least, if there is room for any. */
struct share {
    int n_rows; /* of all */
    int n_shown;
    int weights; /* of the shown ones together */
    int least;
    size_t first_item, n_items;
};

static struct share count_rows(
    const struct layout_item *items, size_t n_items, int n_columns, int first_row, int height)
{
    struct share share = {0};
    bool is_full = height < SMALL_MIN_HEIGHT;

    for (size_t at = 0; at < n_items; share.n_rows++) {
        struct row row = row_at(items, n_items, at, n_columns);

        if (share.n_rows == first_row)
            share.first_item = at;
        if (share.n_rows >= first_row && share.n_shown > 0 &&
            share.least + least_height(&row) > height)
            is_full = true;
        if (share.n_rows >= first_row && !is_full) {
            share.n_shown++;
            share.weights += row.height;
            share.least += least_height(&row);
            share.n_items += row.n;
        }
        at += row.n;
    }
    return share;
}

struct layout_flow layout_flow(const struct layout_item *items,
                               size_t n_items,
                               struct rect body,
                               int first_row,
                               struct rect *rects)
{
    int n_columns = layout_columns(body.width);
    int last = 0, spare, left = body.height;
    struct share share = count_rows(items, n_items, n_columns, 0, body.height);
    size_t at;

    for (size_t i = 0; i < n_items; i++)
        rects[i] = (struct rect){0};
    /* Not further down than where the last row is still the last one shown. */
    while (last < first_row && last + share.n_shown < share.n_rows && share.n_shown > 0)
        share = count_rows(items, n_items, n_columns, ++last, body.height);
    at = share.first_item;
    spare = body.height - share.least;
    for (int i = 0; i < share.n_shown; i++) {
        struct row row = row_at(items, n_items, at, n_columns);
        int more = spare > 0 ? (int)((long)spare * row.height / share.weights) : 0;
        int height = i == share.n_shown - 1 ? left : least_height(&row) + more;

        place_row(items, &row,
                  (struct rect){body.x, body.y + body.height - left, body.width, height}, n_columns,
                  rects);
        left -= height;
        at += row.n;
    }
    return (struct layout_flow){share.n_rows, last, share.n_shown, share.first_item, share.n_items};
}

static int bounded_row(int wish, int n_rows, int n_shown_max)
{
    int last = n_rows > n_shown_max ? n_rows - n_shown_max : 0;

    return wish < 0 ? 0 : wish > last ? last : wish;
}

struct layout_flow layout_strips(size_t n_items,
                                 struct rect body,
                                 int first_row,
                                 struct rect *rects)
{
    int n_rows = n_items > 1000000 ? 1000000 : (int)n_items;
    int n_shown_max = body.height > 0 && body.width > 0 ? body.height : 0;
    struct layout_flow flow = {.n_rows = n_rows};

    flow.first_row = bounded_row(first_row, n_rows, n_shown_max);
    flow.n_rows_shown = n_rows - flow.first_row;
    if (flow.n_rows_shown > n_shown_max)
        flow.n_rows_shown = n_shown_max;
    flow.first_item = (size_t)flow.first_row;
    flow.n_items_shown = (size_t)flow.n_rows_shown;
    for (size_t i = 0; i < n_items; i++) {
        bool is_shown = i >= flow.first_item && i - flow.first_item < flow.n_items_shown;

        rects[i] = (struct rect){0};
        if (is_shown)
            rects[i] = (struct rect){body.x, body.y + (int)(i - flow.first_item), body.width, 1};
    }
    return flow;
}

static bool is_before(const struct layout_item *a, const struct layout_item *b)
{
    return a->y != b->y ? a->y < b->y : a->x < b->x;
}

void layout_reading_order(const struct layout_item *items, size_t n_items, size_t *order)
{
    /* By insertion: boards have tens of panels, and equal ones keep their order in the file. */
    for (size_t i = 0; i < n_items; i++) {
        size_t to = i;

        for (; to > 0 && is_before(&items[i], &items[order[to - 1]]); to--)
            order[to] = order[to - 1];
        order[to] = i;
    }
}
