#include "tui/data/requests.h"

#include "common/alloc.h"
#include "common/fetch.h"
#include "tui/data/answer.h"
#include "tui/data/server_json.h"
#include "tui/text/server_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOUR_MS 3600000

static const char *const kind_names[N_STORED_KINDS] = {"chat", "triage", "prediction", "external",
                                                       "other"};

const char *stored_kind_name(enum stored_kind kind)
{
    return kind_names[kind];
}

/* ---- One request ------------------------------------------------------------------------------- */

static enum stored_kind read_kind(const struct json *json)
{
    const char *name = json_string(json);

    for (int kind = 0; name && kind < STORED_OTHER; kind++)
        if (strcmp(kind_names[kind], name) == 0)
            return (enum stored_kind)kind;
    return STORED_OTHER;
}

/* Into a path it goes as it is: nothing that would mean something there. */
bool requests_is_fit_id(const char *id)
{
    for (const char *at = id; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("-_.:", *at))
            return false;
    return id[0] && id[0] != '.';
}

/* "120 words, urgency 2, impact 5, tier 3" */
static void write_features(const struct json *json, char *out, size_t size)
{
    static const struct {
        const char *name, *before, *behind;
    } features[] = {
        {"ticket_length", "", " words"},
        {"urgency_keywords", "urgency ", ""},
        {"business_impact", "impact ", ""},
        {"customer_tier", "tier ", ""},
    };

    size_t used = 0;

    for (size_t i = 0; i < COUNT_OF(features) && used < size; i++) {
        double value = json_number(json_get(json, features[i].name), (double)NAN);

        if (!isnan(value))
            used += (size_t)snprintf(out + used, size - used, "%s%s%g%s", used > 0 ? ", " : "",
                                     features[i].before, value, features[i].behind);
    }
}

/* What was asked, under the name that each kind has for it. */
static const struct json *query_of(const struct json *json)
{
    const struct json *query = json_get(json, "query");

    return query ? query : json_get(json, "ticket_text");
}

static void read_query(const struct json *json, struct stored_request *request)
{
    CLEANUP(freep) char *text = server_json_lines_dup(query_of(json));

    for (char *at = text; *at; at++)
        if (*at == '\n')
            *at = ' ';
    /* Once more, for a cut between characters. */
    (void)server_text_copy(request->query, sizeof(request->query), text, strlen(text));
    if (!request->query[0])
        write_features(json, request->query, sizeof(request->query));
}

/* A number, a name, or an object with one. */
static void read_simulation(const struct json *json, struct stored_request *request)
{
    const struct json *simulation = json_get(json, "simulation_id");

    if (!simulation)
        simulation = json_get(json, "simulation");
    if (json_type(simulation) == JSON_OBJECT)
        simulation = json_get(simulation, "id");
    if (json_number(simulation, 1) > 0)
        server_json_copy_id(request->simulation, sizeof(request->simulation), simulation);
}

static void read_scores(const struct json *json, struct stored_request *request)
{
    request->confidence = server_json_ratio(json_get(json, "confidence"));
    request->relevance = server_json_ratio(json_get(json, "relevance_score"));
    request->hallucination = server_json_ratio(json_get(json, "hallucination_score"));
    request->groundedness = server_json_ratio(json_get(json, "groundedness_score"));
    request->answer_relevance = server_json_ratio(json_get(json, "answer_relevance_score"));
    request->is_abstained = json_bool(json_get(json, "abstained"), false);
}

static int read_request(const struct json *json,
                        struct stored_request *request,
                        struct tw_error *err)
{
    const struct json *at = json_get(json, "at_ms");

    server_json_copy_id(request->id, sizeof(request->id), json_get(json, "id"));
    if (!requests_is_fit_id(request->id))
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but has no stored request");
    request->kind = read_kind(json_get(json, "kind"));
    request->at_ms = server_json_moment(at ? at : json_get(json, "at"));
    server_json_copy(request->status, sizeof(request->status), json_get(json, "status"));
    server_json_copy(request->severity, sizeof(request->severity), json_get(json, "severity"));
    server_json_copy(request->model, sizeof(request->model), json_get(json, "model"));
    server_json_copy(request->trace_id, sizeof(request->trace_id), json_get(json, "trace_id"));
    server_json_copy(request->origin, sizeof(request->origin), json_get(json, "origin"));
    request->processing_ms = server_json_amount(json_get(json, "processing_time_ms"));
    read_query(json, request);
    read_scores(json, request);
    read_simulation(json, request);
    return 0;
}

