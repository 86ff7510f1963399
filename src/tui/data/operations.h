#ifndef TW_OPERATIONS_H
#define TW_OPERATIONS_H

/* The operations API: simulations, events, health. Pure. Moments are Unix ms, 0 when they have not
 * come. Texts are fit for a terminal. */

#include "common/buffer.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;
struct json;

enum simulation_state {
    SIMULATION_RUNNING,
    SIMULATION_STOPPED,     /* somebody asked */
    SIMULATION_FINISHED,    /* it did what it was for */
    SIMULATION_FAILED,      /* its alert did not fire in its bound, or it could not run */
    SIMULATION_INTERRUPTED, /* the server stopped under it */
};

enum simulation_alert_state {
    SIMULATION_ALERT_UNKNOWN,
    SIMULATION_ALERT_INACTIVE,
    SIMULATION_ALERT_PENDING,
    SIMULATION_ALERT_FIRING,
};

struct simulation {
    int64_t id;
    char kind[32];
    enum simulation_state state;
    char until[16];   /* "alert", "duration"; "" for one without an end of its own */
    char params[200]; /* "duration_s=120 amount=0.8 ..." */
    int64_t started_at_ms, ends_by_ms, ended_at_ms;
    int64_t elapsed_ms;
    int64_t n_sent, n_succeeded, n_failed; /* requests */
    double progress;                       /* 0..1; NaN without an end */
    char alert[64];                        /* name; "" when it raises none */
    enum simulation_alert_state alert_state;
    int64_t pending_at_ms, firing_at_ms;
    int64_t delivered_at_ms,
        resolved_at_ms;   /* Alertmanager's notifications, as the server got them */
    char reason[200];     /* a sentence on why it ended; "" while it runs */
    char last_error[200]; /* of a request; "" when there was none */
};

struct simulations {
    size_t n; /* newest first */
    struct simulation *at;
};

struct event {
    int64_t id;
    int64_t at_ms;
    char kind[64];
    char subject[96];
    char detail[200]; /* "key=value key=value" */
};

struct events {
    size_t n; /* newest first */
    struct event *at;
};

#define OPERATIONS_ITEMS_MAX 1000 /* of one list; more is an error */

const char *simulation_state_name(enum simulation_state state);
const char *simulation_alert_state_name(enum simulation_alert_state state);

/* Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int operations_read_simulation(const struct fetch_reply *reply,
                               struct simulation *ret_simulation,
                               struct tw_error *err) MUST_CHECK;
int operations_read_simulations(const struct fetch_reply *reply,
                                struct simulations *ret_simulations,
                                struct tw_error *err) MUST_CHECK;
void simulations_finish(struct simulations *simulations);
int operations_read_events(const struct fetch_reply *reply,
                           struct events *ret_events,
                           struct tw_error *err) MUST_CHECK;
void events_finish(struct events *events);

/* Whether alerts are rendered fast (design: every wait divided by 20), if the answer tells. */
int operations_read_health(const struct fetch_reply *reply,
                           bool *ret_tells_fast,
                           bool *ret_is_fast,
                           struct tw_error *err) MUST_CHECK;

/* The body of POST /simulations. */
struct simulation_request {
    const char *kind;
    const char *until; /* NULL: as the kind has it */
    const char *idempotency_key;
    size_t n_numbers; /* parameters */

    const struct simulation_number {
        const char *name;
        double value;
    } * numbers;

    const char *features;         /* "a,b"; NULL or "all": all of them */
    const char *word_name, *word; /* a parameter that is a word; NULL: none */
};

void operations_write_start(const struct simulation_request *request, struct buffer *out);

#endif
