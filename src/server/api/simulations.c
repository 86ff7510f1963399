#include "server/api/stored_run.h"

#include "common/alloc.h"
#include "server/api/api.h"
#include "server/app.h"
#include "server/drill/gameday.h"
#include "server/store/store.h"

static const struct field simulation_fields[] = {
    {"kind", FIELD_STRING, true, 1, 32, offsetof(struct drill_request, kind),
     "baseline|drift|hallucination|topic-shift|latency|rag|outage|recovery", "What is simulated"},
    {"params", FIELD_OBJECT, false, 0, 0, offsetof(struct drill_request, params), NULL,
     "Parameters of that kind; what is left out has its default"},
    {"until", FIELD_STRING, false, 1, 16, offsetof(struct drill_request, until),
     "alert|notified|duration",
     "alert: until its alert fires (default); notified: and is delivered; duration: for its duration"},
    {"idempotency_key", FIELD_STRING, false, 1, DRILL_KEY_SIZE - 1,
     offsetof(struct drill_request, idempotency_key), NULL,
     "A second start with the same key gives the first run"},
};
const struct schema simulation_schema = SCHEMA_OF(simulation_fields);

static int write_run(struct app *app, int64_t id, struct reply *reply, struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct stored_run stored = {.id = id, .w = &w};
    struct drill_status status;

    if (drill_get(app->drill, id, &status)) {
        drill_write_json(&status, &w);
        return 0;
    }
    if (id > 0 && id < INT64_MAX &&
        store_list_simulations(app->store, id + 1, 1, stored_run_write, &stored, err) < 0)
        return -1;
    return stored.is_found
               ? 0
               : tw_fail(err, TW_NOT_FOUND, "there is no simulation %lld", (long long)id);
}

int api_simulations_start(struct app *app,
                          const struct request *request,
                          struct reply *reply,
                          struct tw_error *err)
{
    struct drill_request start = {0};
    struct drill_started started;

    if (!app->config->drills_enabled) {
        reply->status = 403;
        return tw_fail(err, TW_INVALID,
                       "simulations are switched off here: set drills.enabled = true");
    }
    if (!fields_decode(&simulation_schema, request->json, "", &start, &reply->fields))
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    if (drill_start(app->drill, &start, &started, &reply->fields, err) < 0) {
        reply->status = err->code == TW_BUSY ? 409 : 200;
        return -1;
    }
    reply->status = started.was_known ? 200 : 202;
    return write_run(app, started.id, reply, err);
}

int api_simulations_list(struct app *app,
                         const struct request *request,
                         struct reply *reply,
                         struct tw_error *err)
{
    CLEANUP(freep) struct drill_status *runs = xcalloc(DRILL_LISTED_MAX, sizeof(*runs));
    size_t n_runs = drill_list(app->drill, runs, DRILL_LISTED_MAX);
    struct json_writer w = {&reply->body, false};
    struct stored_run stored = {.w = &w};

    (void)request;
    json_write_object(&w, NULL);
    json_write_array(&w, "simulations");
    for (size_t i = 0; i < n_runs; i++)
        drill_write_json(&runs[i], &w);
    if (n_runs < DRILL_LISTED_MAX &&
        store_list_simulations(app->store, n_runs > 0 ? runs[n_runs - 1].id : 0,
                               (int)(DRILL_LISTED_MAX - n_runs), stored_run_write, &stored,
                               err) < 0)
        return -1;
    json_write_array_end(&w);
    json_write_object_end(&w);
    return 0;
}

int api_simulations_get(struct app *app,
                        const struct request *request,
                        struct reply *reply,
                        struct tw_error *err)
{
    return write_run(app, stored_run_id(request), reply, err);
}

int api_simulations_stop(struct app *app,
                         const struct request *request,
                         struct reply *reply,
                         struct tw_error *err)
{
    if (drill_stop(app->drill, stored_run_id(request), err) < 0)
        return -1;
    return write_run(app, stored_run_id(request), reply, err);
}

int api_simulations_stop_all(struct app *app,
                             const struct request *request,
                             struct reply *reply,
                             struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};

    (void)request;
    (void)err;
    json_write_object(&w, NULL);
    (void)gamedays_stop_all(app->gamedays); /* first: it would start the next */
    json_write_int(&w, "stopped", (int64_t)drill_stop_all(app->drill));
    json_write_object_end(&w);
    return 0;
}
