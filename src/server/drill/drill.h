#ifndef TW_DRILL_H
#define TW_DRILL_H

/* Simulations that run in the server: baseline traffic, and drills that make one thing go wrong. A run
 * is one thread that sends real HTTP requests to the public listeners, marked as simulated, and acts
 * through nothing else: no simulation writes a metric or a score. All functions may be called from
 * any thread; none waits for the network. */

#include "common/error.h"
#include "common/json_write.h"
#include "server/drill/drill_alert.h"
#include "server/drill/drill_kinds.h"
#include "server/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct credential_settings;
struct drill;

enum drill_state {
    DRILL_RUNNING,
    DRILL_STOPPED,     /* somebody asked */
    DRILL_FINISHED,    /* it did what it was for */
    DRILL_FAILED,      /* its time ran out before its alert fired, or it could not run */
    DRILL_INTERRUPTED, /* the server stopped under it */
};

const char *drill_state_name(enum drill_state state); /* as in JSON: "running" ... */

enum drill_until {
    DRILL_UNTIL_STOPPED,  /* no end of its own: the baseline */
    DRILL_UNTIL_ALERT,    /* until its alert fires, within a bound */
    DRILL_UNTIL_DURATION, /* for its duration_s, whatever the alert does */
    /* Until its alert fires and Alertmanager has delivered that, within a bound: an alert that clears before its
     * group has waited is never delivered. */
    DRILL_UNTIL_NOTIFIED,
};

enum drill_outcome { DRILL_REQUEST_SUCCEEDED, DRILL_REQUEST_FAILED };

#define DRILL_KEY_SIZE    64  /* idempotency key with its NUL */
#define DRILL_ERROR_SIZE  200 /* text of an error with its NUL */
#define DRILL_RUNNING_MAX 8
#define DRILL_LISTED_MAX  (DRILL_RUNNING_MAX + DRILL_KEPT_MAX)
#define DRILL_KEPT_MAX    64 /* ended runs that drill_get still knows; older ones are in the store */

/* Alertmanager's word counts for a run for this long after its end: a group's second notification
 * waits for group_interval, 5 minutes, so "resolved" may come that much after the alert cleared. */
#define DRILL_NOTICE_AFTER_END_MS INT64_C(900000)

/* A copy of how a run stands. Moments are Unix time in ms, 0 when they have not come. */
struct drill_status {
    int64_t id; /* over 0 */
    enum drill_kind kind;
    enum drill_state state;
    enum drill_until until;
    struct drill_params params;
    int64_t started_at_ms;
    int64_t ends_by_ms; /* at the latest; 0: never of itself */
    int64_t ended_at_ms;
    int64_t elapsed_ms;
    /* Every request of the run, feedback too. What was under way when it ended is in sent only. */
    uint64_t n_sent, n_succeeded, n_failed;
    double progress;          /* share of the time it may take at most; 1 finished; NaN: no end */
    struct drill_alert alert; /* name NULL: the kind raises none */
    char reason[160];         /* why it ended; "" while it runs */
    char last_error
        [DRILL_ERROR_SIZE]; /* of a request, or of asking Prometheus; "" when there was none */
    char idempotency_key[DRILL_KEY_SIZE]; /* "" when none was given */
};

/* Texts that a run may send. */
struct drill_texts {
    const char *const *text;
    size_t n;
};

/* What drill/ needs of the rest; copied by drill_new, the texts borrowed until drill_free. Callbacks
 * come from any thread, without a lock held, must not block, and may be NULL. */
struct drill_hooks {
    void *ctx;
    const char *ml_url;           /* "http://127.0.0.1:8000", without a final slash */
    const char *llm_url;          /* for the kinds that ask questions; NULL: there is none */
    const char *ml_address;       /* HOST:PORT where ml_url is reached; NULL: as it says */
    const char *llm_address;      /* the same for llm_url */
    struct drill_texts questions; /* that the knowledge base answers */
    struct drill_texts foreign;   /* that it does not: of other domains */
    struct drill_texts tickets;
    const char *token;          /* sent to ml_url as bearer; NULL for none */
    const char *llm_token;      /* to llm_url */
    const char *prometheus_url; /* "" or NULL: unknown, alerts stay DRILL_ALERT_UNKNOWN */
    const struct credential_settings *prometheus_access; /* what it is shown; NULL: nothing */
    /* What the model calls the labels 0, 1, 2 of server/ml/tickets.h. NULL: the model has other
     * classes, and no feedback is sent. */
    const char *class_names[3];
    int64_t alert_poll_ms; /* 2000; 1000 with fast alerts */
    bool fast_alerts;      /* the rules were rendered with every `for` divided by 20 */
    int64_t last_id;       /* largest id ever given; the next run has the one after it */

