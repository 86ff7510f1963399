#include "server/drill/drill_record.h"

#include "common/alloc.h"
#include "common/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct drill_record {
    pthread_mutex_t lock; /* guards all below but goal, which does not change */
    struct drill_status status;
    int64_t started_mono_ms, ended_mono_ms;
    bool is_unsaved;
    bool is_closed;
    struct drill_goal goal;
};

struct drill_moment drill_moment_now(void)
{
    return (struct drill_moment){clock_now_ms(), clock_mono_ms()};
}

struct drill_record *drill_record_new(const struct drill_status *first,
                                      const struct drill_goal *goal,
                                      const struct drill_moment *started)
{
    struct drill_record *record = xcalloc(1, sizeof(*record));

    (void)pthread_mutex_init(&record->lock, NULL);
    record->status = *first;
    record->status.started_at_ms = started->at_ms;
    if (goal->bound_ms > 0)
        record->status.ends_by_ms = started->at_ms + goal->bound_ms;
    record->started_mono_ms = started->mono_ms;
    record->goal = *goal;
    record->is_unsaved = true;
    return record;
}

void drill_record_free(struct drill_record *record)
{
    if (!record)
        return;
    (void)pthread_mutex_destroy(&record->lock);
    free(record);
}

static void lock(struct drill_record *record)
{
    (void)pthread_mutex_lock(&record->lock);
}

static void unlock(struct drill_record *record)
{
    (void)pthread_mutex_unlock(&record->lock);
}

static bool is_over(const struct drill_record *record)
{
    return record->status.state != DRILL_RUNNING;
}

static int64_t elapsed_ms(const struct drill_record *record, const struct drill_moment *now)
{
    int64_t until_ms = is_over(record) ? record->ended_mono_ms : now->mono_ms;

    return until_ms > record->started_mono_ms ? until_ms - record->started_mono_ms : 0;
}

static void copy_status(const struct drill_record *record,
                        const struct drill_moment *now,
                        struct drill_status *ret_status)
{
    *ret_status = record->status;
    ret_status->elapsed_ms = elapsed_ms(record, now);
    ret_status->progress = record->status.state == DRILL_FINISHED
                               ? 1
                               : drill_goal_progress(&record->goal, ret_status->elapsed_ms);
}

void drill_record_read(struct drill_record *record,
                       const struct drill_moment *now,
                       struct drill_status *ret_status)
{
    lock(record);
    copy_status(record, now, ret_status);
    unlock(record);
}

void drill_record_count_sent(struct drill_record *record)
{
    lock(record);
    record->status.n_sent += !is_over(record);
    unlock(record);
}

bool drill_record_count_reply(struct drill_record *record, enum drill_outcome outcome)
{
    bool counts;

    lock(record);
    counts = !is_over(record);
    if (counts && outcome == DRILL_REQUEST_SUCCEEDED)
        record->status.n_succeeded++;
    else if (counts)
        record->status.n_failed++;
    unlock(record);
    return counts;
}

void drill_record_note_error(struct drill_record *record, const char *message)
{
    lock(record);
    if (!is_over(record))
        (void)snprintf(record->status.last_error, sizeof(record->status.last_error), "%s", message);
    unlock(record);
}

void drill_record_observe(struct drill_record *record,
                          enum drill_alert_state state,
                          const struct drill_moment *now)
{
    lock(record);
    if (!is_over(record) && drill_alert_observe(&record->status.alert, state, now->at_ms))
        record->is_unsaved = true;
    unlock(record);
}

static void end_locked(struct drill_record *record,
                       enum drill_state state,
                       const char *reason,
                       const struct drill_moment *now)
{
    record->ended_mono_ms = now->mono_ms;
    record->status.state = state;
    record->status.ended_at_ms = now->at_ms;
    (void)snprintf(record->status.reason, sizeof(record->status.reason), "%s", reason);
    record->is_unsaved = true;
}

bool drill_record_end(struct drill_record *record,
                      enum drill_state state,
                      const char *reason,
                      const struct drill_moment *now)
{
    bool ends;

    lock(record);
    ends = !is_over(record);
    if (ends)
        end_locked(record, state, reason, now);
    unlock(record);
    return ends;
}

bool drill_record_check_goal(struct drill_record *record, const struct drill_moment *now)
{
    struct drill_verdict verdict;
    bool over;

    lock(record);
    if (!is_over(record) &&
        drill_goal_check(&record->goal, &record->status.alert, elapsed_ms(record, now), &verdict))
        end_locked(record, verdict.state, verdict.reason, now);
    over = is_over(record);
    unlock(record);
    return over;
}

static bool is_in_time(const struct drill_status *status, int64_t at_ms)
{
    return at_ms >= status->started_at_ms &&
           (status->ended_at_ms == 0 || at_ms - status->ended_at_ms <= DRILL_NOTICE_AFTER_END_MS);
}

enum drill_noted drill_record_note_delivery(struct drill_record *record,
                                            const char *alertname,
                                            bool is_firing,
                                            int64_t at_ms)
{
    enum drill_noted noted = DRILL_NOTED_NOTHING;
    struct drill_status *status = &record->status;

    lock(record);
    if (status->alert.name && strcmp(status->alert.name, alertname) == 0 &&
        is_in_time(status, at_ms) && drill_alert_note(&status->alert, is_firing, at_ms)) {
        noted = record->is_closed ? DRILL_NOTED_BY_CALLER : DRILL_NOTED_BY_RUN;
        record->is_unsaved = true;
    }
    unlock(record);
    return noted;
}

void drill_record_want_save(struct drill_record *record)
{
    lock(record);
    record->is_unsaved = true;
    unlock(record);
}

bool drill_record_take_unsaved(struct drill_record *record,
                               const struct drill_moment *now,
                               struct drill_status *ret_status)
{
    bool was_unsaved;

    lock(record);
    was_unsaved = record->is_unsaved;
    record->is_unsaved = false;
    if (was_unsaved)
        copy_status(record, now, ret_status);
    unlock(record);
    return was_unsaved;
}

bool drill_record_close(struct drill_record *record)
{
    bool closes;

    lock(record);
    closes = !record->is_unsaved;
    record->is_closed = closes;
    unlock(record);
    return closes;
}

bool drill_record_is_closed(struct drill_record *record)
{
    bool is_closed;

    lock(record);
    is_closed = record->is_closed;
    unlock(record);
    return is_closed;
}
