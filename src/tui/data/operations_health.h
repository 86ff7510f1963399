#ifndef TW_OPERATIONS_HEALTH_H
#define TW_OPERATIONS_HEALTH_H

/* The operations API's GET /health, as far as the header shows it. Pure. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

struct operations_health {
    char status[32]; /* "ok", "unavailable" */
    char version[32];
    bool tells_fast_alerts, is_fast_alerts; /* rules rendered with every wait divided by 20 */
    bool are_drills_enabled;
    int64_t
        watchdog_age_ms; /* since Alertmanager's Watchdog last came through; -1: never or unknown */
    int64_t baseline_id; /* of the baseline that runs; 0: none */
    size_t n_drills;     /* that run */

    /* The game day that runs, and the step that it is in; id 0: none does. */
    struct gameday_glance {
        int64_t id;
        char kind[32], step[64], phase[16];
        int64_t at, n_steps; /* at: from 1 */
    } gameday;
};

/* Also from a 503 that is such a report. Errors as answer_read, and TW_BROKEN for JSON of another
 * shape. */
int operations_health_read(const struct fetch_reply *reply,
                           struct operations_health *ret_health,
                           struct tw_error *err) MUST_CHECK;

#endif
