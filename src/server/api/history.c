#include "server/api/api.h"

#include "common/alloc.h"
#include "server/app.h"
#include "server/ml/model.h"
#include "server/store/store.h"

#include <stdlib.h>
#include <string.h>

/* GET /requests and /events: what the store remembers. */

#define LIST_LIMIT_MAX     1000
#define LIST_LIMIT_DEFAULT 50

struct listing {
    const struct model *model;
    struct json_writer w;
};

static const char *origin_name(unsigned origin)
{
    static const char *const names[N_ORIGINS] = {"user", "baseline", "drill"};

    return origin < N_ORIGINS ? names[origin] : "unknown";
}

static bool write_request(void *ctx, const struct prediction_row *row)
{
    struct listing *list = ctx;
    struct json_writer *w = &list->w;

    json_write_object(w, NULL);
    json_write_int(w, "id", row->sequence);
    json_write_string(w, "kind", "prediction");
    json_write_int(w, "at_ms", row->at_ms);
    json_write_string(
        w, "severity",
        row->class_index < list->model->n_classes ? list->model->classes[row->class_index] : NULL);
    json_write_fixed(w, "confidence", (double)row->confidence, 4);
    for (int f = 0; f < N_FEATURES; f++)
        json_write_number(w, features[f].name, row->x[f]);
    json_write_fixed(w, "processing_time_ms", (double)row->duration_ms, 3);
    json_write_string(w, "origin", origin_name(row->origin));
    if (row->simulation_id > 0)
        json_write_int(w, "simulation_id", row->simulation_id);
    json_write_object_end(w);
    return !w->out->failed;
}

static bool write_event(void *ctx, const struct event_row *row)
{
    struct listing *list = ctx;
    struct json_writer *w = &list->w;

    json_write_object(w, NULL);
    json_write_int(w, "id", row->id);
    json_write_int(w, "at_ms", row->at_ms);
    json_write_string(w, "kind", row->kind);
    json_write_string(w, "subject", row->subject);
    if (row->detail)
        json_write_raw(w, "detail", row->detail, strlen(row->detail));
    else
        json_write_null(w, "detail");
    json_write_object_end(w);
    return !w->out->failed;
}

/* ---- Answers ------------------------------------------------------------------------------------ */

static const char *const answer_kinds[N_ANSWER_KINDS] = {"chat", "triage", "external"};
static const char *const answer_statuses[N_ANSWER_STATUSES] = {"success", "abstained", "degraded",
                                                               "timeout", "error"};

static const char *class_name(const struct model *model, int class_index)
{
    return class_index >= 0 && class_index < model->n_classes ? model->classes[class_index] : NULL;
}

/* The members of an answer's row, into the object that is open. */
static void write_answer(const struct model *model,
                         const struct answer_row *row,
                         struct json_writer *w)
{
    json_write_int(w, "id", row->id);
    json_write_string(w, "kind", row->kind < N_ANSWER_KINDS ? answer_kinds[row->kind] : NULL);
    json_write_int(w, "at_ms", row->at_ms);
    json_write_string(w, "status",
                      row->status < N_ANSWER_STATUSES ? answer_statuses[row->status] : NULL);
    json_write_string(w, "severity", class_name(model, row->class_index));
    json_write_string(w, "query", row->query);
    json_write_fixed(w, "relevance_score", row->relevance, 4);
    json_write_fixed(w, "hallucination_score", row->hallucination, 4);
    json_write_fixed(w, "groundedness_score", row->groundedness, 4);
    json_write_fixed(w, "answer_relevance_score", row->answer_relevance, 4);
    json_write_bool(w, "abstained", row->status == ANSWER_ABSTAINED);
    json_write_string(w, "model", row->model);
    json_write_fixed(w, "processing_time_ms", row->duration_ms, 3);
    json_write_string(w, "trace_id", row->trace_id);
    json_write_string(w, "origin", origin_name(row->origin));
    if (row->simulation_id > 0)
        json_write_int(w, "simulation_id", row->simulation_id);
}

/* ---- GET /requests: predictions and answers, as one list ----------------------------------------- */

struct request_filter {
    bool wants_predictions, wants_answers;
    struct prediction_filter predictions;
    struct answer_filter answers;
};

/* "prediction", a kind of answer, or absent for all. */
static bool read_kind(const char *kind, struct request_filter *filter)
{
    filter->wants_answers = filter->wants_predictions = !kind;
    if (!kind)
        return true;
    filter->wants_predictions = strcmp(kind, "prediction") == 0;
    for (int i = 0; i < N_ANSWER_KINDS; i++)
        if (strcmp(kind, answer_kinds[i]) == 0)
            filter->answers.kind = i;
    filter->wants_answers = filter->answers.kind >= 0;
    return filter->wants_predictions || filter->wants_answers;
}

static int read_severity(const struct model *model, const char *severity)
{
    for (int c = 0; c < model->n_classes; c++)
        if (strcmp(model->classes[c], severity) == 0)
            return c;
    return -1;
}

/* Predictions have no such score: asked for, it leaves them out. */
static bool read_min_hallucination(const char *text, struct request_filter *filter)
{
    char *end;
    double value;

    if (!text)
        return true;
    value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0 && value <= 1))
        return false;
    filter->answers.min_hallucination = value;
    filter->wants_predictions = filter->wants_predictions && value == 0;
    return true;
}

static int read_filter(const struct app *app,
                       const struct request *request,
                       struct reply *reply,
                       struct request_filter *ret_filter)
{
    const char *severity = request_query(request, "severity");
    struct prediction_filter *p = &ret_filter->predictions;
    struct answer_filter *a = &ret_filter->answers;
    int64_t limit = LIST_LIMIT_DEFAULT;

