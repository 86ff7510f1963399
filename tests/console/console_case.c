#include "console_case.h"

#include "common/alloc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define POINTS  120
#define STEP_MS 30000
#define MINUTE  INT64_C(60000)

static const char dashboard_json[] =
    "{\"uid\":\"overview\",\"title\":\"Overview\",\"refresh\":\"5s\",\"time\":{\"from\":\"now-1h\",\"to\":\"now\"},"
    "\"panels\":["
    "{\"id\":1,\"type\":\"timeseries\",\"title\":\"Data drift\",\"gridPos\":{\"x\":0,\"y\":0,\"w\":8,\"h\":8},"
    "\"fieldConfig\":{\"defaults\":{\"min\":0,\"max\":1,\"decimals\":2,\"thresholds\":{\"mode\":\"absolute\",\"steps\":["
    "{\"color\":\"green\",\"value\":null},{\"color\":\"orange\",\"value\":0.3},{\"color\":\"red\",\"value\":0.5}]}}},"
    "\"targets\":[{\"refId\":\"A\",\"expr\":\"max(ml_data_drift_score)\",\"legendFormat\":\"drift score\"}]},"
    "{\"id\":2,\"type\":\"timeseries\",\"title\":\"Drift by feature\",\"gridPos\":{\"x\":8,\"y\":0,\"w\":8,\"h\":8},"
    "\"fieldConfig\":{\"defaults\":{\"min\":0,\"max\":1}},"
    "\"targets\":[{\"refId\":\"A\",\"expr\":\"max by (feature) (ml_feature_drift)\",\"legendFormat\":\"{{feature}}\"}]},"
    "{\"id\":3,\"type\":\"timeseries\",\"title\":\"ML latency p95\",\"gridPos\":{\"x\":16,\"y\":0,\"w\":8,\"h\":8},"
    "\"fieldConfig\":{\"defaults\":{\"unit\":\"s\",\"thresholds\":{\"mode\":\"absolute\",\"steps\":["
    "{\"color\":\"green\",\"value\":null},{\"color\":\"orange\",\"value\":0.1}]}}},"
    "\"targets\":[{\"refId\":\"A\",\"expr\":\"histogram_quantile(0.95,\\n sum by (le) "
    "(rate(ml_prediction_latency_seconds_bucket[5m])))\"}]},"
    "{\"id\":4,\"type\":\"stat\",\"title\":\"Predictions\",\"gridPos\":{\"x\":0,\"y\":8,\"w\":8,\"h\":4},"
    "\"fieldConfig\":{\"defaults\":{\"unit\":\"reqps\"}},"
    "\"targets\":[{\"refId\":\"A\",\"expr\":\"sum(rate(ml_predictions_total[5m]))\"}]},"
    "{\"id\":5,\"type\":\"gauge\",\"title\":\"Accuracy\",\"gridPos\":{\"x\":8,\"y\":8,\"w\":8,\"h\":4},"
    "\"fieldConfig\":{\"defaults\":{\"unit\":\"percentunit\",\"min\":0,\"max\":1,\"thresholds\":{\"mode\":\"absolute\","
    "\"steps\":[{\"color\":\"red\",\"value\":null},{\"color\":\"green\",\"value\":0.7}]}}},"
    "\"targets\":[{\"refId\":\"A\",\"expr\":\"ml_realized_accuracy\"}]},"
    "{\"id\":6,\"type\":\"heatmap\",\"title\":\"Hallucination\",\"gridPos\":{\"x\":16,\"y\":8,\"w\":8,\"h\":4},"
    "\"targets\":[{\"refId\":\"A\",\"expr\":\"sum by (le) (rate(llm_hallucination_score_bucket[5m]))\"}]}"
    "]}";

const char *case_name(enum case_state state)
{
    static const char *const names[N_CASES] = {"ok", "stale", "error", "nan", "empty", "huge"};

    return names[state];
}

/* Text that a hostile or careless server may send, after server_text has had it. */
static const char *long_text(void)
{
    return "\xe6\xbc\x82\xe7\xa7\xbb\xe8\xad\xa6\xe6\x8a\xa5-averylongnamewithoutasinglebreakinit-"
           "01234567890123456789012345678901-\xf0\x9f\x94\xa5-end";
}

static void keep(struct part *part)
{
    (void)part;
}

/* ---- Panels ------------------------------------------------------------------------------------ */

