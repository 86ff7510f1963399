#include "server/http/jobs.h"

#include "common/alloc.h"
#include "common/clock.h"

#include <pthread.h>
#include <stdbool.h>

struct job {
    job_fn *run;
    void *ctx;
    int64_t deadline_mono_ms;
};

struct jobs {
    pthread_mutex_t lock; /* guards everything below; never held while a job runs */
    pthread_cond_t is_work;
    struct job *ring;
    size_t capacity, first, queued, running;
    bool is_stopping;
    int64_t stop_deadline_mono_ms;
    unsigned n_workers;
    pthread_t *workers;
};

/* The next job, or false when there will be none. Called with the lock held. */
static bool take_job(struct jobs *jobs, struct job *ret_job)
{
    while (jobs->queued == 0 && !jobs->is_stopping)
        (void)pthread_cond_wait(&jobs->is_work, &jobs->lock);
    if (jobs->queued == 0)
        return false;
    *ret_job = jobs->ring[jobs->first];
    jobs->first = (jobs->first + 1) % jobs->capacity;
    jobs->queued--;
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

    (void)pthread_mutex_init(&jobs->lock, NULL);
    (void)pthread_cond_init(&jobs->is_work, NULL);
    jobs->ring = xcalloc(capacity, sizeof(*jobs->ring));
    jobs->capacity = capacity;
    jobs->workers = xcalloc(n_workers, sizeof(*jobs->workers));
    for (unsigned i = 0; i < n_workers; i++)
        if (pthread_create(&jobs->workers[jobs->n_workers], NULL, work, jobs) == 0)
            jobs->n_workers++;
    return jobs;
}

int jobs_put(
    struct jobs *jobs, job_fn *run, void *ctx, int64_t deadline_mono_ms, struct tw_error *err)
{
    bool is_put;

    (void)pthread_mutex_lock(&jobs->lock);
    is_put = jobs->queued < jobs->capacity && !jobs->is_stopping && jobs->n_workers > 0;
    if (is_put) {
        jobs->ring[(jobs->first + jobs->queued++) % jobs->capacity] =
            (struct job){run, ctx, deadline_mono_ms};
        (void)pthread_cond_signal(&jobs->is_work);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return is_put ? 0 : tw_fail(err, TW_BUSY, "all workers are busy and the queue is full");
}

void jobs_stop(struct jobs *jobs, int64_t deadline_mono_ms)
{
    if (!jobs)
        return;
    (void)pthread_mutex_lock(&jobs->lock);
    jobs->is_stopping = true;
    jobs->stop_deadline_mono_ms = deadline_mono_ms;
    (void)pthread_cond_broadcast(&jobs->is_work);
    (void)pthread_mutex_unlock(&jobs->lock);
    for (unsigned i = 0; i < jobs->n_workers; i++)
        (void)pthread_join(jobs->workers[i], NULL);
    (void)pthread_cond_destroy(&jobs->is_work);
    (void)pthread_mutex_destroy(&jobs->lock);
    free(jobs->workers);
    free(jobs->ring);
    free(jobs);
}

void jobs_read_stats(struct jobs *jobs, struct jobs_stats *ret_stats)
{
    (void)pthread_mutex_lock(&jobs->lock);
    *ret_stats = (struct jobs_stats){jobs->queued, jobs->running, jobs->capacity, jobs->n_workers};
    (void)pthread_mutex_unlock(&jobs->lock);
}
