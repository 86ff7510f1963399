#ifndef TW_TUI_GRID_H
#define TW_TUI_GRID_H

/* The screen as cells of our own. Views draw into a grid; the terminal, plain text and the tests read
 * it. Whatever lies outside is clipped, so drawing never fails. Text is made safe here once more,
 * whoever it came from: a control character, an escape, a mark that turns the reading direction and
 * whatever else takes no cell become a visible placeholder. Pure; memory is taken at init and resize
 * alone. A grid belongs to one thread. */

#include "common/cleanup.h"
#include "tui/draw/style.h"
#include "tui/text/encoding.h"
#include "tui/text/glyph.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

#define GRID_SIDE_MAX 1000 /* cells; a larger screen is used in part */

struct rect {
    int x, y, width, height; /* cells; nothing to draw in when width or height is below 1 */
};

struct cell {
    uint32_t code; /* 0: the right half of the wide character to the left */
    struct style style;
    uint8_t width; /* 1 or 2; 0 for a right half */
};

/* Where something stands that can be clicked. */
#define GRID_ITEMS_MAX 256

struct grid_item {
    struct rect rect;
    int item;
};

struct grid {
    int width, height;
    struct cell *cells;     /* rows of width cells; owned */
    int cursor_x, cursor_y; /* where the terminal's cursor shows; x below 0: hidden */
    enum encoding encoding;
    size_t n_items;
    struct grid_item items[GRID_ITEMS_MAX]; /* of this frame; further ones are dropped */
};

void grid_init(struct grid *grid, int width, int height, enum encoding encoding);
void grid_finish(struct grid *grid);

/* Blank afterwards. Sides are bounded to 1..GRID_SIDE_MAX. */
void grid_resize(struct grid *grid, int width, int height);

/* All blanks in ROLE_NORMAL, cursor hidden, no items: the start of each frame. */
void grid_clear(struct grid *grid);

static inline struct rect grid_rect(const struct grid *grid)
{
    return (struct rect){0, 0, grid->width, grid->height};
}

/* The cell, or NULL outside. */
const struct cell *grid_at(const struct grid *grid, int x, int y);
bool grid_cell_equals(const struct cell *a, const struct cell *b);

/* One character; a wide one needs both cells inside. What is no visible character, or not of the
 * grid's encoding, becomes a placeholder. Half-covered wide characters become blanks. */
void grid_put_code(struct grid *grid, int x, int y, struct style style, uint32_t code);

/* Adds dots to a braille character, as Unicode numbers them, or makes one of them alone. */
void grid_add_dots(struct grid *grid, int x, int y, struct style style, unsigned dots);
void grid_put_glyph(struct grid *grid, int x, int y, struct style style, enum glyph glyph);

/* UTF-8 text from (x, y) in at most width cells, the rest is left out. Returns the cells written. */
int grid_put(struct grid *grid, int x, int y, int width, struct style style, const char *text);

/* As grid_put, with an ellipsis in the last cell when not all of it fits. */
int grid_put_cut(struct grid *grid, int x, int y, int width, struct style style, const char *text);

/* Ends at x + width. Cut when too long. */
void grid_put_right(
    struct grid *grid, int x, int y, int width, struct style style, const char *text);

void grid_fill(struct grid *grid, struct rect rect, struct style style, uint32_t code);

/* Gives the cells a background, or flags more, and leaves what is written in them. */
void grid_set_background(struct grid *grid, struct rect rect, enum role bg);
void grid_add_flags(struct grid *grid, struct rect rect, unsigned flags);

/* The same, and all foregrounds become fg: what lies under a dialog, and stale charts. */
void grid_restyle(struct grid *grid, struct rect rect, struct style style);

/* A row of a list or a panel, under the number that its view has for it; and what stands there, the newest
 * first: -1, nothing. */
void grid_add_item(struct grid *grid, struct rect rect, int item);
int grid_item_at(const struct grid *grid, int x, int y);

/* Something lies over all of them. */
void grid_drop_items(struct grid *grid);

/* Cells that one character takes in a grid of this encoding, 1 or 2. */
int grid_code_cells(enum encoding encoding, uint32_t code);

/* Cells that text takes in a grid of this encoding, placeholders included. */
int grid_text_cells(enum encoding encoding, const char *text);

/* Writes left to right in one row, up to end. For lines made of pieces in several styles. */
struct pen {
    struct grid *grid;
    int x, y;
    int end; /* the first column that is not ours */
};

struct pen pen_at(struct grid *grid, struct rect row);
void pen_put(struct pen *pen, struct style style, const char *text);
void pen_putf(struct pen *pen, struct style style, const char *fmt, ...) PRINTF_LIKE(3, 4);
void pen_glyph(struct pen *pen, struct style style, enum glyph glyph);
void pen_skip(struct pen *pen, int cells);
void pen_to(struct pen *pen, int x); /* never back */
int pen_left(const struct pen *pen); /* cells up to the end */

/* The screen as lines of text without trailing blanks. With letters, a second screen of the styles
 * follows: style_letter of each cell's foreground, in upper case when bold, and lines that name
 * backgrounds and flags; for tests. */
void grid_write_text(const struct grid *grid, struct buffer *out);
void grid_write_styles(const struct grid *grid, struct buffer *out);

#endif
