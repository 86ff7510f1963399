#include "common/alloc.h"
#include "tui/board/dashboard_parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* As they came: what is kept of them the variable says. */
#define OPTIONS_MAX 5000

/* ---- Lists of strings ---------------------------------------------------------------------------- */

static char **copy_strings(const char *const *strings, size_t n)
{
    char **copy = xcalloc(n, sizeof(char *));

    for (size_t i = 0; i < n; i++)
        copy[i] = xstrdup(strings[i]);
    return copy;
}

static void free_strings(char **strings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(strings[i]);
    free(strings);
}

static void forget_options(struct variable_choice *choice)
{
    free_strings(choice->options, choice->n_options);
    choice->options = NULL;
    choice->n_options = 0;
    choice->reason[0] = '\0';
    choice->is_answered = false;
}

static void set_options(struct variable_choice *choice, const char *const *options, size_t n)
{
    n = n < OPTIONS_MAX ? n : OPTIONS_MAX;
    forget_options(choice);
    choice->options = copy_strings(options, n);
    choice->n_options = n;
}

static void set_values(struct variable_choice *choice, const char *const *values, size_t n)
{
    free_strings(choice->values, choice->n_values);
    choice->values = copy_strings(values, n);
    choice->n_values = n;
}

/* ---- All of them --------------------------------------------------------------------------------- */

void dashboard_choices_free(struct dashboard_choices *choices)
{
    if (!choices)
        return;
    for (size_t i = 0; i < choices->n; i++) {
        free_strings(choices->at[i].options, choices->at[i].n_options);
        free_strings(choices->at[i].values, choices->at[i].n_values);
    }
    free(choices->at);
    free(choices);
}

struct dashboard_choices *dashboard_choices_copy(const struct dashboard_choices *choices)
{
    struct dashboard_choices *copy = xcalloc(1, sizeof(*copy));

    copy->n = choices->n;
    copy->at = xcalloc(choices->n, sizeof(*copy->at));
    for (size_t i = 0; i < choices->n; i++) {
        const struct variable_choice *from = &choices->at[i];
        struct variable_choice *to = &copy->at[i];

        *to = *from;
        to->options = copy_strings((const char *const *)from->options, from->n_options);
        to->values = copy_strings((const char *const *)from->values, from->n_values);
    }
    return copy;
}

static struct variable_choice *find(const struct dashboard_choices *choices, const char *name)
{
    for (size_t i = 0; i < choices->n; i++)
        if (strcmp(choices->at[i].name, name) == 0)
            return &choices->at[i];
    return NULL;
}

static struct variable_choice *obtain(struct dashboard_choices *choices, const char *name)
{
    struct variable_choice *choice = find(choices, name);

    if (choice)
        return choice;
    choices->at = xrealloc_array(choices->at, choices->n + 1, sizeof(*choices->at));
    choice = &choices->at[choices->n++];
    *choice = (struct variable_choice){.options = NULL};
    (void)snprintf(choice->name, sizeof(choice->name), "%s", name);
    return choice;
}

const struct variable_choice *dashboard_choice_of(const struct dashboard *dashboard,
                                                  const char *name)
{
    return find(dashboard->choices, name);
}

/* ---- Another dashboard of the same file ---------------------------------------------------------- */

bool dashboard_is_kin(const struct dashboard *a, const struct dashboard *b)
{
    return a && b && a->source == b->source;
}

static struct dashboard *read_again(const struct dashboard *dashboard,
                                    struct dashboard_choices *owned_choices)
{
    struct dashboard *next = NULL;
    int r = dashboard_read_source(dashboard->source, owned_choices, &next, NULL);

    assert(r == 0 && next); /* what has been read once can be read again */
    next->revision = dashboard->revision + 1;
    return next;
}

const struct dashboard_variable *dashboard_variable(const struct dashboard *dashboard,
                                                    const char *name)
{
    for (size_t i = 0; i < dashboard->n_variables; i++)
        if (strcmp(dashboard->variables[i].name, name) == 0)
            return &dashboard->variables[i];
    return NULL;
}

/* Is there another one that has to be known before? */
static bool is_blocked(const struct dashboard *dashboard, const struct dashboard_variable *variable)
{
    for (size_t i = 0; i < dashboard->n_variables; i++)
        if (dashboard->variables[i].is_awaited && &dashboard->variables[i] != variable &&
            dashboard_mentions(variable->query, dashboard->variables[i].name))
            return true;
    return false;
}