static double wave(size_t i, size_t panel, size_t s)
{
    double x = (double)i / 8 + (double)s * 2;
    double base = panel == 2 ? 0.004 : panel == 3 ? 2.1 : panel == 4 ? 0.83 : 0.16;
    double swing = base / 8;
    double rise = panel < 2 && s == 0 && i > 95 ? (double)(i - 95) * 0.025 : 0;

    return base + swing * sin(x) + rise;
}

static double value_of(enum case_state state, size_t i, size_t panel, size_t s)
{
    if (state == CASE_NAN || (i >= 40 && i < 46))
        return (double)NAN;
    if (state == CASE_HUGE)
        return i % 3 ? 1e308 : i % 2 ? -1e308 : (double)INFINITY;
    return wave(i, panel, s);
}

static struct series new_series(enum case_state state, size_t panel, size_t s)
{
    static const char *const features[] = {"ticket_length", "urgency_keywords", "business_impact",
                                           "customer_tier"};
    struct series series = {.values = xcalloc(POINTS, sizeof(double)), .last = (double)NAN};

    for (size_t i = 0; i < POINTS; i++)
        series.values[i] = value_of(state, i, panel, s);
    if (state == CASE_HUGE)
        series.name = xprintf_dup("%zu %s", s, long_text());
    else
        series.name = xstrdup(panel == 1 ? features[s % 4] : "value");
    return series;
}

static void set_series(enum case_state state, size_t panel, struct panel_data *data)
{
    size_t n = panel != 1 ? 1 : state == CASE_HUGE ? SERIES_MAX : 4;

    data->set.grid = (struct time_grid){
        .start_ms = CASE_NOW_MS / STEP_MS * STEP_MS - (POINTS - 1) * STEP_MS,
        .step_ms = STEP_MS,
        .n = POINTS,
    };
    if (state == CASE_ERROR || state == CASE_EMPTY)
        return;
    data->set.at = xcalloc(n, sizeof(*data->set.at));
    for (; data->set.n < n; data->set.n++)
        data->set.at[data->set.n] = new_series(state, panel, data->set.n);
    data->set.n_refused = state == CASE_HUGE ? 936 : 0;
}

static struct panel_data *new_panel(enum case_state state, size_t panel)
{
    struct panel_data *data = xcalloc(1, sizeof(*data));

    part_init(&data->part, keep);
    data->sample_age_ms = 1000;
    data->good_mono_ms = CASE_MONO_MS - 1000;
    set_series(state, panel, data);
    if (state == CASE_STALE) {
        data->state = DATA_STALE;
        data->good_mono_ms = CASE_MONO_MS - 47000;
        (void)snprintf(data->reason, sizeof(data->reason),
                       "last good 08:01:24: HTTP 502 Bad Gateway");
    } else if (state == CASE_ERROR) {
        data->state = DATA_ERROR;
        data->good_mono_ms = data->sample_age_ms = -1;
        (void)snprintf(data->reason, sizeof(data->reason), "no answer from 127.0.0.1:9090 in 3 s");
    } else if (state == CASE_EMPTY) {
        data->state = DATA_NONE;
        (void)snprintf(data->reason, sizeof(data->reason), "no series");
    } else if (panel == 2) {
        data->warnings.n = 1;
        (void)snprintf(data->warnings.text[0], sizeof(data->warnings.text[0]),
                       "PromQL warning: store 10.0.0.7:10901 did not answer");
        data->state = DATA_PARTIAL;
        (void)snprintf(data->reason, sizeof(data->reason), "%s", data->warnings.text[0]);
    }
    return data;
}

/* ---- Sources ----------------------------------------------------------------------------------- */

static struct source source_of(enum case_state state, enum source_id id)
{
    struct source source = {
        .is_configured = true,
        .state = DATA_OK,
        .good_mono_ms = CASE_MONO_MS - 1000 - 1000 * (int)id,
        .latency_us = 2400 + 700 * (int)id,
        .n_requests = 120 + id,
        .n_bytes = 88000,
        .flavour = "prometheus",
        .version = "2.42.0",
    };

