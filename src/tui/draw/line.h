#ifndef TW_TUI_LINE_H
#define TW_TUI_LINE_H

/* One row made of parts of different weight: what does not fit is first said in short, and then left
 * out, the least important first. Pure. */

#include "tui/draw/grid.h"

#include <stdbool.h>
#include <stddef.h>

#define LINE_PARTS_MAX 24
#define LINE_TEXT_SIZE 160

struct line_part {
    char text[LINE_TEXT_SIZE];
    char brief[LINE_TEXT_SIZE]; /* "": there is no shorter way to say it */
    struct style style;
    int weight;      /* the lightest go first; of equal ones the later */
    bool is_right;   /* at the right end */
    bool is_divided; /* a separator stands before it */
    bool is_left_out;
};

struct line {
    struct line_part parts[LINE_PARTS_MAX];
    size_t n;
};

/* The part that was added; valid until the line goes. Beyond LINE_PARTS_MAX the last one is replaced. */
struct line_part *line_add(struct line *line, int weight, struct style style, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
void line_brief(struct line_part *part, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Marks parts as left out. */
void line_draw(struct grid *grid, struct rect row, struct line *line);

#endif
