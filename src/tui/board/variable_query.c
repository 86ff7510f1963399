#include "tui/board/variable_query.h"

#include "common/alloc.h"
#include "common/fetch.h"
#include "tui/data/answer.h"
#include "tui/data/prom.h"

#include <string.h>

/* ---- "function(argument, last)" ------------------------------------------------------------------- */

enum question { LABEL_VALUES, LABEL_NAMES, METRICS, QUERY_RESULT, N_QUESTIONS };

struct parsed {
    enum question question;
    char *argument; /* owned; "" for none */
    char *label;    /* owned; of LABEL_VALUES */
};

static void parsed_finish(struct parsed *parsed)
{
    free(parsed->argument);
    free(parsed->label);
}

static char *trimmed_dup(const char *from, const char *to)
{
    while (from < to && strchr(" \t\r\n", *from))
        from++;
    while (to > from && strchr(" \t\r\n", to[-1]))
        to--;
    return xprintf_dup("%.*s", (int)(to - from), from);
}

/* The comma that no bracket or string is around; the last one, NULL for none. */
static const char *last_comma(const char *from, const char *to)
{
    const char *found = NULL;
    int depth = 0;

    for (; from < to; from++) {
        if (*from == '"' || *from == '\'')
            for (char quote = *from++; from < to && *from != quote; from++)
                from += *from == '\\' && from + 1 < to;
        else if (strchr("({[", *from))
            depth++;
        else if (strchr(")}]", *from))
            depth--;
        else if (*from == ',' && depth == 0)
            found = from;
    }
    return found;
}

static bool parse(const char *query, struct parsed *ret)
{
    static const char *const names[N_QUESTIONS] = {"label_values", "label_names", "metrics",
                                                   "query_result"};
    const char *open = strchr(query, '('), *close = strrchr(query, ')'), *comma;
    CLEANUP(freep) char *name = NULL;
    size_t i = 0;

    if (!open || !close || close < open || close[1 + strspn(close + 1, " \t\r\n;")] != '\0')
        return false;
    name = trimmed_dup(query, open);
    while (i < N_QUESTIONS && strcmp(names[i], name) != 0)
        i++;
    if (i == N_QUESTIONS)
        return false;
    comma = i == LABEL_VALUES ? last_comma(open + 1, close) : NULL;
    *ret = (struct parsed){.question = (enum question)i};
    if (i == LABEL_VALUES)
        ret->label = trimmed_dup(comma ? comma + 1 : open + 1, close);
    ret->argument =
        i == LABEL_VALUES && !comma ? xstrdup("") : trimmed_dup(open + 1, comma ? comma : close);
    return true;
}

bool variable_query_is_known(const char *query)
{
    struct parsed parsed;
    bool is_known = parse(query, &parsed);

    if (is_known)
        parsed_finish(&parsed);
    return is_known;
}

/* ---- Asking --------------------------------------------------------------------------------------- */

static void write_times(int64_t from_ms, int64_t to_ms, struct buffer *out)
{
    (void)buffer_printf(out, "?start=%lld&end=%lld", (long long)(from_ms / 1000),
                        (long long)((to_ms + 999) / 1000));
}

/* Beside letters and digits only "_" stands in a label's name, but for UTF-8 ones: encoded all the same. */
static void write_label_path(const char *label, struct buffer *out)
{
    (void)buffer_puts(out, "/api/v1/label/");
    prom_write_encoded(label, out);
    (void)buffer_puts(out, "/values");
}

static void write_match(const char *selector, struct buffer *out)
{
    (void)buffer_puts(out, "&match%5B%5D=");
    prom_write_encoded(selector, out);
}

/* In a string in double quotes. */
static char *quoted_dup(const char *text)
{
    CLEANUP(buffer_finish) struct buffer out;

    buffer_init(&out, VARIABLE_PATH_MAX);
    for (; *text; text++)
        (void)buffer_printf(&out, "%s%c", strchr("\\\"", *text) ? "\\" : "", *text);
    return xstrdup(buffer_text(&out));
}

