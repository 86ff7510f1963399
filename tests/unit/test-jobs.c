#include "test.h"

#include "common/clock.h"
#include "server/http/jobs.h"

#include <pthread.h>

#define RUNS_MAX 16
#define SOON_MS  30
#define NEVER_MS 3600000

/* What ran, in order, and how. */
struct log {
    pthread_mutex_t lock;
    pthread_cond_t has_more;
    int n;
    int ids[RUNS_MAX];
    int64_t at_mono_ms[RUNS_MAX];
    bool is_late[RUNS_MAX];
};

struct task {
    struct log *log;
    int id;
};

static void run(void *ctx, bool is_late)
{
    struct task *task = ctx;
    struct log *log = task->log;

    (void)pthread_mutex_lock(&log->lock);
    log->ids[log->n] = task->id;
    log->at_mono_ms[log->n] = clock_mono_ms();
    log->is_late[log->n++] = is_late;
    (void)pthread_cond_broadcast(&log->has_more);
    (void)pthread_mutex_unlock(&log->lock);
}

static void wait_for(struct log *log, int n)
{
    (void)pthread_mutex_lock(&log->lock);
    while (log->n < n)
        (void)pthread_cond_wait(&log->has_more, &log->lock);
    (void)pthread_mutex_unlock(&log->lock);
}

#define LOG                                                                                        \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .has_more = PTHREAD_COND_INITIALIZER                    \
    }

static int put(struct jobs *jobs, struct task *task)
{
    return jobs_put(jobs, run, task, clock_mono_ms() + NEVER_MS, NULL);
}

static int put_later(struct jobs *jobs, struct task *task, int64_t due_mono_ms)
{
    return jobs_put_later(jobs, run, task, due_mono_ms, due_mono_ms + NEVER_MS, NULL);
}

static void a_parked_job_runs_when_it_is_due_and_not_before(void **state)
{
    struct jobs *jobs = jobs_start(1, 8);
    struct log log = LOG;
    struct task parked = {&log, 1};
    int64_t due_mono_ms = clock_mono_ms() + SOON_MS;

    (void)state;
    CHECK(put_later(jobs, &parked, due_mono_ms) == 0);
    wait_for(&log, 1);
    CHECK(log.at_mono_ms[0] >= due_mono_ms && !log.is_late[0]);
    jobs_stop(jobs, clock_mono_ms() + NEVER_MS);
}

static void parked_jobs_keep_no_worker(void **state)
{
    struct jobs *jobs = jobs_start(1, 8);
    struct log log = LOG;
    struct task parked[] = {{&log, 1}, {&log, 2}, {&log, 3}}, at_once = {&log, 9};
    struct jobs_stats stats;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(parked); i++)
        CHECK(put_later(jobs, &parked[i], clock_mono_ms() + NEVER_MS) == 0);
    jobs_read_stats(jobs, &stats);
    CHECK(stats.parked == 3 && stats.queued == 0 && stats.running == 0);
    CHECK(put(jobs, &at_once) == 0);
    wait_for(&log, 1); /* hangs if a parked one had the worker */
    assert_int_equal(log.ids[0], 9);
    jobs_stop(jobs, clock_mono_ms() + NEVER_MS);
}

static void they_run_in_the_order_in_which_they_are_due(void **state)
{
    struct jobs *jobs = jobs_start(1, 8);
    struct log log = LOG;
    struct task tasks[] = {{&log, 0}, {&log, 1}, {&log, 2}, {&log, 3}};
    static const int due[] = {3, 1, 2, 1}, order[] = {1, 3, 2, 0};
    int64_t begin_mono_ms = clock_mono_ms() + SOON_MS;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tasks); i++)
        CHECK(put_later(jobs, &tasks[i], begin_mono_ms + due[i]) == 0);
    wait_for(&log, 4);
    for (size_t i = 0; i < COUNT_OF(tasks); i++)
        assert_int_equal(log.ids[i], order[i]);
    jobs_stop(jobs, clock_mono_ms() + NEVER_MS);
}

static void a_nearer_one_wakes_whoever_waits_for_a_farther_one(void **state)
{
    struct jobs *jobs = jobs_start(2, 8);
    struct log log = LOG;
    struct task far = {&log, 1}, near = {&log, 2}, at_once = {&log, 3};

    (void)state;
    CHECK(put_later(jobs, &far, clock_mono_ms() + NEVER_MS) == 0);
    CHECK(put_later(jobs, &near, clock_mono_ms() + SOON_MS) == 0);
    CHECK(put(jobs, &at_once) == 0);
    wait_for(&log, 2);
    CHECK(log.ids[0] == 3 && log.ids[1] == 2);
    jobs_stop(jobs, clock_mono_ms() + NEVER_MS);
}

