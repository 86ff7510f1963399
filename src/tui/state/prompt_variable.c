#include "tui/state/prompt.h"

#include "common/utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- Texts ---------------------------------------------------------------------------------------- */

/* The name, and where the values begin. */
struct parts {
    const char *name;
    size_t name_len;
    const char *values;
};

static struct parts parts_of(const char *text)
{
    size_t len = strcspn(text, " ");

    return (struct parts){text, len, text + len + strspn(text + len, " ")};
}

static const struct dashboard_variable *find(const struct dashboard *dashboard,
                                             const struct parts *parts)
{
    for (size_t i = 0; i < dashboard->n_variables; i++) {
        const char *name = dashboard->variables[i].name;

        if (strlen(name) == parts->name_len && strncmp(name, parts->name, parts->name_len) == 0)
            return &dashboard->variables[i];
    }
    return NULL;
}

static size_t without_blanks(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == ' ')
        len--;
    return len;
}

/* Does a value end there? */
static bool is_end(const struct dashboard_variable *variable, const char *text)
{
    text += strspn(text, " ");
    return !*text || (variable->is_multi && *text == ',');
}

/* Bytes of the word at text; 0: it does not stand there as a whole value. */
static size_t match(const struct dashboard_variable *variable, const char *word, const char *text)
{
    size_t len = strlen(word);

    return len > 0 && strncmp(text, word, len) == 0 && is_end(variable, text + len) ? len : 0;
}

/* The option that stands at text, the longest where one begins another; NULL: none. People may write the value
 * or what is shown for it. */
static const char *option_at(const struct dashboard_variable *variable,
                             const char *text,
                             size_t *ret_len)
{
    const char *found = NULL;

    *ret_len = 0;
    for (size_t i = 0; i < variable->n_options; i++) {
        const struct variable_option *option = &variable->options[i];
        size_t by_value = match(variable, option->value, text);
        size_t by_text = match(variable, option->text, text);
        size_t len = by_value > by_text ? by_value : by_text;

        if (len <= *ret_len)
            continue;
        *ret_len = len;
        found = option->value;
    }
    return found;
}

/* ---- Choosing ------------------------------------------------------------------------------------- */

struct values {
    size_t n;
    const char *at[DASHBOARD_VALUES_MAX + 1]; /* of the options, or of `typed` */
    char typed[LINE_EDIT_SIZE];               /* each with its NUL */
    size_t n_typed;
};

/* What is no option is taken as it stands: a box to type in, or a mistake that is told. */
static size_t take_typed(const struct dashboard_variable *variable,
                         const char *text,
                         struct values *values)
{
    size_t len = variable->is_multi ? strcspn(text, ",") : strlen(text);
    size_t kept = without_blanks(text, len);
    char *out = values->typed + values->n_typed;

    /* A part of a line, and for each comma of it a NUL: there is room. */
    memcpy(out, text, kept);
    out[kept] = '\0';
    values->n_typed += kept + 1;
    values->at[values->n++] =
        variable->has_all && strcasecmp(out, PROMPT_ALL) == 0 ? VARIABLE_ALL : out;
    return len;
}

static void read_values(const struct dashboard_variable *variable,
                        const char *text,
                        struct values *values)
{
    values->n = values->n_typed = 0;
    while (*text && values->n <= DASHBOARD_VALUES_MAX) {
        size_t len;
        const char *option = option_at(variable, text, &len);

        if (option)
            values->at[values->n++] = option;
        else
            len = take_typed(variable, text, values);
        text += len;
        text += strspn(text, " ");
        text += *text == ',' ? 1 : 0;
        text += strspn(text, " ");
    }
}

int prompt_variable_choose(const struct dashboard *dashboard,
                           const char *text,
                           struct dashboard **ret_dashboard,
                           struct tw_error *err)
{
    struct parts parts = parts_of(text);
    const struct dashboard_variable *variable = find(dashboard, &parts);
    struct values values;

    if (!variable)
        return tw_fail(err, TW_NOT_FOUND, "the dashboard has no variable '%.*s'",
                       (int)utf8_whole(parts.name, parts.name_len < 60 ? parts.name_len : 60),
                       parts.name);
    if (variable->is_hidden)
        return tw_fail(err, TW_INVALID, "$%s is set by the dashboard and not to be chosen",
                       variable->name);
    read_values(variable, parts.values, &values);
    return dashboard_choose(dashboard, variable->name, values.at, values.n, ret_dashboard, err);
}

/* ---- Completion ----------------------------------------------------------------------------------- */

/* What would change when it is typed is not offered. */
static bool is_typable(const char *word)
{
    for (const char *at = word; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return word[0] && utf8_is_valid(word, strlen(word));
}

static void offer(struct prompt_choices *choices, const char *word, const char *typed, size_t len)
{
    if (choices->n < PROMPT_CHOICES_MAX && strncmp(word, typed, len) == 0 && is_typable(word))
        choices->at[choices->n++] = word;
}

/* Where the value begins that the cursor is in. */
static size_t value_from(const struct dashboard_variable *variable, const char *text, size_t len)
{
    size_t from = len;

    if (!variable->is_multi)
        return 0;
    while (from > 0 && text[from - 1] != ',')
        from--;
    return from + strspn(text + from, " ");
}

static void complete_value(const struct dashboard_variable *variable,
                           const char *text,
                           size_t len,
                           struct prompt_choices *choices)
{
    size_t from = value_from(variable, text, len);

    choices->from = from < len ? from : len;
    text += choices->from;
    len -= choices->from;
    if (variable->has_all)
        offer(choices, PROMPT_ALL, text, len);
    for (size_t i = 0; i < variable->n_options; i++)
        offer(choices, variable->options[i].value, text, len);
}

void prompt_variable_complete(const struct dashboard *dashboard,
                              const char *text,
                              size_t len,
                              struct prompt_choices *choices)
{
    struct parts parts = parts_of(text);
    const struct dashboard_variable *variable;
    size_t values_at = (size_t)(parts.values - text);

    choices->from = 0;
    if (len <= parts.name_len) {
        for (size_t i = 0; i < dashboard->n_variables; i++)
            if (!dashboard->variables[i].is_hidden)
                offer(choices, dashboard->variables[i].name, text, len);
        return;
    }
    variable = find(dashboard, &parts);
    if (len < values_at) /* among several blanks before the value */
        values_at = len;
    if (variable && !variable->is_hidden)
        complete_value(variable, text + values_at, len - values_at, choices);
    choices->from += values_at;
}
