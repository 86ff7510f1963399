/* What lies over a view: the picker, the form and the question before anything is started. */

#include "tui/line.h"
#include "tui/view.h"

#include "common/buffer.h"

#include <stdio.h>
#include <string.h>

#define BODY_BYTES_MAX 4096
#define BOX_WIDTH      66
#define LABEL_CELLS    12

/* ---- Picker ------------------------------------------------------------------------------------ */

void picker_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    struct rect box = layout_center(body, 56, N_VIEWS + 2);
    struct rect inside = panel_draw_plain(grid, box, "Views", "Enter: go", true);

    for (int i = 0; i < N_VIEWS && i < inside.height; i++) {
        struct rect row = {inside.x + 1, inside.y + i, inside.width - 2, 1};
        struct pen pen = pen_at(grid, row);

        pen_putf(&pen, style_of(ROLE_ACCENT), "F%d  ", i + 2);
        pen_putf(&pen, style_of(ROLE_NORMAL), "%-10s", views[i].name);
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM), views[i].about);
        if (i == model->state->picked)
            view_select_row(grid, row);
    }
}

/* ---- Form -------------------------------------------------------------------------------------- */

static void put_label(struct pen *pen, const char *label, bool is_focused)
{
    int x = pen->x;

    if (is_focused)
        pen_glyph(pen, style_of(ROLE_FOCUS), GLYPH_SELECTED);
    pen_to(pen, x + 2);
    pen_put(pen, style_of(is_focused ? ROLE_TITLE : ROLE_NORMAL), label);
    pen_to(pen, x + 2 + LABEL_CELLS);
}

static void put_number(struct pen *pen, const struct drift_form *form, int field)
{
    bool is_focused = form->focused == field;
    struct style style = style_with(ROLE_TITLE, is_focused ? STYLE_REVERSE : STYLE_UNDERLINE);

    put_label(pen, form_numbers[field].label, is_focused);
    pen_putf(pen, style, "%-8s", form->numbers[field]);
    pen_putf(pen, style_of(ROLE_DIM), " %s", form_numbers[field].unit);
}

static void put_choice(struct pen *pen, bool is_chosen, const char *text)
{
    pen_putf(pen, style_of(is_chosen ? ROLE_TITLE : ROLE_DIM), "(%c) %s  ", is_chosen ? '*' : ' ',
             text);
}

static void put_field(struct grid *grid, struct rect row, const struct drift_form *form, int field)
{
    struct pen pen = pen_at(grid, row);
    int feature = field - FORM_FIRST_FEATURE;

    if (field < FORM_NUMBERS) {
        put_number(&pen, form, field);
    } else if (field == FORM_UNTIL) {
        put_label(&pen, "until", form->focused == field);
        put_choice(&pen, !form->is_until_duration, "its alert fires");
        put_choice(&pen, form->is_until_duration, "duration is over");
    } else {
        put_label(&pen, feature == 0 ? "features" : "", form->focused == field);
        pen_putf(&pen, style_of(form->is_chosen[feature] ? ROLE_TITLE : ROLE_DIM), "[%c] %s",
                 form->is_chosen[feature] ? 'x' : ' ', form->names[feature]);
    }
}

static const char *advice(const struct drift_form *form)
{
    if (form->problem[0])
        return form->problem;
    if (form->is_until_duration)
        return "MLModelDriftHigh needs 5 minutes over 0.5: a shorter drift does not make it fire.";
    return "Goes on until MLModelDriftHigh fires, at most its 5 minutes and 3 more. X stops it.";
}

void form_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct drift_form *form = &model->state->form;
    int n = (int)drift_form_n_fields(form), top;
    struct rect box = layout_center(body, BOX_WIDTH, n + 5);
    struct rect inside =
        panel_draw_plain(grid, box, "Launch a drift simulation", "Enter: review", true);
    struct rect text;

    inside.x++;
    inside.width -= 2;
    text = layout_take_bottom(&inside, inside.height >= n + 2 ? 2 : 1);
    top = view_first_row(form->focused, n, inside.height);
    for (int row = 0; row < inside.height && top + row < n; row++)
        put_field(grid, (struct rect){inside.x, inside.y + row, inside.width, 1}, form, top + row);
    (void)panel_put_wrapped(grid, text, style_of(form->problem[0] ? ROLE_CRIT : ROLE_DIM),
                            advice(form));
}