static void they_take_places_of_the_capacity(void **state)
{
    struct jobs *jobs = jobs_start(1, 2);
    struct log log = LOG;
    struct task tasks[] = {{&log, 0}, {&log, 1}, {&log, 2}};
    struct tw_error err;

    (void)state;
    CHECK(put_later(jobs, &tasks[0], clock_mono_ms() + NEVER_MS) == 0);
    CHECK(put_later(jobs, &tasks[1], clock_mono_ms() + NEVER_MS) == 0);
    CHECK(jobs_put_later(jobs, run, &tasks[2], 0, INT64_MAX, &err) < 0 && err.code == TW_BUSY);
    CHECK(jobs_put(jobs, run, &tasks[2], INT64_MAX, &err) < 0 && err.code == TW_BUSY);
    jobs_stop(jobs, clock_mono_ms() + NEVER_MS);
    assert_int_equal(log.n, 2);
}

static void one_that_is_due_after_its_deadline_runs_late_at_the_deadline(void **state)
{
    struct jobs *jobs = jobs_start(1, 2);
    struct log log = LOG;
    struct task task = {&log, 0};
    int64_t deadline_mono_ms = clock_mono_ms() + SOON_MS;

    (void)state;
    CHECK(jobs_put_later(jobs, run, &task, deadline_mono_ms + NEVER_MS, deadline_mono_ms, NULL) ==
          0);
    wait_for(&log, 1);
    CHECK(log.is_late[0] && log.at_mono_ms[0] >= deadline_mono_ms);
    jobs_stop(jobs, clock_mono_ms() + NEVER_MS);
}

static void a_stop_waits_for_no_timer(void **state)
{
    struct jobs *jobs = jobs_start(2, 8);
    struct log log = LOG;
    struct task tasks[] = {{&log, 0}, {&log, 1}, {&log, 2}};
    int64_t begin_mono_ms = clock_mono_ms();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tasks); i++)
        CHECK(put_later(jobs, &tasks[i], begin_mono_ms + NEVER_MS) == 0);
    jobs_stop(jobs, begin_mono_ms + NEVER_MS);
    assert_int_equal(log.n, 3);
    for (int i = 0; i < log.n; i++)
        CHECK(!log.is_late[i]);
}

/* A connection that is still open while the server ends may bring one more request. */
static void closed_they_take_nothing_new_and_run_what_they_have_parked_or_not(void **state)
{
    struct log log = LOG;
    struct task tasks[] = {{&log, 0}, {&log, 1}};
    struct jobs *jobs = jobs_start(1, 8);
    struct tw_error err = {0};

    (void)state;
    CHECK(jobs_put_later(jobs, run, &tasks[0], clock_mono_ms() + NEVER_MS, INT64_MAX, &err) == 0);
    jobs_close(jobs, clock_mono_ms() + NEVER_MS);
    CHECK(jobs_put(jobs, run, &tasks[1], INT64_MAX, &err) < 0 && err.code == TW_BUSY);
    wait_for(&log, 1); /* before anybody joins the workers */
    CHECK(log.ids[0] == 0 && !log.is_late[0]);
    jobs_stop(jobs, clock_mono_ms() + NEVER_MS);
    assert_int_equal(log.n, 1);
}

static void what_comes_after_the_end_is_refused(void **state)
{
    struct jobs *jobs = jobs_start(2, 8);
    struct log log = LOG;
    struct task tasks[] = {{&log, 0}, {&log, 1}};
    struct jobs_stats stats;
    struct tw_error err;

    (void)state;
    CHECK(jobs_put(jobs, run, &tasks[0], INT64_MAX, NULL) == 0);
    jobs_shut(jobs, clock_mono_ms() + NEVER_MS);
    CHECK(jobs_put(jobs, run, &tasks[1], INT64_MAX, &err) < 0 && err.code == TW_BUSY);
    jobs_read_stats(jobs, &stats);
    CHECK(stats.queued == 0 && stats.running == 0);
    jobs_stop(jobs, clock_mono_ms() + NEVER_MS);
    assert_int_equal(log.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_parked_job_runs_when_it_is_due_and_not_before),
        TEST(parked_jobs_keep_no_worker),
        TEST(they_run_in_the_order_in_which_they_are_due),
        TEST(a_nearer_one_wakes_whoever_waits_for_a_farther_one),
        TEST(they_take_places_of_the_capacity),
        TEST(one_that_is_due_after_its_deadline_runs_late_at_the_deadline),
        TEST(a_stop_waits_for_no_timer),
        TEST(closed_they_take_nothing_new_and_run_what_they_have_parked_or_not),
        TEST(what_comes_after_the_end_is_refused),
    };

    return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
