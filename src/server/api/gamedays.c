#include "server/api/stored_run.h"

#include "common/alloc.h"
#include "server/api/api.h"
#include "server/app.h"
#include "server/drill/gameday.h"
#include "server/store/store.h"

#define LISTED_MAX 40 /* a report is some 8 kB */

/* Like gameday_request, but that it asks for what is usual. */
struct gameday_body {
    const char *kind, *idempotency_key;
    bool waits_for_resolved;
};

static const struct field gameday_fields[] = {
    {"kind", FIELD_STRING, true, 1, 31, offsetof(struct gameday_body, kind),
     "drift|hallucination|topic-shift|latency|rag|outage|all", "What is tried"},
    {"wait_resolved", FIELD_BOOL, false, 0, 0, offsetof(struct gameday_body, waits_for_resolved),
     NULL,
     "Wait after each step until Alertmanager has delivered that its alert has cleared (default true)"},
    {"idempotency_key", FIELD_STRING, false, 1, DRILL_KEY_SIZE - 1,
     offsetof(struct gameday_body, idempotency_key), NULL,
     "A second start with the same key gives the first game day"},
};
const struct schema gameday_schema = SCHEMA_OF(gameday_fields);

static int write_gameday(struct app *app, int64_t id, struct reply *reply, struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct stored_run stored = {.id = id, .w = &w};
    CLEANUP(freep) struct gameday_status *status = xcalloc(1, sizeof(*status));

    if (gamedays_get(app->gamedays, id, status)) {
        gameday_write_json(status, &w);
        return 0;
    }
    if (id > 0 && id < INT64_MAX &&
        store_list_gamedays(app->store, id + 1, 1, stored_run_write, &stored, err) < 0)
        return -1;
    return stored.is_found ? 0
                           : tw_fail(err, TW_NOT_FOUND, "there is no game day %lld", (long long)id);
}

int api_gamedays_start(struct app *app,
                       const struct request *request,
                       struct reply *reply,
                       struct tw_error *err)
{
    struct gameday_body body = {.waits_for_resolved = true};
    struct gameday_request start;
    struct gameday_started started;

    if (!app->config->drills_enabled) {
        reply->status = 403;
        return tw_fail(err, TW_INVALID,
                       "game days are switched off here: set drills.enabled = true");
    }
    if (!fields_decode(&gameday_schema, request->json, "", &body, &reply->fields))
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    start = (struct gameday_request){body.kind, body.idempotency_key, !body.waits_for_resolved};
    if (gamedays_start(app->gamedays, &start, &started, &reply->fields, err) < 0) {
        reply->status = err->code == TW_BUSY ? 409 : 200;
        return -1;
    }
    reply->status = started.was_known ? 200 : 202;
    return write_gameday(app, started.id, reply, err);
}

int api_gamedays_list(struct app *app,
                      const struct request *request,
                      struct reply *reply,
                      struct tw_error *err)
{
    CLEANUP(freep)
    struct gameday_status *kept = xcalloc(GAMEDAY_KEPT_MAX, sizeof(*kept));
    size_t n = gamedays_list(app->gamedays, kept, GAMEDAY_KEPT_MAX);
    struct json_writer w = {&reply->body, false};
    struct stored_run stored = {.w = &w};

    (void)request;
    json_write_object(&w, NULL);
    json_write_array(&w, "gamedays");
    for (size_t i = 0; i < n; i++)
        gameday_write_json(&kept[i], &w);
    if (store_list_gamedays(app->store, n > 0 ? kept[n - 1].id : 0, (int)(LISTED_MAX - n),
                            stored_run_write, &stored, err) < 0)
        return -1;
    json_write_array_end(&w);
    json_write_object_end(&w);
    return 0;
}

int api_gamedays_get(struct app *app,
                     const struct request *request,
                     struct reply *reply,
                     struct tw_error *err)
{
    return write_gameday(app, stored_run_id(request), reply, err);
}

int api_gamedays_stop(struct app *app,
                      const struct request *request,
                      struct reply *reply,
                      struct tw_error *err)
{
    if (gamedays_stop(app->gamedays, stored_run_id(request), err) < 0)
        return -1;
    return write_gameday(app, stored_run_id(request), reply, err);
}
