#ifndef TW_BACKOFF_H
#define TW_BACKOFF_H

/* How long to wait before the next try of a call. Pure. */

#include <stdint.h>

struct backoff {
    int64_t first_ms; /* about the wait before the second try; doubles with each further one */
    int64_t most_ms;
};

/* n_tries: made so far, from 1. uniform: 0..1, spreads the callers over half to the whole wait. A server
 * that said how long (retry_after_ms, -1 when not) is believed, also beyond most_ms: whether that is too
 * long is the caller's to say. Waits are never shorter than the server said. */
int64_t backoff_ms(const struct backoff *backoff,
                   int n_tries,
                   double uniform,
                   int64_t retry_after_ms);

#endif
