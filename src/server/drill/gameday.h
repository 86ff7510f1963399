#ifndef TW_GAMEDAY_H
#define TW_GAMEDAY_H

/* Game days: simulations with an expectation. Each step injects until its alert fires and the notification
 * has left Alertmanager, stops, and expects the alert to clear. One runs at a time, on a thread of its own in
 * the server, so that a console that goes away changes nothing. It acts through simulations alone (drill.h)
 * and looks at Prometheus's alerts. All functions may be called from any thread; none waits for the network. */

#include "server/drill/gameday_steps.h"

struct credential_settings;
struct gamedays;

#define GAMEDAY_KEPT_MAX 16 /* that gamedays_get still knows; older ones are in the store */

/* What it needs of the rest; copied by gamedays_new, texts borrowed until gamedays_free. Callbacks come from
 * the game day's thread, without a lock held, must not block, and may be NULL. */
struct gameday_hooks {
    void *ctx;
    struct drill *drill;
    const char *prometheus_url; /* "" or NULL: unknown; then no step can pass */
    const struct credential_settings *prometheus_access; /* what it is shown; NULL: nothing */
    int64_t alert_poll_ms;
    bool fast_alerts;
    int64_t last_id; /* largest id ever given */

    void (*save)(void *ctx, const struct gameday_status *status); /* the newest state of that id */
    void (*event)(void *ctx, const char *kind, const char *subject, const char *detail_json);
};

struct gamedays *gamedays_new(const struct gameday_hooks *hooks);

/* Interrupts what runs and joins its thread, within 2 s; starts nothing any more. To be called before
 * drill_shut. NULL is fine. */
void gamedays_shut(struct gamedays *gamedays);

/* Shuts it first. Nobody may be in a call of this module, nor begin one. NULL is fine. */
void gamedays_free(struct gamedays *gamedays);
DEFINE_CLEANUP(struct gamedays *, gamedays_free);

/* As it came from the client. */
struct gameday_request {
    const char *kind;            /* NULL: missing */
    const char *idempotency_key; /* as drill_request has it */
    bool skips_resolved;         /* does not wait for the word that the alert has cleared */
};

struct gameday_started {
    int64_t id;
    bool was_known; /* the idempotency key had been used: this is that one, nothing was started */
};

/* Errors as drill_start. */
int gamedays_start(struct gamedays *gamedays,
                   const struct gameday_request *request,
                   struct gameday_started *ret_started,
                   struct field_errors *errors,
                   struct tw_error *err) MUST_CHECK;

/* It is stopped when this returns, its simulations a moment later. TW_NOT_FOUND; one that has ended is left
 * as it is. */
int gamedays_stop(struct gamedays *gamedays, int64_t id, struct tw_error *err) MUST_CHECK;
bool gamedays_stop_all(struct gamedays *gamedays); /* true: one ran */

bool gamedays_get(struct gamedays *gamedays, int64_t id, struct gameday_status *ret_status);

/* Newest first; at most GAMEDAY_KEPT_MAX. Returns how many were written. */
size_t gamedays_list(struct gamedays *gamedays, struct gameday_status *ret_statuses, size_t max);

/* One object, as in the operations API. Pure. */
void gameday_write_json(const struct gameday_status *status, struct json_writer *w);

#endif
