#include "tui/data/source_state.h"

#include <assert.h>
#include <stdio.h>

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS   30000

const char *data_state_name(enum data_state state)
{
    static const char *const names[] = {"OK", "PARTIAL", "STALE", "ERROR", "NO DATA"};

    return names[state];
}

void source_track_init(struct source_track *track, size_t n_questions)
{
    assert(n_questions <= SOURCE_QUESTIONS_MAX);
    *track = (struct source_track){.n_questions = n_questions, .failed_mono_ms = -1};
    for (size_t i = 0; i < n_questions; i++)
        track->questions[i] = (struct question){.asked_mono_ms = -1, .good_mono_ms = -1};
}

void source_track_good(struct source_track *track, size_t question, int64_t mono_ms)
{
    struct question *it = &track->questions[question];

    it->outcome = OUTCOME_GOOD;
    it->good_mono_ms = mono_ms;
    it->reason[0] = '\0';
    track->n_failures = 0;
    track->retry_at_mono_ms = 0;
}

void source_track_lacking(struct source_track *track, size_t question)
{
    track->questions[question].outcome = OUTCOME_NONE;
    track->questions[question].reason[0] = '\0';
}

static bool is_another_good(const struct source_track *track, size_t question)
{
    for (size_t i = 0; i < track->n_questions; i++)
        if (i != question && !track->questions[i].is_secondary &&
            track->questions[i].outcome == OUTCOME_GOOD)
            return true;
    return false;
}

void source_track_failed(struct source_track *track,
                         size_t question,
                         enum outcome outcome,
                         const char *reason,
                         int64_t mono_ms,
                         double random01)
{
    struct question *it = &track->questions[question];

    it->outcome = outcome;
    (void)snprintf(it->reason, sizeof(it->reason), "%s", reason);
    if (it->asked_mono_ms < track->failed_mono_ms || is_another_good(track, question))
        return;
    track->n_failures++;
    track->failed_mono_ms = mono_ms;
    track->retry_at_mono_ms = mono_ms + backoff_ms(track->n_failures, random01);
}

int64_t backoff_ms(unsigned n_failures, double random01)
{
    int64_t base_ms = BACKOFF_FIRST_MS;

    for (unsigned i = 1; i < n_failures && base_ms < BACKOFF_MAX_MS; i++)
        base_ms *= 2;
    if (base_ms > BACKOFF_MAX_MS)
        base_ms = BACKOFF_MAX_MS;
    return (int64_t)((double)base_ms * (0.8 + 0.4 * random01));
}

/* ---- What it comes to --------------------------------------------------------------------------- */

static int64_t stale_at_mono_ms(const struct question *it)
{
    return it->good_mono_ms + 2 * it->period_ms;
}

/* A good answer so old that the next one is overdue; also while that one is still waited for. */
static bool is_overdue(const struct question *it, int64_t mono_ms)
{
    return it->outcome == OUTCOME_GOOD && mono_ms > stale_at_mono_ms(it);
}

struct tally {
    size_t n_good, n_overdue, n_timeout, n_failed;
    const struct question *first_bad;
};

static void count(const struct source_track *track, int64_t mono_ms, struct tally *ret_tally)
{
    *ret_tally = (struct tally){0};
    for (size_t i = 0; i < track->n_questions; i++) {
        const struct question *it = &track->questions[i];

        switch (it->outcome) {
        case OUTCOME_NONE:
            continue;
        case OUTCOME_GOOD:
            if (it->is_secondary)
                continue;
            if (is_overdue(it, mono_ms))
                ret_tally->n_overdue++;
            else
                ret_tally->n_good++;
            continue;
        case OUTCOME_TIMEOUT:
            ret_tally->n_timeout++;
            break;
        case OUTCOME_FAILED:
            ret_tally->n_failed++;
            break;
        }
        if (!ret_tally->first_bad)
            ret_tally->first_bad = it;
    }
}

static void explain(const struct question *bad, const char *otherwise, char *ret_reason)
{
    (void)snprintf(ret_reason, SOURCE_REASON_SIZE, "%s", bad ? bad->reason : otherwise);
}

enum data_state source_track_state(const struct source_track *track,
                                   int64_t mono_ms,
                                   char *ret_reason)
{
    struct tally tally;

    count(track, mono_ms, &tally);
    ret_reason[0] = '\0';
    if (tally.n_good + tally.n_overdue + tally.n_timeout + tally.n_failed == 0)
        return DATA_NONE;
    if (tally.n_good > 0) {
        if (tally.n_overdue + tally.n_timeout + tally.n_failed > 0) {
            explain(tally.first_bad, "some answers are overdue", ret_reason);
            return DATA_PARTIAL;
        }
        if (track->is_partial)
            explain(NULL, "the server says that its answer is partial", ret_reason);
        return track->is_partial ? DATA_PARTIAL : DATA_OK;
    }
    explain(tally.first_bad, "no answer", ret_reason);
    /* Silence makes what is known old; a refusal or nonsense is an error at once. */
    if (tally.n_failed == 0 && source_track_good_mono_ms(track) >= 0)
        return DATA_STALE;
    return DATA_ERROR;
}

int64_t source_track_good_mono_ms(const struct source_track *track)
{
    int64_t newest_ms = -1;

    for (size_t i = 0; i < track->n_questions; i++)
        if (track->questions[i].good_mono_ms > newest_ms)
            newest_ms = track->questions[i].good_mono_ms;
    return newest_ms;
}

int64_t source_track_next_change_mono_ms(const struct source_track *track, int64_t mono_ms)
{
    int64_t next_ms = INT64_MAX;

    for (size_t i = 0; i < track->n_questions; i++) {
        const struct question *it = &track->questions[i];

        if (it->outcome == OUTCOME_GOOD && !it->is_secondary && !is_overdue(it, mono_ms) &&
            stale_at_mono_ms(it) + 1 < next_ms)
            next_ms = stale_at_mono_ms(it) + 1;
    }
    return next_ms;
}
