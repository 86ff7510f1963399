#include "server/api/api.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_SMALL   (64U << 10)
#define BODY_BATCH   (4U << 20)
#define BODY_RECORDS (64U << 20)

/* One line per route reads best as a table. Sorted by path.. */
/* clang-format off */
#define EVERYWHERE \
    {"GET", "/", FAST, ROLE_NONE, 0, api_index, "What is served here", NULL, false, NULL}, \
        {"GET", "/health", FAST, ROLE_NONE, 0, api_health, "Is it live and ready, part by part", NULL,  false,     NULL}, \
        {"GET", "/metrics", FAST, ROLE_READ, 0, api_metrics, "Metrics in the Prometheus text format or OpenMetrics", NULL, false, NULL}, \
    { "GET", "/openapi.json", FAST, ROLE_NONE, 0, api_openapi, "This description", NULL, false, NULL }

static const struct route ml_routes[] = {
    EVERYWHERE,
    {"POST", "/drift/reset", FAST, ROLE_OPERATE, BODY_SMALL, api_drift_reset, "Empty the drift window", NULL, true, NULL},
    {"GET", "/drift/status", FAST, ROLE_READ, 0, api_drift_status, "Drift against the training data, by feature, with its explanation", NULL, false, NULL},
    {"POST", "/feedback", FAST, ROLE_INFER, BODY_SMALL, api_feedback, "Say what a predicted ticket turned out to be", &feedback_schema, false, NULL},
    {"GET", "/model/info", FAST, ROLE_READ, 0, api_model_info, "The model and how good it is", NULL, false, NULL},
    {"POST", "/predict", FAST, ROLE_INFER, BODY_SMALL, api_predict, "Severity of a ticket", &predict_schema, false, api_predict_failed},
    {"POST", "/predict/batch", SLOW, ROLE_INFER, BODY_BATCH, api_predict_batch, "Severity of up to 10,000 tickets", &batch_schema, false, api_predict_failed},
    {"POST", "/predict_v2", FAST, ROLE_INFER, BODY_SMALL, api_predict, "The same as /predict", &predict_schema, false, api_predict_failed},
    {"POST", "/triage", SLOW, ROLE_INFER, BODY_SMALL, api_triage, "Severity of a ticket, and what the knowledge base says to it", &triage_schema, false, api_triage_failed},
};

static const struct route llm_routes[] = {
    EVERYWHERE,
    {"POST", "/chat", SLOW, ROLE_INFER, BODY_SMALL, api_chat, "Answer a question from the knowledge base, with scores", &chat_schema, false, api_chat_failed},
    {"POST", "/chat_v2", SLOW, ROLE_INFER, BODY_SMALL, api_chat, "The same as /chat", &chat_schema, false, api_chat_failed},
    {"GET", "/drift/embedding-stats", FAST, ROLE_READ, 0, api_embedding_stats, "How far questions have moved from the reference", NULL, false, NULL},
    {"POST", "/drift/reset", FAST, ROLE_OPERATE, BODY_SMALL, api_embedding_reset, "Empty the window of questions", NULL, true, NULL},
    {"POST", "/evaluate", SLOW, ROLE_INFER, 1U << 20, api_evaluate, "Score an answer of another system", &evaluate_schema, false, NULL},
    {"GET", "/kb/stats", SLOW, ROLE_READ, 0, api_knowledge_stats, "The knowledge base, and how its load stands", NULL, false, NULL},
    {"POST", "/load-knowledge", FAST, ROLE_OPERATE, BODY_SMALL, api_knowledge_load, "Load what changed in the knowledge base's folder", NULL, true, NULL},
};

