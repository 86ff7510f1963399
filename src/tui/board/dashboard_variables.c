#include "common/alloc.h"
#include "tui/board/dashboard_parts.h"
#include "tui/board/variable_query.h"
#include "tui/text/pattern.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Grafana joins all options for "All"; beyond this an expression would be mostly that. */
#define ALL_BYTES_MAX 2000

/* ---- Values -------------------------------------------------------------------------------------- */

static void add_value(struct dashboard_variable *variable, const char *text, size_t len)
{
    if (variable->n_values == DASHBOARD_VALUES_MAX)
        return;
    variable->values =
        xrealloc_array(variable->values, variable->n_values + 1, sizeof(*variable->values));
    variable->values[variable->n_values++] = xprintf_dup("%.*s", (int)len, text);
}

/* A string, or an array of strings. */
static void add_values(struct dashboard_variable *variable, const struct json *value)
{
    const char *text = json_string(value);

    if (text)
        add_value(variable, text, strlen(text));
    for (const struct json *item = json_first(value); !text && item; item = json_next(item))
        if (json_string(item))
            add_value(variable, json_string(item), strlen(json_string(item)));
}

static void forget_values(struct dashboard_variable *variable)
{
    for (size_t i = 0; i < variable->n_values; i++)
        free(variable->values[i]);
    variable->n_values = 0;
}

static bool is_all(const struct dashboard_variable *variable)
{
    return variable->n_values == 1 && strcmp(variable->values[0], VARIABLE_ALL) == 0;
}

/* ---- Options ------------------------------------------------------------------------------------- */

static bool has_option(const struct dashboard_variable *variable, const char *value)
{
    for (size_t i = 0; i < variable->n_options; i++)
        if (strcmp(variable->options[i].value, value) == 0)
            return true;
    return false;
}

/* Each once. text NULL: the value. */
static void add_option(struct dashboard_variable *variable,
                       const char *value,
                       size_t len,
                       const char *text)
{
    CLEANUP(freep) char *kept = xprintf_dup("%.*s", (int)len, value);
    struct variable_option *option;

    if (strcmp(kept, VARIABLE_ALL) == 0 || has_option(variable, kept))
        return;
    if (variable->n_options == DASHBOARD_VALUES_MAX) {
        variable->n_left_off++;
        return;
    }
    variable->options =
        xrealloc_array(variable->options, variable->n_options + 1, sizeof(*variable->options));
    option = &variable->options[variable->n_options++];
    option->text = server_text_dup(text ? text : kept);
    option->value = TAKE(kept);
}

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && **text == ' ') {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && (*text)[*len - 1] == ' ')
        (*len)--;
}

/* "a, b, c"; of "name : value" the value. A comma in a value has a backslash before it. */
static void add_listed_options(struct dashboard_variable *variable, const char *list)
{
    while (*list) {
        CLEANUP(freep) char *shown = NULL;
        size_t len = strcspn(list, ","), whole;
        const char *value = list, *colon;

        while (list[len] && len > 0 && list[len - 1] == '\\')
            len += 1 + strcspn(list + len + 1, ",");
        whole = len + (list[len] == ',');
        colon = memmem(list, len, " : ", 3);
        if (colon) {
            const char *text = list;
            size_t n_text = (size_t)(colon - list);

            trim(&text, &n_text);
            shown = xprintf_dup("%.*s", (int)n_text, text);
            value = colon + 3;
            len -= (size_t)(value - list);
        }
        trim(&value, &len);
        if (len > 0)
            add_option(variable, value, len, shown);
        list += whole;
    }
}

static void add_stored_options(struct dashboard_variable *variable, const struct json *options)
{
    for (const struct json *option = json_first(options); option; option = json_next(option)) {
        const char *value = json_string(json_get(option, "value"));

        if (value)
            add_option(variable, value, strlen(value), json_string(json_get(option, "text")));
    }
}

enum { SORT_NUMBERS = 3, SORT_NO_CASE = 5 };

/* Grafana's numbers: odd ones ascend, even ones descend. */
static int compare_options(const struct variable_option *a,
                           const struct variable_option *b,
                           int sort)
{
    int order;

    if (sort == SORT_NUMBERS || sort == SORT_NUMBERS + 1) {
        double left = strtod(a->value, NULL), right = strtod(b->value, NULL);

        order = left < right ? -1 : left > right;
    } else {
        order = sort >= SORT_NO_CASE ? strcasecmp(a->value, b->value) : strcmp(a->value, b->value);
    }
    return sort % 2 == 0 ? -order : order;
}

static int compare(const void *left, const void *right, void *ctx)
{
    return compare_options(left, right, *(const int *)ctx);
}

