#include "tui/data/operations.h"

#include "common/alloc.h"
#include "common/json_write.h"
#include "tui/data/answer.h"
#include "tui/data/server_json.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {"running", "stopped", "finished", "failed",
                                          "interrupted"};
static const char *const alert_state_names[] = {"unknown", "inactive", "pending", "firing"};

const char *simulation_state_name(enum simulation_state state)
{
    return state_names[state];
}

const char *simulation_alert_state_name(enum simulation_alert_state state)
{
    return alert_state_names[state];
}

/* ---- Pieces ------------------------------------------------------------------------------------ */

/* 0 for null, an absent one, and anything that is none. */
static int64_t read_count(const struct json *value)
{
    return server_json_whole(value, 0);
}

static void append_value(const struct json *value, struct buffer *out)
{
    switch (json_type(value)) {
    case JSON_STRING:
        (void)buffer_puts(out, json_string(value));
        break;
    case JSON_NUMBER:
        (void)buffer_printf(out, fabs(json_number(value, 0)) >= 1e6 ? "%.16g" : "%.10g",
                            json_number(value, 0));
        break;
    case JSON_BOOL:
        (void)buffer_puts(out, json_bool(value, false) ? "yes" : "no");
        break;
    case JSON_NULL:
        (void)buffer_puts(out, "-");
        break;
    case JSON_ARRAY:
        for (const struct json *item = json_first(value); item; item = json_next(item))
            (void)buffer_printf(out, "%s%s", json_string(item) ? json_string(item) : "...",
                                json_next(item) ? "," : "");
        break;
    case JSON_OBJECT:
        (void)buffer_puts(out, "...");
        break;
    }
}

/* "key=value key=value" of an object; cut to what fits. */
static void write_pairs(const struct json *object, char *ret_text, size_t size)
{
    struct buffer text;

    buffer_init(&text, 4096);
    for (const struct json *item = json_first(object); item; item = json_next(item)) {
        if (!json_key(item))
            break; /* an array */
        (void)buffer_printf(&text, "%s%s=", text.len ? " " : "", json_key(item));
        append_value(item, &text);
    }
    (void)server_text_copy(ret_text, size, buffer_text(&text), text.len);
    buffer_finish(&text);
}

/* ---- Simulations ------------------------------------------------------------------------------- */

static void read_alert(const struct json *alert, struct simulation *simulation)
{
    int state =
        server_json_word(json_get(alert, "state"), alert_state_names, COUNT_OF(alert_state_names));

    server_json_copy(simulation->alert, sizeof(simulation->alert), json_get(alert, "name"));
    simulation->alert_state =
        state < 0 ? SIMULATION_ALERT_UNKNOWN : (enum simulation_alert_state)state;
    simulation->pending_at_ms = read_count(json_get(alert, "pending_at_ms"));
    simulation->firing_at_ms = read_count(json_get(alert, "firing_at_ms"));
    simulation->delivered_at_ms = read_count(json_get(alert, "delivered_at_ms"));
    simulation->resolved_at_ms = read_count(json_get(alert, "resolved_at_ms"));
}

static int read_simulation(const struct json *json,
                           struct simulation *ret_simulation,
                           struct tw_error *err)
{
    const struct json *requests = json_get(json, "requests");
    int state = server_json_word(json_get(json, "state"), state_names, COUNT_OF(state_names));
    struct simulation simulation = {.id = read_count(json_get(json, "id"))};

    server_json_copy(simulation.kind, sizeof(simulation.kind), json_get(json, "kind"));
    if (simulation.id == 0 || state < 0 || !simulation.kind[0])
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no simulation");
    simulation.state = (enum simulation_state)state;
    server_json_copy(simulation.until, sizeof(simulation.until), json_get(json, "until"));
    server_json_copy(simulation.reason, sizeof(simulation.reason), json_get(json, "reason"));
    server_json_copy(simulation.last_error, sizeof(simulation.last_error),
                     json_get(json, "last_error"));
    write_pairs(json_get(json, "params"), simulation.params, sizeof(simulation.params));
    simulation.started_at_ms = read_count(json_get(json, "started_at_ms"));
    simulation.ends_by_ms = read_count(json_get(json, "ends_by_ms"));
    simulation.ended_at_ms = read_count(json_get(json, "ended_at_ms"));
    simulation.elapsed_ms = read_count(json_get(json, "elapsed_ms"));
    simulation.n_sent = read_count(json_get(requests, "sent"));
    simulation.n_succeeded = read_count(json_get(requests, "succeeded"));
    simulation.n_failed = read_count(json_get(requests, "failed"));
    simulation.progress = json_number(json_get(json, "progress"), (double)NAN);
    if (simulation.progress < 0 || simulation.progress > 1)
        simulation.progress = (double)NAN;
    read_alert(json_get(json, "alert"), &simulation);
    *ret_simulation = simulation;
    return 0;
}

