/* What lies over a view: the picker, and the question before anything is started. */

#include "tui/draw/line.h"
#include "tui/text/moment.h"
#include "tui/view/view.h"

#include "common/buffer.h"

#define BODY_BYTES_MAX 4096
#define BOX_WIDTH      66

/* ---- Picker ------------------------------------------------------------------------------------ */

void picker_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    struct rect box = layout_center(body, 56, N_VIEWS + 2);
    struct rect inside = panel_draw_plain(grid, box, "Views", "Enter: go", true);

    for (int i = 0; i < N_VIEWS && i < inside.height; i++) {
        struct rect row = {inside.x + 1, inside.y + i, inside.width - 2, 1};
        struct pen pen = pen_at(grid, row);

        pen_putf(&pen, style_of(ROLE_ACCENT), "F%-3d", i + 2);
        pen_putf(&pen, style_of(ROLE_NORMAL), "%-12s", view_titles[i].name);
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM),
                           view_titles[i].about);
        grid_add_item(grid, row, i);
        if (i == model->state->picked)
            view_select_row(grid, row);
    }
}

/* ---- Choices ----------------------------------------------------------------------------------- */

/* What the keys of this box do, as the table of keys has it. */
void choices_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    enum key_context context = ui_state_context(model->state);
    const char *title = context == IN_COPY ? "Copy" : "Write to a file";
    struct rect inside, row;
    int n = 0;

    for (size_t i = 0; i < n_key_bindings; i++)
        n += key_is_in(&key_bindings[i], context) && key_bindings[i].action == ACTION_CHOOSE;
    inside = panel_draw_plain(grid, layout_center(body, 60, n + 2), title, "Esc: neither", true);
    row = (struct rect){inside.x + 1, inside.y, inside.width - 2, 1};
    for (size_t i = 0; i < n_key_bindings; i++) {
        char name[KEYS_NAME_SIZE];
        struct pen pen = pen_at(grid, row);

        if (!key_is_in(&key_bindings[i], context) || key_bindings[i].action != ACTION_CHOOSE ||
            row.y >= inside.y + inside.height)
            continue;
        keys_short_name(&key_bindings[i], name);
        pen_putf(&pen, style_of(ROLE_ACCENT), "%s  ", name);
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_NORMAL),
                           key_bindings[i].help);
        row.y++;
    }
}

/* ---- Question ---------------------------------------------------------------------------------- */

static void write_start(const struct ui_model *model, struct buffer *out)
{
    struct sim_form_room room;
    struct simulation_request request = sim_form_request(&model->state->form, &room);

    (void)buffer_printf(out, "Start %s %s simulation on %s?\n",
                        sim_kind_article(model->state->form.kind), request.kind,
                        model->state->place->environment);
    (void)buffer_printf(out, "POST %s/simulations\n", model->state->place->operations_url);
    operations_write_start(&request, out);
}

static void write_running(const struct ui_model *model, struct buffer *out)
{
    const struct simulations *simulations = &model->snapshot->operations->simulations;

    for (size_t i = 0; i < simulations->n; i++)
        if (ui_is_drill_running(&simulations->at[i]))
            (void)buffer_printf(out, "%s %lld runs: %s\n", simulations->at[i].kind,
                                (long long)simulations->at[i].id, simulations->at[i].params);
}

static void write_preview(const struct ui_model *model,
                          const struct matchers *matchers,
                          struct buffer *out)
{
    struct silence_preview preview = silence_preview_of(matchers, model->snapshot->alerts);

    (void)buffer_printf(out, "\nNow %s\n", preview.text);
}

static void write_silence(const struct ui_model *model, struct buffer *out)
{
    const struct silence_draft *draft = &model->state->draft;
    char span[MOMENT_SPAN_SIZE];

    moment_format_span(draft->for_ms, span);
    (void)buffer_printf(out, "%s on %s for %s%s, by %s: %s\n",
                        draft->id[0] ? "Extend the silence" : "Silence",
                        model->state->place->environment, span, draft->id[0] ? " in all" : "",
                        draft->by, draft->comment);
    matchers_write(&draft->matchers, out);
    write_preview(model, &draft->matchers, out);
    (void)buffer_printf(out, "POST %s/api/v2/silences", model->state->place->alertmanager_url);
}

static void write_expire(const struct ui_model *model, struct buffer *out)
{
    const struct silences_data *data = model->snapshot->silences;
    const char *id = model->state->silence_id;
    const struct silence *silence = data ? silences_find(&data->silences, id) : NULL;

    (void)buffer_printf(out, "End this silence on %s now?", model->state->place->environment);
    if (silence) {
        (void)buffer_printf(out, " By %s: %s\n", silence->by, silence->comment);
        matchers_write(&silence->matchers, out);
        write_preview(model, &silence->matchers, out);
    }
    (void)buffer_printf(out, "DELETE %s/api/v2/silence/%s", model->state->place->alertmanager_url,
                        id);
}

static void write_question(const struct ui_model *model, struct buffer *out)
{
    const struct ui_confirm *confirm = &model->state->confirm;

    switch (confirm->what) {
    case UI_START:
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
    case UI_SET_CONTEXT:
        (void)buffer_printf(out, "Go to %s? What you started on %s goes on there.\n",
                            model->state->context_name, model->state->place->environment);
        write_running(model, out);
        break;
    case UI_SILENCE:
        write_silence(model, out);
        break;
    case UI_EXPIRE:
        write_expire(model, out);
        break;
    case UI_NOTHING:
    case UI_REDRAW:
    case UI_SUSPEND:
    case UI_REFRESH:
    case UI_STOP_SIMULATION:
    case UI_LOAD_RUNBOOK:
    case UI_ENQUIRE:
    case UI_LOAD_BOARD:
    case UI_SHOW_QUERY:
    case UI_SWITCH_ASCII:
    case UI_CHOOSE_VARIABLE:
    case UI_RELOAD:
    case UI_SAVE_SETTINGS:
    case UI_SET_THEME:
    case UI_SET_MOUSE:
    case UI_COPY:
    case UI_SAVE:
        break;
    }
}

static void put_buttons(const struct ui_model *model, struct grid *grid, struct rect row)
{
    const struct ui_place *place = model->state->place;
    struct pen pen = pen_at(grid, row);

    if (ui_confirm_wants_name(model->state)) {
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
