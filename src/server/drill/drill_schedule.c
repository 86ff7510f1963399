#include "server/drill/drill_schedule.h"

#include <math.h>

/* Poisson arrivals have exponential gaps: the inverse of F(t) = 1 - exp(-rate t). */
static int64_t draw_gap_us(const struct drill_schedule *schedule, struct random_state *rng)
{
    double gaps = 1;

    if (schedule->arrivals == DRILL_ARRIVALS_POISSON)
        gaps = -log1p(-random_uniform(rng));
    return llround(gaps * 1e6 / schedule->rate_per_s);
}

void drill_schedule_init(struct drill_schedule *schedule,
                         enum drill_arrivals arrivals,
                         double rate_per_s,
                         int64_t now_us,
                         struct random_state *rng)
{
    *schedule = (struct drill_schedule){arrivals, rate_per_s, INT64_MAX, 0};
    if (rate_per_s > 0)
        schedule->next_us = now_us;
    if (rate_per_s > 0 && arrivals == DRILL_ARRIVALS_POISSON)
        schedule->next_us += draw_gap_us(schedule, rng);
}

bool drill_schedule_take(struct drill_schedule *schedule, int64_t now_us, struct random_state *rng)
{
    if (schedule->next_us > now_us)
        return false;
    if (now_us - schedule->next_us > DRILL_LATE_MAX_US) {
        double late_s = (double)(now_us - schedule->next_us) / 1e6;

        schedule->n_skipped += (uint64_t)llround(late_s * schedule->rate_per_s);
        schedule->next_us = now_us;
    }
    schedule->next_us += draw_gap_us(schedule, rng);
    return true;
}
