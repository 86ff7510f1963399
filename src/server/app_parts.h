#ifndef TW_APP_PARTS_H
#define TW_APP_PARTS_H

/* What app.c is made of, and nobody else's business. */

#include "server/app.h"

#define APP_KEY_BYTES 32

/* app_drift.c: the drift thread, and what is put back after a restart. */
int app_start_drift_thread(struct app *app, struct tw_error *err) MUST_CHECK;
void app_stop_drift_thread(struct app *app);
int app_restore_drift(struct app *app, struct tw_error *err) MUST_CHECK;
int app_restore_labels(struct app *app, struct tw_error *err) MUST_CHECK;

/* app_drills.c: what simulations may do to the rest. */
int app_start_drills(struct app *app, const void *key, struct tw_error *err) MUST_CHECK;
void app_note_listener_url(
    struct app *app); /* fills ml_url: as configured, or with the port it got */

/* app_faults.c: injected faults. The thread closes and opens listeners for outages, so it starts after them and
 * stops before they do; the rest is closed when nobody can ask any more. */
int app_open_faults(struct app *app, struct tw_error *err) MUST_CHECK;
int app_start_fault_thread(struct app *app, struct tw_error *err) MUST_CHECK;
void app_stop_fault_thread(struct app *app);
void app_close_faults(struct app *app);
int64_t app_park_ms(struct app *app, const struct request *request);
/* For simulations; ctx is the app. */
int app_inject_fault(void *ctx, const struct fault_order *order, struct tw_error *err) MUST_CHECK;
int app_renew_fault(void *ctx, const struct fault_order *order, struct tw_error *err) MUST_CHECK;
void app_release_fault(void *ctx, enum fault fault, int64_t simulation_id);

/* app_llm.c: the LLM side, where this process has that role. Shut before the job workers are joined, which
 * may wait for a model; closed after the listeners. */
int app_open_vectors(struct app *app, struct tw_error *err) MUST_CHECK;
int app_open_llm(struct app *app, struct tw_error *err) MUST_CHECK;
int app_start_llm_thread(struct app *app, struct tw_error *err) MUST_CHECK;
void app_shut_llm(struct app *app);
void app_close_llm(struct app *app);

/* app_judge.c; stopped also when its start failed */
struct openai_options;
int app_start_judge(struct app *app,
                    const struct openai_options *endpoint,
                    struct tw_error *err) MUST_CHECK;
void app_stop_judge(struct app *app);

/* app_access.c. A reload is by the thread that loaded. */
int app_load_tokens(struct app *app, struct tw_error *err) MUST_CHECK;
int app_reload_tokens(struct app *app, struct tw_error *err) MUST_CHECK;
int app_load_certificate(const struct app *app,
                         struct tw_error *err) MUST_CHECK; /* if there is TLS */
void app_note_operated(struct app *app, const struct request *request, int status);

/* app_store.c */
int app_open_store(struct app *app, struct tw_error *err) MUST_CHECK;

/* app_metrics.c */
struct metrics *app_new_metrics(const struct app *app);

#endif