bool variable_query_write_path(const char *query,
                               int64_t from_ms,
                               int64_t to_ms,
                               struct buffer *out)
{
    CLEANUP(freep) char *pattern = NULL;
    CLEANUP(freep) char *selector = NULL;
    struct parsed parsed;

    if (!parse(query, &parsed))
        return false;
    switch (parsed.question) {
    case LABEL_VALUES:
        write_label_path(parsed.label, out);
        write_times(from_ms, to_ms, out);
        if (parsed.argument[0])
            write_match(parsed.argument, out);
        break;
    case LABEL_NAMES:
        (void)buffer_puts(out, "/api/v1/labels");
        write_times(from_ms, to_ms, out);
        break;
    case METRICS:
        pattern = quoted_dup(parsed.argument);
        selector = xprintf_dup("{__name__=~\".*(?:%s).*\"}", pattern);
        write_label_path("__name__", out);
        write_times(from_ms, to_ms, out);
        write_match(selector, out);
        break;
    case QUERY_RESULT:
        (void)buffer_printf(out, "/api/v1/query?time=%lld&query=", (long long)(to_ms / 1000));
        prom_write_encoded(parsed.argument, out);
        break;
    case N_QUESTIONS:
        break;
    }
    parsed_finish(&parsed);
    return !out->failed;
}

/* ---- The answer ----------------------------------------------------------------------------------- */

static void add_name(struct variable_names *names, char *owned_name)
{
    if (names->n == VARIABLE_NAMES_MAX) {
        free(owned_name);
        return;
    }
    names->at = xrealloc_array(names->at, names->n + 1, sizeof(char *));
    names->at[names->n++] = owned_name;
}

void variable_names_finish(struct variable_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->at[i]);
    free(names->at);
    *names = (struct variable_names){0};
}

static int read_strings(const struct fetch_reply *reply,
                        struct variable_names *ret_names,
                        struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *data;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    data = json_get(json, "data");
    if (json_type(data) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer is no list of names");
    for (const struct json *item = json_first(data); item; item = json_next(item))
        if (json_string(item))
            add_name(ret_names, xstrdup(json_string(item)));
    return 0;
}

/* As Grafana has it, for a regular expression to take apart: up{job="a"} 1 1795420931000 */
static char *sample_dup(const struct prom_sample *sample)
{
    CLEANUP(buffer_finish) struct buffer out;
    const char *between = "{";

    buffer_init(&out, VARIABLE_PATH_MAX);
    (void)buffer_puts(&out, labels_get(&sample->labels, "__name__"));
    for (size_t i = 0; i < sample->labels.n; i++) {
        if (strcmp(sample->labels.at[i].name, "__name__") == 0)
            continue;
        (void)buffer_printf(&out, "%s%s=\"%s\"", between, sample->labels.at[i].name,
                            sample->labels.at[i].value);
        between = ",";
    }
    (void)buffer_printf(&out, "%s %.15g %.0f", between[0] == ',' ? "}" : "", sample->value,
                        sample->at_s * 1000);
    return xstrdup(buffer_text(&out));
}

static int read_samples(const struct fetch_reply *reply,
                        struct variable_names *ret_names,
                        struct tw_error *err)
{
    struct prom_vector vector;

    if (prom_read_vector(reply, &vector, err) < 0)
        return -1;
    for (size_t i = 0; i < vector.n; i++)
        add_name(ret_names, sample_dup(&vector.at[i]));
    prom_vector_finish(&vector);
    return 0;
}

int variable_query_read(const char *query,
                        const struct fetch_reply *reply,
                        struct variable_names *ret_names,
                        struct tw_error *err)
{
    struct parsed parsed;
    bool has_samples;

    *ret_names = (struct variable_names){0};
    if (!parse(query, &parsed))
        return tw_fail(err, TW_INVALID, "the variable's query is not known here");
    has_samples = parsed.question == QUERY_RESULT;
    parsed_finish(&parsed);
    return has_samples ? read_samples(reply, ret_names, err) : read_strings(reply, ret_names, err);
}
