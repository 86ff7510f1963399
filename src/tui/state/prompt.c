#include "tui/state/prompt.h"

#include "common/alloc.h"
#include "common/utf8.h"

#include <stdlib.h>
#include <string.h>

/* ---- History ------------------------------------------------------------------------------------- */

void prompt_finish(struct prompt *prompt)
{
    for (size_t i = 0; i < prompt->n_history; i++)
        free(prompt->history[i]);
    free(prompt->draft);
    *prompt = (struct prompt){0};
}

void prompt_begin(struct prompt *prompt)
{
    line_edit_set(&prompt->line, "");
    prompt->at = prompt->n_history;
}

const char *prompt_last(const struct prompt *prompt)
{
    return prompt->n_history > 0 ? prompt->history[prompt->n_history - 1] : NULL;
}

void prompt_remember(struct prompt *prompt)
{
    const char *last = prompt_last(prompt), *text = prompt->line.text;

    prompt->at = prompt->n_history;
    if (!text[strspn(text, " ")] || (last && strcmp(last, text) == 0))
        return;
    if (prompt->n_history == PROMPT_HISTORY_MAX) {
        free(prompt->history[0]);
        memmove(prompt->history, prompt->history + 1,
                --prompt->n_history * sizeof(prompt->history[0]));
    }
    prompt->history[prompt->n_history++] = xstrdup(text);
    prompt->at = prompt->n_history;
    if (prompt->n_new < prompt->n_history)
        prompt->n_new++;
}

/* What may be written down. */
static bool is_kept(const char *line)
{
    struct prompt_order order;

    return prompt_parse(line, &order, NULL) == 0 && order.id != PROMPT_ASK &&
           order.id != PROMPT_TRIAGE;
}

void prompt_read_history(struct prompt *prompt, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((newline ? newline : end) - text);
        CLEANUP(freep) char *line = xprintf_dup("%.*s", n < LINE_EDIT_SIZE ? (int)n : 0, text);

        prompt_begin(prompt);
        line_edit_set(&prompt->line,
                      line); /* whoever wrote the file: it is made fit for a terminal */
        if (is_kept(prompt->line.text))
            prompt_remember(prompt);
        text += n + 1;
    }
    prompt->n_new = 0;
    prompt_begin(prompt);
}

void prompt_write_history(const struct prompt *prompt,
                          const char *old_text,
                          size_t old_len,
                          struct buffer *out)
{
    struct prompt all = {.n_history = 0};

    prompt_read_history(&all, old_text, old_len);
    for (size_t i = prompt->n_history - prompt->n_new; i < prompt->n_history; i++) {
        line_edit_set(&all.line, prompt->history[i]);
        if (is_kept(all.line.text))
            prompt_remember(&all);
    }
    for (size_t i = 0; i < all.n_history; i++)
        (void)buffer_printf(out, "%s\n", all.history[i]);
    prompt_finish(&all);
}

void prompt_recall(struct prompt *prompt, int by)
{
    if ((by < 0 && prompt->at == 0) || (by > 0 && prompt->at >= prompt->n_history))
        return;
    if (prompt->at == prompt->n_history) {
        free(prompt->draft);
        prompt->draft = xstrdup(prompt->line.text);
    }
    prompt->at = by < 0 ? prompt->at - 1 : prompt->at + 1;
    line_edit_set(&prompt->line,
                  prompt->at < prompt->n_history ? prompt->history[prompt->at] : prompt->draft);
}

/* ---- Completion ---------------------------------------------------------------------------------- */

static void offer(struct prompt_choices *choices, const char *word, const char *typed, size_t len)
{
    if (choices->n < PROMPT_CHOICES_MAX && strncmp(word, typed, len) == 0)
        choices->at[choices->n++] = word;
}

/* The one that the line's first word names in full; NULL: none. */
static const struct prompt_command *find_command(const char *name, size_t len)
{
    for (size_t i = 0; i < N_PROMPT_COMMANDS; i++) {
        const struct prompt_command *command = &prompt_commands[i];

        if (strlen(command->name) == len && strncmp(command->name, name, len) == 0)
            return command;
        if (command->brief && strlen(command->brief) == len &&
            strncmp(command->brief, name, len) == 0)
            return command;
    }
    return NULL;
}

static void offer_words(struct prompt_choices *choices,
                        const struct prompt_known *known,
                        const char *typed,
                        size_t len)
{
    const char *(*word)(const struct prompt_known *, size_t) = choices->command->word;

    for (size_t i = 0; word && word(known, i); i++)
        offer(choices, word(known, i), typed, len);
}

/* Of what stands behind the command's name. */
static void offer_arguments(struct prompt_choices *choices,
                            const struct prompt_known *known,
                            const struct line_edit *line,
                            size_t name_end)
{
    size_t from = name_end + strspn(line->text + name_end, " ");

    if (choices->command != &prompt_commands[PROMPT_VAR]) {
        offer_words(choices, known, line->text + choices->from, line->cursor - choices->from);
        return;
    }
    if (!known->dashboard || from > line->cursor)
        return;
    prompt_variable_complete(known->dashboard, line->text + from, line->cursor - from, choices);
    choices->from += from;
}

/* Of commands, and the words of keys. */
static void offer_names(struct prompt_choices *choices,
                        const struct prompt_known *known,
                        const char *typed,
                        size_t len)
{
    for (size_t i = 0; i < N_PROMPT_COMMANDS; i++)
        if (!known->is_read_only || !prompt_commands[i].is_sending)
            offer(choices, prompt_commands[i].name, typed, len);
    for (size_t i = 0; keys_word(i); i++)
        if (keys_of_word(known->context, keys_word(i)) &&
            (!known->is_read_only || !keys_word_acts(i)))
            offer(choices, keys_word(i), typed, len);
}

void prompt_complete(const struct line_edit *line,
                     const struct prompt_known *known,
                     struct prompt_choices *ret_choices)
{
    size_t first = strspn(line->text, " "), name_len = strcspn(line->text + first, " ");
    struct prompt_choices choices = {.from = line->cursor};

    while (choices.from > 0 && line->text[choices.from - 1] != ' ')
        choices.from--;
    if (line->cursor > first + name_len) {
        choices.command = find_command(line->text + first, name_len);
        if (choices.command)
            offer_arguments(&choices, known, line, first + name_len);
    } else {
        offer_names(&choices, known, line->text + choices.from, line->cursor - choices.from);
    }
    *ret_choices = choices;
}

static size_t common_len(const struct prompt_choices *choices)
{
    size_t len = strlen(choices->at[0]);

    for (size_t i = 1; i < choices->n; i++) {
        size_t same = 0;

        while (same < len && choices->at[i][same] == choices->at[0][same])
            same++;
        len = same;
    }
    return utf8_whole(choices->at[0], len);
}

void prompt_tab(struct line_edit *line, const struct prompt_known *known)
{
    struct prompt_choices choices;
    char word[LINE_EDIT_SIZE];
    size_t len;

    prompt_complete(line, known, &choices);
    len = choices.n > 0 ? common_len(&choices) : 0;
    if (len == 0 || len + 2 > sizeof(word))
        return;
    memcpy(word, choices.at[0], len);
    if (choices.n == 1 && word[len - 1] != '=')
        word[len++] = ' ';
    word[len] = '\0';
    /* A blank that is there already is not written twice. */
    if (word[len - 1] == ' ' && line->text[line->cursor] == ' ')
        word[len - 1] = '\0';
    (void)line_edit_replace(line, choices.from, word);
}
