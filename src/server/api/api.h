#ifndef TW_API_H
#define TW_API_H

/* What each path answers. One file per resource; routes.c has the tables. A handler reads the request,
 * calls the rooms above, and writes the reply; it keeps nothing. */

#include "server/http/http.h"

extern const struct http_service api_services[N_LISTENERS]; /* n_routes 0: not served yet */

/* The one a route belongs to. */
const struct http_service *api_service_of(const struct route *route);

/* For LABEL_ROUTE: `listener="ml",route="/predict"` for every route and one for what matches none. */
#define API_ROUTE_LABEL_SIZE 128
size_t api_n_route_labels(void);
void api_route_label(size_t index, char out[API_ROUTE_LABEL_SIZE]);

/* ML API */
handler_fn api_predict, api_predict_batch, api_feedback;
handler_fn api_drift_status, api_drift_reset, api_model_info;

handler_fn api_triage;

/* LLM API */
handler_fn api_chat, api_evaluate;
handler_fn api_knowledge_load, api_knowledge_stats;
handler_fn api_embedding_stats, api_embedding_reset;

/* Operations API */
handler_fn api_simulations_start, api_simulations_list, api_simulations_get, api_simulations_stop,
    api_simulations_stop_all;
handler_fn api_gamedays_start, api_gamedays_list, api_gamedays_get, api_gamedays_stop;
handler_fn api_faults_set, api_faults_list, api_faults_clear;
handler_fn api_requests_list, api_requests_get, api_events_list, api_alerts_log;

/* The vector API: Chroma's, in vector*.c */
handler_fn api_vector_heartbeat, api_vector_version, api_vector_pre_flight, api_vector_healthcheck,
    api_vector_identity, api_vector_gone, api_vector_reset, api_vector_unsupported;
handler_fn api_vector_tenants_add, api_vector_tenants_get;
handler_fn api_vector_databases_add, api_vector_databases_list, api_vector_databases_get,
    api_vector_databases_delete;
handler_fn api_vector_collections_add, api_vector_collections_list, api_vector_collections_count,
    api_vector_collections_get, api_vector_collections_get_by_id, api_vector_collections_change,
    api_vector_collections_delete;
handler_fn api_vector_add, api_vector_upsert, api_vector_update, api_vector_get, api_vector_query,
    api_vector_delete, api_vector_count;
write_error_fn api_vector_error;

/* On every listener */
handler_fn api_health, api_metrics, api_openapi, api_index;

/* Counts an answer of 400 or more on the prediction routes. */
void api_predict_failed(struct app *app, int status);
void api_triage_failed(struct app *app, int status);
void api_chat_failed(struct app *app, int status);

/* Body schemas that the API description shows too. */
extern const struct schema predict_schema;
extern const struct schema batch_schema;
extern const struct schema feedback_schema;
extern const struct schema triage_schema;
extern const struct schema chat_schema;
extern const struct schema evaluate_schema;
extern const struct schema simulation_schema;
extern const struct schema gameday_schema;
extern const struct schema fault_schema;

/* The number in a query parameter, or otherwise when it is absent. Out of min..max or no integer is a
 * line in reply->fields and -1. */
int query_int(const struct request *request,
              struct reply *reply,
              const char *name,
              int64_t min,
              int64_t max,
              int64_t *value) MUST_CHECK;

#endif
