#ifndef TW_STORE_H
#define TW_STORE_H

/* What happened, on disk, in SQLite (WAL). One writer thread owns the writing connection and is fed by
 * a bounded queue that any thread may put into without a lock or a system call in the common case;
 * readers are borrowed from a small pool, one thread at a time each. store/ is the only room that
 * includes sqlite3. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

enum store_durability {
    STORE_RELAXED, /* acknowledge at once; kill -9 loses at most 50 ms of rows; a full queue drops and counts */
    STORE_COMMIT, /* acknowledge after the commit (synchronous=FULL); a full queue is TW_BUSY */
};

/* What becomes of a database that cannot be written. */
enum store_trouble {
    STORE_TRYING, /* a batch has been refused for a second now; its rows are kept and tried again */
    STORE_LOSING, /* a batch was given up; its rows are lost, and others may be */
    STORE_UNTIDY, /* rows go in, but the log cannot be copied back or old rows cannot be deleted */
    STORE_REFUSED,   /* single rows were refused by their table; told once a minute at most */
    STORE_RECOVERED, /* of the first three: it is over */
};

struct store_news {
    enum store_trouble kind;
    const char *reason; /* also of what is over */
    uint64_t lost;      /* rows since it began, those that found the queue full included */
    int64_t for_ms;     /* since it began */
};

/* On the writer's thread, between batches: it may put rows, and must not wait. */
typedef void store_news_fn(void *ctx, const struct store_news *news);

struct store_options {
    const char *path;
    enum store_durability durability;
    size_t queue_capacity; /* rows; rounded up to a power of two */
    int64_t max_age_ms;    /* retention of predictions, answers, feedback and events; 0: for ever */
    int64_t
        max_bytes; /* of the database file; oldest predictions go first, then answers; 0: no limit */
    int64_t retry_for_ms; /* how long a batch that cannot be written is tried again before its rows
                              are lost; 0: 30 s in relaxed mode, 2 s in commit mode */
    store_news_fn *tell;  /* NULL: nobody wants to know */
    void *tell_ctx;
};

/* Who caused a row. Drills never train and never become a reference. */
enum origin { ORIGIN_USER, ORIGIN_BASELINE, ORIGIN_DRILL, N_ORIGINS };

struct prediction_row {
    int64_t sequence; /* unique, ascending: the primary key */
    int64_t at_ms;
    double x[4];
    uint8_t class_index;
    uint8_t origin;
    float confidence;
    float duration_ms;
    int64_t simulation_id; /* 0: none */
};

struct feedback_row {
    int64_t prediction_sequence;
    int64_t at_ms;
    uint8_t predicted_class, true_class;
    uint8_t origin;
    float confidence;
};

enum answer_kind { ANSWER_CHAT, ANSWER_TRIAGE, ANSWER_EXTERNAL, N_ANSWER_KINDS };

enum answer_status {
    ANSWER_SUCCESS,
    ANSWER_ABSTAINED, /* the knowledge base had nothing */
    ANSWER_DEGRADED,  /* a triage whose LLM part failed */
    ANSWER_TIMEOUT,
    ANSWER_ERROR,
    N_ANSWER_STATUSES
};

/* One answer of the LLM side, its scores, and all that explains them. */
struct answer_row {
    int64_t id; /* unique, ascending, of the same count as the sequences of predictions */
    int64_t at_ms;
    uint8_t kind, status, origin;
    int class_index; /* of a triage; -1: none */
    /* 0..1; NaN: not scored */
    double relevance, hallucination, groundedness, answer_relevance;
    double duration_ms;
    int64_t simulation_id; /* 0: none */
    char trace_id[33];
    char model[64];
    char *query;  /* owned */
    char *detail; /* JSON object: answer, sentences, evidence, times; owned; NULL in lists */
};

void answer_row_free(struct answer_row *row); /* NULL is fine */
DEFINE_CLEANUP(struct answer_row *, answer_row_free);

struct event_row {
    int64_t id; /* 0 when putting; given by the store */
    int64_t at_ms;
    char kind[32];    /* "simulation", "alert", "model", "drift", "server", ... */
    char subject[96]; /* what it is about: an alert's name, a simulation's kind */
    char *detail;     /* JSON object; owned by the row; NULL for none */
};

/* A simulation, or a game day: each has its own table and its own ids. */
struct simulation_row {
    int64_t id;
    int64_t started_at_ms, ended_at_ms; /* ended 0: running */
    char kind[32];
    char state[16]; /* running, stopped, interrupted, and how it ended of itself */
    char *detail;   /* JSON: parameters, counts, times, steps; owned by the row */
    char idempotency_key[64];
};

/* Opens or creates (mode 0600; the folder must exist), runs the schema steps, starts the writer.
 * Simulations and game days that a previous run left running become interrupted, ended at the time of
 * this call.
 * TW_INVALID no such folder; TW_BUSY another process has it open (PATH.lock is locked); TW_BROKEN a
 * newer, foreign or damaged file: the message says what to do. */
int store_open(const struct store_options *options,
               struct store **ret_store,
               struct tw_error *err) MUST_CHECK;

/* Writes what is queued, checkpoints, joins the writer. No other call may be at work or come later.
 * Answers what store_when_committed still holds. NULL is fine. */
void store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close);

/* Puts a row on the queue; copies it, and takes over `detail` on success (then NULL in the caller's
 * row). *ret_ticket (may be NULL) names the row for store_when_committed; 0: the row was dropped.
 * TW_BUSY only in commit mode (relaxed: dropped and counted, returns 0). Predictions leave the last
 * sixteenth of the queue to other rows; texts of more than 64 MB in all are not taken either. A prediction whose sequence exists, or with a number that is
 * none, is refused when written: counted as dropped, without harm to others. A simulation's or game day's row replaces
 * the one with its id. Any thread, no lock. */
