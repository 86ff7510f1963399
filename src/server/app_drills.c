#include "server/app_parts.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "server/drill/gameday.h"
#include "server/http/headers.h"
#include "server/metrics/metrics.h"
#include "server/ml/model.h"
#include "server/store/store.h"

#include <stdio.h>
#include <string.h>

#define DETAIL_BYTES_MAX   16384
#define ALERT_POLL_MS(app) ((app)->config->fast_alerts ? 1000 : 2000)

void app_event(struct app *app, const char *kind, const char *subject, const char *detail_json)
{
    struct event_row row = {.at_ms = clock_now_ms()};

    (void)snprintf(row.kind, sizeof(row.kind), "%s", kind);
    (void)snprintf(row.subject, sizeof(row.subject), "%s", subject);
    row.detail = detail_json ? xstrdup(detail_json) : NULL;
    if (store_put_event(app->store, &row, NULL) < 0)
        free(row.detail); /* the store counts it as dropped */
}

static void drill_event(void *ctx, const char *kind, const char *subject, const char *detail_json)
{
    app_event(ctx, kind, subject, detail_json);
}

typedef int put_fn(struct store *store, struct simulation_row *row, struct tw_error *err);

/* Completes the row and hands it to the store, which counts it when it is lost. */
static void keep(struct app *app,
                 put_fn *put,
                 struct simulation_row *row,
                 const char *idempotency_key,
                 struct buffer *owned_detail)
{
    (void)snprintf(row->idempotency_key, sizeof(row->idempotency_key), "%s", idempotency_key);
    row->detail = buffer_take(owned_detail, NULL);
    if (put(app->store, row, NULL) < 0)
        free(row->detail);
}

static void drill_save(void *ctx, const struct drill_status *status)
{
    struct simulation_row row = {.id = status->id,
                                 .started_at_ms = status->started_at_ms,
                                 .ended_at_ms = status->ended_at_ms};
    struct buffer detail;
    struct json_writer w = {&detail, false};

    buffer_init(&detail, DETAIL_BYTES_MAX);
    drill_write_json(status, &w);
    (void)snprintf(row.kind, sizeof(row.kind), "%s", drill_kind_name(status->kind));
    (void)snprintf(row.state, sizeof(row.state), "%s", drill_state_name(status->state));
    keep(ctx, store_put_simulation, &row, status->idempotency_key, &detail);
}

static void gameday_save(void *ctx, const struct gameday_status *status)
{
    struct simulation_row row = {.id = status->id,
                                 .started_at_ms = status->started_at_ms,
                                 .ended_at_ms = status->ended_at_ms};
    struct buffer detail;
    struct json_writer w = {&detail, false};

    buffer_init(&detail, DETAIL_BYTES_MAX);
    gameday_write_json(status, &w);
    (void)snprintf(row.kind, sizeof(row.kind), "%s", status->kind);
    (void)snprintf(row.state, sizeof(row.state), "%s", gameday_state_name(status->state));
    keep(ctx, store_put_gameday, &row, status->idempotency_key, &detail);
}

/* What simulations show to an API: our own listeners know them, another process does not. */
static const char *token_for(const struct app *app, const char *role)
{
    return config_has_role(app->config, role) ? app->own_token : app->operator_token;
}

/* A wildcard address is reached over loopback. With TLS the URL has the name that the certificate has. */
static void note_url(const struct config *config,
                     const char *listen,
                     const struct http_listener *listener,
                     char out[96],
                     char ret_where[80])
{
    const char *name = config->tls_server_name;
    struct http_address address;

    if (http_address_parse(listen, &address, NULL) < 0)
        return;
    if (strcmp(address.host, "0.0.0.0") == 0)
        (void)snprintf(address.host, sizeof(address.host), "127.0.0.1");
    else if (strcmp(address.host, "[::]") == 0)
        (void)snprintf(address.host, sizeof(address.host), "[::1]");
    if (listener)
        address.port = http_listener_port(listener);
    (void)snprintf(ret_where, 80, "%s:%u", address.host, address.port);
    if (config_uses_tls(config))
        (void)snprintf(out, 96, "https://%s:%u", *name ? name : address.host, address.port);
    else
        (void)snprintf(out, 96, "http://%s:%u", address.host, address.port);
}

