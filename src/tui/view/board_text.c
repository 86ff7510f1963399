#include "tui/draw/text_view.h"
#include "tui/view/board_parts.h"

void board_text_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    struct rect text = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    int n_rows = text_view_rows(grid, text.width, at->panel->text);
    char rest[BOARD_REST_SIZE];
    struct board_span span;

    if (text.width < 1 || text.height < 1)
        return;
    span = board_span_of((size_t)n_rows, (size_t)text.height, at->top);
    if (span.has_rest) {
        text.height--;
        board_format_rest(&span, "lines", rest);
        grid_put_right(grid, text.x, text.y + text.height, text.width, style_of(ROLE_DIM), rest);
    }
    (void)text_view_draw(grid, text, at->panel->text, *at->top);
}
