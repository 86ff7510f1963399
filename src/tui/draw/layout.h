#ifndef TW_TUI_LAYOUT_H
#define TW_TUI_LAYOUT_H

/* Where things go on a screen of any size. Pure. */

#include "tui/draw/grid.h"

#include <stdbool.h>
#include <stddef.h>

enum layout_mode {
    LAYOUT_FULL,   /* framed panels: from 40 columns and 20 rows on */
    LAYOUT_STRIPS, /* one line per panel: down to 40x10 */
    LAYOUT_LINE,   /* a status line and nothing else */
};

/* The rows that every view has, and what is left for it. In LAYOUT_LINE the header is the line and
 * the rest is empty. Parts that have no room are empty rects. */
struct layout_frame {
    enum layout_mode mode;
    struct rect header, alerts, body, simulations, footer;
};

struct layout_frame layout_frame(int width, int height);

/* gridPos of a dashboard's panel: 24 columns across. Only order and relative size are used. */
struct layout_item {
    int x, y, width, height;
};

/* Columns that a width carries: 3 from 120, 2 from 76, else 1. */
int layout_columns(int width);

struct layout_flow {
    int n_rows;    /* in all */
    int first_row; /* the first one shown: the wish, bounded */
    int n_rows_shown;
    size_t first_item, n_items_shown;
};

/* Flows items, which must be in reading order, into rows of panels in body, from row first_row on,
 * as many as can be read; rects (n_items) of the others are empty. */
struct layout_flow layout_flow(const struct layout_item *items,
                               size_t n_items,
                               struct rect body,
                               int first_row,
                               struct rect *rects);

/* The same with one line per panel. */
struct layout_flow layout_strips(size_t n_items,
                                 struct rect body,
                                 int first_row,
                                 struct rect *rects);

/* Sorts by y, then x, as Grafana reads a board; order (n_items) gets the indices. */
void layout_reading_order(const struct layout_item *items, size_t n_items, size_t *order);

/* Cut a rect in two. What does not fit is empty. */
struct rect layout_take_top(struct rect *rect, int height);
struct rect layout_take_bottom(struct rect *rect, int height);
struct rect layout_take_left(struct rect *rect, int width);
struct rect layout_take_right(struct rect *rect, int width);

/* A rect of this size in the middle, bounded by the outer one. */
struct rect layout_center(struct rect outer, int width, int height);

#endif
