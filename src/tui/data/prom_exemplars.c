#include "tui/data/prom_exemplars.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "tui/data/answer.h"
#include "tui/data/prom.h"
#include "tui/data/prom_parts.h"
#include "tui/data/server_json.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ------------------------------------------------------------------------------------ */

static bool is_usual(const char *name)
{
    return strcmp(name, "__name__") == 0 || strcmp(name, "instance") == 0 ||
           strcmp(name, "job") == 0;
}

/* "model=rag-v2 le=0.5": what tells the series apart; where it was scraped does not. */
static void write_labels(const struct json *object, char *out, size_t size)
{
    size_t used = 0;

    memset(out, 0, size);
    for (const struct json *label = json_first(object); label; label = json_next(label)) {
        char name[64], value[96];

        if (is_usual(json_key(label)))
            continue;
        (void)server_text_copy(name, sizeof(name), json_key(label), strlen(json_key(label)));
        server_json_copy(value, sizeof(value), label);
        if (used + strlen(name) + strlen(value) + 3 > size)
            return;
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s=%s", used > 0 ? " " : "", name, value);
    }
}

/* The place of these labels; they are kept once. */
static uint32_t add_labels(struct prom_exemplars *exemplars, const struct json *object)
{
    char labels[sizeof(exemplars->labels[0])];

    write_labels(object, labels, sizeof(labels));
    for (size_t i = 0; i < exemplars->n_labels; i++)
        if (strcmp(exemplars->labels[i], labels) == 0)
            return (uint32_t)i;
    if (exemplars->n_labels == PROM_EXEMPLARS_LABEL_SETS)
        return PROM_EXEMPLARS_LABEL_SETS - 1;
    exemplars->labels =
        xrealloc_array(exemplars->labels, exemplars->n_labels + 1, sizeof(exemplars->labels[0]));
    memcpy(exemplars->labels[exemplars->n_labels], labels, sizeof(labels));
    return (uint32_t)exemplars->n_labels++;
}

/* Prometheus names the label as its client did; these are the usual names. */
static const char *trace_of(const struct json *labels)
{
    static const char *const names[] = {"trace_id", "traceID", "traceId"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *id = json_string(json_get(labels, names[i]));

        if (id)
            return id;
    }
    return "";
}

static bool read_one(const struct json *item, struct prom_exemplar *exemplar)
{
    const struct json *at = json_get(item, "timestamp");
    const char *value = json_string(json_get(item, "value"));
    const char *trace = trace_of(json_get(item, "labels"));
    double at_ms = json_number(at, -1) * 1000;

    if (!(at_ms > 0 && at_ms < 1e15) || !value || !prom_number(value, &exemplar->value))
        return false;
    exemplar->at_ms = (int64_t)(at_ms + 0.5);
    (void)server_text_copy(exemplar->trace_id, sizeof(exemplar->trace_id), trace, strlen(trace));
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct prom_exemplar *a = left, *b = right;

    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    return strcmp(a->trace_id, b->trace_id);
}

/* One observation is in several buckets' answers when several targets ask for the same metric. */
static void sort_and_cut(struct prom_exemplars *exemplars)
{
    size_t n = 0, n_over;

    if (exemplars->n > 0)
        qsort(exemplars->at, exemplars->n, sizeof(*exemplars->at), compare);
    for (size_t i = 0; i < exemplars->n; i++)
        if (n == 0 || compare(&exemplars->at[n - 1], &exemplars->at[i]) != 0)
            exemplars->at[n++] = exemplars->at[i];
    n_over = n > PROM_EXEMPLARS_MAX ? n - PROM_EXEMPLARS_MAX : 0;
    if (n_over > 0)
        memmove(exemplars->at, exemplars->at + n_over, (n - n_over) * sizeof(*exemplars->at));
    exemplars->n = n - n_over;
    exemplars->n_left_off += n_over;
}

static int add_series(struct prom_exemplars *exemplars,
                      const struct json *item,
                      struct tw_error *err)
{
    const struct json *list = json_get(item, "exemplars");
    uint32_t series;
    size_t n = json_count(list);

