/* The form that starts a simulation: a row for each field, and under them what the focused one means and when
 * the run ends. */

#include "tui/state/gameday_form.h"
#include "tui/view/view.h"

#include <stdio.h>
#include <string.h>

#define BOX_WIDTH    66
#define LABEL_MIN    10
#define NUMBER_CELLS 8
#define TEXT_ROWS    3 /* one on the field, two on the run */

/* Rows are all alike: labels as wide as the longest of the kind. */
static int label_cells(const struct sim_form *form)
{
    int most = LABEL_MIN;

    for (size_t i = 0; i < form->kind->n_params; i++)
        if ((int)strlen(form->kind->params[i].option) > most)
            most = (int)strlen(form->kind->params[i].option);
    return most + 1;
}

static void put_label(struct pen *pen,
                      const struct sim_form *form,
                      const char *label,
                      bool is_focused)
{
    int x = pen->x;

    if (is_focused)
        pen_glyph(pen, style_of(ROLE_FOCUS), GLYPH_SELECTED);
    pen_to(pen, x + 2);
    pen_put(pen, style_of(is_focused ? ROLE_TITLE : ROLE_NORMAL), label);
    pen_to(pen, x + 2 + label_cells(form));
}

static void put_number(struct pen *pen, const struct sim_form *form, size_t i, bool is_focused)
{
    struct style style = style_with(ROLE_TITLE, is_focused ? STYLE_REVERSE : STYLE_UNDERLINE);

    pen_putf(pen, style, "%-*s", NUMBER_CELLS, form->texts[i]);
    pen_skip(pen, 1);
    if (form->at_param[i][0])
        (void)grid_put_cut(pen->grid, pen->x, pen->y, pen_left(pen),
                           style_with(ROLE_CRIT, STYLE_BOLD), form->at_param[i]);
    else
        pen_put(pen, style_of(ROLE_DIM), form->kind->params[i].unit);
}

/* "(*) this  ( ) that" where all of them fit, else the chosen one and how many there are. choices: "a|b". */
static void put_choices(struct pen *pen, const char *choices, int chosen, const char *problem)
{
    int n = sim_choice_count(choices), cells = (int)strlen(choices) - (n - 1) + 4 * n + 2 * (n - 1);
    char word[SIM_WORD_SIZE];

    for (int i = 0; i < n && cells <= pen_left(pen) - (problem[0] ? 10 : 0); i++) {
        sim_choice_copy(choices, i, word);
        pen_putf(pen, style_of(i == chosen ? ROLE_TITLE : ROLE_DIM), "(%c) %s  ",
                 i == chosen ? '*' : ' ', word);
        cells -= (int)strlen(word) + 6;
    }
    if (cells > 0) {
        sim_choice_copy(choices, chosen, word);
        pen_putf(pen, style_of(ROLE_TITLE), "< %s >", word);
        if (n > 2)
            pen_putf(pen, style_of(ROLE_DIM), " %d/%d ", chosen + 1, n);
    }
    (void)grid_put_cut(pen->grid, pen->x, pen->y, pen_left(pen), style_with(ROLE_CRIT, STYLE_BOLD),
                       problem);
}

static void put_field(struct grid *grid, struct rect row, const struct sim_form *form, size_t i)
{
    struct pen pen = pen_at(grid, row);
    struct sim_form_field field = sim_form_field(form, i);
    const struct sim_param *param = &form->kind->params[field.i];
    bool is_focused = form->focused == (int)i;

    switch (field.part) {
    case FORM_PARAM:
        put_label(&pen, form, param->option, is_focused);
        if (param->type == SIM_CHOICE)
            put_choices(&pen, param->choices, form->choices[field.i], form->at_param[field.i]);
        else
            put_number(&pen, form, field.i, is_focused);
        break;
    case FORM_UNTIL:
        put_label(&pen, form, "until", is_focused);
        put_choices(&pen, "its alert fires|duration is over", form->is_until_duration, "");
        break;
    case FORM_FEATURE:
        put_label(&pen, form, field.i == 0 ? "features" : "", is_focused);
        pen_putf(&pen, style_of(form->is_chosen[field.i] ? ROLE_TITLE : ROLE_DIM), "[%c] %s",
                 form->is_chosen[field.i] ? 'x' : ' ', form->names[field.i]);
        break;
    }
}

/* What is wrong with a field comes before the run, and what the field means after it. */
static void put_notes(const struct ui_model *model, struct grid *grid, struct rect rows)
{
    const struct sim_form *form = &model->state->form;
    const struct operations_data *operations = model->snapshot->operations;
    bool is_fast = operations->has_health && operations->health.is_fast_alerts;
    char field[FORM_NOTE_SIZE], run[FORM_NOTE_SIZE];
    bool is_field_wrong = sim_form_explain(form, field);
    bool is_run_wrong = gameday_form_is(form) ? gameday_form_advise(form, is_fast, run)
                                              : sim_form_advise(form, is_fast, run);
    struct style bad = style_with(ROLE_CRIT, STYLE_BOLD);
    bool has_room = rows.height == TEXT_ROWS || is_field_wrong;
    struct rect first = has_room ? layout_take_top(&rows, 1) : (struct rect){0};

    (void)grid_put_cut(grid, first.x, first.y, first.width,
                       is_field_wrong ? bad : style_of(ROLE_DIM), has_room ? field : "");
    (void)panel_put_wrapped(grid, rows,
                            form->problem[0] ? bad
                            : is_run_wrong   ? style_of(ROLE_WARN)
                                             : style_of(ROLE_DIM),
                            run);
}

void form_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct sim_form *form = &model->state->form;
    int n = (int)sim_form_n_fields(form), top;
    struct rect box = layout_center(body, BOX_WIDTH, n + TEXT_ROWS + 3), inside, text;
    char title[64];

    (void)snprintf(title, sizeof(title), "Launch %s %s%s", sim_kind_article(form->kind),
                   form->kind->name, gameday_form_is(form) ? "" : " simulation");
    inside = view_box(grid, box, title, "Enter: review", true);
    text = layout_take_bottom(&inside, inside.height >= n + TEXT_ROWS ? TEXT_ROWS
                                       : inside.height >= n / 2 + 2   ? 2
                                                                      : 1);
    top = view_first_row(form->focused, n, inside.height);
    for (int row = 0; row < inside.height && top + row < n; row++)
        put_field(grid, (struct rect){inside.x, inside.y + row, inside.width, 1}, form,
                  (size_t)(top + row));
    put_notes(model, grid, text);
}
