#ifndef TW_BREAKER_H
#define TW_BREAKER_H

/* A circuit breaker: after a run of failures nobody is asked for a while, then one call probes whether
 * it works again. Pure: the clock is a parameter, a lock is the caller's. */

#include <stdbool.h>
#include <stdint.h>

enum breaker_state {
    BREAKER_CLOSED,    /* calls go through */
    BREAKER_OPEN,      /* none do */
    BREAKER_HALF_OPEN, /* the next call, or the one under way, is the probe */
};

struct breaker {
    int threshold; /* failures in a row that open it */
    int64_t open_for_ms;
    int n_failures; /* in a row */
    int64_t opened_mono_ms;
    bool is_open;    /* or half open */
    bool is_probing; /* a probe is under way */
};

void breaker_init(struct breaker *breaker, int threshold, int64_t open_for_ms);

/* Whether a call may be made now. Each true is followed by exactly one succeed, fail or abandon. */
bool breaker_allow(struct breaker *breaker, int64_t now_mono_ms);

void breaker_succeed(struct breaker *breaker); /* it works: closed */
void breaker_fail(struct breaker *breaker, int64_t now_mono_ms);
void breaker_abandon(struct breaker *breaker); /* the call ended without saying whether it works */

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_mono_ms);
const char *breaker_state_name(enum breaker_state state); /* "closed", "open", "half-open" */

#endif