    *ret_filter = (struct request_filter){.predictions = {.class_index = -1, .origin = -1},
                                          .answers = {.kind = -1, .class_index = -1}};
    if (severity && (p->class_index = read_severity(app->model, severity)) < 0)
        field_errors_add(&reply->fields, "severity", "is none of the model's classes");
    if (!read_kind(request_query(request, "kind"), ret_filter))
        field_errors_add(&reply->fields, "kind", "must be prediction, chat, triage or external");
    if (!read_min_hallucination(request_query(request, "min_hallucination"), ret_filter))
        field_errors_add(&reply->fields, "min_hallucination", "must be a number from 0 to 1");
    if (query_int(request, reply, "before", 1, INT64_MAX, &p->before_sequence) < 0 ||
        query_int(request, reply, "since", 0, INT64_MAX, &p->since_ms) < 0 ||
        query_int(request, reply, "limit", 1, LIST_LIMIT_MAX, &limit) < 0 || reply->fields.n > 0)
        return -1;
    a->class_index = p->class_index;
    a->before_id = p->before_sequence;
    a->since_ms = p->since_ms;
    a->limit = p->limit = (int)limit;
    return 0;
}

/* Ids of both are of one count, so that merging by id is merging by time. */
struct merge {
    struct listing list;
    struct answer_row *answers; /* newest first; the queries owned */
    size_t n_answers, next;
    int n_left;
};

static void finish_merge(struct merge *merge)
{
    for (size_t i = 0; i < merge->n_answers; i++)
        free(merge->answers[i].query);
    free(merge->answers);
}

static bool gather_answer(void *ctx, const struct answer_row *row)
{
    struct merge *merge = ctx;
    struct answer_row *copy = &merge->answers[merge->n_answers++];

    *copy = *row;
    copy->query = xstrdup(row->query ? row->query : "");
    return true;
}

static void write_answers_after(struct merge *merge, int64_t id)
{
    struct json_writer *w = &merge->list.w;

    while (merge->next < merge->n_answers && merge->n_left > 0 &&
           merge->answers[merge->next].id > id) {
        json_write_object(w, NULL);
        write_answer(merge->list.model, &merge->answers[merge->next++], w);
        json_write_object_end(w);
        merge->n_left--;
    }
}

static bool merge_prediction(void *ctx, const struct prediction_row *row)
{
    struct merge *merge = ctx;

    write_answers_after(merge, row->sequence);
    if (merge->n_left == 0)
        return false;
    merge->n_left--;
    return write_request(&merge->list, row);
}

int api_requests_list(struct app *app,
                      const struct request *request,
                      struct reply *reply,
                      struct tw_error *err)
{
    CLEANUP(finish_merge)
    struct merge merge = {.list = {app->model, {&reply->body, false}}};
    struct json_writer *w = &merge.list.w;
    struct request_filter filter;

    if (read_filter(app, request, reply, &filter) < 0)
        return tw_fail(err, TW_INVALID, "some query parameters are wrong");
    merge.n_left = filter.answers.limit;
    merge.answers = xcalloc((size_t)filter.answers.limit, sizeof(*merge.answers));
    if (filter.wants_answers &&
        store_list_answers(app->store, &filter.answers, gather_answer, &merge, err) < 0)
        return -1;
    json_write_object(w, NULL);
    json_write_array(w, "requests");
    if (filter.wants_predictions &&
        store_list_predictions(app->store, &filter.predictions, merge_prediction, &merge, err) < 0)
        return -1;
    write_answers_after(&merge, 0);
    json_write_array_end(w);
    json_write_object_end(w);
    return 0;
}

static int write_one_answer(struct app *app,
                            int64_t id,
                            struct json_writer *w,
                            struct tw_error *err)
{
    CLEANUP(answer_row_freep) struct answer_row *row = NULL;
    const char *detail;
    size_t len;

    if (store_get_answer(app->store, id, &row, err) < 0)
        return -1;
    json_write_object(w, NULL);
    write_answer(app->model, row, w);
    /* The stored object's members go on in this one. */
    detail = row->detail ? row->detail : "{}";
    len = strlen(detail);
    if (len > 2) {
        (void)buffer_putc(w->out, ',');
        (void)buffer_append(w->out, detail + 1, len - 2);
    }
    json_write_object_end(w);
    return 0;
}

int api_requests_get(struct app *app,
                     const struct request *request,
                     struct reply *reply,
                     struct tw_error *err)
{
    struct listing list = {app->model, {&reply->body, false}};
    int64_t id = strtoll(request->param[0], NULL, 10);
    struct prediction_row row;

    if (write_one_answer(app, id, &list.w, err) == 0)
        return 0;
    if (err->code != TW_NOT_FOUND || store_get_prediction(app->store, id, &row, err) < 0)
        return -1;
    (void)write_request(&list, &row);
    return 0;
}

int api_events_list(struct app *app,
                    const struct request *request,
                    struct reply *reply,
                    struct tw_error *err)
{
    struct listing list = {app->model, {&reply->body, false}};
    int64_t limit = LIST_LIMIT_DEFAULT, before = 0;

    if (query_int(request, reply, "limit", 1, LIST_LIMIT_MAX, &limit) < 0 ||
        query_int(request, reply, "before", 1, INT64_MAX, &before) < 0)
        return tw_fail(err, TW_INVALID, "some query parameters are wrong");
    json_write_object(&list.w, NULL);
    json_write_array(&list.w, "events");
    if (store_list_events(app->store, before, (int)limit, write_event, &list, err) < 0)
        return -1;
    json_write_array_end(&list.w);
    json_write_object_end(&list.w);
    return 0;
}
