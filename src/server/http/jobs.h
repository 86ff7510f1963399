#ifndef TW_HTTP_JOBS_H
#define TW_HTTP_JOBS_H

/* The workers that answer SLOW routes: a bounded queue and a fixed number of threads. A full queue is
 * TW_BUSY, so that load is shed early. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jobs;

/* Runs on a worker. is_late: the job waited past its deadline and should only say so. */
typedef void job_fn(void *ctx, bool is_late);

struct jobs *jobs_start(unsigned n_workers, size_t capacity);

/* TW_BUSY: the queue is full or stopping. Otherwise run is called exactly once. */
int jobs_put(struct jobs *jobs,
             job_fn *run,
             void *ctx,
             int64_t deadline_mono_ms,
             struct tw_error *err) MUST_CHECK;

/* The same, but it joins the queue no sooner than at due (0: at once): until then it is parked, which keeps no worker and
 * takes a place of the queue's capacity. Due after its deadline it runs at the deadline, as late. jobs_stop
 * ends the wait of all that are parked. */
int jobs_put_later(struct jobs *jobs,
                   job_fn *run,
                   void *ctx,
                   int64_t due_mono_ms,
                   int64_t deadline_mono_ms,
                   struct tw_error *err) MUST_CHECK;

/* Takes no more: from here on every job is refused as TW_BUSY, and requests that are still on their way may
 * ask. What was put goes on, parked jobs at once; what has not begun by deadline runs as late. NULL is fine. */
void jobs_close(struct jobs *jobs, int64_t deadline_mono_ms);

/* The same, and waits for all that was put: joins the workers. NULL is fine. */
void jobs_shut(struct jobs *jobs, int64_t deadline_mono_ms);

/* The same, unless it was done, and frees: nobody may ask any more. NULL is fine. */
void jobs_stop(struct jobs *jobs, int64_t deadline_mono_ms);

struct jobs_stats {
    size_t queued, parked, running, capacity, workers;
};

void jobs_read_stats(struct jobs *jobs, struct jobs_stats *ret_stats);

#endif
