#ifndef TW_TEST_STORE_FIXTURE_H
#define TW_TEST_STORE_FIXTURE_H

/* A folder of its own for each test of the store, and waiting for a row without sleeping. */

#include "test.h"

#include "server/store/db.h"
#include "server/store/inserts.h"
#include "server/store/record.h"
#include "server/store/store.h"

#include <ftw.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

struct fixture {
    char folder[64];
    char path[96];
    struct store_options options; /* of path: relaxed, 1024 rows, no limits */
    struct store *store;          /* opened by the test; closed here */
};

static inline int fixture_set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    if (!fixture)
        return -1;
    (void)snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/tidewatch-store-XXXXXX");
    if (!mkdtemp(fixture->folder))
        return -1;
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/test.db", fixture->folder);
    fixture->options = (struct store_options){.path = fixture->path, .queue_capacity = 1024};
    *state = fixture;
    return 0;
}

static inline int fixture_remove(const char *path,
                                 const struct stat *status,
                                 int kind,
                                 struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline int fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;

    store_close(fixture->store);
    (void)nftw(fixture->folder, fixture_remove, 4, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return 0;
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

/* Succeeds or fails the test with the reason. */
#define CHECK_OK(call)                                                                             \
    do {                                                                                           \
        struct tw_error check_err_ = {0};                                                          \
        struct tw_error *err = &check_err_;                                                        \
        if ((call) < 0)                                                                            \
            fail_msg("%s: %s", #call, check_err_.message);                                         \
    } while (0)

static inline void open_store(struct fixture *fixture)
{
    CHECK_OK(store_open(&fixture->options, &fixture->store, err));
}

static inline void reopen_store(struct fixture *fixture)
{
    store_close(TAKE(fixture->store));
    open_store(fixture);
}

struct answer {
    sem_t given;
    bool ok;
};

static inline void give_answer(void *ctx, bool ok)
{
    struct answer *answer = ctx;

    answer->ok = ok;
    (void)sem_post(&answer->given);
}

/* Whether the row of the ticket came to disk; a test that would hang fails after 20 s. */
static inline bool is_committed(struct store *store, uint64_t ticket)
{
    struct answer answer = {.ok = false};
    struct timespec until;

    (void)sem_init(&answer.given, 0, 0);
    store_when_committed(store, ticket, give_answer, &answer);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    if (sem_timedwait(&answer.given, &until) < 0)
        fail_msg("the store did not answer for ticket %llu", (unsigned long long)ticket);
    (void)sem_destroy(&answer.given);
    return answer.ok;
}

static inline struct prediction_row prediction(int64_t sequence, int64_t at_ms)
{
    return (struct prediction_row){
        .sequence = sequence,
        .at_ms = at_ms,
        .x = {120, 2, 5.25, 3},
        .class_index = (uint8_t)(sequence % 3),
        .origin = ORIGIN_USER,
        .confidence = 0.75f,
        .duration_ms = 0.03f,
    };
}

static inline uint64_t put_prediction(struct store *store, const struct prediction_row *row)
{
    uint64_t ticket = 0;

    CHECK_OK(store_put_prediction(store, row, &ticket, err));
    return ticket;
}

/* Predictions straight into the tables, without a store. */
static inline void insert_predictions(
    struct db *db, struct inserts *inserts, int64_t first, int64_t n, int64_t at_ms)
{
    CHECK_OK(db_begin(db, err));
    for (int64_t i = first; i < first + n; i++) {
        struct record record = {.kind = RECORD_PREDICTION, .prediction = prediction(i, at_ms)};

        CHECK_OK(inserts_add(inserts, &record, err));
    }
    CHECK_OK(inserts_count(inserts, n, first + n - 1, err));
    CHECK_OK(db_commit(db, err));
}

/* All rows put so far are on disk afterwards; leaves a feedback row. */
static inline void flush_store(struct store *store)
{
    const struct feedback_row marker = {.prediction_sequence = 0};
    uint64_t ticket = 0;

    CHECK_OK(store_put_feedback(store, &marker, &ticket, err));
    CHECK(is_committed(store, ticket));
}

/* Another connection, as another process would have. */
static inline struct db *open_beside(const struct fixture *fixture)
{
    struct db *db = NULL;

    CHECK_OK(db_open(fixture->path, DB_CREATE, 1000, &db, err));
    return db;
}

static inline int64_t read_beside(const struct fixture *fixture, const char *sql)
{
    CLEANUP(db_closep) struct db *db = open_beside(fixture);
    int64_t value = 0;

    CHECK_OK(db_read_int(db, sql, &value, err));
    return value;
}

#endif