    if (json_type(list) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "a series of the answer has no exemplars");
    series = add_labels(exemplars, json_get(item, "seriesLabels"));
    exemplars->at = xrealloc_array(exemplars->at, exemplars->n + n + 1, sizeof(*exemplars->at));
    for (const struct json *one = json_first(list); one; one = json_next(one)) {
        struct prom_exemplar exemplar = {.series = series};

        if (!read_one(one, &exemplar))
            return tw_fail(err, TW_BROKEN, "an exemplar has no time or no value");
        exemplars->at[exemplars->n++] = exemplar;
    }
    return 0;
}

int prom_exemplars_add(struct prom_exemplars *exemplars,
                       const struct fetch_reply *reply,
                       struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *data = NULL;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    data = json_get(json, "data");
    /* An empty list is null with some servers. */
    if (json_type(data) != JSON_ARRAY && (!data || json_type(data) != JSON_NULL))
        return tw_fail(err, TW_BROKEN, "the answer has no list of exemplars");
    for (const struct json *item = json_first(data); item; item = json_next(item))
        if (add_series(exemplars, item, err) < 0)
            return -1;
    sort_and_cut(exemplars);
    return 0;
}

enum prom_storage prom_exemplar_storage(const struct fetch_reply *reply)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const char *features;

    if (answer_read(reply, &json, NULL) < 0)
        return PROM_STORAGE_UNKNOWN;
    features = json_string(json_get(json_get(json, "data"), "enable-feature"));
    if (!features)
        return PROM_STORAGE_UNKNOWN;
    return strstr(features, "exemplar-storage") ? PROM_STORAGE_ON : PROM_STORAGE_OFF;
}

/* ---- Keeping ------------------------------------------------------------------------------------ */

void prom_exemplars_drop_before(struct prom_exemplars *exemplars, int64_t at_ms)
{
    size_t n_old = 0;

    while (n_old < exemplars->n && exemplars->at[n_old].at_ms < at_ms)
        n_old++;
    if (n_old == 0)
        return;
    exemplars->n -= n_old;
    memmove(exemplars->at, exemplars->at + n_old, exemplars->n * sizeof(*exemplars->at));
}

void prom_exemplars_copy(const struct prom_exemplars *from, struct prom_exemplars *ret_copy)
{
    *ret_copy = *from;
    ret_copy->at = xcalloc(from->n + 1, sizeof(*from->at));
    ret_copy->labels = xcalloc(from->n_labels + 1, sizeof(from->labels[0]));
    if (from->n > 0)
        memcpy(ret_copy->at, from->at, from->n * sizeof(*from->at));
    if (from->n_labels > 0)
        memcpy(ret_copy->labels, from->labels, from->n_labels * sizeof(from->labels[0]));
}

void prom_exemplars_finish(struct prom_exemplars *exemplars)
{
    free(exemplars->at);
    free(exemplars->labels);
    *exemplars = (struct prom_exemplars){0};
}

/* They ascend in time: the nearest are found outwards from where at_ms would stand. */
size_t prom_exemplars_near(const struct prom_exemplars *exemplars,
                           int64_t at_ms,
                           size_t *ret_indices,
                           size_t n_wanted)
{
    size_t after = 0, before, n = 0;

    while (after < exemplars->n && (at_ms < 0 || exemplars->at[after].at_ms <= at_ms))
        after++;
    before = after;
    while (n < n_wanted && (before > 0 || after < exemplars->n)) {
        bool has_both = before > 0 && after < exemplars->n;

        if (before == 0 || (has_both && exemplars->at[after].at_ms - at_ms <
                                            at_ms - exemplars->at[before - 1].at_ms))
            ret_indices[n++] = after++;
        else
            ret_indices[n++] = --before;
    }
    return n;
}

void prom_exemplars_write_query(
    const char *expr, int64_t from_ms, int64_t to_ms, int64_t timeout_ms, struct buffer *out)
{
    prom_write_query_form(expr, timeout_ms, out);
    (void)buffer_printf(out, "&start=%lld.%03d&end=%lld.%03d", (long long)(from_ms / 1000),
                        (int)(from_ms % 1000), (long long)(to_ms / 1000), (int)(to_ms % 1000));
}