static const struct route ops_routes[] = {
    EVERYWHERE,
    {"POST", "/alerts/log", FAST, ROLE_OPERATE, 4U << 20, api_alerts_log, "Alertmanager's webhook: alerts become events", NULL, false, NULL},
    {"GET", "/events", SLOW, ROLE_READ, 0, api_events_list, "What happened, newest first (?limit=&before=)", NULL, false, NULL},
    {"GET", "/faults", FAST, ROLE_READ, 0, api_faults_list, "Faults that can be injected, and which are on", NULL, false, NULL},
    {"DELETE", "/faults/{name}", FAST, ROLE_OPERATE, 0, api_faults_clear, "Clear a fault, whoever set it", NULL, false, NULL},
    {"PUT", "/faults/{name}", FAST, ROLE_OPERATE, BODY_SMALL, api_faults_set, "Inject a fault for a bounded time", &fault_schema, false, NULL},
    {"GET", "/gamedays", SLOW, ROLE_READ, 0, api_gamedays_list, "Game days, newest first (?limit=)", NULL, false, NULL},
    {"POST", "/gamedays", FAST, ROLE_OPERATE, BODY_SMALL, api_gamedays_start, "Start a game day", &gameday_schema, false, NULL},
    {"DELETE", "/gamedays/{id}", FAST, ROLE_OPERATE, 0, api_gamedays_stop, "Stop a game day", NULL, false, NULL},
    {"GET", "/gamedays/{id}", SLOW, ROLE_READ, 0, api_gamedays_get, "How a game day stands, or its report", NULL, false, NULL},
    {"GET", "/requests", SLOW, ROLE_READ, 0, api_requests_list, "Stored requests, newest first (?kind=&severity=&min_hallucination=&since=&before=&limit=)", NULL, false, NULL},
    {"GET", "/requests/{id}", SLOW, ROLE_READ, 0, api_requests_get, "One stored request", NULL, false, NULL},
    {"DELETE", "/simulations", FAST, ROLE_OPERATE, 0, api_simulations_stop_all, "Stop every drill, and the game day; the baseline goes on", NULL, false, NULL},
    {"GET", "/simulations", SLOW, ROLE_READ, 0, api_simulations_list, "Simulations, newest first", NULL, false, NULL},
    {"POST", "/simulations", FAST, ROLE_OPERATE, BODY_SMALL, api_simulations_start, "Start a simulation", &simulation_schema, false, NULL},
    {"DELETE", "/simulations/{id}", FAST, ROLE_OPERATE, 0, api_simulations_stop, "Stop a simulation", NULL, false, NULL},
    {"GET", "/simulations/{id}", SLOW, ROLE_READ, 0, api_simulations_get, "How a simulation stands", NULL, false, NULL},
};

#define DATABASES   "/api/v2/tenants/{tenant}/databases"
#define COLLECTIONS DATABASES "/{database}/collections"
#define COLLECTION  COLLECTIONS "/{collection}"
#define GONE        api_vector_gone, "Chroma's former API: use v2", NULL, true, NULL

static const struct route vector_routes[] = {
    EVERYWHERE,
    {"DELETE", "/api/v1/*", FAST, ROLE_NONE, BODY_BATCH, GONE},
    {"GET", "/api/v1/*", FAST, ROLE_NONE, 0, GONE},
    {"POST", "/api/v1/*", FAST, ROLE_NONE, BODY_BATCH, GONE},
    {"PUT", "/api/v1/*", FAST, ROLE_NONE, BODY_BATCH, GONE},
    {"GET", "/api/v2", FAST, ROLE_NONE, 0, api_vector_heartbeat, "The time, as a sign of life", NULL, false, NULL},
    {"GET", "/api/v2/auth/identity", FAST, ROLE_READ, 0, api_vector_identity, "What a client may use", NULL, false, NULL},
    {"GET", "/api/v2/healthcheck", FAST, ROLE_NONE, 0, api_vector_healthcheck, "Is it ready", NULL, false, NULL},
    {"GET", "/api/v2/heartbeat", FAST, ROLE_NONE, 0, api_vector_heartbeat, "The time, as a sign of life", NULL, false, NULL},
    {"GET", "/api/v2/pre-flight-checks", FAST, ROLE_NONE, 0, api_vector_pre_flight, "Limits that clients ask for", NULL, false, NULL},
    {"POST", "/api/v2/reset", FAST, ROLE_READ, BODY_SMALL, api_vector_reset, "Always refused", NULL, true, NULL},
    {"POST", "/api/v2/tenants", SLOW, ROLE_INFER, BODY_SMALL, api_vector_tenants_add, "Make a tenant", NULL, false, NULL},
    {"GET", "/api/v2/tenants/{tenant}", FAST, ROLE_READ, 0, api_vector_tenants_get, "Is there a tenant", NULL, false, NULL},
    {"GET", DATABASES, FAST, ROLE_READ, 0, api_vector_databases_list, "Databases (?limit=&offset=)", NULL, false, NULL},
    {"POST", DATABASES, SLOW, ROLE_INFER, BODY_SMALL, api_vector_databases_add, "Make a database", NULL, false, NULL},
    {"DELETE", DATABASES "/{database}", SLOW, ROLE_INFER, 0, api_vector_databases_delete, "Delete a database with all in it", NULL, false, NULL},
    {"GET", DATABASES "/{database}", FAST, ROLE_READ, 0, api_vector_databases_get, "Is there a database", NULL, false, NULL},
    {"GET", COLLECTIONS, SLOW, ROLE_READ, 0, api_vector_collections_list, "Collections (?limit=&offset=)", NULL, false, NULL},
    {"POST", COLLECTIONS, SLOW, ROLE_INFER, BODY_SMALL, api_vector_collections_add, "Make or get a collection", NULL, false, NULL},
    {"GET", COLLECTIONS "/by-id/{collection}", SLOW, ROLE_READ, 0, api_vector_collections_get_by_id, "A collection by its UUID", NULL, false, NULL},
    {"DELETE", COLLECTION, SLOW, ROLE_INFER, 0, api_vector_collections_delete, "Delete a collection by its name", NULL, false, NULL},
    {"GET", COLLECTION, SLOW, ROLE_READ, 0, api_vector_collections_get, "A collection by its name", NULL, false, NULL},
    {"PUT", COLLECTION, SLOW, ROLE_INFER, BODY_SMALL, api_vector_collections_change, "Change a collection by its UUID", NULL, false, NULL},
    {"POST", COLLECTION "/add", SLOW, ROLE_INFER, BODY_RECORDS, api_vector_add, "Add records that are new", NULL, false, NULL},
    {"GET", COLLECTION "/count", SLOW, ROLE_READ, 0, api_vector_count, "How many records", NULL, false, NULL},
    {"POST", COLLECTION "/delete", SLOW, ROLE_INFER, BODY_BATCH, api_vector_delete, "Delete records by ids or a filter", NULL, false, NULL},
    {"POST", COLLECTION "/fork", FAST, ROLE_READ, BODY_SMALL, api_vector_unsupported, "Not supported", NULL, true, NULL},
    {"POST", COLLECTION "/get", SLOW, ROLE_READ, BODY_BATCH, api_vector_get, "Records by ids or a filter", NULL, false, NULL},
    {"GET", COLLECTION "/indexing_status", FAST, ROLE_READ, 0, api_vector_unsupported, "Not supported", NULL, false, NULL},
    {"POST", COLLECTION "/query", SLOW, ROLE_READ, BODY_BATCH, api_vector_query, "The records nearest to vectors", NULL, false, NULL},
    {"POST", COLLECTION "/search", FAST, ROLE_READ, BODY_BATCH, api_vector_unsupported, "Not supported", NULL, true, NULL},
    {"POST", COLLECTION "/update", SLOW, ROLE_INFER, BODY_RECORDS, api_vector_update, "Change records that exist", NULL, false, NULL},
    {"POST", COLLECTION "/upsert", SLOW, ROLE_INFER, BODY_RECORDS, api_vector_upsert, "Add or change records", NULL, false, NULL},
    {"GET", DATABASES "/{database}/collections_count", FAST, ROLE_READ, 0, api_vector_collections_count, "How many collections", NULL, false, NULL},
    {"GET", "/api/v2/version", FAST, ROLE_NONE, 0, api_vector_version, "Version of the API", NULL, false, NULL},
};
/* clang-format on */

