#include "server/http/jobs.h"

#include "common/alloc.h"
#include "common/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

struct job {
    job_fn *run;
    void *ctx;
    int64_t deadline_mono_ms;
};

struct parked_job {
    struct job job;
    int64_t due_mono_ms;
};

struct jobs {
    pthread_mutex_t lock;   /* guards everything below; never held while a job runs */
    pthread_cond_t is_work; /* on the monotonic clock */
    struct job *ring;
    struct parked_job *parked;                         /* the one that is due last comes first */
    size_t capacity, first, queued, n_parked, running; /* queued + n_parked <= capacity */
    bool is_stopping;
    int64_t stop_deadline_mono_ms;
    unsigned n_workers;
    pthread_t *workers;
};

/* All of these are called with the lock held. */

static void enqueue(struct jobs *jobs, const struct job *job)
{
    jobs->ring[(jobs->first + jobs->queued++) % jobs->capacity] = *job;
}

/* What is due joins the queue. A stop makes everything due. */
static void release_parked(struct jobs *jobs)
{
    int64_t now_mono_ms = jobs->n_parked > 0 ? clock_mono_ms() : 0;

    while (jobs->n_parked > 0) {
        const struct parked_job *next = &jobs->parked[jobs->n_parked - 1];

        if (!jobs->is_stopping && next->due_mono_ms > now_mono_ms)
            return;
        enqueue(jobs, &next->job);
        jobs->n_parked--;
    }
}

static void park(struct jobs *jobs, const struct job *job, int64_t due_mono_ms)
{
    size_t at = jobs->n_parked++;

    for (; at > 0 && jobs->parked[at - 1].due_mono_ms <= due_mono_ms; at--)
        jobs->parked[at] = jobs->parked[at - 1];
    jobs->parked[at] = (struct parked_job){*job, due_mono_ms};
}

/* There is no thread for the timer: a worker that has nothing to do waits for whichever comes first. */
static void wait_for_work(struct jobs *jobs)
{
    int64_t due_mono_ms;
    struct timespec until;

    if (jobs->n_parked == 0) {
        (void)pthread_cond_wait(&jobs->is_work, &jobs->lock);
        return;
    }
    due_mono_ms = jobs->parked[jobs->n_parked - 1].due_mono_ms;
    until = (struct timespec){due_mono_ms / 1000, due_mono_ms % 1000 * 1000000};
    (void)pthread_cond_timedwait(&jobs->is_work, &jobs->lock, &until);
}

/* The next job, or false when there will be none. */
static bool take_job(struct jobs *jobs, struct job *ret_job)
{
    for (release_parked(jobs); jobs->queued == 0 && !jobs->is_stopping; release_parked(jobs))
        wait_for_work(jobs);
    if (jobs->queued == 0)
        return false;
    *ret_job = jobs->ring[jobs->first];
    jobs->first = (jobs->first + 1) % jobs->capacity;
    jobs->queued--;
    /* More came due at once, or this one was the one that waited for the next to be due. */
    if (jobs->queued > 0 || jobs->n_parked > 0)
        (void)pthread_cond_signal(&jobs->is_work);
    if (jobs->is_stopping && jobs->stop_deadline_mono_ms < ret_job->deadline_mono_ms)
        ret_job->deadline_mono_ms = jobs->stop_deadline_mono_ms;
    return true;
}

static void *work(void *ctx)
{
    struct jobs *jobs = ctx;
    struct job job;

    (void)pthread_setname_np(pthread_self(), "job-worker");
    (void)pthread_mutex_lock(&jobs->lock);
    while (take_job(jobs, &job)) {
        jobs->running++;
        (void)pthread_mutex_unlock(&jobs->lock);
        job.run(job.ctx, clock_mono_ms() >= job.deadline_mono_ms);
        (void)pthread_mutex_lock(&jobs->lock);
        jobs->running--;
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

struct jobs *jobs_start(unsigned n_workers, size_t capacity)
{
    struct jobs *jobs = xcalloc(1, sizeof(*jobs));
    pthread_condattr_t monotonic;

    (void)pthread_mutex_init(&jobs->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&jobs->is_work, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    jobs->ring = xcalloc(capacity, sizeof(*jobs->ring));
    jobs->parked = xcalloc(capacity, sizeof(*jobs->parked));
    jobs->capacity = capacity;
    jobs->workers = xcalloc(n_workers, sizeof(*jobs->workers));
    for (unsigned i = 0; i < n_workers; i++)
        if (pthread_create(&jobs->workers[jobs->n_workers], NULL, work, jobs) == 0)
            jobs->n_workers++;
    return jobs;
}

static bool has_room(const struct jobs *jobs)
{
    return jobs->queued + jobs->n_parked < jobs->capacity && !jobs->is_stopping &&
           jobs->n_workers > 0;
}

int jobs_put_later(struct jobs *jobs,
                   job_fn *run,
                   void *ctx,
                   int64_t due_mono_ms,
                   int64_t deadline_mono_ms,
                   struct tw_error *err)
{
    const struct job job = {run, ctx, deadline_mono_ms};
    bool is_put;

    (void)pthread_mutex_lock(&jobs->lock);
    is_put = has_room(jobs);
    if (is_put && due_mono_ms == 0)
        enqueue(jobs, &job);
    else if (is_put)
        park(jobs, &job, due_mono_ms < deadline_mono_ms ? due_mono_ms : deadline_mono_ms);
    if (is_put)
        (void)pthread_cond_signal(&jobs->is_work);
    (void)pthread_mutex_unlock(&jobs->lock);
    return is_put ? 0 : tw_fail(err, TW_BUSY, "all workers are busy and the queue is full");
}

int jobs_put(
    struct jobs *jobs, job_fn *run, void *ctx, int64_t deadline_mono_ms, struct tw_error *err)
{
    return jobs_put_later(jobs, run, ctx, 0, deadline_mono_ms, err);
}

void jobs_close(struct jobs *jobs, int64_t deadline_mono_ms)
{
    if (!jobs)
        return;
    (void)pthread_mutex_lock(&jobs->lock);
    jobs->is_stopping = true;
    jobs->stop_deadline_mono_ms = deadline_mono_ms;
    (void)pthread_cond_broadcast(&jobs->is_work);
    (void)pthread_mutex_unlock(&jobs->lock);
}

void jobs_shut(struct jobs *jobs, int64_t deadline_mono_ms)
{
    unsigned n_workers;

    if (!jobs)
        return;
    jobs_close(jobs, deadline_mono_ms);
    (void)pthread_mutex_lock(&jobs->lock);
    n_workers = jobs->n_workers;
    jobs->n_workers = 0;
    (void)pthread_mutex_unlock(&jobs->lock);
    for (unsigned i = 0; i < n_workers; i++)
        (void)pthread_join(jobs->workers[i], NULL);
}

void jobs_stop(struct jobs *jobs, int64_t deadline_mono_ms)
{
    if (!jobs)
        return;
    jobs_shut(jobs, deadline_mono_ms);
    (void)pthread_cond_destroy(&jobs->is_work);
    (void)pthread_mutex_destroy(&jobs->lock);
    free(jobs->workers);
    free(jobs->ring);
    free(jobs->parked);
    free(jobs);
}

void jobs_read_stats(struct jobs *jobs, struct jobs_stats *ret_stats)
{
    (void)pthread_mutex_lock(&jobs->lock);
    *ret_stats = (struct jobs_stats){jobs->queued, jobs->n_parked, jobs->running, jobs->capacity,
                                     jobs->n_workers};
    (void)pthread_mutex_unlock(&jobs->lock);
}