    if (state == CASE_STALE && id == SOURCE_PROMETHEUS) {
        source.state = DATA_STALE;
        source.good_mono_ms = CASE_MONO_MS - 47000;
        source.retry_at_mono_ms = CASE_MONO_MS + 8000;
        (void)snprintf(source.reason, sizeof(source.reason), "HTTP 502 Bad Gateway");
    }
    if (state == CASE_ERROR) {
        source.state = DATA_ERROR;
        source.good_mono_ms = source.latency_us = -1;
        source.flavour[0] = source.version[0] = '\0';
        source.retry_at_mono_ms = CASE_MONO_MS + 8000;
        (void)snprintf(source.reason, sizeof(source.reason), "no answer in 3 s");
    }
    return source;
}

/* ---- Alerts ------------------------------------------------------------------------------------ */

static struct alert_board *new_alerts(enum case_state state)
{
    static char texts[][20] = {"alertname", "MLModelDriftHigh", "severity",
                               "critical",  "service",          "ml-api"};
    static struct label labels[] = {
        {texts[0], texts[1]}, {texts[2], texts[3]}, {texts[4], texts[5]}};
    static const struct alert some[] = {
        {.name = "MLModelDriftHigh",
         .severity = ALERT_CRITICAL,
         .state = ALERT_FIRING,
         .service = "ml-api",
         .summary = "Inputs drift: score 0.71 over 0.5",
         .labels = {3, labels},
         .active_at_ms = CASE_NOW_MS - 4 * MINUTE - 12000,
         .value = 0.71,
         .is_in_prometheus = true,
         .is_in_alertmanager = true,
         .simulation_id = 7},
        {.name = "MLLatencyHigh",
         .severity = ALERT_WARNING,
         .state = ALERT_UNDELIVERED,
         .service = "ml-api",
         .active_at_ms = CASE_NOW_MS - 10 * MINUTE,
         .value = 0.12,
         .is_in_prometheus = true},
        {.name = "HighScrapeDuration",
         .severity = ALERT_WARNING,
         .state = ALERT_SILENCED,
         .service = "prometheus",
         .active_at_ms = CASE_NOW_MS - 31 * MINUTE,
         .value = 11,
         .silence = "a3ce929d-0e0e"},
        {.name = "MLAccuracyLow",
         .severity = ALERT_WARNING,
         .state = ALERT_PENDING,
         .service = "ml-api",
         .active_at_ms = CASE_NOW_MS - 50000,
         .value = (double)NAN},
    };
    struct alert_board *board = xcalloc(1, sizeof(*board));
    size_t n = state == CASE_HUGE ? 200 : COUNT_OF(some);

    part_init(&board->part, keep);
    board->has_prometheus = state != CASE_ERROR;
    board->has_alertmanager = state != CASE_ERROR;
    board->watchdog = state == CASE_STALE ? WATCHDOG_SILENT : WATCHDOG_OK;
    if (state == CASE_ERROR || state == CASE_EMPTY)
        return board;
    board->at = xcalloc(n, sizeof(*board->at));
    for (; board->n < n; board->n++) {
        struct alert *alert = &board->at[board->n];

        *alert = some[board->n % COUNT_OF(some)];
        if (state == CASE_NAN)
            alert->value = (double)NAN;
        if (state == CASE_HUGE) {
            (void)snprintf(alert->name, sizeof(alert->name), "%s", long_text());
            (void)snprintf(alert->service, sizeof(alert->service), "%.48s", long_text());
            (void)snprintf(alert->summary, sizeof(alert->summary), "%s", long_text());
            alert->value = 1.7e308;
            alert->active_at_ms = 1;
        }
    }
    board->n_critical = state == CASE_HUGE ? 50 : 1;
    board->n_warning = state == CASE_HUGE ? 50 : 1;
    board->n_silenced = state == CASE_HUGE ? 50 : 1;
    board->n_pending = state == CASE_HUGE ? 50 : 1;
    board->n_undelivered = state == CASE_HUGE ? 50 : 1;
    return board;
}

/* ---- Operations -------------------------------------------------------------------------------- */

