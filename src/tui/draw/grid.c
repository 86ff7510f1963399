#include "tui/draw/grid.h"

#include "common/alloc.h"
#include "common/utf8.h"
#include "tui/text/server_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PEN_TEXT_SIZE 2048   /* bytes of one pen_putf */
#define BRAILLE       0x2800 /* without a dot */

static const struct cell blank = {.code = ' ', .width = 1};

static int bound(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

void grid_init(struct grid *grid, int width, int height, enum encoding encoding)
{
    *grid = (struct grid){.encoding = encoding};
    grid_resize(grid, width, height);
}

void grid_finish(struct grid *grid)
{
    free(grid->cells);
    *grid = (struct grid){0};
}

void grid_resize(struct grid *grid, int width, int height)
{
    grid->width = bound(width, 1, GRID_SIDE_MAX);
    grid->height = bound(height, 1, GRID_SIDE_MAX);
    grid->cells = xrealloc_array(grid->cells, (size_t)grid->width * (size_t)grid->height,
                                 sizeof(*grid->cells));
    grid_clear(grid);
}

void grid_clear(struct grid *grid)
{
    size_t n_cells = (size_t)grid->width * (size_t)grid->height;

    for (size_t i = 0; i < n_cells; i++)
        grid->cells[i] = blank;
    grid->cursor_x = grid->cursor_y = -1;
    grid_drop_items(grid);
}

void grid_drop_items(struct grid *grid)
{
    grid->n_items = 0;
}

void grid_add_item(struct grid *grid, struct rect rect, int item)
{
    if (grid->n_items < GRID_ITEMS_MAX)
        grid->items[grid->n_items++] = (struct grid_item){rect, item};
}

int grid_item_at(const struct grid *grid, int x, int y)
{
    for (size_t i = grid->n_items; i > 0; i--) {
        const struct rect *rect = &grid->items[i - 1].rect;

        if (x >= rect->x && x < rect->x + rect->width && y >= rect->y && y < rect->y + rect->height)
            return grid->items[i - 1].item;
    }
    return -1;
}

/* x and y must be inside. */
static size_t index_of(const struct grid *grid, int x, int y)
{
    return (size_t)y * (size_t)grid->width + (size_t)x;
}

static struct cell *cell_at(const struct grid *grid, int x, int y)
{
    if (x < 0 || y < 0 || x >= grid->width || y >= grid->height)
        return NULL;
    return &grid->cells[index_of(grid, x, y)];
}

const struct cell *grid_at(const struct grid *grid, int x, int y)
{
    return cell_at(grid, x, y);
}

bool grid_cell_equals(const struct cell *a, const struct cell *b)
{
    return a->code == b->code && a->width == b->width && a->style.fg == b->style.fg &&
           a->style.bg == b->style.bg && a->style.flags == b->style.flags;
}

/* What does not belong on a screen as it is: beside what server_text knows, everything without an
 * assigned look of its own that terminals treat each in their way. */
static bool is_unsafe(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } unsafe[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},        {0xad, 0xad},     {0x061c, 0x061c},
        {0x115f, 0x1160},   {0x17b4, 0x17b5},    {0x180b, 0x180f}, {0x200b, 0x200f},
        {0x2028, 0x202e},   {0x2060, 0x206f},    {0x3164, 0x3164}, {0xd800, 0xf8ff},
        {0xfeff, 0xfeff},   {0xffa0, 0xffa0},    {0xfff0, 0xfffb}, {0xfffe, 0xffff},
        {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
    };

    for (size_t i = 0; i < COUNT_OF(unsafe); i++)
        if (code >= unsafe[i].first && code <= unsafe[i].last)
            return true;
    return code > 0x10ffff;
}

/* The character that stands for code in this encoding, and its cells. */
static struct cell printable(enum encoding encoding, uint32_t code)
{
    int cells;

    if (code >= 0x20 && code < 0x7f)
        return (struct cell){.code = code, .width = 1};
    if (encoding == ENCODING_ASCII)
        return (struct cell){.code = '?', .width = 1};
    if (code < 0x20)
        return (struct cell){.code = 0x2400 + code, .width = 1}; /* the pictures of controls */
    if (code == 0x7f)
        return (struct cell){.code = 0x2421, .width = 1};
    if ((code >= 0x2500 && code < 0x25a0) || (code >= 0x2800 && code < 0x2900))
        return (struct cell){.code = code, .width = 1}; /* frames and braille: most of a screen */
    cells = server_text_cells_of(code);
    if (is_unsafe(code) || cells < 1)
        return (struct cell){.code = 0xfffd, .width = 1};
    return (struct cell){.code = code, .width = (uint8_t)cells};
}

/* Leaves no half of a wide character behind when the cell is about to be overwritten. */
static void release(struct grid *grid, int x, int y)
{
    int width = grid->cells[index_of(grid, x, y)].width;
    struct cell *other = width == 1 ? NULL : cell_at(grid, width == 0 ? x - 1 : x + 1, y);

    if (other) {
        other->code = ' ';
        other->width = 1;
    }
}

static void place(struct grid *grid, int x, int y, struct style style, struct cell what)
{
    struct cell *cell = cell_at(grid, x, y);

    if (!cell || (what.width == 2 && x + 1 >= grid->width))
        return;
    release(grid, x, y);
    if (what.width == 2) {
        release(grid, x + 1, y);
        cell[1] = (struct cell){.style = style};
    }
    *cell = what;
    cell->style = style;
}