int operations_read_simulation(const struct fetch_reply *reply,
                               struct simulation *ret_simulation,
                               struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    return read_simulation(json, ret_simulation, err);
}

/* The document and the list under key. */
static int open_list(const struct fetch_reply *reply,
                     const char *key,
                     struct json **ret_json,
                     const struct json **ret_list,
                     struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    *ret_list = json_get(json, key);
    if (json_type(*ret_list) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but has no list of %s", key);
    if (json_count(*ret_list) > OPERATIONS_ITEMS_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d %s", OPERATIONS_ITEMS_MAX, key);
    *ret_json = TAKE(json);
    return 0;
}

int operations_read_simulations(const struct fetch_reply *reply,
                                struct simulations *ret_simulations,
                                struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *list = NULL;
    struct simulations simulations = {0};

    if (open_list(reply, "simulations", &json, &list, err) < 0)
        return -1;
    simulations.at = xcalloc(json_count(list), sizeof(*simulations.at));
    for (const struct json *item = json_first(list); item; item = json_next(item))
        if (read_simulation(item, &simulations.at[simulations.n++], err) < 0) {
            simulations_finish(&simulations);
            return -1;
        }
    *ret_simulations = simulations;
    return 0;
}

void simulations_finish(struct simulations *simulations)
{
    free(simulations->at);
    *simulations = (struct simulations){0};
}

/* ---- Events and health ------------------------------------------------------------------------- */

int operations_read_events(const struct fetch_reply *reply,
                           struct events *ret_events,
                           struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *list = NULL;
    struct events events = {0};

    if (open_list(reply, "events", &json, &list, err) < 0)
        return -1;
    events.at = xcalloc(json_count(list), sizeof(*events.at));
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        struct event *event = &events.at[events.n++];

        event->id = read_count(json_get(item, "id"));
        event->at_ms = read_count(json_get(item, "at_ms"));
        server_json_copy(event->kind, sizeof(event->kind), json_get(item, "kind"));
        server_json_copy(event->subject, sizeof(event->subject), json_get(item, "subject"));
        write_pairs(json_get(item, "detail"), event->detail, sizeof(event->detail));
        if (!event->kind[0]) {
            events_finish(&events);
            return tw_fail(err, TW_BROKEN, "an event has no kind");
        }
    }
    *ret_events = events;
    return 0;
}

void events_finish(struct events *events)
{
    free(events->at);
    *events = (struct events){0};
}

int operations_read_health(const struct fetch_reply *reply,
                           bool *ret_tells_fast,
                           bool *ret_is_fast,
                           struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *fast;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    if (json_type(json) != JSON_OBJECT)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no health report");
    fast = json_get(json, "fast_alerts");
    *ret_tells_fast = json_type(fast) == JSON_BOOL;
    *ret_is_fast = json_bool(fast, false);
    return 0;
}

/* ---- Requests ---------------------------------------------------------------------------------- */

static void write_features(struct json_writer *w, const char *features)
{
    json_write_array(w, "features");
    for (const char *at = features; *at;) {
        size_t len = strcspn(at, ",");

        json_write_text(w, NULL, at, len);
        at += len + (at[len] == ',');
    }
    json_write_array_end(w);
}

void operations_write_start(const struct simulation_request *request, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    json_write_string(&w, "kind", request->kind);
    json_write_object(&w, "params");
    for (size_t i = 0; i < request->n_numbers; i++)
        json_write_number(&w, request->numbers[i].name, request->numbers[i].value);
    if (request->features && strcmp(request->features, "all") != 0)
        write_features(&w, request->features);
    if (request->word)
        json_write_string(&w, request->word_name, request->word);
    json_write_object_end(&w);
    if (request->until)
        json_write_string(&w, "until", request->until);
    json_write_string(&w, "idempotency_key", request->idempotency_key);
    json_write_object_end(&w);
}
