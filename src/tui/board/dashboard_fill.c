#include "tui/board/dashboard_parts.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <string.h>

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

/* ---- Formats: ${name:format} */

enum quoting { QUOTE_NOTHING, QUOTE_STRING, QUOTE_PATTERN, QUOTE_PERCENT };

struct format {
    const char *name;
    const char *open, *between, *close; /* of several values */
    const char *mark;                   /* around each */
    enum quoting quoting;
};

/* https://grafana.com/docs/grafana/v10.4/dashboards/variables/variable-syntax/ */
static const struct format formats[] = {
    {"regex", "(", "|", ")", "", QUOTE_PATTERN},
    {"raw", "", ",", "", "", QUOTE_NOTHING},
    {"csv", "", ",", "", "", QUOTE_NOTHING},
    {"pipe", "", "|", "", "", QUOTE_NOTHING},
    {"text", "", " + ", "", "", QUOTE_NOTHING},
    {"glob", "{", ",", "}", "", QUOTE_NOTHING},
    {"doublequote", "", ",", "", "\"", QUOTE_STRING},
    {"singlequote", "", ",", "", "'", QUOTE_NOTHING},
    {"percentencode", "{", ",", "}", "", QUOTE_PERCENT},
};

/* What the Prometheus data source does where no format is given. */
static const struct format of_several = {"", "(", "|", ")", "", QUOTE_PATTERN};
static const struct format of_one = {"", "", "", "", "", QUOTE_STRING};

/* For a string in double quotes. */
static void write_escaped(const char *text, bool is_pattern, struct buffer *out)
{
    for (; *text; text++)
        if (*text == '\\')
            (void)buffer_puts(out, is_pattern ? "\\\\\\\\" : "\\\\");
        else if (is_pattern && strchr("$^*{}[]'+?.()|", *text))
            (void)buffer_printf(out, "\\\\%c", *text);
        else
            (void)buffer_putc(out, *text);
}

static void write_percent(const char *text, struct buffer *out)
{
    for (; *text; text++)
        if (name_len((char[]){*text, '\0'}) > 0 || strchr("-.~", *text))
            (void)buffer_putc(out, *text);
        else
            (void)buffer_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
}

static void write_quoted(const char *text, enum quoting quoting, struct buffer *out)
{
    switch (quoting) {
    case QUOTE_NOTHING:
        (void)buffer_puts(out, text);
        break;
    case QUOTE_STRING:
    case QUOTE_PATTERN:
        write_escaped(text, quoting == QUOTE_PATTERN, out);
        break;
    case QUOTE_PERCENT:
        write_percent(text, out);
        break;
    }
}

static void write_values(const struct dashboard_variable *variable,
                         const struct format *format,
                         struct buffer *out)
{
    bool is_list = variable->n_values > 1;

    (void)buffer_puts(out, is_list ? format->open : "");
    for (size_t i = 0; i < variable->n_values; i++) {
        (void)buffer_printf(out, "%s%s", i ? format->between : "", format->mark);
        write_quoted(variable->values[i], format->quoting, out);
        (void)buffer_puts(out, format->mark);
    }
    (void)buffer_puts(out, is_list ? format->close : "");
}

static const struct format *format_of(const struct dashboard_variable *variable, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return variable->is_multi ? &of_several : &of_one;
}

static bool is_automatic(const struct dashboard_variable *variable)
{
    const char *value = variable->values[0];

    return strcmp(variable->type, "interval") == 0 &&
           (strncmp(value, "$__auto", 7) == 0 || strcmp(value, "auto") == 0);
}

static void write_variable(const struct dashboard_variable *variable,
                           const char *format,
                           const struct dashboard_times *times,
                           struct buffer *out)
{
    if (is_automatic(variable))
        write_builtin(BUILTIN_INTERVAL, times, out);
    else if (strcmp(format, "text") == 0)
        (void)buffer_puts(out, variable->shown);
    else if (variable->is_regex)
        (void)buffer_puts(out, variable->values[0]);
    else
        write_values(variable, format_of(variable, format), out);
}

static bool write_reference(const struct dashboard *dashboard,
                            const struct reference *reference,
                            const struct dashboard_times *times,
                            struct buffer *out)
{
    const struct dashboard_variable *variable = dashboard_variable(dashboard, reference->name);
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

void dashboard_fill_in_lines(const struct dashboard *dashboard,
                             const char *text,
                             struct buffer *out)
{
    struct reference reference;

    while (*text && !out->failed) {
        const struct dashboard_variable *variable = NULL;
        bool is_reference = read_reference(text, &reference);

        if (is_reference)
            variable = dashboard_variable(dashboard, reference.name);
        if (variable)
            (void)buffer_puts(out, variable->shown);
        else
            (void)buffer_append(out, text, is_reference ? reference.len : 1);
        text += is_reference ? reference.len : 1;
    }
}

void dashboard_fill_in_text(const struct dashboard *dashboard,
                            const char *text,
                            char *out,
                            size_t size)
{
    struct buffer filled;

    buffer_init(&filled, 4096);
    dashboard_fill_in_lines(dashboard, text, &filled);
    (void)server_text_copy(out, size, buffer_text(&filled), filled.len);
    buffer_finish(&filled);
}

bool dashboard_mentions(const char *text, const char *name)
{
    struct reference reference;

    for (; *text; text++)
        if (read_reference(text, &reference) && strcmp(reference.name, name) == 0)
            return true;
    return false;
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
        if (!dashboard_variable(dashboard, reference.name) &&
            find_builtin(reference.name) == N_BUILTINS) {
            (void)snprintf(out, size, "$%s", reference.name);
            return true;
        }
        text += reference.len;
    }
    return false;
}
