#include "tui/draw/text_view.h"
#include "tui/view/board_parts.h"

#include <stdio.h>

void board_text_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    struct rect text = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    int n_rows = text_view_rows(grid, text.width, at->panel->text);
    char more[32];

    if (text.width < 1 || text.height < 1)
        return;
    if (n_rows > text.height) {
        text.height--;
        (void)snprintf(more, sizeof(more), "%d lines more", n_rows - text.height);
        grid_put_right(grid, text.x, text.y + text.height, text.width, style_of(ROLE_DIM), more);
    }
    (void)text_view_draw(grid, text, at->panel->text, 0);
}