void grid_put_code(struct grid *grid, int x, int y, struct style style, uint32_t code)
{
    place(grid, x, y, style, printable(grid->encoding, code));
}

void grid_add_dots(struct grid *grid, int x, int y, struct style style, unsigned dots)
{
    struct cell *cell = cell_at(grid, x, y);

    if (!cell)
        return;
    if (cell->code < BRAILLE || cell->code > BRAILLE + 0xff) {
        release(grid, x, y);
        *cell = (struct cell){.code = BRAILLE, .width = 1};
    }
    cell->code |= dots & 0xff;
    cell->style = style;
}

void grid_put_glyph(struct grid *grid, int x, int y, struct style style, enum glyph glyph)
{
    grid_put_code(grid, x, y, style, glyph_code(glyph, grid->encoding));
}

int grid_put(struct grid *grid, int x, int y, int width, struct style style, const char *text)
{
    size_t len = strlen(text);
    int used = 0;

    for (size_t at = 0, step; at < len; at += step) {
        struct cell what = printable(grid->encoding, utf8_decode(text + at, len - at, &step));

        if (used + what.width > width)
            break;
        place(grid, x + used, y, style, what);
        used += what.width;
    }
    return used;
}

int grid_code_cells(enum encoding encoding, uint32_t code)
{
    return printable(encoding, code).width;
}

int grid_text_cells(enum encoding encoding, const char *text)
{
    size_t len = strlen(text);
    int cells = 0;

    for (size_t at = 0, step; at < len; at += step)
        cells += printable(encoding, utf8_decode(text + at, len - at, &step)).width;
    return cells;
}

int grid_put_cut(struct grid *grid, int x, int y, int width, struct style style, const char *text)
{
    int used;

    if (width <= 0)
        return 0;
    if (grid_text_cells(grid->encoding, text) <= width)
        return grid_put(grid, x, y, width, style, text);
    used = grid_put(grid, x, y, width - 1, style, text);
    grid_put_glyph(grid, x + used, y, style, GLYPH_ELLIPSIS);
    return used + 1;
}

void grid_put_right(
    struct grid *grid, int x, int y, int width, struct style style, const char *text)
{
    int cells = grid_text_cells(grid->encoding, text);

    if (cells <= width)
        (void)grid_put(grid, x + width - cells, y, cells, style, text);
    else
        (void)grid_put_cut(grid, x, y, width, style, text);
}

/* The part of rect that is on the grid. */
static struct rect clip(const struct grid *grid, struct rect rect)
{
    int left = bound(rect.x, 0, grid->width), top = bound(rect.y, 0, grid->height);
    int right = rect.width > 0 ? bound(rect.x + rect.width, left, grid->width) : left;
    int bottom = rect.height > 0 ? bound(rect.y + rect.height, top, grid->height) : top;

    return (struct rect){left, top, right - left, bottom - top};
}

void grid_fill(struct grid *grid, struct rect rect, struct style style, uint32_t code)
{
    struct rect part = clip(grid, rect);

    for (int y = part.y; y < part.y + part.height; y++)
        for (int x = part.x; x < part.x + part.width; x++)
            grid_put_code(grid, x, y, style, code);
}

void grid_set_background(struct grid *grid, struct rect rect, enum role bg)
{
    struct rect part = clip(grid, rect);

    for (int y = part.y; y < part.y + part.height; y++)
        for (int x = part.x; x < part.x + part.width; x++)
            grid->cells[index_of(grid, x, y)].style.bg = (uint8_t)bg;
}

void grid_add_flags(struct grid *grid, struct rect rect, unsigned flags)
{
    struct rect part = clip(grid, rect);

    for (int y = part.y; y < part.y + part.height; y++)
        for (int x = part.x; x < part.x + part.width; x++)
            grid->cells[index_of(grid, x, y)].style.flags |= (uint8_t)flags;
}

void grid_restyle(struct grid *grid, struct rect rect, struct style style)
{
    struct rect part = clip(grid, rect);

    for (int y = part.y; y < part.y + part.height; y++)
        for (int x = part.x; x < part.x + part.width; x++)
            grid->cells[index_of(grid, x, y)].style = style;
}

struct pen pen_at(struct grid *grid, struct rect row)
{
    return (struct pen){
        .grid = grid,
        .x = row.x,
        .y = row.y,
        .end = row.height > 0 && row.width > 0 ? row.x + row.width : row.x,
    };
}

int pen_left(const struct pen *pen)
{
    return pen->end > pen->x ? pen->end - pen->x : 0;
}

void pen_put(struct pen *pen, struct style style, const char *text)
{
    pen->x += grid_put_cut(pen->grid, pen->x, pen->y, pen_left(pen), style, text);
}

void pen_putf(struct pen *pen, struct style style, const char *fmt, ...)
{
    char text[PEN_TEXT_SIZE];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    pen_put(pen, style, text);
}

void pen_glyph(struct pen *pen, struct style style, enum glyph glyph)
{
    if (pen_left(pen) == 0)
        return;
    grid_put_glyph(pen->grid, pen->x, pen->y, style, glyph);
    pen->x++;
}

void pen_skip(struct pen *pen, int cells)
{
    pen->x += bound(cells, 0, pen_left(pen));
}

void pen_to(struct pen *pen, int x)
{
    pen_skip(pen, x - pen->x);
}
