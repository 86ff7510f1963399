/* What a command had to tell: the contexts, the variables, what was saved. */

#include "tui/draw/text_view.h"
#include "tui/poll/config.h"
#include "tui/view/view.h"

#include "common/buffer.h"

#include <string.h>

#define TEXT_BYTES_MAX 65536

static bool is_here(const struct ui_model *model, const char *name)
{
    return strcmp(model->state->place->environment, name) == 0;
}

static bool is_set(const char *text)
{
    return text && text[0];
}

static void write_context(const struct ui_model *model,
                          const struct setting_member *member,
                          struct buffer *out)
{
    const struct context *context = member->values;

    (void)buffer_printf(out, "%c%s%s%s\n", TEXT_VIEW_TITLE, member->name,
                        context->is_production ? "  PROD" : "",
                        is_here(model, member->name) ? "  (here)" : "");
    (void)buffer_printf(out, "  prometheus %s\n  alertmanager %s\n  operations %s\n",
                        context->prometheus, context->alertmanager, context->operations);
    if (!is_set(context->for_operations.token_file) && !is_set(context->for_operations.user))
        (void)buffer_puts(out, "  without a token: nothing is changed there\n");
}

static void write_contexts(const struct ui_model *model, struct buffer *out)
{
    const struct ui_place *place = model->state->place;
    size_t n = place->contexts ? place->contexts->n : 0;

    for (size_t i = 0; i < n; i++)
        write_context(model, &place->contexts->members[i], out);
    if (place->bare_context)
        (void)buffer_printf(out, "%c%s%s\n  without a context: the servers of settings and flags\n",
                            TEXT_VIEW_TITLE, place->bare_context,
                            is_here(model, place->bare_context) ? "  (here)" : "");
    if (place->config_file)
        (void)buffer_printf(out, "\n%zu in %s\n", n, place->config_file);
    else
        (void)buffer_puts(out, "\nThere is no configuration file that names others.\n");
}

/* "a, b, c": values as :var takes them. */
static void write_options(const struct dashboard_variable *variable, struct buffer *out)
{
    if (variable->has_all)
        (void)buffer_printf(out, "  %s, or%s", PROMPT_ALL, variable->is_multi ? " some of" : "");
    else
        (void)buffer_printf(out, "  %s of", variable->is_multi ? "some" : "one");
    (void)buffer_printf(out, " %zu:", variable->n_options);
    for (size_t i = 0; i < variable->n_options; i++)
        (void)buffer_printf(out, "%s %s", i > 0 ? "," : "", variable->options[i].text);
    (void)buffer_putc(out, '\n');
}

static void write_variable(const struct dashboard_variable *variable, struct buffer *out)
{
    (void)buffer_printf(out, "%c%s\n", TEXT_VIEW_TITLE, variable->name);
    (void)buffer_printf(out, "  is %s\n",
                        variable->is_awaited ? "not known yet: what it can be is asked"
                                             : variable->shown);
    if (variable->n_options > 0)
        write_options(variable, out);
    else if (!variable->is_awaited)
        (void)buffer_puts(out, "  anything can be typed\n");
}

static void write_variables(const struct ui_model *model, struct buffer *out)
{
    const struct dashboard *dashboard = ui_board(model->state, model->snapshot);
    size_t n = 0;

    for (size_t i = 0; dashboard && i < dashboard->n_variables; i++) {
        if (dashboard->variables[i].is_hidden)
            continue;
        write_variable(&dashboard->variables[i], out);
        n++;
    }
    if (n > 0)
        (void)buffer_puts(out, "\n:var NAME VALUE chooses; several values with a comma between.\n");
    else
        (void)buffer_printf(out, "The dashboard %s has no variables to choose.\n",
                            dashboard ? dashboard->title : "");
}

int page_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    static const char *const titles[] = {[PAGE_CONTEXTS] = "Contexts",
                                         [PAGE_VARIABLES] = "Variables",
                                         [PAGE_SAVED] = "Settings",
                                         [PAGE_REFUSED] = "Not done"};
    enum ui_page page = model->state->page;
    struct rect inside;
    struct buffer text;
    int top;

    buffer_init(&text, TEXT_BYTES_MAX);
    switch (page) {
    case PAGE_CONTEXTS:
        write_contexts(model, &text);
        break;
    case PAGE_VARIABLES:
        write_variables(model, &text);
        break;
    case PAGE_SAVED:
    case PAGE_REFUSED:
        (void)buffer_puts(&text, model->state->page_text ? model->state->page_text : "");
        break;
    }
    grid_fill(grid, body, style_of(ROLE_NORMAL), ' ');
    inside = view_frame(grid, body, titles[page], "Esc: close");
    top = text_view_draw(grid, inside, buffer_text(&text), model->state->text_top);
    buffer_finish(&text);
    return top;
}
