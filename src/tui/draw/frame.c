#include "tui/draw/frame.h"

/* Does a blank look the same in this style as in any other? */
static bool is_plain(enum theme theme, struct style style)
{
    struct look look = theme_look(theme, style);

    return look.bg == LOOK_DEFAULT && !(look.flags & (STYLE_REVERSE | STYLE_UNDERLINE));
}

struct cell frame_cell(const struct grid *grid, enum theme theme, int width, int x, int y)
{
    const struct cell *cell = grid_at(grid, x, y), *left, *right;
    struct cell out = {.code = ' ', .width = 1};

    if (cell && !(cell->width == 2 && x + 1 >= width))
        out = *cell;
    if (out.code != ' ')
        return out;
    left = grid_at(grid, x - 1, y);
    right = grid_at(grid, x + 1, y);
    if (left && right && left->code != ' ' && right->code != ' ' && is_plain(theme, out.style) &&
        is_plain(theme, left->style))
        out.style = left->style;
    return out;
}
