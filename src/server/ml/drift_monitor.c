#include "server/ml/drift_monitor.h"

#include "server/ml/drift_ring.h"

#include "common/alloc.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RING_WINDOWS   4
#define RING_LEAST     4096
#define VOTES_IN_A_ROW 2

/* `against` counts the votes in a row that speak against the flag. */
struct flag {
    bool is_up;
    int against;
};

struct drift_monitor {
    const struct model *model; /* borrowed */
    struct drift_options options;
    struct drift_ring *ring; /* written by record without the mutex */

    pthread_mutex_t mutex; /* guards all below, and reading the ring */
    struct reference *usual;
    struct drift_sample *samples; /* options.window places, used round and round */
    size_t first, n;              /* the oldest one, and how many */
    int n_since_vote;
    struct flag flags[N_FEATURES];
    struct drift_window *window; /* scratch for a comparison */
    struct drift_report report;
    bool is_stale; /* the report is not of these samples or this reference */
};

struct drift_monitor *drift_monitor_new(const struct model *model,
                                        const struct drift_options *options)
{
    struct drift_monitor *monitor = xcalloc(1, sizeof(*monitor));
    size_t window = (size_t)options->window;

    assert(options->window >= DRIFT_WINDOW_LEAST && options->window <= DRIFT_WINDOW_MOST);
    assert(options->vote_every > 0 && options->max_age_ms > 0);
    monitor->model = model;
    monitor->options = *options;
    monitor->ring =
        drift_ring_new(RING_WINDOWS * window > RING_LEAST ? RING_WINDOWS * window : RING_LEAST);
    monitor->samples = xcalloc(window, sizeof(*monitor->samples));
    monitor->window = drift_window_new(window);
    (void)pthread_mutex_init(&monitor->mutex, NULL);
    return monitor;
}

void drift_monitor_free(struct drift_monitor *monitor)
{
    if (!monitor)
        return;
    (void)pthread_mutex_destroy(&monitor->mutex);
    drift_ring_free(monitor->ring);
    drift_window_free(monitor->window);
    reference_free(monitor->usual);
    free(monitor->samples);
    free(monitor);
}

bool drift_monitor_record(struct drift_monitor *monitor,
                          const double *x,
                          int class_index,
                          int64_t at_ms)
{
    struct drift_sample sample = {.class_index = class_index, .at_ms = at_ms};
    uint64_t n_before;

    memcpy(sample.x, x, sizeof(sample.x));
    n_before = drift_ring_put(monitor->ring, &sample);
    return (n_before + 1) % (uint64_t)monitor->options.vote_every == 0;
}

static struct drift_sample *sample_at(struct drift_monitor *monitor, size_t i)
{
    size_t capacity = (size_t)monitor->options.window, at = monitor->first + i;

    return &monitor->samples[at < capacity ? at : at - capacity];
}

static bool has_same_features(const struct drift_sample *a, const struct drift_sample *b)
{
    for (int f = 0; f < N_FEATURES; f++)
        if (a->x[f] != b->x[f])
            return false;
    return true;
}

static void drop_oldest(struct drift_monitor *monitor)
{
    monitor->first++;
    if (monitor->first == (size_t)monitor->options.window)
        monitor->first = 0;
    monitor->n--;
    monitor->is_stale = true;
}

static void add_sample(struct drift_monitor *monitor, const struct drift_sample *sample)
{
    if (monitor->n > 0 && has_same_features(sample_at(monitor, monitor->n - 1), sample)) {
        sample_at(monitor, monitor->n - 1)->at_ms = sample->at_ms;
        return;
    }
    if (monitor->n == (size_t)monitor->options.window)
        drop_oldest(monitor);
    *sample_at(monitor, monitor->n++) = *sample;
    monitor->n_since_vote++;
    monitor->is_stale = true;
}

static void take_in(struct drift_monitor *monitor, int64_t now_ms)
{
    struct drift_sample sample;

    while (drift_ring_take(monitor->ring, now_ms, &sample))
        add_sample(monitor, &sample);
    while (monitor->n > 0 && sample_at(monitor, 0)->at_ms < now_ms - monitor->options.max_age_ms)
        drop_oldest(monitor);
}

