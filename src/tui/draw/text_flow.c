#include "tui/draw/text_flow.h"

#include "common/utf8.h"

#include <string.h>

struct text_flow text_flow_at(struct grid *grid, struct rect rect, int top, int indent)
{
    /* A line holds a wide character at least, else the text would never end. */
    int room = rect.width > 2 ? rect.width - 2 : 0;

    return (struct text_flow){
        .grid = grid, .rect = rect, .top = top, .indent = indent < room ? indent : room};
}

static bool is_shown(const struct text_flow *flow)
{
    return flow->row >= flow->top && flow->row - flow->top < flow->rect.height;
}

static int y_of(const struct text_flow *flow)
{
    return flow->rect.y + flow->row - flow->top;
}

static int width_of(const struct text_flow *flow)
{
    return flow->rect.width > 2 ? flow->rect.width : 2;
}

static void next_line(struct text_flow *flow)
{
    flow->row++;
    flow->column = 0;
    flow->blanks = 0;
}

void text_flow_end_line(struct text_flow *flow)
{
    if (flow->column > 0)
        next_line(flow);
}

static void put_code(struct text_flow *flow, struct style style, uint32_t code)
{
    int cells = grid_code_cells(flow->grid->encoding, code);

    if (flow->column + cells > width_of(flow))
        next_line(flow);
    if (flow->column < flow->indent)
        flow->column = flow->indent;
    if (is_shown(flow) && flow->column + cells <= flow->rect.width)
        grid_put_code(flow->grid, flow->rect.x + flow->column, y_of(flow), style, code);
    flow->column += cells;
}

/* Cells of a word of len bytes. */
static int cells_of(const struct text_flow *flow, const char *word, size_t len)
{
    int cells = 0;

    for (size_t at = 0, step; at < len && cells <= width_of(flow); at += step)
        cells += grid_code_cells(flow->grid->encoding, utf8_decode(word + at, len - at, &step));
    return cells;
}

static void put_word(struct text_flow *flow, struct style style, const char *word, size_t len)
{
    bool is_first = flow->column <= flow->indent;

    if (!is_first && flow->column + flow->blanks + cells_of(flow, word, len) > width_of(flow))
        next_line(flow);
    for (; !is_first && flow->blanks > 0 && flow->column > flow->indent; flow->blanks--)
        put_code(flow, style, ' ');
    flow->blanks = 0;
    for (size_t at = 0, step; at < len; at += step)
        put_code(flow, style, utf8_decode(word + at, len - at, &step));
}

void text_flow_putn(struct text_flow *flow, struct style style, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t word = 0;

        if (text[at] == '\n') {
            next_line(flow);
            at++;
        } else if (text[at] == ' ') {
            flow->blanks++;
            at++;
        } else {
            while (at + word < len && text[at + word] != ' ' && text[at + word] != '\n')
                word++;
            put_word(flow, style, text + at, word);
            at += word;
        }
    }
}

void text_flow_put(struct text_flow *flow, struct style style, const char *text)
{
    text_flow_putn(flow, style, text, strlen(text));
}

void text_flow_put_sign(struct text_flow *flow, struct style style, const char *text)
{
    if (is_shown(flow))
        (void)grid_put(flow->grid, flow->rect.x, y_of(flow), flow->indent, style, text);
}

void text_flow_put_glyph(struct text_flow *flow, struct style style, enum glyph glyph)
{
    if (is_shown(flow) && flow->indent > 0)
        grid_put_glyph(flow->grid, flow->rect.x, y_of(flow), style, glyph);
}

int text_flow_rows(const struct text_flow *flow)
{
    return flow->row + (flow->column > 0);
}
