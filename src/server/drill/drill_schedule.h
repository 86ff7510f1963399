#ifndef TW_DRILL_SCHEDULE_H
#define TW_DRILL_SCHEDULE_H

/* When requests are due. An open loop: the moments do not depend on how fast the answers come, as
 * users' do not. Baseline arrives as a Poisson process, like independent people; a drill arrives
 * evenly, so that the number sent in a given time is exact. Pure; microseconds of the monotonic
 * clock. */

#include "common/random.h"

#include <stdbool.h>
#include <stdint.h>

enum drill_arrivals { DRILL_ARRIVALS_POISSON, DRILL_ARRIVALS_EVEN };

/* What is later than this is left out instead of being sent in a burst. */
#define DRILL_LATE_MAX_US 1000000

struct drill_schedule {
    enum drill_arrivals arrivals;
    double rate_per_s;
    int64_t next_us;    /* INT64_MAX: never, the rate is 0 */
    uint64_t n_skipped; /* arrivals left out */
};

/* The first arrival is at now_us (even) or one gap after it (Poisson). */
void drill_schedule_init(struct drill_schedule *schedule,
                         enum drill_arrivals arrivals,
                         double rate_per_s,
                         int64_t now_us,
                         struct random_state *rng);

/* True once per arrival that is due. */
bool drill_schedule_take(struct drill_schedule *schedule, int64_t now_us, struct random_state *rng);

#endif
