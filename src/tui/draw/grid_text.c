/* Grids as text: for --once, for copies, and for the tests. */

#include "common/buffer.h"
#include "common/utf8.h"
#include "tui/draw/grid.h"

#include <ctype.h>

static void put_utf8(struct buffer *out, uint32_t code)
{
    char bytes[4];

    (void)buffer_append(out, bytes, utf8_encode(code, bytes));
}

void grid_write_text(const struct grid *grid, struct buffer *out)
{
    for (int y = 0; y < grid->height; y++) {
        int end = grid->width;

        while (end > 0 && grid_at(grid, end - 1, y)->code == ' ')
            end--;
        for (int x = 0; x < end; x++)
            if (grid_at(grid, x, y)->width > 0)
                put_utf8(out, grid_at(grid, x, y)->code);
        (void)buffer_putc(out, '\n');
    }
}

/* One letter that tells a style: the role, in upper case when it stands out; '#' under a background. */
static char letter_of(const struct cell *cell)
{
    char letter = style_letter((enum role)cell->style.fg);

    if (cell->style.bg != ROLE_NORMAL)
        return '#';
    if (cell->style.flags & (STYLE_BOLD | STYLE_REVERSE))
        return (char)toupper((unsigned char)letter);
    if (cell->style.flags & STYLE_DIM && cell->style.fg != ROLE_DIM)
        return ',';
    return letter;
}

void grid_write_styles(const struct grid *grid, struct buffer *out)
{
    for (int y = 0; y < grid->height; y++) {
        int end = grid->width;

        while (end > 0 && letter_of(grid_at(grid, end - 1, y)) == '.')
            end--;
        for (int x = 0; x < end; x++)
            (void)buffer_putc(out, letter_of(grid_at(grid, x, y)));
        (void)buffer_putc(out, '\n');
    }
}