const struct dashboard_variable *dashboard_awaited(const struct dashboard *dashboard)
{
    const struct dashboard_variable *first = NULL;

    for (size_t i = 0; i < dashboard->n_variables; i++) {
        const struct dashboard_variable *variable = &dashboard->variables[i];

        if (!variable->is_awaited)
            continue;
        if (!is_blocked(dashboard, variable))
            return variable;
        first = first ? first : variable; /* in a circle somebody has to begin */
    }
    return first;
}

struct dashboard *dashboard_take_options(const struct dashboard *dashboard,
                                         const char *name,
                                         const char *const *options,
                                         size_t n,
                                         const char *reason)
{
    struct dashboard_choices *choices = dashboard_choices_copy(dashboard->choices);
    struct variable_choice *choice = obtain(choices, name);

    set_options(choice, options, n);
    choice->is_answered = true;
    (void)snprintf(choice->reason, sizeof(choice->reason), "%s", reason ? reason : "");
    return read_again(dashboard, choices);
}

static bool mentions_any(const struct dashboard *dashboard,
                         const char *query,
                         const bool is_changed[DASHBOARD_VARIABLES_MAX])
{
    for (size_t i = 0; i < dashboard->n_variables; i++)
        if (is_changed[i] && dashboard_mentions(query, dashboard->variables[i].name))
            return true;
    return false;
}

/* What depends on it is to be asked for again, and what depends on that. */
static void forget_dependents(const struct dashboard *dashboard,
                              struct dashboard_choices *choices,
                              const struct dashboard_variable *changed)
{
    bool is_changed[DASHBOARD_VARIABLES_MAX] = {false}, is_more = true;

    is_changed[changed - dashboard->variables] = true;
    while (is_more) {
        is_more = false;
        for (size_t i = 0; i < dashboard->n_variables; i++) {
            const struct dashboard_variable *variable = &dashboard->variables[i];
            struct variable_choice *choice = find(choices, variable->name);

            if (!choice || !choice->is_answered ||
                !mentions_any(dashboard, variable->query, is_changed))
                continue;
            forget_options(choice);
            is_changed[i] = is_more = true;
        }
    }
}

static bool has_option(const struct dashboard_variable *variable, const char *value)
{
    if (variable->n_options == 0 && variable->n_left_off == 0)
        return true; /* a box to type in, or nobody knows */
    for (size_t i = 0; i < variable->n_options; i++)
        if (strcmp(variable->options[i].value, value) == 0)
            return true;
    return false;
}

static int check_values(const struct dashboard_variable *variable,
                        const char *const *values,
                        size_t n,
                        struct tw_error *err)
{
    if (n == 0 || n > DASHBOARD_VALUES_MAX)
        return tw_fail(err, TW_INVALID, "$%s needs one value", variable->name);
    if (n > 1 && !variable->is_multi)
        return tw_fail(err, TW_INVALID, "$%s takes one value", variable->name);
    if (n == 1 && strcmp(values[0], VARIABLE_ALL) == 0 && variable->has_all)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (!has_option(variable, values[i]))
            return tw_fail(err, TW_INVALID, "$%s cannot be '%.80s'", variable->name, values[i]);
    return 0;
}

int dashboard_choose(const struct dashboard *dashboard,
                     const char *name,
                     const char *const *values,
                     size_t n,
                     struct dashboard **ret_dashboard,
                     struct tw_error *err)
{
    const struct dashboard_variable *variable = dashboard_variable(dashboard, name);
    struct dashboard_choices *choices;
    struct variable_choice *choice;

    if (!variable)
        return tw_fail(err, TW_NOT_FOUND, "the dashboard has no variable '%.60s'", name);
    if (check_values(variable, values, n, err) < 0)
        return -1;
    choices = dashboard_choices_copy(dashboard->choices);
    choice = obtain(choices, name);
    set_values(choice, values, n);
    choice->is_chosen = true;
    forget_dependents(dashboard, choices, variable);
    *ret_dashboard = read_again(dashboard, choices);
    return 0;
}

struct dashboard *dashboard_begin_again(const struct dashboard *dashboard)
{
    return read_again(dashboard, xcalloc(1, sizeof(struct dashboard_choices)));
}

struct dashboard *dashboard_choose_as(struct dashboard *dashboard, const struct dashboard *other)
{
    struct dashboard *result = dashboard_ref(dashboard);

    for (size_t i = 0; i < other->choices->n; i++) {
        const struct variable_choice *choice = &other->choices->at[i];
        struct dashboard *next;

        if (!choice->is_chosen ||
            dashboard_choose(result, choice->name, (const char *const *)choice->values,
                             choice->n_values, &next, NULL) < 0)
            continue;
        dashboard_unref(result);
        result = next;
    }
    return result;
}
