#include "tui/data/prom.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/json.h"
#include "tui/data/answer.h"
#include "tui/data/prom_parts.h"
#include "tui/data/server_json.h"
#include "tui/text/moment.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <string.h>

#define PARTIAL_WARNING "partial answer: not every storage node answered (isPartial)"

bool prom_number(const char *text, double *ret_value)
{
    char *end;

    if (strcmp(text, "NaN") == 0) {
        *ret_value = (double)NAN;
        return true;
    }
    if (strcmp(text, "+Inf") == 0 || strcmp(text, "Inf") == 0 || strcmp(text, "-Inf") == 0) {
        *ret_value = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
        return true;
    }
    /* strtod takes more than Prometheus writes: blanks, hexadecimal, "infinity". */
    if (!text[0] || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    *ret_value = strtod(text, &end); /* LC_NUMERIC is "C" throughout: main sets LC_CTYPE only */
    return *end == '\0';
}

/* What means itself in every part of an address, RFC 3986 2.3. */
static bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void prom_write_encoded(const char *text, struct buffer *out)
{
    static const char hex[] = "0123456789ABCDEF";

    while (*text) {
        const char *start = text;

        while (is_unreserved(*text))
            text++;
        (void)buffer_append(out, start, (size_t)(text - start));
        if (*text) {
            unsigned char c = (unsigned char)*text++;
            const char code[] = {'%', hex[c >> 4], hex[c & 15]};

            (void)buffer_append(out, code, sizeof(code));
        }
    }
}

void prom_write_query_form(const char *expr, int64_t timeout_ms, struct buffer *out)
{
    (void)buffer_puts(out, "query=");
    prom_write_encoded(expr, out);
    (void)buffer_printf(out, "&timeout=%lldms", (long long)timeout_ms);
}

/* ---- The envelope ------------------------------------------------------------------------------ */

static void read_notes(const struct json *array, struct prom_notes *notes)
{
    for (const struct json *item = json_first(array); item; item = json_next(item)) {
        const char *text = json_string(item);

        if (text && notes->n < PROM_NOTES_MAX)
            (void)server_text_copy(notes->text[notes->n], sizeof(notes->text[0]), text,
                                   strlen(text));
        notes->n += text != NULL;
    }
}

void prom_read_warnings(const struct json *answer,
                        struct prom_notes *warnings,
                        struct prom_notes *infos)
{
    read_notes(json_get(answer, "warnings"), warnings);
    if (infos)
        read_notes(json_get(answer, "infos"), infos);
    if (!json_bool(json_get(answer, "isPartial"), false))
        return;
    if (warnings->n < PROM_NOTES_MAX)
        (void)server_text_copy(warnings->text[warnings->n], sizeof(warnings->text[0]),
                               PARTIAL_WARNING, strlen(PARTIAL_WARNING));
    warnings->n++;
}

int prom_open_envelope(const struct fetch_reply *reply,
                       struct json **ret_json,
                       const struct json **ret_data,
                       struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const char *status;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    status = json_string(json_get(json, "status"));
    *ret_data = json_get(json, "data");
    if (!status || strcmp(status, "success") != 0 || json_type(*ret_data) != JSON_OBJECT)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but not of Prometheus");
    *ret_json = TAKE(json);
    return 0;
}

static int check_list(const struct json *list, const char *what, struct tw_error *err)
{
    if (json_type(list) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer has no list of %s", what);
    if (json_count(list) > PROM_ITEMS_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d %s", PROM_ITEMS_MAX, what);
    return 0;
}

/* ---- Vectors ----------------------------------------------------------------------------------- */

/* [1795470300.123,"0.25"] */
static bool read_pair(const struct json *pair, struct prom_sample *sample)
{
    const struct json *at = json_first(pair), *value = json_next(at);

    if (json_type(pair) != JSON_ARRAY || json_type(at) != JSON_NUMBER || !json_string(value) ||
        json_next(value))
        return false;
    sample->at_s = json_number(at, 0);
    return prom_number(json_string(value), &sample->value);
}

static int read_samples(const struct json *result, struct prom_vector *vector, struct tw_error *err)
{
    if (check_list(result, "samples", err) < 0)
        return -1;
    vector->at = xcalloc(json_count(result), sizeof(*vector->at));
    for (const struct json *item = json_first(result); item; item = json_next(item)) {
        struct prom_sample *sample = &vector->at[vector->n];

        if (labels_read(json_get(item, "metric"), &sample->labels, err) < 0)
            return -1;
        vector->n++;
        if (!read_pair(json_get(item, "value"), sample))
            return tw_fail(err, TW_BROKEN, "a sample is not a time and a number in quotes");
    }
    return 0;
}

static int read_result(const struct json *data, struct prom_vector *vector, struct tw_error *err)
{
    const char *type = json_string(json_get(data, "resultType"));
    const struct json *result = json_get(data, "result");

    if (type && strcmp(type, "vector") == 0)
        return read_samples(result, vector, err);
    if (!type || strcmp(type, "scalar") != 0)
        return tw_fail(err, TW_BROKEN, "the result is neither a vector nor a scalar");
    vector->at = xcalloc(1, sizeof(*vector->at));
    vector->n = 1;
    if (!read_pair(result, vector->at))
        return tw_fail(err, TW_BROKEN, "the scalar is not a time and a number in quotes");
    return 0;
}

int prom_read_vector(const struct fetch_reply *reply,
                     struct prom_vector *ret_vector,
                     struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *data = NULL;
    struct prom_vector vector = {0};

    if (prom_open_envelope(reply, &json, &data, err) < 0)
        return -1;
    if (read_result(data, &vector, err) < 0) {
        prom_vector_finish(&vector);
        return -1;
    }
    prom_read_warnings(json, &vector.warnings, &vector.infos);
    *ret_vector = vector;
    return 0;
}

void prom_vector_finish(struct prom_vector *vector)
{
    for (size_t i = 0; i < vector->n; i++)
        labels_finish(&vector->at[i].labels);
    free(vector->at);
    *vector = (struct prom_vector){0};
}

/* ---- Alerts ------------------------------------------------------------------------------------ */

static int read_alert(const struct json *item, struct prom_alert *alert, struct tw_error *err)
{
    const char *state = json_string(json_get(item, "state"));
    const char *active_at = json_string(json_get(item, "activeAt"));
    const char *value = json_string(json_get(item, "value"));

    alert->summary =
        server_text_dup(json_string(json_get(json_get(item, "annotations"), "summary")));
    if (labels_read(json_get(item, "annotations"), &alert->annotations, NULL) < 0)
        alert->annotations = (struct labels){0};
    if (labels_read(json_get(item, "labels"), &alert->labels, err) < 0)
        return -1;
    if (!labels_get(&alert->labels, "alertname")[0])
        return tw_fail(err, TW_BROKEN, "an alert has no name");
    if (!state || (strcmp(state, "firing") != 0 && strcmp(state, "pending") != 0))
        return tw_fail(err, TW_BROKEN, "an alert is neither pending nor firing");
    alert->is_firing = state[0] == 'f';
    if (!active_at || !moment_parse(active_at, &alert->active_at_ms))
        alert->active_at_ms = 0;
    if (!value || !prom_number(value, &alert->value))
        alert->value = (double)NAN;
    return 0;
}

int prom_read_alerts(const struct fetch_reply *reply,
                     struct prom_alerts *ret_alerts,
                     struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *data = NULL, *list;
    struct prom_alerts alerts = {0};

    if (prom_open_envelope(reply, &json, &data, err) < 0)
        return -1;
    list = json_get(data, "alerts");
    if (check_list(list, "alerts", err) < 0)
        return -1;
    alerts.at = xcalloc(json_count(list), sizeof(*alerts.at));
    for (const struct json *item = json_first(list); item; item = json_next(item))
        if (read_alert(item, &alerts.at[alerts.n++], err) < 0) {
            prom_alerts_finish(&alerts);
            return -1;
        }
    prom_read_warnings(json, &alerts.warnings, NULL);
    *ret_alerts = alerts;
    return 0;
}

void prom_alerts_finish(struct prom_alerts *alerts)
{
    for (size_t i = 0; i < alerts->n; i++) {
        labels_finish(&alerts->at[i].labels);
        labels_finish(&alerts->at[i].annotations);
        free(alerts->at[i].summary);
    }
    free(alerts->at);
    *alerts = (struct prom_alerts){0};
}

/* ---- Targets ----------------------------------------------------------------------------------- */

static void read_target(const struct json *item, struct prom_target *target)
{
    const struct json *labels = json_get(item, "labels");
    const char *interval = json_string(json_get(item, "scrapeInterval"));

    server_json_copy(target->job, sizeof(target->job), json_get(labels, "job"));
    server_json_copy(target->instance, sizeof(target->instance), json_get(labels, "instance"));
    server_json_copy(target->last_error, sizeof(target->last_error), json_get(item, "lastError"));
    if (!interval) /* VictoriaMetrics */
        interval = json_string(json_get(json_get(item, "discoveredLabels"), "__scrape_interval__"));
    if (!interval || !moment_parse_span(interval, &target->scrape_interval_ms))
        target->scrape_interval_ms = 0;
}

int prom_read_targets(const struct fetch_reply *reply,
                      struct prom_targets *ret_targets,
                      struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *data = NULL, *list;
    struct prom_targets targets = {0};

    if (prom_open_envelope(reply, &json, &data, err) < 0)
        return -1;
    list = json_get(data, "activeTargets");
    if (check_list(list, "targets", err) < 0)
        return -1;
    targets.at = xcalloc(json_count(list), sizeof(*targets.at));
    for (const struct json *item = json_first(list); item; item = json_next(item))
        read_target(item, &targets.at[targets.n++]);
    *ret_targets = targets;
    return 0;
}

void prom_targets_finish(struct prom_targets *targets)
{
    free(targets->at);
    *targets = (struct prom_targets){0};
}
