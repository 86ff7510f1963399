#include "console_case.h"

#include "common/alloc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define POINTS  120
#define STEP_MS 30000
#define MINUTE  INT64_C(60000)
#define BUCKETS 5

static const char dashboard_json[] =
    "{\"uid\":\"overview\",\"title\":\"Overview\",\"refresh\":\"5s\",\"time\":{\"from\":\"now-1h\",\"to\":\"now\"},"
    "\"panels\":["
    "{\"id\":1,\"type\":\"timeseries\",\"title\":\"Data drift\",\"gridPos\":{\"x\":0,\"y\":0,\"w\":8,\"h\":8},"
    "\"fieldConfig\":{\"defaults\":{\"custom\":{\"thresholdsStyle\":{\"mode\":\"dashed\"}},"
    "\"min\":0,\"max\":1,\"decimals\":2,\"thresholds\":{\"mode\":\"absolute\",\"steps\":["
    "{\"color\":\"green\",\"value\":null},{\"color\":\"orange\",\"value\":0.3},{\"color\":\"red\",\"value\":0.5}]}}},"
    "\"targets\":[{\"refId\":\"A\",\"expr\":\"max(ml_data_drift_score)\",\"legendFormat\":\"drift score\"}]},"
    "{\"id\":2,\"type\":\"timeseries\",\"title\":\"Drift by feature\",\"gridPos\":{\"x\":8,\"y\":0,\"w\":8,\"h\":8},"
    "\"fieldConfig\":{\"defaults\":{\"min\":0,\"max\":1}},"
    "\"targets\":[{\"refId\":\"A\",\"expr\":\"max by (feature) (ml_feature_drift)\",\"legendFormat\":\"{{feature}}\"}]},"
    "{\"id\":3,\"type\":\"timeseries\",\"title\":\"ML latency p95\",\"gridPos\":{\"x\":16,\"y\":0,\"w\":8,\"h\":8},"
    "\"fieldConfig\":{\"defaults\":{\"custom\":{\"thresholdsStyle\":{\"mode\":\"dashed\"}},"
    "\"unit\":\"s\",\"thresholds\":{\"mode\":\"absolute\",\"steps\":["
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