static void set_simulations(enum case_state state, struct operations_data *operations)
{
    static const struct simulation some[] = {
        {.id = 7,
         .kind = "drift",
         .state = SIMULATION_RUNNING,
         .until = "alert",
         .params = "duration_s=120 amount=0.8 rate=5",
         .started_at_ms = CASE_NOW_MS - 12 * MINUTE,
         .ends_by_ms = CASE_NOW_MS + 119000,
         .n_sent = 3600,
         .n_succeeded = 3600,
         .progress = 0.62,
         .alert = "MLModelDriftHigh",
         .alert_state = SIMULATION_ALERT_FIRING},
        {.id = 1, .kind = "baseline", .state = SIMULATION_RUNNING, .progress = (double)NAN},
        {.id = 5,
         .kind = "drift",
         .state = SIMULATION_FINISHED,
         .ended_at_ms = CASE_NOW_MS - 31 * MINUTE,
         .progress = 1},
    };
    static const struct mark marks[] = {
        {CASE_NOW_MS - 40 * MINUTE, MARK_START, 5, "drift 5"},
        {CASE_NOW_MS - 31 * MINUTE, MARK_END, 5, "drift 5"},
        {CASE_NOW_MS - 12 * MINUTE, MARK_START, 7, "drift 7"},
    };
    struct simulations *simulations = &operations->simulations;

    simulations->at = xcalloc(COUNT_OF(some), sizeof(*simulations->at));
    memcpy(simulations->at, some, sizeof(some));
    simulations->n = COUNT_OF(some);
    if (state == CASE_NAN)
        simulations->at[0].progress = (double)NAN;
    if (state == CASE_HUGE)
        simulations->at[0].n_failed = simulations->at[0].id = INT64_C(9007199254740991);
    operations->marks = xcalloc(COUNT_OF(marks), sizeof(*operations->marks));
    memcpy(operations->marks, marks, sizeof(marks));
    operations->n_marks = COUNT_OF(marks);
}

static void set_events(enum case_state state, struct events *events)
{
    static const struct event some[] = {
        {4, CASE_NOW_MS - 4 * MINUTE, "alert", "MLModelDriftHigh firing",
         "severity=critical receiver=console"},
        {3, CASE_NOW_MS - 12 * MINUTE, "simulation", "drift 7 started",
         "amount=0.8 rate=5 by=console"},
        {2, CASE_NOW_MS - 31 * MINUTE, "simulation", "drift 5 finished", "sent=1800 failed=0"},
        {1, CASE_NOW_MS - 90 * MINUTE, "server", "started", "version=0.1.0"},
    };
    size_t n = state == CASE_HUGE ? 300 : COUNT_OF(some);

    events->at = xcalloc(n, sizeof(*events->at));
    for (; events->n < n; events->n++) {
        struct event *event = &events->at[events->n];

        *event = some[events->n % COUNT_OF(some)];
        if (state == CASE_HUGE) {
            (void)snprintf(event->subject, sizeof(event->subject), "%s", long_text());
            (void)snprintf(event->detail, sizeof(event->detail), "%s %s", long_text(), long_text());
        }
    }
}

static struct operations_data *new_operations(enum case_state state)
{
    struct operations_data *operations = xcalloc(1, sizeof(*operations));

    part_init(&operations->part, keep);
    operations->has_health = operations->has_simulations = operations->has_events =
        state != CASE_ERROR;
    operations->health.tells_fast_alerts = true;
    operations->health.is_fast_alerts = state == CASE_OK;
    operations->health.are_drills_enabled = true;
    if (state == CASE_ERROR || state == CASE_EMPTY)
        return operations;
    if (state == CASE_HUGE)
        (void)snprintf(operations->health.faults, sizeof(operations->health.faults), "%s",
                       long_text());
    set_simulations(state, operations);
    set_events(state, &operations->events);
    return operations;
}

/* ---- Drift ------------------------------------------------------------------------------------- */

static void set_cells(struct drift_feature_status *feature, double shift)
{
    static const double edges[] = {20, 50, 80, 100, 120, 140, 170, 210};
    static const double before[] = {0.02, 0.11, 0.2, 0.17, 0.17, 0.15, 0.12, 0.05, 0.01};

    feature->n_cells = COUNT_OF(before);
    for (size_t i = 0; i < feature->n_cells; i++) {
        struct drift_cell *cell = &feature->cells[i];

        cell->above = i == 0 ? -(double)INFINITY : edges[i - 1];
        cell->up_to = i < COUNT_OF(edges) ? edges[i] : (double)INFINITY;
        cell->before = before[i];
        cell->after = before[i] * (1 - shift) + before[feature->n_cells - 1 - i] * shift;
    }
}