int store_put_prediction(struct store *store,
                         const struct prediction_row *row,
                         uint64_t *ret_ticket,
                         struct tw_error *err) MUST_CHECK;
int store_put_feedback(struct store *store,
                       const struct feedback_row *row,
                       uint64_t *ret_ticket,
                       struct tw_error *err) MUST_CHECK;
/* Takes owned_row (from the heap, with its texts) whatever happens. A row with the id of another
 * replaces it. */
int store_put_answer(struct store *store,
                     struct answer_row *owned_row,
                     uint64_t *ret_ticket,
                     struct tw_error *err) MUST_CHECK;
int store_put_event(struct store *store, struct event_row *row, struct tw_error *err) MUST_CHECK;
int store_put_simulation(struct store *store,
                         struct simulation_row *row,
                         struct tw_error *err) MUST_CHECK;
int store_put_gameday(struct store *store,
                      struct simulation_row *row,
                      struct tw_error *err) MUST_CHECK;

/* Calls done once: on the writer's thread, in the order of tickets, after the row of that ticket (and
 * all before it) is committed, or with ok = false when it was lost; at once on the caller's thread if
 * that is settled already. done must be short and must not close the store: the next batch waits. */
typedef void store_committed_fn(void *ctx, bool ok);
void store_when_committed(struct store *store,
                          uint64_t ticket,
                          store_committed_fn *done,
                          void *ctx);

/* Readers: rows that are committed. Each call borrows one of four connections for its time, and waits
 * when all are out, so a callback must not read from the store itself. Rows go to the callback in the
 * order named, borrowed for the call, `detail` too; a callback that returns false ends the walk. A
 * walk keeps the log from being emptied: no waiting for a network in it. TW_INVALID for a limit that
 * is not over 0. */
typedef bool store_prediction_fn(void *ctx, const struct prediction_row *row);
typedef bool store_feedback_fn(void *ctx, const struct feedback_row *row);
typedef bool store_answer_fn(void *ctx, const struct answer_row *row);
typedef bool store_event_fn(void *ctx, const struct event_row *row);
typedef bool store_simulation_fn(void *ctx, const struct simulation_row *row);

struct prediction_filter {
    int class_index;         /* -1: any */
    int64_t before_sequence; /* 0: from the newest */
    int64_t since_ms;        /* 0: any age */
    int origin;              /* -1: any */
    int limit;               /* over 0 */
};

/* Newest first. Without an index, a rare class or origin is looked for through all rows not older than
 * since_ms, about 1.5 us each. */
int store_list_predictions(struct store *store,
                           const struct prediction_filter *filter,
                           store_prediction_fn *row,
                           void *ctx,
                           struct tw_error *err) MUST_CHECK;
int store_get_prediction(struct store *store,
                         int64_t sequence,
                         struct prediction_row *ret_row,
                         struct tw_error *err) MUST_CHECK;

struct answer_filter {
    int kind;                 /* -1: any */
    int class_index;          /* -1: any */
    int64_t before_id;        /* 0: from the newest */
    int64_t since_ms;         /* 0: any age */
    double min_hallucination; /* 0: any, also what was not scored */
    int limit;                /* over 0 */
};

/* Newest first, without `detail`; rows that do not match are walked over as in store_list_predictions. */
int store_list_answers(struct store *store,
                       const struct answer_filter *filter,
                       store_answer_fn *row,
                       void *ctx,
                       struct tw_error *err) MUST_CHECK;

/* The row with its detail, owned by the caller. TW_NOT_FOUND. */
int store_get_answer(struct store *store,
                     int64_t id,
                     struct answer_row **ret_row,
                     struct tw_error *err) MUST_CHECK;
int store_list_feedback(struct store *store,
                        int limit,
                        store_feedback_fn *row,
                        void *ctx,
                        struct tw_error *err) MUST_CHECK;
int store_list_events(struct store *store,
                      int64_t before_id,
                      int limit,
                      store_event_fn *row,
                      void *ctx,
                      struct tw_error *err) MUST_CHECK;
int store_list_simulations(struct store *store,
                           int64_t before_id,
                           int limit,
                           store_simulation_fn *row,
                           void *ctx,
                           struct tw_error *err) MUST_CHECK;
int store_list_gamedays(struct store *store,
                        int64_t before_id,
                        int limit,
                        store_simulation_fn *row,
                        void *ctx,
                        struct tw_error *err) MUST_CHECK;

/* The largest sequence of predictions and answers ever stored, also if its row is gone by now, and the
 * largest simulation id; 0 when there is none. */
int store_last_ids(struct store *store,
                   int64_t *ret_sequence,
                   int64_t *ret_simulation,
                   struct tw_error *err) MUST_CHECK;
int store_last_gameday(struct store *store,
                       int64_t *ret_id, /* 0: there was none */
                       struct tw_error *err) MUST_CHECK;

struct store_stats {
    uint64_t queued; /* rows waiting */
    uint64_t queue_capacity;
    uint64_t written; /* rows committed since start */
    uint64_t dropped; /* rows refused or lost since start */
    uint64_t failed_commits;
    uint64_t commits;
    double commit_seconds; /* sum */
    double last_commit_seconds;
    uint64_t predictions; /* rows in the table, after the writer's last transaction */
    int64_t file_bytes;   /* database and WAL */
    char last_error[160]; /* "" when the last commit and the last upkeep went well */
};

/* Any thread; takes no lock. */
void store_read_stats(struct store *store, struct store_stats *ret_stats);

#endif
