#include "common/alloc.h"
#include "tui/dashboard_parts.h"
#include "tui/server_text.h"

#include <stdio.h>
#include <string.h>

#define ALL "$__all"

/* ---- Reading ------------------------------------------------------------------------------------ */

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

/* The first of "a, b, c"; of "name : value" the value. */
static void add_first_listed(struct dashboard_variable *variable, const char *list)
{
    size_t len = strcspn(list, ",");
    const char *colon = memmem(list, len, " : ", 3);

    if (colon) {
        len -= (size_t)(colon + 3 - list);
        list = colon + 3;
    }
    while (len > 0 && *list == ' ') {
        list++;
        len--;
    }
    while (len > 0 && list[len - 1] == ' ')
        len--;
    if (len > 0)
        add_value(variable, list, len);
}

static void forget_values(struct dashboard_variable *variable)
{
    for (size_t i = 0; i < variable->n_values; i++)
        free(variable->values[i]);
    variable->n_values = 0;
}

static bool is_all(const struct dashboard_variable *variable)
{
    return variable->n_values == 1 && strcmp(variable->values[0], ALL) == 0;
}

/* "All": what the file says for it, else all the options it lists, else whatever there is. True when
 * the value is a regular expression already. */
static bool choose_all(struct dashboard_variable *variable, const struct json *json)
{
    const char *all = json_string(json_get(json, "allValue"));

    forget_values(variable);
    if (!all || !all[0])
        for (const struct json *option = json_first(json_get(json, "options")); option;
             option = json_next(option)) {
            const char *value = json_string(json_get(option, "value"));

            if (value && strcmp(value, ALL) != 0)
                add_value(variable, value, strlen(value));
        }
    if (variable->n_values > 0)
        return false;
    add_value(variable, all && all[0] ? all : ".*", all && all[0] ? strlen(all) : 2);
    return true;
}

static const struct json *selected_option(const struct json *options)
{
    for (const struct json *option = json_first(options); option; option = json_next(option))
        if (json_bool(json_get(option, "selected"), false))
            return option;
    return json_first(options);
}

/* What the file has chosen; "" is a choice too. */
static void choose(struct dashboard_variable *variable, const struct json *json)
{
    const char *query = json_string(json_get(json, "query"));

    add_values(variable, json_get(json_get(json, "current"), "value"));
    if (variable->n_values == 0)
        add_values(variable, json_get(selected_option(json_get(json, "options")), "value"));
    if (variable->n_values > 0 || !query || strcmp(variable->type, "query") == 0)
        return;
    if (strcmp(variable->type, "custom") == 0 || strcmp(variable->type, "interval") == 0)
        add_first_listed(variable, query);
    else
        add_value(variable, query, strlen(query));
}

static void describe(struct dashboard_variable *variable)
{
    struct buffer text;

    buffer_init(&text, 4096);
    for (size_t i = 0; i < variable->n_values; i++)
        (void)buffer_printf(&text, "%s%s", i ? " + " : "", variable->values[i]);
    variable->shown = server_text_dup(buffer_text(&text));
    buffer_finish(&text);
}

static void read_variable(struct dashboard *dashboard,
                          const struct json *json,
                          struct dashboard_variable *variable)
{
    bool is_regex = false;

    dashboard_copy_text(variable->name, sizeof(variable->name), json_get(json, "name"));
    dashboard_copy_text(variable->type, sizeof(variable->type), json_get(json, "type"));
    variable->is_multi =
        json_bool(json_get(json, "multi"), false) || json_bool(json_get(json, "includeAll"), false);
    if (strcmp(variable->type, "adhoc") == 0)
        dashboard_note(&dashboard->notes, "the ad hoc filters of $%s are not applied",
                       variable->name);
    choose(variable, json);
    if (is_all(variable))
        is_regex = choose_all(variable, json);
    if (variable->n_values == 0 && strcmp(variable->type, "query") == 0) {
        dashboard_note(&dashboard->notes, "$%s has no stored choice: everything is shown",
                       variable->name);
        add_value(variable, ".*", 2);
        is_regex = true;
    }
    variable->is_regex = is_regex;
    if (variable->n_values == 0)
        add_value(variable, "", 0);
    describe(variable);
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
        forget_values(&dashboard->variables[i]);
        free(dashboard->variables[i].values);
        free(dashboard->variables[i].shown);
    }
    free(dashboard->variables);
}

/* ---- References: $name, ${name}, ${name:format}, [[name]], [[name:format]] ----------------------- */

struct reference {
    size_t len; /* of all of it, in the text */
    char name[64];
    char format[16];
};

