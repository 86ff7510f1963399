#ifndef TW_APP_H
#define TW_APP_H

/* Everything the server holds, built by app_start and handed to every handler. The pointers never
 * change while listeners run; what is behind them says for itself which threads may call. */

#include "common/hash.h"
#include "server/config.h"
#include "server/http/http.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct drift_monitor;
struct drill;
struct jobs;
struct metrics;
struct model;
struct realized;
struct store;

struct app {
    const struct config *config;
    struct auth *auth;
    struct model *model;
    struct drift_monitor *drift;
    struct metrics *metrics;
    struct store *store;
    struct jobs *jobs;
    struct drill *drill;
    /* Atomic: the first listener answers while the others are being opened. */
    struct http_listener *_Atomic listeners[N_LISTENERS];

    pthread_mutex_t realized_lock; /* guards realized */
    struct realized *realized;

    _Atomic int64_t next_sequence; /* of predictions */
    struct hash_hmac_key id_key;   /* signs prediction ids */
    int64_t started_at_ms;
    char ml_url[96];      /* where simulations reach the ML API */
    char *operator_token; /* NULL: none; what simulations say they are */
    char *hosts_text;     /* what hosts points into */
    const char *hosts[16];
    _Atomic bool is_draining;
    _Atomic int64_t watchdog_at_ms; /* when the Watchdog alert last came; 0: not yet */

    pthread_t drift_thread;
    bool has_drift_thread;
    int drift_wake_fd; /* eventfd: a vote is due, or the server stops */
};

/* Loads the configuration's model, database and tokens, and opens the listeners. */
int app_start(struct app *app, const struct config *config, struct tw_error *err) MUST_CHECK;

/* No new work; what runs is finished within 5 s; then everything is closed. Also after a failed start. */
void app_stop(struct app *app);

/* Brings every gauge up to date; called before each scrape. Takes no lock a request takes. */
void app_refresh_metrics(struct app *app);

/* Records an event; a loss is counted by the store. detail_json may be NULL. */
void app_event(struct app *app, const char *kind, const char *subject, const char *detail_json);

#endif
