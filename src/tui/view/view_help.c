#include "tui/draw/text_view.h"
#include "tui/view/view.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"

#define TEXT_BYTES_MAX 32768
#define NAME_CELLS     16 /* of the keys' names, where there is room */
#define NARROW         60

static bool is_wanted(const struct ui_state *state, const struct key_binding *binding)
{
    const char *filter = state->filter;
    char name[KEYS_NAME_SIZE];

    keys_name(binding, name);
    if (state->place->is_read_only && key_acts(binding))
        return false;
    return !filter[0] || strcasestr(binding->help, filter) || strcasestr(name, filter) ||
           (binding->label && strcasestr(binding->label, filter));
}

static void write_binding(const struct key_binding *binding, int width, struct buffer *out)
{
    char name[KEYS_NAME_SIZE];

    keys_name(binding, name);
    (void)buffer_printf(out, "  %-*s  %s\n", width < NARROW ? 0 : NAME_CELLS, name, binding->help);
}

/* The keys of one context; returns how many. */
static size_t write_keys(const struct ui_state *state,
                         enum key_context context,
                         int width,
                         struct buffer *out)
{
    size_t n = 0;

    for (size_t i = 0; i < n_key_bindings; i++) {
        if (!key_is_in(&key_bindings[i], context) || !is_wanted(state, &key_bindings[i]))
            continue;
        write_binding(&key_bindings[i], width, out);
        n++;
    }
    return n;
}

/* Those of other screens that are not on this one. */
static size_t write_others(const struct ui_state *state,
                           enum key_context here,
                           int width,
                           struct buffer *out)
{
    size_t n = 0;

    for (size_t i = 0; i < n_key_bindings; i++) {
        const struct key_binding *binding = &key_bindings[i];

        if (key_is_in(binding, here) || !is_wanted(state, binding))
            continue;
        write_binding(binding, width, out);
        n++;
    }
    return n;
}

/* Those of the command line. */
static size_t write_commands(const struct ui_state *state, int width, struct buffer *out)
{
    const char *filter = state->filter;
    size_t n = 0;

    for (size_t i = 0; i < N_PROMPT_COMMANDS; i++) {
        const struct prompt_command *command = &prompt_commands[i];
        char usage[96];

        (void)snprintf(usage, sizeof(usage), ":%s%s%s", command->name,
                       command->arguments[0] ? " " : "", command->arguments);
        if ((state->place->is_read_only && command->is_sending) ||
            (filter[0] && !strcasestr(usage, filter) && !strcasestr(command->help, filter)))
            continue;
        (void)buffer_printf(out, "  %-*s  %s\n", width < NARROW ? 0 : NAME_CELLS, usage,
                            command->help);
        n++;
    }
    return n;
}

/* What keys do here, as words. */
static size_t write_words(const struct ui_state *state, enum key_context here, struct buffer *out)
{
    size_t n = 0;

    for (size_t i = 0; keys_word(i); i++) {
        if (!keys_of_word(here, keys_word(i)) ||
            (state->place->is_read_only && keys_word_acts(i)) ||
            (state->filter[0] && !strcasestr(keys_word(i), state->filter)))
            continue;
        (void)buffer_printf(out, "%s:%s", n > 0 ? " " : "\n  As their keys do: ", keys_word(i));
        n++;
    }
    (void)buffer_puts(out, n > 0 ? "\n" : "");
    return n;
}

static enum key_context context_below(const struct ui_state *state)
{
    struct ui_state below = *state;

    below.overlay = OVERLAY_NONE;
    below.is_prompt_open = below.is_filtering = false;
    return ui_state_context(&below);
}

int help_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    enum key_context here = context_below(model->state);
    const char *filter = model->state->filter;
    char title[96], note[64] = "/: find  Esc: close";
    struct buffer text;
    struct rect inside;
    size_t n = 0;
    int top;

    buffer_init(&text, TEXT_BYTES_MAX);
    (void)buffer_printf(&text, "%cKeys of %s\n", TEXT_VIEW_TITLE, key_context_name(here));
    n += write_keys(model->state, here, body.width, &text);
    (void)buffer_printf(&text, "\n%cCommands, typed behind a colon\n", TEXT_VIEW_TITLE);
    n += write_commands(model->state, body.width, &text);
    n += write_words(model->state, here, &text);
    (void)buffer_printf(&text, "\n%cElsewhere\n", TEXT_VIEW_TITLE);
    n += write_others(model->state, here, body.width, &text);
    if (filter[0] || model->state->is_filtering)
        (void)snprintf(note, sizeof(note), "/%s%s  %zu found", filter,
                       model->state->is_filtering ? "_" : "", n);
    (void)snprintf(title, sizeof(title), "Help: small letters look, capitals act");
    grid_fill(grid, body, style_of(ROLE_NORMAL), ' ');
    inside = view_frame(grid, body, title, note);
    top = text_view_draw(grid, inside, buffer_text(&text), model->state->text_top);
    buffer_finish(&text);
    return top;
}