/* As the server gave them, or the part of each that the pattern names. */
static void add_asked_options(struct dashboard *dashboard,
                              struct dashboard_variable *variable,
                              const struct variable_choice *choice,
                              const char *regex)
{
    struct pattern pattern = {.is_compiled = false};
    struct tw_error err;
    size_t start, len;

    if (regex[0] && pattern_init(&pattern, regex, &err) < 0)
        dashboard_note(&dashboard->notes, "$%s is not filtered: %.80s", variable->name,
                       err.message);
    for (size_t i = 0; i < choice->n_options; i++) {
        start = 0;
        len = strlen(choice->options[i]);
        if (!pattern.is_compiled || pattern_find(&pattern, choice->options[i], &start, &len))
            add_option(variable, choice->options[i] + start, len, NULL);
    }
    pattern_finish(&pattern);
}

/* The query of a variable is a string, or lies in an object beside what an editor needs. */
static const char *query_of(const struct json *json)
{
    const struct json *query = json_get(json, "query");

    return json_string(query) ? json_string(query) : dashboard_text_at(query, "query");
}

static bool is_for_prometheus(const struct json *json)
{
    const char *type = dashboard_text_at(json_get(json, "datasource"), "type");

    return type[0] == '\0' || strcmp(type, "prometheus") == 0;
}

static void read_asked_options(struct dashboard *dashboard,
                               const struct json *json,
                               struct dashboard_variable *variable)
{
    const struct variable_choice *choice = dashboard_choice_of(dashboard, variable->name);
    int sort = (int)json_number(json_get(json, "sort"), 0);

    if (choice && choice->is_answered && !choice->reason[0]) {
        add_asked_options(dashboard, variable, choice, dashboard_text_at(json, "regex"));
        if (sort > 0 && variable->n_options > 0)
            qsort_r(variable->options, variable->n_options, sizeof(*variable->options), compare,
                    &sort);
        return;
    }
    add_stored_options(variable, json_get(json, "options"));
    if (choice && choice->is_answered) {
        dashboard_note(&dashboard->notes, "$%s: %.100s", variable->name, choice->reason);
        return;
    }
    if (!variable->query[0] ||
        (json_number(json_get(json, "refresh"), 1) == 0 && variable->n_options > 0))
        return;
    variable->is_awaited = is_for_prometheus(json) && variable_query_is_known(variable->query);
    if (!variable->is_awaited)
        dashboard_note(&dashboard->notes,
                       "$%s: its query is not one for Prometheus that is known here",
                       variable->name);
}

static void read_options(struct dashboard *dashboard,
                         const struct json *json,
                         struct dashboard_variable *variable)
{
    if (strcmp(variable->type, "query") == 0) {
        read_asked_options(dashboard, json, variable);
    } else if (strcmp(variable->type, "custom") == 0 || strcmp(variable->type, "interval") == 0) {
        add_listed_options(variable, variable->query);
        add_stored_options(variable, json_get(json, "options"));
    }
}

/* ---- The choice ---------------------------------------------------------------------------------- */

/* What was chosen here, else what the file has chosen; "" is a choice too. */
static void choose(const struct dashboard *dashboard,
                   struct dashboard_variable *variable,
                   const struct json *json)
{
    const struct variable_choice *choice = dashboard_choice_of(dashboard, variable->name);
    bool is_free = strcmp(variable->type, "textbox") == 0 ||
                   strcmp(variable->type, "constant") == 0 ||
                   strcmp(variable->type, "datasource") == 0;

    for (size_t i = 0; choice && choice->is_chosen && i < choice->n_values; i++)
        add_value(variable, choice->values[i], strlen(choice->values[i]));
    if (variable->n_values == 0)
        add_values(variable, json_get(json_get(json, "current"), "value"));
    if (variable->n_values == 0 && is_free && json_string(json_get(json, "query")))
        add_value(variable, variable->query, strlen(variable->query));
}

/* Is the choice one that there is? */
static bool is_among_options(const struct dashboard_variable *variable)
{
    for (size_t i = 0; i < variable->n_values; i++)
        if (!has_option(variable, variable->values[i]))
            return false;
    return variable->n_values > 0;
}

static bool is_answered(const struct dashboard *dashboard,
                        const struct dashboard_variable *variable)
{
    const struct variable_choice *choice = dashboard_choice_of(dashboard, variable->name);

    return choice && choice->is_answered && !choice->reason[0];
}

/* As Grafana does when the stored choice is not there any more: all, else the first. */
static void choose_again(const struct dashboard *dashboard, struct dashboard_variable *variable)
{
    bool is_known = is_answered(dashboard, variable) && variable->n_left_off == 0;

    if (is_all(variable) || is_among_options(variable) || (variable->n_values > 0 && !is_known))
        return;
    forget_values(variable);
    if (variable->has_all && is_known)
        add_value(variable, VARIABLE_ALL, strlen(VARIABLE_ALL));
    else if (variable->n_options > 0)
        add_value(variable, variable->options[0].value, strlen(variable->options[0].value));
}

