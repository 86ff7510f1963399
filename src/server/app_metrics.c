#include "server/app_parts.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "server/api/api.h"
#include "server/drill/drill.h"
#include "server/drill/faults.h"
#include "server/http/certificate.h"
#include "server/http/jobs.h"
#include "server/llm/embedding_drift.h"
#include "server/llm/encoder.h"
#include "server/llm/knowledge.h"
#include "server/llm/query_window.h"
#include "server/metrics/metrics.h"
#include "server/metrics/process.h"
#include "server/ml/drift_monitor.h"
#include "server/ml/drift_statistics.h"
#include "server/ml/model.h"
#include "server/ml/realized.h"
#include "server/store/store.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- The registry, with the label values that only the running server knows ----------------------- */

#define ROUTES_MAX 128

static struct label_values one(const char *const *value)
{
    return (struct label_values){1, value};
}

static bool is_named(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

#define MODELS_MAX 4

/* The configured names, and last the quotation, which needs none. Distinct; returns their number. */
static size_t name_models(const struct config *config, const char *ret_names[MODELS_MAX])
{
    size_t n = 0;

    if (config_uses_openai(config)) {
        ret_names[n++] = config->llm_model;
        if (*config->llm_fallback_model && !is_named(config->llm_fallback_model, ret_names, n))
            ret_names[n++] = config->llm_fallback_model;
        if (config->llm_judge_share > 0 && !is_named(config->llm_judge_model, ret_names, n))
            ret_names[n++] = config->llm_judge_model;
    }
    ret_names[n++] = "extractive";
    return n;
}

unsigned app_model_label(const struct app *app, const char *model)
{
    const char *names[MODELS_MAX];
    size_t n = name_models(app->config, names), at = 0;

    while (at + 1 < n && strcmp(names[at], model) != 0)
        at++;
    return (unsigned)at;
}

/* With it and ml_feature_value, Prometheus computes the PSI over all replicas. */
static void publish_reference(struct metrics *m, const struct reference *reference)
{
    for (unsigned f = 0; f < N_FEATURES; f++) {
        const struct reference_feature *feature = &reference->feature[f];

        for (unsigned cell = 0; cell <= feature->n_edges; cell++)
            metrics_set(m, METRIC_ML_FEATURE_REFERENCE_RATIO, LABELS(f, cell),
                        drift_share(feature->cell_counts[cell], reference->n_rows,
                                    (double)feature->n_edges + 1));
    }
}

struct metrics *app_new_metrics(const struct app *app)
{
    static char route_text[ROUTES_MAX][API_ROUTE_LABEL_SIZE];
    const struct model *model = app->model;
    const char *models[MODELS_MAX], *classes[CLASSES_MAX + 1], *names[N_FEATURES + 1],
        *routes[ROUTES_MAX], *kinds[N_DRILL_KINDS], *faults[N_FAULTS];
    const char *model_name = model->name, *version = model->version, *build = TW_VERSION,
               *encoder = app->encoder ? encoder_name(app->encoder) : "none";
    struct metrics_options options = {0};
    struct metrics *metrics;
    char accuracy_text[16];
    const char *accuracy = accuracy_text;
    size_t n_routes = api_n_route_labels();

    (void)snprintf(accuracy_text, sizeof(accuracy_text), "%.4f", model->accuracy);
    for (int c = 0; c < model->n_classes; c++)
        classes[c] = model->classes[c];
    classes[model->n_classes] = "none";
    for (int f = 0; f < N_FEATURES; f++) {
        names[f] = features[f].name;
        options.feature_edges[f] = model->reference.feature[f].edges;
        options.n_feature_edges[f] = model->reference.feature[f].n_edges;
    }
    names[N_FEATURES] = "overall";
    for (size_t i = 0; i < n_routes && i < ROUTES_MAX; i++) {
        api_route_label(i, route_text[i]);
        routes[i] = route_text[i];
    }
    for (unsigned k = 0; k < N_DRILL_KINDS; k++)
        kinds[k] = drill_kind_name((enum drill_kind)k);
    for (unsigned f = 0; f < N_FAULTS; f++)
        faults[f] = fault_name((enum fault)f);
    options.values[LABEL_SEVERITY] = (struct label_values){(size_t)model->n_classes, classes};
    options.values[LABEL_PREDICTED_SEVERITY] =
        (struct label_values){(size_t)model->n_classes + 1, classes};
    options.values[LABEL_MODEL_NAME] = one(&model_name);
    options.values[LABEL_MODEL_VERSION] = one(&version);
    options.values[LABEL_MODEL_ACCURACY] = one(&accuracy);
    options.values[LABEL_FEATURE] = (struct label_values){N_FEATURES, names};
    options.values[LABEL_DRIFT_SUBJECT] = (struct label_values){N_FEATURES + 1, names};
    options.values[LABEL_LISTENER] = (struct label_values){N_LISTENERS, listener_names};
    options.values[LABEL_ROUTE] = (struct label_values){n_routes, routes};
    options.values[LABEL_SIMULATION] = (struct label_values){N_DRILL_KINDS, kinds};
    options.values[LABEL_FAULT] = (struct label_values){N_FAULTS, faults};
    options.values[LABEL_LLM_MODEL] =
        (struct label_values){name_models(app->config, models), models};
    options.values[LABEL_BUILD_VERSION] = one(&build);
    options.values[LABEL_BUILD_ENCODER] = one(&encoder);
    metrics = metrics_new(&options);
    publish_reference(metrics, &model->reference);
    return metrics;
}

/* ---- Gauges, brought up to date before a scrape --------------------------------------------------- */

static void refresh_features(struct metrics *m, const struct drift_report *report)
{
    for (unsigned f = 0; f < N_FEATURES; f++) {
        const struct drift_feature *feature = &report->training.feature[f];

        const struct {
            enum metric metric;
            double value;
        } gauges[] = {
            {METRIC_ML_FEATURE_DRIFT, feature->severity},
            {METRIC_ML_FEATURE_PSI, feature->psi},
            {METRIC_ML_FEATURE_KS_STATISTIC, feature->ks},
            {METRIC_ML_FEATURE_WASSERSTEIN_SD, feature->wasserstein_sd},
            {METRIC_ML_FEATURE_JS_DISTANCE, feature->js_distance},
            {METRIC_ML_FEATURE_MEAN_SHIFT_SD, feature->mean_shift_sd},
            {METRIC_ML_FEATURE_LOGIT_SHIFT, feature->logit_shift},
            {METRIC_ML_DRIFT_DETECTED, report->detected[f]},
        };

        for (size_t i = 0; i < COUNT_OF(gauges); i++)
            metrics_set(m, gauges[i].metric, LABELS(f),
                        report->has_score ? gauges[i].value : METRIC_ABSENT);
    }
}

static void refresh_drift(struct app *app)
{
    struct metrics *m = app->metrics;
    struct drift_report report;
    bool has;

    drift_monitor_check(app->drift, clock_now_ms());
    drift_monitor_report(app->drift, &report);
    has = report.has_score;
    metrics_set(m, METRIC_ML_DRIFT_SAMPLES_ANALYZED, NO_LABELS, (double)report.n_samples);
    metrics_set(m, METRIC_ML_DATA_DRIFT_SCORE, NO_LABELS,
                has ? report.training.score : METRIC_ABSENT);
    metrics_set(m, METRIC_ML_DRIFTED_FEATURES_RATIO, NO_LABELS,
                has ? report.detected_ratio : METRIC_ABSENT);
    metrics_set(m, METRIC_ML_PREDICTION_DRIFT_SCORE, NO_LABELS,
                has ? report.training.classes.cramers_v : METRIC_ABSENT);
    metrics_set(m, METRIC_ML_DRIFT_DETECTED, LABELS(N_FEATURES),
                has ? report.is_detected : METRIC_ABSENT);
    refresh_features(m, &report);
}

static void refresh_realized(struct app *app)
{
    struct metrics *m = app->metrics;
    struct realized_report report;

    (void)pthread_mutex_lock(&app->realized_lock);
    realized_report(app->realized, app->model->n_classes, &report);
    (void)pthread_mutex_unlock(&app->realized_lock);
    metrics_set(m, METRIC_ML_MODEL_ACCURACY, NO_LABELS, app->model->accuracy);
    metrics_set(m, METRIC_ML_FEEDBACK_WINDOW_LABELS, NO_LABELS, report.n_labels);
    metrics_set(m, METRIC_ML_REALIZED_ACCURACY, NO_LABELS, report.accuracy);
    metrics_set(m, METRIC_ML_REALIZED_CALIBRATION_ERROR, NO_LABELS, report.calibration_error);
    for (unsigned c = 0; c < (unsigned)app->model->n_classes; c++)
        metrics_set(m, METRIC_ML_REALIZED_RECALL, LABELS(c), report.recall[c]);
}

static void refresh_store(struct app *app)
{
    struct store_stats stats;

    store_read_stats(app->store, &stats);

    const struct {
        enum metric metric;
        double value;
    } gauges[] = {
        {METRIC_TIDEWATCH_STORE_QUEUE_LENGTH, (double)stats.queued},
        {METRIC_TIDEWATCH_STORE_QUEUE_CAPACITY, (double)stats.queue_capacity},
        {METRIC_TIDEWATCH_STORE_ROWS_WRITTEN_TOTAL, (double)stats.written},
        {METRIC_TIDEWATCH_STORE_ROWS_DROPPED_TOTAL, (double)stats.dropped},
        {METRIC_TIDEWATCH_STORE_COMMITS_TOTAL, (double)stats.commits},
        {METRIC_TIDEWATCH_STORE_FAILED_COMMITS_TOTAL, (double)stats.failed_commits},
        {METRIC_TIDEWATCH_STORE_COMMIT_SECONDS_TOTAL, stats.commit_seconds},
        {METRIC_TIDEWATCH_STORE_LAST_COMMIT_SECONDS, stats.last_commit_seconds},
        {METRIC_TIDEWATCH_STORE_PREDICTIONS, (double)stats.predictions},
        {METRIC_TIDEWATCH_STORE_FILE_BYTES, (double)stats.file_bytes},
    };

    for (size_t i = 0; i < COUNT_OF(gauges); i++)
        metrics_set(app->metrics, gauges[i].metric, NO_LABELS, gauges[i].value);
}

static void refresh_jobs(struct app *app)
{
    struct jobs_stats stats;

    jobs_read_stats(app->jobs, &stats);
    metrics_set(app->metrics, METRIC_TIDEWATCH_JOBS_QUEUED, NO_LABELS, (double)stats.queued);
    metrics_set(app->metrics, METRIC_TIDEWATCH_JOBS_RUNNING, NO_LABELS, (double)stats.running);
    metrics_set(app->metrics, METRIC_TIDEWATCH_JOBS_PARKED, NO_LABELS, (double)stats.parked);
    metrics_set(app->metrics, METRIC_TIDEWATCH_JOBS_QUEUE_CAPACITY, NO_LABELS,
                (double)stats.capacity);
    metrics_set(app->metrics, METRIC_TIDEWATCH_JOBS_WORKERS, NO_LABELS, (double)stats.workers);
    for (unsigned i = 0; i < N_LISTENERS; i++)
        if (app->listeners[i])
            metrics_set(app->metrics, METRIC_HTTP_REQUESTS_IN_FLIGHT, LABELS(i),
                        http_listener_in_flight(app->listeners[i]));
}

static void refresh_certificate(struct app *app)
{
    int64_t at_ms = certificate_expires_at_ms();

    metrics_set(app->metrics, METRIC_TIDEWATCH_TLS_CERTIFICATE_NOT_AFTER_SECONDS, NO_LABELS,
                at_ms > 0 ? (double)at_ms / 1000 : METRIC_ABSENT);
}

static void refresh_embedding_drift(struct app *app)
{
    struct embedding_drift_result result;
    bool has = query_window_latest(app->queries, &result) && result.has_score;

    metrics_set(app->metrics, METRIC_LLM_EMBEDDING_DRIFT_SCORE, NO_LABELS,
                has ? result.unseen_ratio : METRIC_ABSENT);
    metrics_set(app->metrics, METRIC_LLM_EMBEDDING_MMD_SQUARED, NO_LABELS,
                has ? result.mmd2 : METRIC_ABSENT);
    metrics_set(app->metrics, METRIC_LLM_QUERY_DIVERSITY, NO_LABELS,
                has ? result.diversity : METRIC_ABSENT);
}

static void refresh_llm(struct app *app)
{
    double budget = app->config->llm_cost_budget_usd_per_day;
    struct metrics *m = app->metrics;
    struct knowledge_stats stats;

    (void)pthread_mutex_lock(&app->quality_lock);
    metrics_set(m, METRIC_LLM_AVG_QUALITY_SCORE, NO_LABELS, quality_mean(&app->quality));
    metrics_set(m, METRIC_TRIAGE_ML_LLM_CORRELATION, NO_LABELS,
                correlation_value(&app->correlation));
    (void)pthread_mutex_unlock(&app->quality_lock);
    if (budget > 0)
        metrics_set(m, METRIC_LLM_COST_BUDGET_USD_PER_DAY, NO_LABELS, budget);
    if (!app->knowledge)
        return;
    knowledge_read_stats(app->knowledge, &stats);
    metrics_set(m, METRIC_LLM_KNOWLEDGE_BASE_SIZE, NO_LABELS, (double)stats.n_documents);
    metrics_set(m, METRIC_LLM_KNOWLEDGE_BASE_CHUNKS, NO_LABELS, (double)stats.n_chunks);
    refresh_embedding_drift(app);
}

static void refresh_faults(struct app *app)
{
    int64_t now_mono_ms = clock_mono_ms();

    for (unsigned f = 0; f < N_FAULTS; f++)
        metrics_set(app->metrics, METRIC_TIDEWATCH_FAULT_ACTIVE, LABELS(f),
                    faults_is_on(app->faults, (enum fault)f, now_mono_ms));
}

void app_refresh_metrics(struct app *app)
{
    refresh_drift(app);
    refresh_realized(app);
    refresh_llm(app);
    refresh_store(app);
    refresh_jobs(app);
    refresh_certificate(app);
    refresh_faults(app);
    drill_publish(app->drill);
    process_update_metrics(app->metrics);
}