static void compare(struct drift_monitor *monitor)
{
    struct drift_report *report = &monitor->report;
    struct drift_window *window = monitor->window;

    drift_window_clear(window);
    for (size_t i = 0; i < monitor->n; i++) {
        const struct drift_sample *sample = sample_at(monitor, i);

        drift_window_add(window, sample->x, sample->class_index);
    }
    drift_window_sort(window);
    drift_compare(monitor->model, &monitor->model->reference, window, monitor->options.alpha,
                  &report->training);
    report->has_usual = monitor->usual != NULL;
    if (monitor->usual)
        drift_compare(monitor->model, monitor->usual, window, monitor->options.alpha,
                      &report->usual);
}

static void vote(struct drift_monitor *monitor)
{
    struct drift_report *report = &monitor->report;
    const struct drift_comparison *judge = report->has_usual ? &report->usual : &report->training;

    for (int f = 0; f < N_FEATURES; f++) {
        struct flag *flag = &monitor->flags[f];

        flag->against = judge->feature[f].is_over == flag->is_up ? 0 : flag->against + 1;
        if (flag->against == VOTES_IN_A_ROW)
            *flag = (struct flag){.is_up = !flag->is_up};
    }
    report->n_votes++;
}

static void report_flags(struct drift_monitor *monitor)
{
    struct drift_report *report = &monitor->report;

    report->n_detected = 0;
    for (int f = 0; f < N_FEATURES; f++) {
        report->detected[f] = monitor->flags[f].is_up;
        report->n_detected += monitor->flags[f].is_up;
    }
    report->detected_ratio = (double)report->n_detected / N_FEATURES;
    report->is_detected = report->n_detected > 0;
}

/* The report of a window that is too small to say anything. */
static void forget(struct drift_monitor *monitor)
{
    memset(monitor->flags, 0, sizeof(monitor->flags));
    monitor->report = (struct drift_report){.n_votes = monitor->report.n_votes};
    monitor->is_stale = false;
}

/* Votes that several checks' worth of predictions made due are taken as one; what came beyond the last
 * due one counts for the next, so that votes stay in step with record's answers. */
static void judge(struct drift_monitor *monitor)
{
    bool is_vote_due = monitor->n_since_vote >= monitor->options.vote_every;

    if (monitor->is_stale)
        compare(monitor);
    monitor->is_stale = false;
    monitor->report.has_score = true;
    if (is_vote_due) {
        monitor->n_since_vote %= monitor->options.vote_every;
        vote(monitor);
    }
    report_flags(monitor);
}

void drift_monitor_check(struct drift_monitor *monitor, int64_t now_ms)
{
    (void)pthread_mutex_lock(&monitor->mutex);
    take_in(monitor, now_ms);
    if (monitor->n < DRIFT_SAMPLES_MIN)
        forget(monitor);
    else
        judge(monitor);
    monitor->report.at_ms = now_ms;
    monitor->report.n_samples = monitor->n;
    monitor->report.n_lost = drift_ring_lost(monitor->ring);
    (void)pthread_mutex_unlock(&monitor->mutex);
}

void drift_monitor_report(struct drift_monitor *monitor, struct drift_report *ret_report)
{
    (void)pthread_mutex_lock(&monitor->mutex);
    *ret_report = monitor->report;
    (void)pthread_mutex_unlock(&monitor->mutex);
}

void drift_monitor_reset(struct drift_monitor *monitor)
{
    (void)pthread_mutex_lock(&monitor->mutex);
    drift_ring_skip_all(monitor->ring);
    monitor->first = 0;
    monitor->n = 0;
    monitor->n_since_vote = 0;
    forget(monitor);
    monitor->report.n_votes = 0;
    (void)pthread_mutex_unlock(&monitor->mutex);
}

void drift_monitor_set_usual(struct drift_monitor *monitor, struct reference *owned_usual)
{
    (void)pthread_mutex_lock(&monitor->mutex);
    reference_free(monitor->usual);
    monitor->usual = owned_usual;
    monitor->is_stale = true;
    (void)pthread_mutex_unlock(&monitor->mutex);
}