/* "All": what the file says for it, else all the options, else whatever there is. */
static void expand_all(struct dashboard_variable *variable, const char *all)
{
    size_t n_bytes = 0;

    forget_values(variable);
    for (size_t i = 0; i < variable->n_options; i++)
        n_bytes += strlen(variable->options[i].value) + 1;
    variable->is_regex =
        all[0] || variable->n_options == 0 || variable->n_left_off > 0 || n_bytes > ALL_BYTES_MAX;
    if (variable->is_regex)
        add_value(variable, all[0] ? all : ".*", all[0] ? strlen(all) : 2);
    for (size_t i = 0; !variable->is_regex && i < variable->n_options; i++)
        add_value(variable, variable->options[i].value, strlen(variable->options[i].value));
}

static const char *text_of(const struct dashboard_variable *variable, const char *value)
{
    for (size_t i = 0; i < variable->n_options; i++)
        if (strcmp(variable->options[i].value, value) == 0)
            return variable->options[i].text;
    return value;
}

static void describe(struct dashboard_variable *variable)
{
    CLEANUP(buffer_finish) struct buffer text;

    buffer_init(&text, 4096);
    if (variable->is_regex && variable->is_awaited)
        (void)buffer_puts(&text, "?");
    else if (is_all(variable) || variable->is_regex)
        (void)buffer_puts(&text, "All");
    else
        for (size_t i = 0; i < variable->n_values; i++)
            (void)buffer_printf(&text, "%s%s", i ? " + " : "",
                                text_of(variable, variable->values[i]));
    variable->shown = server_text_dup(buffer_text(&text));
}

/* Nothing chosen, nothing to choose from. */
static void choose_nothing(struct dashboard *dashboard, struct dashboard_variable *variable)
{
    if (strcmp(variable->type, "query") != 0) {
        add_value(variable, "", 0);
        return;
    }
    if (is_answered(dashboard, variable)) {
        add_value(variable, "", 0);
        return;
    }
    if (!variable->is_awaited)
        dashboard_note(&dashboard->notes, "$%s has no stored choice: everything is shown",
                       variable->name);
    add_value(variable, ".*", 2);
    variable->is_regex = true;
}

/* ---- Reading ------------------------------------------------------------------------------------- */

static void read_variable(struct dashboard *dashboard,
                          const struct json *json,
                          struct dashboard_variable *variable)
{
    dashboard_copy_text(variable->name, sizeof(variable->name), json_get(json, "name"));
    dashboard_copy_text(variable->label, sizeof(variable->label), json_get(json, "label"));
    dashboard_copy_text(variable->type, sizeof(variable->type), json_get(json, "type"));
    variable->query = xstrdup(query_of(json));
    variable->has_all = json_bool(json_get(json, "includeAll"), false);
    variable->is_multi = json_bool(json_get(json, "multi"), false) || variable->has_all;
    variable->is_hidden =
        json_number(json_get(json, "hide"), 0) == 2 || strcmp(variable->type, "constant") == 0;
    if (strcmp(variable->type, "adhoc") == 0)
        dashboard_note(&dashboard->notes, "the ad hoc filters of $%s are not applied",
                       variable->name);
    read_options(dashboard, json, variable);
    choose(dashboard, variable, json);
    choose_again(dashboard, variable);
    if (variable->n_values == 0)
        choose_nothing(dashboard, variable);
    if (is_answered(dashboard, variable) && variable->n_options == 0)
        dashboard_note(&dashboard->notes, "$%s: the server has nothing to choose from",
                       variable->name);
    describe(variable);
    if (is_all(variable))
        expand_all(variable, dashboard_text_at(json, "allValue"));
    if (variable->n_left_off > 0)
        dashboard_note(&dashboard->notes, "$%s: %zu of its options are not offered", variable->name,
                       variable->n_left_off);
}

void dashboard_read_variables(struct dashboard *dashboard, const struct json *list)
{
    size_t n = json_count(list);

    if (n > DASHBOARD_VARIABLES_MAX) {
        dashboard_note(&dashboard->notes, "only %d of %zu variables are read",
                       DASHBOARD_VARIABLES_MAX, n);
        n = DASHBOARD_VARIABLES_MAX;
    }
    dashboard->variables = xcalloc(n, sizeof(*dashboard->variables));
    for (const struct json *item = json_first(list); item && dashboard->n_variables < n;
         item = json_next(item))
        read_variable(dashboard, item, &dashboard->variables[dashboard->n_variables++]);
}

void dashboard_variables_finish(struct dashboard *dashboard)
{
    for (size_t i = 0; i < dashboard->n_variables; i++) {
        struct dashboard_variable *variable = &dashboard->variables[i];

        forget_values(variable);
        free(variable->values);
        for (size_t k = 0; k < variable->n_options; k++) {
            free(variable->options[k].value);
            free(variable->options[k].text);
        }
        free(variable->options);
        free(variable->query);
        free(variable->shown);
    }
    free(dashboard->variables);
}