    /* The fault of a run, on its thread: set first, renewed while it runs (its time to live is short, so that a
     * run that hangs does not hold it), and released in every way out. A failure ends the run, with the
     * message. */
    int (*inject_fault)(void *ctx, const struct fault_order *order, struct tw_error *err);
    int (*renew_fault)(void *ctx, const struct fault_order *order, struct tw_error *err);
    void (*release_fault)(void *ctx, enum fault fault, int64_t simulation_id);

    void (*save)(void *ctx, const struct drill_status *status); /* the newest state of that id */
    void (*event)(void *ctx, const char *kind, const char *subject, const char *detail_json);
    void (*active)(void *ctx, enum drill_kind kind, unsigned n_running);
    void (*progress)(void *ctx, enum drill_kind kind, double ratio); /* NaN: absent */
    void (*count_request)(void *ctx, enum drill_kind kind, enum drill_outcome outcome);
};

/* The key, 16 bytes or more, is copied; replicas with the same key know each other's runs by their
 * header. fetch_global_init must have been called. */
struct drill *drill_new(const struct drill_hooks *hooks, const void *key, size_t key_len);

/* Interrupts what runs, baseline too, and joins every thread, within 2 s; starts nothing any more. The
 * rest works on, so that the listeners can still check the headers of their last requests. NULL is
 * fine. */
void drill_shut(struct drill *drill);

/* Shuts it first. Nobody may be in a call of this module, nor begin one. NULL is fine. */
void drill_free(struct drill *drill);
DEFINE_CLEANUP(struct drill *, drill_free);

bool drill_is_key(const char *key); /* 1..63 printable ASCII characters */

/* As it came from the client. */
struct drill_request {
    const char *kind;          /* NULL: missing */
    const struct json *params; /* NULL: all defaults */
    /* "alert", "duration" or "notified"; NULL: alert where the kind has one */
    const char *until;
    const char *idempotency_key; /* 1..63 printable ASCII characters; NULL for none */
};

struct drill_started {
    int64_t id;
    bool was_known; /* the idempotency key had been used: this is that run, nothing was started */
};

/* TW_INVALID: every field that is wrong was added to errors. TW_BUSY: a run of the kind is on (the message
 * names it), or DRILL_RUNNING_MAX are, or it was shut. TW_BROKEN: no thread. Keys are remembered as long as their
 * run: DRILL_KEPT_MAX ended ones. */
int drill_start(struct drill *drill,
                const struct drill_request *request,
                struct drill_started *ret_started,
                struct field_errors *errors,
                struct tw_error *err) MUST_CHECK;

/* The run is stopped when this returns; its thread ends a moment later. TW_NOT_FOUND for an id that
 * is not known; a run that has ended already is left as it is. */
int drill_stop(struct drill *drill, int64_t id, struct tw_error *err) MUST_CHECK;
size_t drill_stop_all(struct drill *drill); /* drills, not the baseline; how many it stopped */

bool drill_get(struct drill *drill, int64_t id, struct drill_status *ret_status);

/* Newest first; at most DRILL_RUNNING_MAX + DRILL_KEPT_MAX. Returns how many were written. */
size_t drill_list(struct drill *drill, struct drill_status *ret_statuses, size_t max);

/* Alertmanager has delivered a notification of the alert, firing or resolved: noted with the runs
 * that made it fire. */
void drill_note_delivery(struct drill *drill, const char *alertname, bool is_firing, int64_t at_ms);

/* Calls the hooks active and progress for every kind. Done at each start and end; to be called before
 * a scrape too, so that the gauges are right whenever somebody looks. */
void drill_publish(struct drill *drill);

/* One object, as in the operations API. Pure. */
void drill_write_json(const struct drill_status *status, struct json_writer *w);

/* Whose request is it, by its X-Tidewatch-Simulation header (NULL: not there). A header that is not
 * from a run is ignored: ORIGIN_USER and id 0. Takes no lock; any thread. */
enum origin drill_check_header(const struct drill *drill, const char *value, int64_t *ret_id);

#endif
