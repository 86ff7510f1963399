/* The form that makes a silence, and under it which alerts it would match. */

#include "tui/view/view.h"

#include <stdio.h>
#include <string.h>

#define BOX_WIDTH    76
#define LABEL_CELLS  11
#define PREVIEW_ROWS 3

static const char *label_of(const struct silence_form *form, int row)
{
    if (row == SILENCE_ROW_DURATION)
        return "for";
    if (row == SILENCE_ROW_COMMENT)
        return "comment";
    if (row == SILENCE_ROW_MATCHERS + (int)form->n_matchers)
        return "and";
    return row == SILENCE_ROW_MATCHERS ? "matches" : "";
}

/* The end of a long text is where one types. */
static const char *tail_of(const char *text, int cells, enum encoding encoding)
{
    while (grid_text_cells(encoding, text) > cells)
        do
            text++;
        while (((unsigned char)*text & 0xc0) == 0x80);
    return text;
}

static void put_row(struct grid *grid, struct rect row, const struct silence_form *form, int i)
{
    struct pen pen = pen_at(grid, row);
    bool is_focused = form->focused == i;
    const char *text = silence_form_text(form, i);
    struct style style = style_with(ROLE_TITLE, is_focused ? STYLE_REVERSE : STYLE_UNDERLINE);
    int used;

    if (is_focused)
        pen_glyph(&pen, style_of(ROLE_FOCUS), GLYPH_SELECTED);
    pen_to(&pen, row.x + 2);
    pen_put(&pen, style_of(is_focused ? ROLE_TITLE : ROLE_NORMAL), label_of(form, i));
    pen_to(&pen, row.x + LABEL_CELLS);
    if (is_focused)
        text = tail_of(text, pen_left(&pen) - 1, grid->encoding);
    used = grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style, text);
    if (is_focused && pen_left(&pen) > used)
        (void)grid_put(grid, pen.x + used, pen.y, 1, style, " ");
}

static void put_preview(const struct ui_model *model, struct grid *grid, struct rect rows)
{
    const struct silence_form *form = &model->state->silence;
    struct silence_preview preview;
    struct matchers matchers;
    struct tw_error err;
    int row;

    if (form->problem[0]) {
        (void)panel_put_wrapped(grid, rows, style_with(ROLE_CRIT, STYLE_BOLD), form->problem);
        return;
    }
    if (silence_form_matchers(form, &matchers, &row, &err) < 0) {
        (void)panel_put_wrapped(grid, rows, style_of(ROLE_WARN), err.message);
        return;
    }
    preview = silence_preview_of(&matchers, model->snapshot->alerts);
    matchers_finish(&matchers);
    (void)panel_put_wrapped(grid, rows,
                            style_of(silence_preview_is_odd(&preview) ? ROLE_WARN : ROLE_NORMAL),
                            preview.text);
}

void silence_form_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct silence_form *form = &model->state->silence;
    int n = silence_form_n_rows(form), top;
    struct rect box = layout_center(body, BOX_WIDTH, n + PREVIEW_ROWS + 3), inside, text;

    inside = view_box(grid, box, "Silence", "Enter: review", true);
    text = layout_take_bottom(&inside, inside.height > n + PREVIEW_ROWS ? PREVIEW_ROWS
                                       : inside.height > 4              ? 2
                                                                        : 1);
    top = view_first_row(form->focused, n, inside.height);
    for (int row = 0; row < inside.height && top + row < n; row++)
        put_row(grid, (struct rect){inside.x, inside.y + row, inside.width, 1}, form, top + row);
    put_preview(model, grid, text);
}