void app_note_listener_url(struct app *app)
{
    const struct config *c = app->config;

    note_url(c, c->listen_ml, app->listeners[LISTENER_INDEX_ML], app->ml_url, app->ml_address);
    if (*c->llm_url)
        (void)snprintf(app->llm_url, sizeof(app->llm_url), "%s", c->llm_url);
    else
        note_url(c, c->listen_llm, app->listeners[LISTENER_INDEX_LLM], app->llm_url,
                 app->llm_address);
}

static void note_active(void *ctx, enum drill_kind kind, unsigned n_running)
{
    struct app *app = ctx;

    metrics_set(app->metrics, METRIC_TIDEWATCH_SIMULATION_ACTIVE, LABELS((unsigned)kind),
                n_running);
}

static void note_progress(void *ctx, enum drill_kind kind, double ratio)
{
    struct app *app = ctx;

    metrics_set(app->metrics, METRIC_TIDEWATCH_SIMULATION_PROGRESS_RATIO, LABELS((unsigned)kind),
                ratio);
}

static void count_request(void *ctx, enum drill_kind kind, enum drill_outcome outcome)
{
    struct app *app = ctx;

    metrics_add(app->metrics, METRIC_TIDEWATCH_SIMULATION_REQUESTS_TOTAL,
                LABELS((unsigned)kind,
                       outcome == DRILL_REQUEST_SUCCEEDED ? SIMULATED_OK : SIMULATED_FAILED),
                1);
}

static int start_gamedays(struct app *app, struct tw_error *err)
{
    struct gameday_hooks hooks = {
        .ctx = app,
        .drill = app->drill,
        .prometheus_url = app->config->prometheus_url,
        .prometheus_access = &app->config->prometheus,
        .alert_poll_ms = ALERT_POLL_MS(app),
        .fast_alerts = app->config->fast_alerts,
        .save = gameday_save,
        .event = drill_event,
    };

    if (store_last_gameday(app->store, &hooks.last_id, err) < 0)
        return -1;
    app->gamedays = gamedays_new(&hooks);
    return 0;
}

int app_start_drills(struct app *app, const void *key, struct tw_error *err)
{
    struct drill_hooks hooks = {
        .ctx = app,
        .token = token_for(app, "ml"),
        .prometheus_url = app->config->prometheus_url,
        .prometheus_access = &app->config->prometheus,
        .alert_poll_ms = ALERT_POLL_MS(app),
        .fast_alerts = app->config->fast_alerts,
        .save = drill_save,
        .event = drill_event,
        .active = note_active,
        .progress = note_progress,
        .count_request = count_request,
        .inject_fault = app_inject_fault,
        .renew_fault = app_renew_fault,
        .release_fault = app_release_fault,
    };
    CLEANUP(credentials_freep) struct credentials *readable = NULL;
    int64_t last_sequence;

    /* Every run reads them for itself; what is wrong with them is told now. */
    if (credentials_new(&app->config->prometheus, "prometheus", false, &readable, err) < 0)
        return -1;
    if (store_last_ids(app->store, &last_sequence, &hooks.last_id, err) < 0)
        return -1;
    hooks.ml_url = app->ml_url;
    hooks.llm_url = app->llm_url;
    if (config_uses_tls(app->config) && *app->config->tls_server_name) {
        hooks.ml_address = app->ml_address;
        hooks.llm_address = *app->config->llm_url ? NULL : app->llm_address;
    }
    hooks.llm_token = token_for(app, "llm");
    if (*app->config->llm_url)
        hooks.llm_token = *app->config->llm_token ? app->config->llm_token : NULL;
    hooks.questions =
        (struct drill_texts){(const char *const *)app->questions.items, app->questions.n};
    hooks.foreign = (struct drill_texts){(const char *const *)app->foreign.items, app->foreign.n};
    hooks.tickets = (struct drill_texts){(const char *const *)app->tickets.items, app->tickets.n};
    if (app->model->n_classes == 3)
        for (int c = 0; c < 3; c++)
            hooks.class_names[c] = app->model->classes[c];
    app->drill = drill_new(&hooks, key, APP_KEY_BYTES);
    return start_gamedays(app, err);
}
