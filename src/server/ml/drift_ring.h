#ifndef TW_ML_DRIFT_RING_H
#define TW_ML_DRIFT_RING_H

/* The way from the threads that predict to the one that checks: a ring that any number of threads write
 * without waiting, over the oldest when nobody reads, and one at a time reads. */

#include "common/cleanup.h"
#include "server/ml/features.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drift_ring;

struct drift_sample {
    double x[N_FEATURES];
    int class_index;
    int64_t at_ms;
};

struct drift_ring *drift_ring_new(size_t least_capacity);
void drift_ring_free(struct drift_ring *ring);
DEFINE_CLEANUP(struct drift_ring *, drift_ring_free);

/* Any thread. Returns how many were put before this one. */
uint64_t drift_ring_put(struct drift_ring *ring, const struct drift_sample *sample);

/* The next sample, in the order of putting. False when there is none, or when its writer has begun and
 * not finished; such a gap is passed over once it is GAP_MS old or half the ring waits behind it. */
bool drift_ring_take(struct drift_ring *ring, int64_t now_ms, struct drift_sample *ret_sample);

void drift_ring_skip_all(struct drift_ring *ring);       /* forgets what was put so far */
uint64_t drift_ring_lost(const struct drift_ring *ring); /* overrun or passed over; reader only */

#endif
