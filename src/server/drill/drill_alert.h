#ifndef TW_DRILL_ALERT_H
#define TW_DRILL_ALERT_H

/* The alert that a drill is to raise, followed in Prometheus's answers and Alertmanager's
 * notifications. Pure. */

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

struct json;

/* In ascending order of heat. */
enum drill_alert_state {
    DRILL_ALERT_UNKNOWN, /* Prometheus has not told */
    DRILL_ALERT_INACTIVE,
    DRILL_ALERT_PENDING,
    DRILL_ALERT_FIRING,
};

const char *drill_alert_state_name(enum drill_alert_state state); /* "unknown" ... */

/* Moments are Unix time in ms as seen from here, a poll late at most; 0: not yet. */
struct drill_alert {
    const char *name; /* static; NULL: no alert to follow */
    enum drill_alert_state state;
    bool has_been_seen; /* Prometheus has told once */
    bool was_firing; /* it was firing before this run could have caused it, and has not cleared */
    int64_t pending_at_ms;
    int64_t firing_at_ms;                    /* not set while was_firing */
    int64_t delivered_at_ms, resolved_at_ms; /* as Alertmanager told */
};

/* Prometheus's answer to GET /api/v1/alerts: the hottest state of the alerts with that name, whatever
 * their further labels; none is INACTIVE. TW_INVALID for an answer that is no such list or has that
 * alert in a state that we do not know; strange entries of other alerts are passed over. */
int drill_alert_read(const struct json *answer,
                     const char *name,
                     enum drill_alert_state *ret_state,
                     struct tw_error *err) MUST_CHECK;

/* Takes in a state seen at at_ms. True when something other than time changed. */
bool drill_alert_observe(struct drill_alert *alert, enum drill_alert_state state, int64_t at_ms);

/* Takes in a notification. True when it is one of this run's and the first of its sort. */
bool drill_alert_note(struct drill_alert *alert, bool is_firing, int64_t at_ms);

#endif
