#ifndef TW_SOURCE_STATE_H
#define TW_SOURCE_STATE_H

/* How well a server can be believed right now, from what became of the questions put to it. Pure:
 * monotonic moments in ms come as parameters. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The words of the console, best first but for NONE. */
enum data_state {
    DATA_OK,
    DATA_PARTIAL, /* some of it is missing, or the server says so */
    DATA_STALE,   /* older than it should be */
    DATA_ERROR,   /* could not be had */
    DATA_NONE,    /* there is none */
};

const char *data_state_name(enum data_state state); /* "OK" "PARTIAL" "STALE" "ERROR" "NO DATA" */

/* What a source is asked for, each on its own. */
#define SOURCE_QUESTIONS_MAX 8
#define SOURCE_REASON_SIZE   256

enum outcome { OUTCOME_NONE, OUTCOME_GOOD, OUTCOME_TIMEOUT, OUTCOME_FAILED };

struct question {
    bool is_secondary;    /* asked so seldom that a good answer does not speak for the source */
    enum outcome outcome; /* of the newest answer */
    int64_t asked_mono_ms, good_mono_ms; /* newest; -1 never */
    int64_t period_ms;                   /* it is asked so often */
    char reason[SOURCE_REASON_SIZE];     /* of the newest failure; "" when the newest is good */
};

struct source_track {
    size_t n_questions;
    struct question questions[SOURCE_QUESTIONS_MAX];
    unsigned n_failures;      /* in a row, whichever question; counts for the back-off */
    int64_t failed_mono_ms;   /* when the last counted failure came; -1 never */
    int64_t retry_at_mono_ms; /* nothing is asked before; 0: no back-off */
    bool is_partial;          /* the server itself said so in its newest answer */
};

void source_track_init(struct source_track *track, size_t n_questions);

/* An answer came. The source backs off as a whole only when none of its questions is good; and of several
 * failures that were asked for before the last counted one, none lengthens the back-off again. random01
 * is in [0, 1). */
void source_track_good(struct source_track *track, size_t question, int64_t mono_ms);
void source_track_failed(struct source_track *track,
                         size_t question,
                         enum outcome outcome,
                         const char *reason,
                         int64_t mono_ms,
                         double random01);

/* The server does not have what was asked for: the question counts neither way, as if it had not been asked. */
void source_track_lacking(struct source_track *track, size_t question);

/* 1 s, 2 s, 4 s, ... 30 s for the 1st, 2nd, ... failure in a row, each 0.8 to 1.2 of it. */
int64_t backoff_ms(unsigned n_failures, double random01);

/* DATA_NONE: no answer yet. DATA_ERROR: everything asked failed. DATA_STALE: what was good once has had no
 * answer for over two periods. DATA_PARTIAL: some failed. The reason goes into ret_reason
 * (SOURCE_REASON_SIZE), "" when there is nothing to say. */
enum data_state source_track_state(const struct source_track *track,
                                   int64_t mono_ms,
                                   char *ret_reason);

/* The newest good answer of any question; -1 never. */
int64_t source_track_good_mono_ms(const struct source_track *track);

/* When the state may change of itself, by time alone; INT64_MAX: never. */
int64_t source_track_next_change_mono_ms(const struct source_track *track, int64_t mono_ms);

#endif