static void set_feature(enum case_state state, struct drift_feature_status *feature, size_t i)
{
    static const char *const names[] = {"ticket_length", "urgency_keywords", "business_impact",
                                        "customer_tier"};
    static const double severities[] = {0.86, 0.52, 0.31, 0.04};
    double severity = severities[i % 4];

    (void)snprintf(feature->name, sizeof(feature->name), "%s",
                   state == CASE_HUGE ? "a_feature_with_quite_a_long_name_of_its_own"
                                      : names[i % 4]);
    feature->is_detected = severity > 0.3;
    feature->severity = severity;
    feature->psi = severity * 0.9;
    feature->psi_critical = 0.18;
    feature->ks = severity / 2;
    feature->ks_p = severity > 0.3 ? 0 : 0.4;
    feature->mean_before = state == CASE_HUGE ? -1.5e300 : 120.4;
    feature->mean_after = state == CASE_HUGE ? 1.5e300 : 120.4 + 80 * severity;
    feature->mean_shift_sd = severity * 2;
    feature->logit_shift = severity * 1.3;
    (void)snprintf(
        feature->explanation, sizeof(feature->explanation),
        "%s: the mean went from 120.4 to %.1f words; cells over 140 carry most of it, and "
        "the prediction moved towards High.",
        feature->name, 120.4 + 80 * severity);
    set_cells(feature, severity);
    if (state == CASE_NAN)
        feature->psi = feature->ks = feature->ks_p = feature->psi_critical = feature->mean_before =
            feature->mean_after = feature->logit_shift = (double)NAN;
}

static struct drift_data *new_drift(enum case_state state)
{
    struct drift_data *drift;
    size_t n = state == CASE_HUGE ? 40 : 4;

    if (state == CASE_ERROR)
        return NULL;
    drift = xcalloc(1, sizeof(*drift));
    part_init(&drift->part, keep);
    drift->good_mono_ms = CASE_MONO_MS - 2000;
    drift->status = (struct drift_status){
        .n_samples = state == CASE_EMPTY ? 12 : 200,
        .n_needed = 100,
        .has_score = state != CASE_EMPTY,
        .score = state == CASE_NAN ? (double)NAN : 0.71,
        .is_detected = true,
        .usual_score = (double)NAN,
        .prediction_drift = 0.44,
    };
    if (state == CASE_EMPTY)
        return drift;
    drift->status.features = xcalloc(n, sizeof(*drift->status.features));
    for (; drift->status.n_features < n; drift->status.n_features++)
        set_feature(state, &drift->status.features[drift->status.n_features],
                    drift->status.n_features);
    return drift;
}

/* ---- All of it --------------------------------------------------------------------------------- */

struct snapshot *case_new(enum case_state state)
{
    struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
    struct tw_error err = {0};

    part_init(&snapshot->part, keep);
    if (dashboard_read(dashboard_json, strlen(dashboard_json), &snapshot->dashboard, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        abort();
    }
    if (state == CASE_HUGE)
        for (size_t i = 0; i < snapshot->dashboard->n_panels; i++)
            (void)snprintf(snapshot->dashboard->panels[i].title,
                           sizeof(snapshot->dashboard->panels[i].title), "%s", long_text());
    snapshot->made_at_ms = snapshot->now_ms = CASE_NOW_MS;
    snapshot->made_mono_ms = CASE_MONO_MS;
    snapshot->refresh_ms = 5000;
    snapshot->scrape_interval_ms = 10000;
    snapshot->range_ms = 60 * MINUTE;
    for (enum source_id id = 0; id < N_SOURCES; id++)
        snapshot->sources[id] = source_of(state, id);
    snapshot->n_panels = snapshot->dashboard->n_panels;
    snapshot->panels = xcalloc(snapshot->n_panels, sizeof(struct panel_data *));
    for (size_t i = 0; i < snapshot->n_panels; i++)
        snapshot->panels[i] = new_panel(state, i);
    snapshot->alerts = new_alerts(state);
    snapshot->operations = new_operations(state);
    snapshot->drift = new_drift(state);
    return snapshot;
}

void case_free(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n_panels; i++) {
        series_set_finish(&snapshot->panels[i]->set);
        free(snapshot->panels[i]);
    }
    free(snapshot->panels);
    free(snapshot->alerts->at);
    free(snapshot->alerts);
    simulations_finish(&snapshot->operations->simulations);
    events_finish(&snapshot->operations->events);
    free(snapshot->operations->marks);
    free(snapshot->operations);
    if (snapshot->drift)
        drift_status_finish(&snapshot->drift->status);
    free(snapshot->drift);
    dashboard_unref(snapshot->dashboard);
    free(snapshot);
}
