#ifndef TW_CLOCK_SKEW_H
#define TW_CLOCK_SKEW_H

/* How far a server's clock is from ours, by the Date of its answers. Pure. */

#include <stdbool.h>
#include <stdint.h>

struct fetch_reply;

#define CLOCK_SKEW_TOLD_MS 10000 /* from here on a person is told */

/* The clock over there minus ours; here_ms is ours when the answer had come. 0 under 2 s: Date has whole
 * seconds, and the way takes time. False: the answer has no Date. */
bool clock_skew_read(const struct fetch_reply *reply, int64_t here_ms, int64_t *ret_skew_ms);

/* One is further from ours than another by more than two readings of the same clock may differ, so that the
 * server that is named does not change with each answer. */
bool clock_skew_is_worse(int64_t skew_ms, int64_t than_skew_ms);

/* "10m ahead", "45s behind". */
#define CLOCK_SKEW_TEXT_SIZE 32
void clock_skew_format(int64_t skew_ms, char out[CLOCK_SKEW_TEXT_SIZE]);

#endif