/* ---- Question ---------------------------------------------------------------------------------- */

static void write_start(const struct ui_model *model, struct buffer *out)
{
    struct drift_form_room room;
    struct simulation_request request = drift_form_request(&model->state->form, &room);

    (void)buffer_printf(out, "Start a drift simulation on %s?\n", model->state->place->environment);
    (void)buffer_printf(out, "POST %s/simulations\n", model->state->place->operations_url);
    operations_write_start(&request, out);
}

static void write_running(const struct ui_model *model, struct buffer *out)
{
    const struct simulations *simulations = &model->snapshot->operations->simulations;

    for (size_t i = 0; i < simulations->n; i++)
        if (simulations->at[i].state == SIMULATION_RUNNING &&
            strcmp(simulations->at[i].kind, "baseline") != 0)
            (void)buffer_printf(out, "%s %lld runs: %s\n", simulations->at[i].kind,
                                (long long)simulations->at[i].id, simulations->at[i].params);
}

static void write_question(const struct ui_model *model, struct buffer *out)
{
    const struct ui_confirm *confirm = &model->state->confirm;

    switch (confirm->what) {
    case UI_START_DRIFT:
        write_start(model, out);
        break;
    case UI_STOP_DRILLS:
        (void)buffer_puts(out, "Stop all drills? Not all of them were started here.\n");
        write_running(model, out);
        (void)buffer_printf(out, "DELETE %s/simulations", model->state->place->operations_url);
        break;
    case UI_SET_BASELINE:
        (void)buffer_printf(out, "Switch the baseline traffic %s on %s?",
                            confirm->is_on ? "on" : "off", model->state->place->environment);
        break;
    case UI_QUIT:
        (void)buffer_puts(out, "Quit? What you started goes on in the server; X stops it.\n");
        write_running(model, out);
        break;
    case UI_NOTHING:
    case UI_REDRAW:
    case UI_SUSPEND:
    case UI_REFRESH:
    case UI_STOP_SIMULATION:
    case UI_LOAD_RUNBOOK:
        break;
    }
}

static void put_buttons(const struct ui_model *model, struct grid *grid, struct rect row)
{
    const struct ui_place *place = model->state->place;
    struct pen pen = pen_at(grid, row);

    if (place->is_production && model->state->confirm.what != UI_QUIT) {
        pen_putf(&pen, style_with(ROLE_WARN, STYLE_BOLD),
                 "type %s, then Enter: ", place->environment);
        pen_putf(&pen, style_with(ROLE_TITLE, STYLE_REVERSE), "%-12s", model->state->confirm.typed);
        return;
    }
    pen_put(&pen, style_with(ROLE_TITLE, STYLE_REVERSE | STYLE_BOLD), "[ Cancel ]");
    pen_skip(&pen, 3);
    pen_put(&pen, style_with(ROLE_ACCENT, STYLE_BOLD), "y");
    pen_put(&pen, style_of(ROLE_NORMAL), " yes, do it");
}

static struct rect question_box(struct rect body, struct grid *grid, const char *question)
{
    int width = body.width < BOX_WIDTH ? body.width : BOX_WIDTH;
    int lines =
        panel_put_wrapped(grid, (struct rect){0, 0, width - 4, 0}, style_of(ROLE_NORMAL), question);

    return layout_center(body, width, lines + 4);
}

void confirm_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    struct buffer question;
    struct rect inside, buttons;

    buffer_init(&question, BODY_BYTES_MAX);
    write_question(model, &question);
    inside =
        panel_draw_plain(grid, question_box(body, grid, buffer_text(&question)), "Sure?", "", true);
    inside.x++;
    inside.width -= 2;
    buttons = layout_take_bottom(&inside, 1);
    (void)panel_put_wrapped(grid, inside, style_of(ROLE_NORMAL), buffer_text(&question));
    put_buttons(model, grid, buttons);
    buffer_finish(&question);
}