/* Buckets of a histogram, as Prometheus counts them: all up to a bound. */
static void set_buckets(enum case_state state, struct panel_data *data)
{
    static const char *const bounds[BUCKETS] = {"0.1", "0.25", "0.5", "0.9", "+Inf"};

    data->set.at = xcalloc(BUCKETS, sizeof(*data->set.at));
    for (; data->set.n < BUCKETS; data->set.n++) {
        struct series *series = &data->set.at[data->set.n];

        *series = new_series(state, 0, 1);
        for (size_t i = 0; state == CASE_OK && i < POINTS; i++)
            series->values[i] += (double)(data->set.n * (2 + i % 3));
        series->labels.at = xcalloc(1, sizeof(*series->labels.at));
        series->labels.at[0] = (struct label){xstrdup("le"), xstrdup(bounds[data->set.n])};
        series->labels.n = 1;
    }
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

static struct panel_data *new_panel(enum case_state state, size_t panel, bool is_of_buckets)
{
    struct panel_data *data = xcalloc(1, sizeof(*data));

    part_init(&data->part, keep);
    data->sample_age_ms = 1000;
    data->good_mono_ms = CASE_MONO_MS - 1000;
    set_series(state, panel, data);
    if (is_of_buckets && data->set.n > 0) {
        struct time_grid grid = data->set.grid;

        series_set_finish(&data->set);
        data->set.grid = grid;
        set_buckets(state, data);
    }
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
    static char runbook[] = "runbook_url", url[] = "assets/runbooks/MLModelDriftHigh.md";
    static char expr[] = "max(ml_data_drift_score) > 0.5";
    static char name[] = "HighScrapeDuration", by_name[] = "alertname";
    static struct label annotations[] = {{runbook, url}}, scrape[] = {{by_name, name}};
    static const struct alert some[] = {
        {.name = "MLModelDriftHigh",
         .severity = ALERT_CRITICAL,
         .state = ALERT_FIRING,
         .service = "ml-api",
         .summary = "Inputs drift: score 0.71 over 0.5",
         .id = 1,
         .labels = {3, labels, false},
         .annotations = {1, annotations, false},
         .expr = expr,
         .for_ms = 5 * MINUTE,
         .receivers = "slack, log",
         .active_at_ms = CASE_NOW_MS - 4 * MINUTE - 12000,
         .value = 0.71,
         .is_in_prometheus = true,
         .is_in_alertmanager = true,
         .simulation_id = 7},
        {.name = "MLLatencyHigh",
         .id = 2,
         .severity = ALERT_WARNING,
         .state = ALERT_UNDELIVERED,
         .service = "ml-api",
         .active_at_ms = CASE_NOW_MS - 10 * MINUTE,
         .value = 0.12,
         .is_in_prometheus = true},
        {.name = "HighScrapeDuration",
         .id = 3,
         .labels = {1, scrape, false},
         .severity = ALERT_WARNING,
         .state = ALERT_SILENCED,
         .service = "prometheus",
         .active_at_ms = CASE_NOW_MS - 31 * MINUTE,
         .value = 11,
         .is_in_alertmanager = true,
         .n_silences = 1,
         .silences = {"a3ce929d-0e0e"}},
        {.name = "MLAccuracyLow",
         .id = 4,
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
        alert->id = board->n + 1;
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

static struct silences_data *new_silences(enum case_state state)
{
    static char name[] = "alertname", value[] = "HighScrapeDuration", by[] = "ana",
                comment[] = "the disk is being replaced";
    static struct matcher matcher = {name, value, MATCHER_IS};
    static struct silence silence = {.id = "a3ce929d-0e0e",
                                     .matchers = {1, &matcher},
                                     .starts_at_ms = CASE_NOW_MS - 30 * MINUTE,
                                     .ends_at_ms = CASE_NOW_MS + 82 * MINUTE,
                                     .by = by,
                                     .comment = comment};
    struct silences_data *data = xcalloc(1, sizeof(*data));

    part_init(&data->part, keep);
    data->silences = (struct silences){state != CASE_EMPTY, &silence};
    return data;
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
         .alert_state = SIMULATION_ALERT_FIRING,
         .pending_at_ms = CASE_NOW_MS - 9 * MINUTE,
         .firing_at_ms = CASE_NOW_MS - 4 * MINUTE,
         .delivered_at_ms = CASE_NOW_MS - 4 * MINUTE + 10000},
        {.id = 5,
         .kind = "drift",
         .state = SIMULATION_FINISHED,
         .until = "alert",
         .started_at_ms = CASE_NOW_MS - 40 * MINUTE,
         .ended_at_ms = CASE_NOW_MS - 31 * MINUTE,
         .progress = 1,
         .alert = "MLModelDriftHigh",
         .alert_state = SIMULATION_ALERT_INACTIVE,
         .pending_at_ms = CASE_NOW_MS - 38 * MINUTE,
         .firing_at_ms = CASE_NOW_MS - 33 * MINUTE,
         .delivered_at_ms = CASE_NOW_MS - 32 * MINUTE,
         .resolved_at_ms = CASE_NOW_MS - 26 * MINUTE,
         .reason = "MLModelDriftHigh fired"},
        {.id = 4,
         .kind = "hallucination",
         .state = SIMULATION_FAILED,
         .until = "duration",
         .params = "queries=50 rate=0.1 per_second=2",
         .started_at_ms = CASE_NOW_MS - 70 * MINUTE,
         .ended_at_ms = CASE_NOW_MS - 69 * MINUTE,
         .n_sent = 50,
         .n_succeeded = 48,
         .n_failed = 2,
         .progress = 1,
         .alert = "LLMHallucinationCritical",
         .alert_state = SIMULATION_ALERT_INACTIVE,
         .reason = "it could not run",
         .last_error = "HTTP 503"},
        {.id = 3,
         .kind = "topic-shift",
         .state = SIMULATION_INTERRUPTED,
         .until = "alert",
         .started_at_ms = CASE_NOW_MS - 92 * MINUTE,
         .ended_at_ms = CASE_NOW_MS - 90 * MINUTE,
         .progress = 0.3,
         .alert = "LLMEmbeddingDriftHigh",
         .reason = "the server stopped"},
        {.id = 1,
         .kind = "baseline",
         .state = SIMULATION_RUNNING,
         .started_at_ms = CASE_NOW_MS - 89 * MINUTE,
         .progress = (double)NAN},
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

/* None, one of an operator, or more than are kept. */
static void set_faults(enum case_state state, struct operations_data *operations)
{
    struct active_faults *faults = &operations->faults;
    size_t n = state == CASE_HUGE                         ? ACTIVE_FAULTS_MAX
               : state == CASE_NAN || state == CASE_STALE ? 1
                                                          : 0;

    operations->faults_mono_ms = CASE_MONO_MS - 5000;
    for (; faults->n < n; faults->n++) {
        struct active_fault *fault = &faults->at[faults->n];

        *fault = (struct active_fault){.name = "delay",
                                       .params = "delay_ms=12000",
                                       .left_ms = 50000,
                                       .simulation_id = (int64_t)faults->n};
        if (state == CASE_HUGE)
            (void)snprintf(fault->name, sizeof(fault->name), "%.31s", long_text());
    }
}

static struct operations_data *new_operations(enum case_state state)
{
    struct operations_data *operations = xcalloc(1, sizeof(*operations));

    part_init(&operations->part, keep);
    operations->has_health = operations->has_simulations = operations->has_faults =
        operations->has_events = state != CASE_ERROR;
    operations->health.tells_fast_alerts = true;
    operations->health.is_fast_alerts = state == CASE_OK;
    operations->health.are_drills_enabled = true;
    if (state == CASE_ERROR || state == CASE_EMPTY)
        return operations;
    set_faults(state, operations);
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

/* ---- Stored requests --------------------------------------------------------------------------- */

static const struct stored_request some_requests[] = {
    {.id = "1795420930000001",
     .kind = STORED_CHAT,
     .at_ms = CASE_NOW_MS - 4000,
     .status = "success",
     .query = "How often may I mistype my password before the account is locked?",
     .confidence = NAN,
     .relevance = 0.91,
     .hallucination = 0.75,
     .groundedness = 0.39,
     .answer_relevance = 0.8,
     .model = "extractive",
     .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
     .origin = "drill",
     .simulation = "8",
     .processing_ms = 12.3},
    {.id = "17",
     .kind = STORED_TRIAGE,
     .at_ms = CASE_NOW_MS - 17000,
     .status = "success",
     .severity = "High",
     .query = "The VPN of the whole site is down since this morning",
     .confidence = 0.87,
     .relevance = 0.8,
     .hallucination = 0.5,
     .groundedness = 0.7,
     .answer_relevance = 0.6,
     .origin = "user",
     .processing_ms = 23},
    {.id = "16",
     .kind = STORED_PREDICTION,
     .at_ms = CASE_NOW_MS - 63000,
     .severity = "Low",
     .query = "120 words, urgency 2, impact 5, tier 3",
     .confidence = 0.71,
     .relevance = NAN,
     .hallucination = NAN,
     .groundedness = NAN,
     .answer_relevance = NAN,
     .origin = "baseline",
     .processing_ms = 0.05},
    {.id = "15",
     .kind = STORED_CHAT,
     .at_ms = CASE_NOW_MS - 3 * 3600000,
     .status = "abstained",
     .query = "What will the weather be?",
     .confidence = NAN,
     .relevance = 0.04,
     .hallucination = NAN,
     .groundedness = NAN,
     .answer_relevance = NAN,
     .is_abstained = true,
     .origin = "baseline",
     .processing_ms = 1.3},
    {.id = "14",
     .kind = STORED_TRIAGE,
     .status = "timeout",
     .severity = "Medium",
     .query = "Mail is slow",
     .confidence = 0.5,
     .relevance = NAN,
     .hallucination = NAN,
     .groundedness = NAN,
     .answer_relevance = NAN,
     .processing_ms = NAN},
};

static struct requests_data *new_requests(enum case_state state, const struct stored_filter *filter)
{
    struct requests_data *data = xcalloc(1, sizeof(*data));
    size_t n = state == CASE_HUGE ? 300 : state == CASE_EMPTY ? 0 : COUNT_OF(some_requests);

    part_init(&data->part, keep);
    data->filter = *filter;
    data->requests.has_more = state == CASE_HUGE;
    data->requests.at = xcalloc(n, sizeof(*data->requests.at));
    for (; data->requests.n < n; data->requests.n++) {
        struct stored_request *request = &data->requests.at[data->requests.n];

        *request = some_requests[data->requests.n % COUNT_OF(some_requests)];
        if (state == CASE_NAN)
            request->relevance = request->hallucination = request->groundedness =
                request->answer_relevance = request->confidence = request->processing_ms = NAN;
        if (state != CASE_HUGE)
            continue;
        (void)snprintf(request->id, sizeof(request->id), "%zu", data->requests.n);
        (void)snprintf(request->query, sizeof(request->query), "%s", long_text());
        (void)snprintf(request->status, sizeof(request->status), "%.20s", "averylongnameofastatus");
        (void)snprintf(request->model, sizeof(request->model), "%.60s", long_text());
        (void)snprintf(request->trace_id, sizeof(request->trace_id), "%.60s", long_text());
        request->processing_ms = 1e300;
        request->at_ms = 1;
    }
    requests_arrange(&data->requests, filter->order, CASE_NOW_MS);
    return data;
}

static const char passage_text[] =
    "A locked account cannot sign in anywhere, neither to mail nor to the VPN.\n\nAfter five wrong "
    "attempts the account is locked for 30 minutes. The service desk can unlock it sooner; have your "
    "badge at hand.\n\n1. Call 4711.\n2. Tell the number on your badge.";
static const char passage_match[] =
    "After five wrong attempts the account is locked for 30 minutes.";

static const struct {
    const char *text;
    double support;
    const char *flags[2];
    const char *match;
} some_parts[] = {
    {"Hello.", NAN, {NULL}, NULL},
    {"A locked account cannot sign in anywhere [1].",
     1,
     {NULL},
     "A locked account cannot sign in anywhere"},
    {"With your badge it is unlocked sooner.", 0.42, {NULL}, "have your badge at hand"},
    {"After three wrong attempts the account is locked for 24 hours [1].",
     0.12,
     {"number not in evidence", "denied on one side alone"},
     passage_match},
    {"Bob from accounting likes this.", 0, {"name not in evidence"}, NULL},
};

/* A word that no line can hold. */
static char *endless_word_dup(void)
{
    char *word = xcalloc(10001, 1);

    memset(word, 'x', 10000);
    return word;
}

static void set_part(enum case_state state, struct scored_part *part, size_t i)
{
    size_t from = i % COUNT_OF(some_parts);
    const char *match = some_parts[from].match;

    part->text = state == CASE_HUGE ? endless_word_dup() : xstrdup(some_parts[from].text);
    part->support = some_parts[from].support;
    part->level = isnan(part->support)  ? SUPPORT_UNSCORED
                  : part->support < 0.3 ? SUPPORT_NONE
                  : part->support < 0.5 ? SUPPORT_WEAK
                                        : SUPPORT_GOOD;
    part->flags = xcalloc(2, sizeof(*part->flags));
    for (; part->n_flags < 2 && some_parts[from].flags[part->n_flags]; part->n_flags++)
        (void)snprintf(part->flags[part->n_flags], SCORED_FLAG_SIZE, "%s",
                       state == CASE_HUGE ? long_text() : some_parts[from].flags[part->n_flags]);
    part->evidence.text = xstrdup(match ? match : "");
    part->evidence.passage = match ? 0 : SCORED_NO_PASSAGE;
    part->evidence.is_known = match != NULL;
    if (!match)
        return;
    (void)snprintf(part->evidence.chunk_id, sizeof(part->evidence.chunk_id),
                   "account-lockout.md#1");
    part->evidence.start = (size_t)(strstr(passage_text, match) - passage_text);
    part->evidence.end = part->evidence.start + strlen(match);
}

static void set_answer(enum case_state state, struct chat_answer *answer)
{
    struct scored *scored = &answer->scored;
    size_t n = state == CASE_HUGE ? 200 : COUNT_OF(some_parts);

    answer->n_input_tokens = 212;
    answer->n_output_tokens = 58;
    answer->is_estimated = true;
    answer->first_token_ms = 3;
    answer->n_warnings = state == CASE_STALE;
    (void)snprintf(answer->warnings[0], sizeof(answer->warnings[0]),
                   "the first model did not answer: extractive");
    scored->parts = xcalloc(n, sizeof(*scored->parts));
    for (; scored->n_parts < n; scored->n_parts++)
        set_part(state, &scored->parts[scored->n_parts], scored->n_parts);
    scored->n_passages = 1;
    scored->passages = xcalloc(1, sizeof(*scored->passages));
    scored->passages[0] = (struct scored_passage){
        .chunk_id = "account-lockout.md#1",
        .document = "account-lockout.md",
        .title = "Locked accounts",
        .heading = "When an account is locked",
        .text = xstrdup(passage_text),
        .score = 0.61,
    };
}

static struct request_data *new_request(enum case_state state, const struct stored_request *row)
{
    struct request_data *data = xcalloc(1, sizeof(*data));
    struct stored_detail *detail = &data->detail;

    part_init(&data->part, keep);
    detail->request = *row;
    detail->query = xstrdup(row->query);
    detail->has_answer = row->kind != STORED_PREDICTION && strcmp(row->status, "timeout") != 0;
    if (detail->has_answer)
        set_answer(state, &detail->answer);
    return data;
}

static void free_requests(struct snapshot *snapshot)
{
    if (snapshot->requests)
        stored_requests_finish(&snapshot->requests->requests);
    if (snapshot->request)
        stored_detail_finish(&snapshot->request->detail);
    free(snapshot->requests);
    free(snapshot->request);
    snapshot->requests = NULL;
    snapshot->request = NULL;
}

static void free_enquiry(struct snapshot *snapshot)
{
    if (!snapshot->enquiry)
        return;
    stored_detail_finish(&snapshot->enquiry->detail);
    triage_answer_finish(&snapshot->enquiry->triage);
    free(snapshot->enquiry);
    snapshot->enquiry = NULL;
}

void case_answer_requests(struct snapshot *snapshot,
                          enum case_state state,
                          const struct requests_want *want)
{
    if (!want->is_on)
        return;
    free_requests(snapshot);
    if (state == CASE_STALE || state == CASE_ERROR)
        (void)snprintf(snapshot->requests_reason, sizeof(snapshot->requests_reason),
                       "HTTP 502 Bad Gateway");
    if (state == CASE_ERROR)
        return;
    snapshot->requests = new_requests(state, &want->filter);
    for (size_t i = 0; i < snapshot->requests->requests.n; i++)
        if (strcmp(snapshot->requests->requests.at[i].id, want->id) == 0)
            snapshot->request = new_request(state, &snapshot->requests->requests.at[i]);
}

static void answer_well(struct enquiry_data *data)
{
    static const char *const severities[] = {"Low", "Medium", "High", "Critical"};
    static const double probabilities[] = {0.02, 0.08, 0.71, 0.19};
    struct triage_answer *triage = &data->triage;
    struct prediction *prediction = &data->prediction;

    *prediction = (struct prediction){
        .severity = "High", .confidence = 0.71, .n_classes = 4, .processing_ms = 0.12};
    (void)snprintf(prediction->model_version, sizeof(prediction->model_version), "logistic-1");
    (void)snprintf(prediction->id, sizeof(prediction->id), "p-41");
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(prediction->classes[i].name, sizeof(prediction->classes[i].name), "%s",
                       severities[i]);
        prediction->classes[i].probability = probabilities[i];
    }
    *triage = (struct triage_answer){
        .severity = "High",
        .confidence = 0.71,
        .explanation = xstrdup("A whole site is down, and the contract says one hour."),
        .actions = {1, {xstrdup("Page the on-call engineer")}},
        .action_sources = {1, {xstrdup("on-call.md#1")}},
        .sources = {1, {xstrdup("on-call.md#1")}},
        .relevance = 0.8,
        .hallucination = 0,
        .groundedness = 0.93,
        .answer_relevance = 0.7,
        .processing_ms = 23,
        .ml_ms = 0.1,
        .llm_ms = 22.5,
    };
    (void)snprintf(triage->id, sizeof(triage->id), "41");
}

void case_answer_enquiry(struct snapshot *snapshot, const struct ui_state *state)
{
    static const struct stored_request row = {.id = "41",
                                              .kind = STORED_CHAT,
                                              .at_ms = CASE_NOW_MS,
                                              .status = "success",
                                              .confidence = (double)NAN,
                                              .relevance = 0.62,
                                              .hallucination = 0.5,
                                              .groundedness = 0.41,
                                              .answer_relevance = 0.7,
                                              .processing_ms = 12.4};
    struct enquiry_data *data = xcalloc(1, sizeof(*data));

    part_init(&data->part, keep);
    data->id = state->enquiry_id;
    data->enquiry = state->enquiry;
    data->is_answered = strcmp(state->enquiry.text, "refused") != 0;
    if (!data->is_answered)
        (void)snprintf(data->reason, sizeof(data->reason),
                       "HTTP 422: 1 field is wrong; customer_tier must be from 1 to 5");
    if (data->is_answered) {
        answer_well(data);
        data->detail.request = row;
        data->detail.query = xstrdup(state->enquiry.text);
        data->detail.has_answer = true;
        set_answer(CASE_OK, &data->detail.answer);
    }
    free_enquiry(snapshot);
    snapshot->enquiry = data;
}

struct ui_place case_place(const struct ui_place *place, const struct snapshot *snapshot)
{
    struct ui_place here = *place;

    for (int board = 0; board < N_BOARDS; board++)
        here.boards[board] = snapshot->dashboard;
    return here;
}

/* ---- All of it --------------------------------------------------------------------------------- */

static struct dashboard *read_board(const char *path)
{
    struct dashboard *dashboard = NULL;
    struct tw_error err = {0};
    int r = path ? dashboard_load(path, &dashboard, &err)
                 : dashboard_read(dashboard_json, strlen(dashboard_json), &dashboard, &err);

    if (r < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        abort();
    }
    return dashboard;
}

struct snapshot *case_new(enum case_state state)
{
    return case_new_of(state, NULL);
}

struct snapshot *case_new_of(enum case_state state, const char *board_path)
{
    struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));

    part_init(&snapshot->part, keep);
    snapshot->dashboard = read_board(board_path);
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
        snapshot->panels[i] =
            new_panel(state, i, board_path && snapshot->dashboard->panels[i].type == PANEL_HEATMAP);
    snapshot->alerts = new_alerts(state);
    if (state != CASE_ERROR)
        snapshot->silences = new_silences(state);
    else
        (void)snprintf(snapshot->silences_reason, sizeof(snapshot->silences_reason),
                       "no answer in 3 s");
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
    free(snapshot->silences);
    free(snapshot->alerts->at);
    free(snapshot->alerts);
    simulations_finish(&snapshot->operations->simulations);
    events_finish(&snapshot->operations->events);
    free(snapshot->operations->marks);
    free(snapshot->operations);
    if (snapshot->drift)
        drift_status_finish(&snapshot->drift->status);
    free(snapshot->drift);
    free_requests(snapshot);
    free_enquiry(snapshot);
    if (snapshot->inspect)
        part_unref(&snapshot->inspect->part);
    if (snapshot->gamedays)
        part_unref(&snapshot->gamedays->part);
    if (snapshot->gameday)
        part_unref(&snapshot->gameday->part);
    dashboard_unref(snapshot->dashboard);
    free(snapshot);
}