/* ---- List and detail --------------------------------------------------------------------------- */

int requests_read_list(const struct fetch_reply *reply,
                       struct stored_requests *ret_requests,
                       struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct stored_requests requests = {0};
    const struct json *list;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    list = json_get(json, "requests");
    if (json_type(list) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but has no list of requests");
    if (json_count(list) > REQUESTS_ITEMS_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d requests", REQUESTS_ITEMS_MAX);
    requests.at = xcalloc(json_count(list), sizeof(*requests.at));
    for (const struct json *item = json_first(list); item; item = json_next(item))
        if (read_request(item, &requests.at[requests.n++], err) < 0) {
            stored_requests_finish(&requests);
            return -1;
        }
    requests.has_more = json_get(json, "next") && json_type(json_get(json, "next")) != JSON_NULL;
    *ret_requests = requests;
    return 0;
}

void stored_requests_finish(struct stored_requests *requests)
{
    free(requests->at);
    *requests = (struct stored_requests){0};
}

int requests_read_detail(const struct fetch_reply *reply,
                         struct stored_detail *ret_detail,
                         struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct stored_detail detail = {0};

    if (answer_read(reply, &json, err) < 0 || read_request(json, &detail.request, err) < 0)
        return -1;
    /* What failed has none. */
    detail.has_answer = json_string(json_get(json, "response")) ||
                        json_type(json_get(json, "sentences")) == JSON_ARRAY;
    if (detail.has_answer && chat_read_object(json, &detail.answer, err) < 0)
        return -1;
    detail.query = server_json_lines_dup(query_of(json));
    if (!detail.query[0]) {
        free(detail.query);
        detail.query = xstrdup(detail.request.query);
    }
    *ret_detail = detail;
    return 0;
}

void stored_detail_finish(struct stored_detail *detail)
{
    free(detail->query);
    if (detail->has_answer)
        chat_answer_finish(&detail->answer);
    *detail = (struct stored_detail){0};
}

/* ---- What is asked for ------------------------------------------------------------------------- */

void requests_write_path(const struct stored_filter *filter, struct buffer *out)
{
    (void)buffer_printf(out, "/requests?limit=%d", REQUESTS_ASKED);
    if (filter->kind < STORED_OTHER)
        (void)buffer_printf(out, "&kind=%s", stored_kind_name(filter->kind));
    /* The share of unsupported sentences: over nothing, there is one. */
    if (filter->order != ORDER_NEWEST)
        (void)buffer_puts(out, "&min_hallucination=0.001");
}

bool requests_want_equals(const struct requests_want *a, const struct requests_want *b)
{
    return a->is_on == b->is_on && a->filter.kind == b->filter.kind &&
           a->filter.order == b->filter.order && strcmp(a->id, b->id) == 0;
}

static int by_time(const void *a, const void *b)
{
    const struct stored_request *left = a, *right = b;

    if (left->at_ms != right->at_ms)
        return left->at_ms < right->at_ms ? 1 : -1;
    return strcmp(right->id, left->id);
}

/* What has no score comes last. */
static int by_hallucination(const void *a, const void *b)
{
    const struct stored_request *left = a, *right = b;
    double l = isnan(left->hallucination) ? -1 : left->hallucination;
    double r = isnan(right->hallucination) ? -1 : right->hallucination;

    if (l < r || l > r)
        return l < r ? 1 : -1;
    return by_time(a, b);
}

/* By time, they stand at the end. */
static void drop_before(struct stored_requests *requests, int64_t at_ms)
{
    while (requests->n > 0 && requests->at[requests->n - 1].at_ms < at_ms) {
        requests->n--;
        requests->has_more = false;
    }
}

void requests_arrange(struct stored_requests *requests, enum stored_order order, int64_t now_ms)
{
    if (requests->n > 1)
        qsort(requests->at, requests->n, sizeof(*requests->at), by_time);
    if (order == ORDER_WORST_OF_HOUR)
        drop_before(requests, now_ms - HOUR_MS);
    if (order != ORDER_NEWEST && requests->n > 1)
        qsort(requests->at, requests->n, sizeof(*requests->at), by_hallucination);
}
