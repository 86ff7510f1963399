#include "server/api/api.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/json_write.h"
#include "server/app.h"
#include "server/drill/drill.h"
#include "server/drill/faults.h"
#include "server/drill/gameday.h"
#include "server/llm/encoder.h"
#include "server/llm/knowledge.h"
#include "server/llm/openai.h"
#include "server/llm/vector_source.h"
#include "server/metrics/metrics.h"
#include "server/ml/drift_monitor.h"
#include "server/ml/model.h"
#include "server/store/store.h"

#include <stdio.h>
#include <string.h>

/* What is the same on every listener: is it well, its metrics, and what it serves. */

static enum listener listener_of(const struct request *request)
{
    return api_service_of(request->route)->listener;
}

enum part_state {
    PART_OK,
    PART_FALLBACK, /* another does its work, less well */
    PART_FAILING,
};

static void write_part(struct json_writer *w,
                       const char *name,
                       enum part_state state,
                       const char *detail)
{
    static const char *const names[] = {"ok", "fallback", "failing"};

    json_write_object(w, name);
    json_write_string(w, "status", names[state]);
    if (detail && *detail)
        json_write_string(w, "detail", detail);
    json_write_object_end(w);
}

static void write_simulations(struct app *app, struct json_writer *w)
{
    CLEANUP(freep) struct drill_status *runs = xcalloc(DRILL_LISTED_MAX, sizeof(*runs));
    size_t n_runs = drill_list(app->drill, runs, DRILL_LISTED_MAX);

    json_write_array(w, "simulations");
    for (size_t i = 0; i < n_runs; i++) {
        if (runs[i].state != DRILL_RUNNING)
            continue;
        json_write_object(w, NULL);
        json_write_int(w, "id", runs[i].id);
        json_write_string(w, "kind", drill_kind_name(runs[i].kind));
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

/* The one that runs, and the step that it is in; null: none does. */
static void write_gameday(struct app *app, struct json_writer *w)
{
    CLEANUP(freep) struct gameday_status *newest = xcalloc(1, sizeof(*newest));

    if (gamedays_list(app->gamedays, newest, 1) == 0 || newest->state != GAMEDAY_RUNNING) {
        json_write_null(w, "gameday");
        return;
    }
    json_write_object(w, "gameday");
    json_write_int(w, "id", newest->id);
    json_write_string(w, "kind", newest->kind);
    json_write_string(w, "step", newest->steps[newest->at].plan->name);
    json_write_string(w, "phase", gameday_phase_name(newest->steps[newest->at].phase));
    json_write_int(w, "at", (int64_t)newest->at + 1);
    json_write_int(w, "steps", (int64_t)newest->n_steps);
    json_write_object_end(w);
}

static void write_faults(const struct app *app, struct json_writer *w)
{
    int64_t now_mono_ms = clock_mono_ms();

    json_write_array(w, "faults");
    for (int f = 0; f < N_FAULTS; f++)
        if (faults_is_on(app->faults, (enum fault)f, now_mono_ms))
            json_write_string(w, NULL, fault_name((enum fault)f));
    json_write_array_end(w);
}

/* What the LLM side stands on. A part that falls short does not make the server unready: there is a
 * fallback, and it is told here. */
static void write_llm_parts(struct app *app, struct json_writer *w)
{
    struct knowledge_stats stats;
    struct knowledge_progress load;
    struct openai_state model;
    char detail[sizeof(model.last_error) + 80];

    if (!app->knowledge)
        return;
    knowledge_read_stats(app->knowledge, &stats);
    knowledge_read_progress(app->knowledge, &load);
    (void)snprintf(detail, sizeof(detail), "%zu documents, %llu chunks", stats.n_documents,
                   (unsigned long long)stats.n_chunks);
    write_part(w, "knowledge",
               load.phase != KNOWLEDGE_FAILED && stats.n_documents > 0 ? PART_OK : PART_FAILING,
               *load.error ? load.error : detail);
    (void)snprintf(detail, sizeof(detail), "%s%s", encoder_name(app->encoder),
                   encoder_is_semantic(app->encoder) ? ""
                                                     : ": a stand-in, words alone are searched");
    write_part(w, "encoder", encoder_is_semantic(app->encoder) ? PART_OK : PART_FALLBACK, detail);
    if (app->index)
        write_part(w, "index",
                   stats.dense == KNOWLEDGE_DENSE_READY && !*stats.index_error ? PART_OK
                                                                               : PART_FALLBACK,
                   *stats.index_error    ? stats.index_error
                   : *load.vectors_error ? load.vectors_error
                                         : vector_source_name(app->index));
    if (!app->openai) {
        write_part(w, "generator", PART_OK, "extractive");
        return;
    }
    openai_read_state(app->openai, &model);
    (void)snprintf(detail, sizeof(detail), "%s%s%s", app->config->llm_model,
                   *model.last_error ? ": " : "", model.last_error);
    write_part(w, "generator",
               model.primary == BREAKER_CLOSED && !*model.last_error ? PART_OK : PART_FALLBACK,
               detail);
}

int api_health(struct app *app,
               const struct request *request,
               struct reply *reply,
               struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct store_stats stats;
    bool is_ready;

    (void)err;
    store_read_stats(app->store, &stats);
    is_ready = !app->is_draining && stats.last_error[0] == '\0';
    reply->status = is_ready ? 200 : 503;
    reply->retry_after_s = is_ready ? 0 : 1;
    json_write_object(&w, NULL);
    json_write_string(&w, "status", is_ready ? "ok" : "unavailable");
    json_write_bool(&w, "live", true);
    json_write_bool(&w, "ready", is_ready);
    json_write_string(&w, "version", TW_VERSION);
    json_write_string(&w, "listener", listener_names[listener_of(request)]);
    json_write_int(&w, "uptime_ms", clock_mono_ms() - app->started_mono_ms);
    json_write_object(&w, "parts");
    write_part(&w, "model", PART_OK, app->model->version);
    write_part(&w, "store", stats.last_error[0] == '\0' ? PART_OK : PART_FAILING, stats.last_error);
    write_llm_parts(app, &w);
    write_part(&w, "listener", app->is_draining ? PART_FAILING : PART_OK,
               app->is_draining ? "stopping" : NULL);
    json_write_object_end(&w);
    write_simulations(app, &w);
    write_gameday(app, &w);
    write_faults(app, &w);
    json_write_bool(&w, "drills_enabled", app->config->drills_enabled);
    json_write_bool(&w, "fast_alerts", app->config->fast_alerts);
    if (app->watchdog_at_ms > 0)
        json_write_int(&w, "watchdog_age_ms", clock_now_ms() - app->watchdog_at_ms);
    else
        json_write_null(&w, "watchdog_age_ms");
    json_write_object_end(&w);
    return 0;
}

int api_metrics(struct app *app,
                const struct request *request,
                struct reply *reply,
                struct tw_error *err)
{
    static const unsigned masks[N_LISTENERS] = {LISTENER_ML, LISTENER_LLM, 0, LISTENER_OPS};
    enum exposition format = exposition_choose(request_header(request, "Accept"));
    unsigned mask;

    (void)err;
    app_refresh_metrics(app);
    reply->content_type = exposition_content_type(format);
    /* What is of the process is on the operations listener, or here when this replica has none. */
    mask = masks[listener_of(request)] | (app->listeners[LISTENER_INDEX_OPS] ? 0 : LISTENER_OPS);
    metrics_expose(app->metrics, mask, format, &reply->body);
    return 0;
}

int api_index(struct app *app,
              const struct request *request,
              struct reply *reply,
              struct tw_error *err)
{
    enum listener listener = listener_of(request);
    const struct http_service *service = &api_services[listener];
    struct json_writer w = {&reply->body, false};

    (void)app;
    (void)err;
    json_write_object(&w, NULL);
    json_write_string(&w, "service", "tidewatchd");
    json_write_string(&w, "listener", listener_names[listener]);
    json_write_string(&w, "version", TW_VERSION);
    json_write_array(&w, "routes");
    for (size_t i = 0; i < service->n_routes; i++) {
        json_write_object(&w, NULL);
        json_write_string(&w, "method", service->routes[i].method);
        json_write_string(&w, "path", service->routes[i].path);
        json_write_string(&w, "summary", service->routes[i].summary);
        json_write_object_end(&w);
    }
    json_write_array_end(&w);
    json_write_object_end(&w);
    return 0;
}