#define N_ML     COUNT_OF(ml_routes)
#define N_LLM    COUNT_OF(llm_routes)
#define N_OPS    COUNT_OF(ops_routes)
#define N_VECTOR COUNT_OF(vector_routes)

/* By enum listener. Their metrics labels follow each other; a listener without routes has none. */
const struct http_service api_services[N_LISTENERS] = {
    [LISTENER_INDEX_ML] = {ml_routes, N_ML, LISTENER_INDEX_ML, 0, NULL, false},
    [LISTENER_INDEX_LLM] = {llm_routes, N_LLM, LISTENER_INDEX_LLM, N_ML + 1, NULL, false},
    [LISTENER_INDEX_OPS] = {ops_routes, N_OPS, LISTENER_INDEX_OPS, N_ML + 1 + N_LLM + 1, NULL,
                            false},
    [LISTENER_INDEX_VECTOR] = {vector_routes, N_VECTOR, LISTENER_INDEX_VECTOR,
                               N_ML + 1 + N_LLM + 1 + N_OPS + 1, api_vector_error, true},
};

const struct http_service *api_service_of(const struct route *route)
{
    for (size_t i = 0; i < N_LISTENERS; i++) {
        const struct http_service *service = &api_services[i];

        for (size_t j = 0; j < service->n_routes; j++)
            if (route == &service->routes[j])
                return service;
    }
    abort(); /* a route that is in no table cannot be matched */
}

size_t api_n_route_labels(void)
{
    return N_ML + 1 + N_LLM + 1 + N_OPS + 1 + N_VECTOR + 1;
}

void api_route_label(size_t index, char out[API_ROUTE_LABEL_SIZE])
{
    for (size_t i = 0; i < N_LISTENERS; i++) {
        const struct http_service *service = &api_services[i];
        size_t at = index - service->metrics_base;

        if (service->n_routes == 0 || index < service->metrics_base || at > service->n_routes)
            continue;
        (void)snprintf(out, API_ROUTE_LABEL_SIZE, "listener=\"%s\",route=\"%s\"",
                       listener_names[service->listener],
                       at < service->n_routes ? service->routes[at].path : "none");
        return;
    }
    out[0] = '\0';
}
