#include "common/utf8.h"
#include "tui/view/view.h"

#include <stdio.h>
#include <string.h>

/* The byte from which on the text is shown, so that the cursor is on the screen in `cells` of them. */
static size_t first_shown(const struct grid *grid, const struct line_edit *line, int cells)
{
    size_t from = 0, step;
    int used = 0;

    for (size_t at = 0; at < line->cursor; at += step)
        used +=
            grid_code_cells(grid->encoding, utf8_decode(line->text + at, line->len - at, &step));
    while (used >= cells && from < line->cursor) {
        used -= grid_code_cells(grid->encoding,
                                utf8_decode(line->text + from, line->len - from, &step));
        from += step;
    }
    return from;
}

static void put_line(const struct line_edit *line, struct grid *grid, struct rect row)
{
    struct pen pen = pen_at(grid, row);
    char before[LINE_EDIT_SIZE];
    size_t from;

    grid_fill(grid, row, style_of(ROLE_NORMAL), ' ');
    pen_put(&pen, style_with(ROLE_ACCENT, STYLE_BOLD), ":");
    from = first_shown(grid, line, pen_left(&pen));
    (void)snprintf(before, sizeof(before), "%.*s", (int)(line->cursor - from), line->text + from);
    grid->cursor_x = pen.x + grid_text_cells(grid->encoding, before);
    grid->cursor_y = row.y;
    (void)grid_put(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_NORMAL), line->text + from);
}

/* The words, as many as fit. */
static void put_choices(struct pen *pen, const struct prompt_choices *choices)
{
    for (size_t i = 0; i < choices->n; i++) {
        int cells = grid_text_cells(pen->grid->encoding, choices->at[i]);
        int wanted = cells + 2 + (i + 1 < choices->n ? 3 : 0);

        if (wanted > pen_left(pen)) {
            pen_put(pen, style_of(ROLE_DIM), "...");
            return;
        }
        pen_put(pen, style_of(ROLE_ACCENT), choices->at[i]);
        pen_skip(pen, 2);
    }
}

/* What the command takes and does: of the one that is typed, or the only one that it can become. */
static void put_usage(struct pen *pen, const struct prompt_command *command)
{
    pen_putf(pen, style_of(ROLE_TITLE), "%s%s%s", command->name, command->arguments[0] ? " " : "",
             command->arguments);
    pen_skip(pen, 2);
    (void)grid_put_cut(pen->grid, pen->x, pen->y, pen_left(pen), style_of(ROLE_DIM), command->help);
}

static const struct prompt_command *only_command(const struct prompt_choices *choices)
{
    for (size_t i = 0; !choices->command && choices->n == 1 && i < N_PROMPT_COMMANDS; i++)
        if (prompt_commands[i].name == choices->at[0])
            return &prompt_commands[i];
    return NULL;
}

static void put_hint(const struct ui_model *model, struct grid *grid, struct rect row)
{
    const struct ui_state *state = model->state;
    struct prompt_known known = ui_prompt_known(state, model->snapshot);
    struct pen pen = pen_at(grid, row);
    struct prompt_choices choices;

    grid_fill(grid, row, style_of(ROLE_NORMAL), ' ');
    prompt_complete(&state->prompt.line, &known, &choices);
    if (state->prompt_problem[0])
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_with(ROLE_CRIT, STYLE_BOLD),
                           state->prompt_problem);
    else if (only_command(&choices))
        put_usage(&pen, only_command(&choices));
    else if (choices.n > 0)
        put_choices(&pen, &choices);
    else if (choices.command)
        put_usage(&pen, choices.command);
    else
        pen_put(&pen, style_of(ROLE_DIM), "no such command");
}

void prompt_draw(const struct ui_model *model, struct grid *grid, struct rect row)
{
    if (row.y > 0)
        put_hint(model, grid, (struct rect){row.x, row.y - 1, row.width, 1});
    put_line(&model->state->prompt.line, grid, row);
}
