#include "server/api/api.h"

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

/* The filters of GET /requests. A kind that is not stored yet has no rows. */
static int read_filter(const struct app *app,
                       const struct request *request,
                       struct reply *reply,
                       struct prediction_filter *ret_filter)
{
    const char *severity = request_query(request, "severity");
    const char *kind = request_query(request, "kind");
    int64_t limit = LIST_LIMIT_DEFAULT;

    *ret_filter = (struct prediction_filter){.class_index = -1, .origin = -1};
    for (int c = 0; severity && c < app->model->n_classes; c++)
        if (strcmp(app->model->classes[c], severity) == 0)
            ret_filter->class_index = c;
    if (severity && ret_filter->class_index < 0)
        field_errors_add(&reply->fields, "severity", "is none of the model's classes");
    if (kind && strcmp(kind, "prediction") != 0)
        field_errors_add(&reply->fields, "kind", "must be prediction");
    if (query_int(request, reply, "before", 1, INT64_MAX, &ret_filter->before_sequence) < 0 ||
        query_int(request, reply, "since", 0, INT64_MAX, &ret_filter->since_ms) < 0 ||
        query_int(request, reply, "limit", 1, LIST_LIMIT_MAX, &limit) < 0 || reply->fields.n > 0)
        return -1;
    ret_filter->limit = (int)limit;
    return 0;
}

int api_requests_list(struct app *app,
                      const struct request *request,
                      struct reply *reply,
                      struct tw_error *err)
{
    struct listing list = {app->model, {&reply->body, false}};
    struct prediction_filter filter;

    if (read_filter(app, request, reply, &filter) < 0)
        return tw_fail(err, TW_INVALID, "some query parameters are wrong");
    json_write_object(&list.w, NULL);
    json_write_array(&list.w, "requests");
    if (store_list_predictions(app->store, &filter, write_request, &list, err) < 0)
        return -1;
    json_write_array_end(&list.w);
    json_write_object_end(&list.w);
    return 0;
}

int api_requests_get(struct app *app,
                     const struct request *request,
                     struct reply *reply,
                     struct tw_error *err)
{
    struct listing list = {app->model, {&reply->body, false}};
    struct prediction_row row;

    if (store_get_prediction(app->store, strtoll(request->param[0], NULL, 10), &row, err) < 0)
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