static size_t name_len(const char *at)
{
    size_t len = 0;

    while ((at[len] >= '0' && at[len] <= '9') || (at[len] >= 'a' && at[len] <= 'z') ||
           (at[len] >= 'A' && at[len] <= 'Z') || at[len] == '_')
        len++;
    return len;
}

static bool take_name(const char *at, size_t len, char *out, size_t size)
{
    if (len == 0 || len >= size || (at[0] >= '0' && at[0] <= '9'))
        return false;
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

/* "name" or "name:format", then the closing text. */
static bool read_closed(const char *at, size_t opened, const char *close, struct reference *ret)
{
    size_t len = name_len(at + opened);
    const char *end = at + opened + len;

    if (!take_name(at + opened, len, ret->name, sizeof(ret->name)))
        return false;
    ret->format[0] = '\0';
    if (*end == ':') {
        len = name_len(++end);
        if (!take_name(end, len, ret->format, sizeof(ret->format)))
            return false;
        end += len;
    }
    if (strncmp(end, close, strlen(close)) != 0)
        return false;
    ret->len = (size_t)(end - at) + strlen(close);
    return true;
}

/* Is there one at the start of text? What does not look like one ("$" at the end of a regular expression, "$1"
 * of label_replace) is none. */
static bool read_reference(const char *at, struct reference *ret)
{
    if (at[0] == '[' && at[1] == '[')
        return read_closed(at, 2, "]]", ret);
    if (at[0] != '$')
        return false;
    if (at[1] == '{')
        return read_closed(at, 2, "}", ret);
    ret->format[0] = '\0';
    ret->len = name_len(at + 1) + 1;
    return take_name(at + 1, ret->len - 1, ret->name, sizeof(ret->name));
}

/* ---- Filling in --------------------------------------------------------------------------------- */

static void write_span(int64_t span_ms, struct buffer *out)
{
    if (span_ms % 1000 == 0)
        (void)buffer_printf(out, "%llds", (long long)(span_ms / 1000));
    else
        (void)buffer_printf(out, "%lldms", (long long)span_ms);
}

enum builtin {
    BUILTIN_INTERVAL,
    BUILTIN_INTERVAL_MS,
    BUILTIN_RATE_INTERVAL,
    BUILTIN_RATE_INTERVAL_MS,
    BUILTIN_RANGE,
    BUILTIN_RANGE_S,
    BUILTIN_RANGE_MS,
    BUILTIN_FROM,
    BUILTIN_TO,
    N_BUILTINS
};

static const char *const builtin_names[N_BUILTINS] = {
    "__interval",         "__interval_ms", "__rate_interval",
    "__rate_interval_ms", "__range",       "__range_s",
    "__range_ms",         "__from",        "__to",
};

static enum builtin find_builtin(const char *name)
{
    size_t i = 0;

    while (i < N_BUILTINS && strcmp(builtin_names[i], name) != 0)
        i++;
    return (enum builtin)i;
}

/* Grafana's rule for $__rate_interval, so that a window always has scrapes enough. */
static int64_t rate_interval_ms(const struct dashboard_times *times)
{
    int64_t a = times->interval_ms + times->scrape_interval_ms, b = 4 * times->scrape_interval_ms;

    return a > b ? a : b;
}

static void write_builtin(enum builtin which,
                          const struct dashboard_times *times,
                          struct buffer *out)
{
    int64_t range_ms = times->to_ms - times->from_ms;

    switch (which) {
    case BUILTIN_INTERVAL:
        write_span(times->interval_ms, out);
        break;
    case BUILTIN_INTERVAL_MS:
        (void)buffer_printf(out, "%lld", (long long)times->interval_ms);
        break;
    case BUILTIN_RATE_INTERVAL:
        write_span(rate_interval_ms(times), out);
        break;
    case BUILTIN_RATE_INTERVAL_MS:
        (void)buffer_printf(out, "%lld", (long long)rate_interval_ms(times));
        break;
    case BUILTIN_RANGE:
        write_span(range_ms / 1000 * 1000, out);
        break;
    case BUILTIN_RANGE_S:
        (void)buffer_printf(out, "%lld", (long long)(range_ms / 1000));
        break;
    case BUILTIN_RANGE_MS:
        (void)buffer_printf(out, "%lld", (long long)range_ms);
        break;
    case BUILTIN_FROM:
        (void)buffer_printf(out, "%lld", (long long)times->from_ms);
        break;
    case BUILTIN_TO:
        (void)buffer_printf(out, "%lld", (long long)times->to_ms);
        break;
    case N_BUILTINS:
        break;
    }
}

static const struct dashboard_variable *find_variable(const struct dashboard *dashboard,
                                                      const char *name)
{
    for (size_t i = 0; i < dashboard->n_variables; i++)
        if (strcmp(dashboard->variables[i].name, name) == 0)
            return &dashboard->variables[i];
    return NULL;
}

/* As Grafana's Prometheus data source does: for a string in double quotes. */
static void write_escaped(const char *text, bool is_regex, struct buffer *out)
{
    for (; *text; text++)
        if (*text == '\\')
            (void)buffer_puts(out, is_regex ? "\\\\\\\\" : "\\\\");
        else if (is_regex && strchr("$^*{}[]'+?.()|", *text))
            (void)buffer_printf(out, "\\\\%c", *text);
        else
            (void)buffer_putc(out, *text);
}

static void write_joined(const struct dashboard_variable *variable,
                         const char *between,
                         bool is_regex,
                         struct buffer *out)
{
    for (size_t i = 0; i < variable->n_values; i++) {
        (void)buffer_puts(out, i ? between : "");
        if (is_regex)
            write_escaped(variable->values[i], true, out);
        else
            (void)buffer_puts(out, variable->values[i]);
    }
}

static void write_variable(const struct dashboard_variable *variable,
                           const char *format,
                           const struct dashboard_times *times,
                           struct buffer *out)
{
    bool is_regex = variable->is_multi || strcmp(format, "regex") == 0;
    bool is_list = is_regex && variable->n_values > 1;

    if (strcmp(variable->type, "interval") == 0 &&
        (strncmp(variable->values[0], "$__auto", 7) == 0 ||
         strcmp(variable->values[0], "auto") == 0)) {
        write_builtin(BUILTIN_INTERVAL, times, out);
    } else if (strcmp(format, "raw") == 0 || strcmp(format, "csv") == 0) {
        write_joined(variable, ",", false, out);
    } else if (strcmp(format, "text") == 0) {
        write_joined(variable, " + ", false, out);
    } else if (strcmp(format, "pipe") == 0) {
        write_joined(variable, "|", false, out);
    } else if (variable->is_regex) {
        (void)buffer_puts(out, variable->values[0]);
    } else if (is_regex) {
        (void)buffer_puts(out, is_list ? "(" : "");
        write_joined(variable, "|", true, out);
        (void)buffer_puts(out, is_list ? ")" : "");
    } else {
        write_escaped(variable->values[0], false, out);
    }
}

static bool write_reference(const struct dashboard *dashboard,
                            const struct reference *reference,
                            const struct dashboard_times *times,
                            struct buffer *out)
{
    const struct dashboard_variable *variable = find_variable(dashboard, reference->name);
    enum builtin builtin = find_builtin(reference->name);

    if (variable)
        write_variable(variable, reference->format, times, out);
    else if (builtin != N_BUILTINS)
        write_builtin(builtin, times, out);
    return variable || builtin != N_BUILTINS;
}

int dashboard_fill_in(const struct dashboard *dashboard,
                      const char *text,
                      const struct dashboard_times *times,
                      struct buffer *out,
                      struct tw_error *err)
{
    size_t before = out->len;
    struct reference reference;

    while (*text && !out->failed && out->len - before <= DASHBOARD_EXPR_MAX) {
        if (!read_reference(text, &reference)) {
            (void)buffer_putc(out, *text++);
            continue;
        }
        if (!write_reference(dashboard, &reference, times, out))
            (void)buffer_append(out, text, reference.len);
        text += reference.len;
    }
    if (out->failed || out->len - before > DASHBOARD_EXPR_MAX)
        return tw_fail(err, TW_INVALID, "the expression is longer than %zu bytes",
                       DASHBOARD_EXPR_MAX);
    return 0;
}

void dashboard_fill_in_text(const struct dashboard *dashboard,
                            const char *text,
                            char *out,
                            size_t size)
{
    struct buffer filled;
    struct reference reference;

    buffer_init(&filled, 4096);
    while (*text && !filled.failed) {
        const struct dashboard_variable *variable = NULL;
        bool is_reference = read_reference(text, &reference);

        if (is_reference)
            variable = find_variable(dashboard, reference.name);
        if (variable)
            (void)buffer_puts(&filled, variable->shown);
        else
            (void)buffer_append(&filled, text, is_reference ? reference.len : 1);
        text += is_reference ? reference.len : 1;
    }
    (void)server_text_copy(out, size, buffer_text(&filled), filled.len);
    buffer_finish(&filled);
}

bool dashboard_find_unknown(const struct dashboard *dashboard,
                            const char *text,
                            char *out,
                            size_t size)
{
    struct reference reference;

    while (*text) {
        if (!read_reference(text, &reference)) {
            text++;
            continue;
        }
        if (!find_variable(dashboard, reference.name) &&
            find_builtin(reference.name) == N_BUILTINS) {
            (void)snprintf(out, size, "$%s", reference.name);
            return true;
        }
        text += reference.len;
    }
    return false;
}
