#include "tui/draw/line.h"

#include <stdarg.h>
#include <stdio.h>

/* How a line is said: in full, in short, in short and close together. */
enum manner { IN_FULL, IN_SHORT, CLOSE_TOGETHER };

struct line_part *line_add(struct line *line, int weight, struct style style, const char *fmt, ...)
{
    struct line_part *part = &line->parts[line->n < LINE_PARTS_MAX ? line->n++ : line->n - 1];
    va_list args;

    *part = (struct line_part){.style = style, .weight = weight};
    va_start(args, fmt);
    (void)vsnprintf(part->text, sizeof(part->text), fmt, args);
    va_end(args);
    return part;
}

void line_brief(struct line_part *part, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(part->brief, sizeof(part->brief), fmt, args);
    va_end(args);
}

static const char *said(const struct line_part *part, enum manner manner)
{
    return manner != IN_FULL && part->brief[0] ? part->brief : part->text;
}

static int gap_before(const struct line_part *part, enum manner manner)
{
    if (part->is_divided)
        return manner == IN_FULL ? 5 : 3;
    return manner == CLOSE_TOGETHER ? 1 : 2;
}

static int cells_of(const struct grid *grid, const struct line *line, enum manner manner)
{
    int cells = 0;

    for (size_t i = 0; i < line->n; i++)
        if (!line->parts[i].is_left_out)
            cells += (cells > 0 ? gap_before(&line->parts[i], manner) : 0) +
                     grid_text_cells(grid->encoding, said(&line->parts[i], manner));
    return cells;
}

/* False when only one part is left. */
static bool leave_one_out(struct line *line)
{
    struct line_part *least = NULL;
    size_t n = 0;

    for (size_t i = 0; i < line->n; i++) {
        struct line_part *part = &line->parts[i];

        n += !part->is_left_out;
        if (!part->is_left_out && (!least || part->weight <= least->weight))
            least = part;
    }
    if (n < 2)
        return false;
    least->is_left_out = true;
    return true;
}

static void put_separator(struct pen *pen, int cells)
{
    pen_skip(pen, cells / 2);
    pen_glyph(pen, style_of(ROLE_BORDER), GLYPH_SEPARATOR);
    pen_skip(pen, cells / 2);
}

void line_draw(struct grid *grid, struct rect row, struct line *line)
{
    struct pen pen = pen_at(grid, row);
    enum manner manner = IN_FULL;
    int used = 0, right = 0;

    while (manner < CLOSE_TOGETHER && cells_of(grid, line, manner) > row.width)
        manner++;
    while (cells_of(grid, line, manner) > row.width && leave_one_out(line))
        ;
    for (size_t i = 0; i < line->n; i++)
        if (line->parts[i].is_right && !line->parts[i].is_left_out)
            right += grid_text_cells(grid->encoding, said(&line->parts[i], manner)) +
                     gap_before(&line->parts[i], manner);
    for (size_t i = 0; i < line->n; i++) {
        const struct line_part *part = &line->parts[i];
        const char *text = said(part, manner);
        int gap = gap_before(part, manner);

        if (part->is_left_out)
            continue;
        if (part->is_right && right > 0) {
            pen_to(&pen, pen.end - right);
            right = 0;
        }
        if (used > 0 && part->is_divided)
            put_separator(&pen, gap);
        else if (used > 0)
            pen_skip(&pen, gap);
        used = grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), part->style, text);
        pen.x += used;
    }
}
