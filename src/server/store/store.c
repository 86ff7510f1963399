#include "server/store/store.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/lock_file.h"
#include "server/store/db.h"
#include "server/store/queue.h"
#include "server/store/readers.h"
#include "server/store/record.h"
#include "server/store/schema.h"
#include "server/store/store_private.h"
#include "server/store/waiters.h"
#include "server/store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long one attempt of the writer waits for a lock; it then tries again in its own time. */
#define WRITER_BUSY_MS 100
#define OPEN_BUSY_MS   2000

#define HEAP_BYTES_MAX ((size_t)64 << 20) /* of texts in the queue */

/* ---- Opening ----------------------------------------------------------------------------------- */

static int check_folder(const char *path, struct tw_error *err)
{
    CLEANUP(freep) char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    struct stat status;

    if (!slash)
        return 0; /* the current one */
    slash[slash == folder] = '\0';
    if (stat(folder, &status) < 0)
        return tw_fail_errno(err, TW_INVALID, errno, "cannot use '%.180s'", folder);
    if (!S_ISDIR(status.st_mode))
        return tw_fail(err, TW_INVALID, "'%.200s' is not a folder", folder);
    return 0;
}

/* Two writers would give the same sequences twice, and the second would call the simulations of the
 * first interrupted. A file of its own, because closing a second descriptor of the database itself
 * would drop SQLite's locks. */
static int lock_database(struct store *store, struct tw_error *err)
{
    CLEANUP(freep) char *path = xprintf_dup("%s.lock", store->path);
    CLEANUP(freep) char *what = xprintf_dup("'%s'", store->path);

    return lock_file_take(path, what, &store->lock_fd, err);
}

static int64_t size_of(const char *path, const char *suffix)
{
    char name[PATH_MAX];
    struct stat status;

    (void)snprintf(name, sizeof(name), "%s%s", path, suffix);
    return stat(name, &status) == 0 ? status.st_size : 0;
}

/* SQLite removes a log whose database is missing or empty, and with it rows that may be nowhere else. */
static int keep_orphaned_log(const char *path, struct tw_error *err)
{
    if (size_of(path, "") > 0 || size_of(path, "-wal") == 0)
        return 0;
    return tw_fail(
        err, TW_BROKEN,
        "'%.80s' is missing or empty, but its log '%.80s-wal' is there: put the database "
        "back, or move the log away too",
        path, path);
}

/* When the run really ended is not known: the time is when that was found. */
#define INTERRUPT(table)                                                                           \
    "UPDATE " table " SET state = 'interrupted', ended_at_ms = ?1, "                               \
    "detail = json_set(detail, '$.state', 'interrupted', '$.ended_at_ms', ?1, "                    \
    "'$.reason', 'the server stopped under it') WHERE state = 'running'"

static int interrupt(struct db *db, const char *sql, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *statement = NULL;

    if (db_prepare(db, sql, &statement, err) < 0)
        return -1;
    statement_bind_int(statement, 1, clock_now_ms());
    return statement_run(statement, err);
}

static int open_database(const struct store_options *options,
                         struct db **ret_db,
                         struct tw_error *err)
{
    CLEANUP(db_closep) struct db *db = NULL;

    if (db_open(options->path, DB_CREATE, OPEN_BUSY_MS, &db, err) < 0)
        return -1;
    if (db_exec(db,
                options->durability == STORE_COMMIT ? "PRAGMA synchronous=FULL"
                                                    : "PRAGMA synchronous=NORMAL",
                err) < 0 ||
        schema_upgrade(db, &store_schema, options->path, err) < 0 ||
        schema_check(db, options->path, err) < 0 ||
        interrupt(db, INTERRUPT("simulations"), err) < 0 ||
        interrupt(db, INTERRUPT("gamedays"), err) < 0)
        return -1;
    /* A log begins with a sync, for which no row has to wait now. If it fails, so will the first batch,
     * which is told and tried again. */
    (void)!db_probe(db, NULL);
    db_set_busy_ms(db, WRITER_BUSY_MS);
    *ret_db = TAKE(db);
    return 0;
}

/* The writer takes over db, whether it starts or not. */
static int start_writer(struct store *store,
                        const struct store_options *options,
                        struct db *owned_db,
                        struct tw_error *err)
{
    const struct writer_setup setup = {
        .owned_db = owned_db,
        .queue = store->queue,
        .tally = &store->tally,
        .waiters = store->waiters,
        .options = options,
    };

    return writer_start(&setup, &store->writer, err);
}

int store_open(const struct store_options *options, struct store **ret_store, struct tw_error *err)
{
    CLEANUP(store_closep) struct store *store = xcalloc(1, sizeof(*store));
    CLEANUP(db_closep) struct db *db = NULL;
    int64_t n_predictions = 0;

    store->lock_fd = -1;
    store->path = xstrdup(options->path);
    store->durability = options->durability;
    if (check_folder(options->path, err) < 0 || lock_database(store, err) < 0 ||
        keep_orphaned_log(options->path, err) < 0 || open_database(options, &db, err) < 0 ||
        db_read_int(db, "SELECT value FROM counters WHERE name = 'predictions'", &n_predictions,
                    err) < 0)
        return -1;
    store->tally.predictions = (uint64_t)n_predictions;
    store->queue = queue_new(options->queue_capacity, sizeof(struct record));
    store->waiters = waiters_new();
    store->readers = readers_new(store->path, store_query_sql, n_store_queries);
    if (start_writer(store, options, TAKE(db), err) < 0)
        return -1;
    *ret_store = TAKE(store);
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    /* The writer's connection last: only a writing one can remove the log. */
    readers_free(store->readers);
    writer_stop(store->writer);
    if (store->waiters) {
        /* Somebody waits for a ticket that was never given. */
        waiters_note_lost(store->waiters, 0, UINT64_MAX);
        waiters_settle(store->waiters, UINT64_MAX);
    }
    waiters_free(store->waiters);
    queue_free(store->queue);
    lock_file_release(store->lock_fd);
    free(store->path);
    free(store);
}

/* ---- Putting ----------------------------------------------------------------------------------- */

/* The last places are kept for the rarer rows: a flood of predictions does not push out feedback, and
 * neither pushes out what happened. */
static size_t reserved_slots(const struct store *store, enum record_kind kind)
{
    static const unsigned char shift[N_RECORD_KINDS] = {
        [RECORD_PREDICTION] = 4, /* a sixteenth */
        [RECORD_ANSWER] = 5,
        [RECORD_FEEDBACK] = 5,
    };

    return shift[kind] ? queue_capacity(store->queue) >> shift[kind] : 0;
}

/* An answer may be a megabyte, and the queue is bounded in rows: while nothing can be written, some ten
 * thousand of them would be all memory there is. */
static bool reserve_heap(struct store *store, size_t n_bytes)
{
    if (n_bytes == 0)
        return true;
    if (atomic_fetch_add(&store->tally.heap_bytes, n_bytes) + n_bytes <= HEAP_BYTES_MAX)
        return true;
    store->tally.heap_bytes -= n_bytes;
    return false;
}

static bool put_in_queue(struct store *store, const struct record *record, uint64_t *ret_position)
{
    size_t n_bytes = record_heap_bytes(record), used = 0;

    if (!reserve_heap(store, n_bytes))
        return false;
    if (queue_put(store->queue, record, reserved_slots(store, record->kind), ret_position, &used)) {
        writer_notice(store->writer, used);
        return true;
    }
    store->tally.heap_bytes -= n_bytes;
    return false;
}

enum put_outcome { PUT_TAKEN, PUT_DROPPED, PUT_REFUSED };

static enum put_outcome put(struct store *store,
                            const struct record *record,
                            uint64_t *ret_ticket,
                            struct tw_error *err)
{
    uint64_t position = 0;

    if (put_in_queue(store, record, &position)) {
        if (ret_ticket)
            *ret_ticket = position + 1;
        return PUT_TAKEN;
    }
    store->tally.dropped++;
    if (store->durability == STORE_RELAXED) {
        if (ret_ticket)
            *ret_ticket = 0;
        return PUT_DROPPED;
    }
    (void)tw_fail(err, TW_BUSY, "the store's queue is full");
    return PUT_REFUSED;
}

int store_put_prediction(struct store *store,
                         const struct prediction_row *row,
                         uint64_t *ret_ticket,
                         struct tw_error *err)
{
    struct record record = {.kind = RECORD_PREDICTION, .prediction = *row};

    return put(store, &record, ret_ticket, err) == PUT_REFUSED ? -1 : 0;
}

int store_put_feedback(struct store *store,
                       const struct feedback_row *row,
                       uint64_t *ret_ticket,
                       struct tw_error *err)
{
    struct record record = {.kind = RECORD_FEEDBACK, .feedback = *row};

    return put(store, &record, ret_ticket, err) == PUT_REFUSED ? -1 : 0;
}

int store_put_answer(struct store *store,
                     struct answer_row *owned_row,
                     uint64_t *ret_ticket,
                     struct tw_error *err)
{
    struct record record = {.kind = RECORD_ANSWER, .answer = owned_row};
    enum put_outcome outcome = put(store, &record, ret_ticket, err);

    if (outcome != PUT_TAKEN)
        record_finish(&record);
    return outcome == PUT_REFUSED ? -1 : 0;
}

/* The caller's detail is given away unless the row was refused. */
static int put_with_detail(struct store *store,
                           struct record *record,
                           char **detail,
                           struct tw_error *err)
{
    switch (put(store, record, NULL, err)) {
    case PUT_TAKEN:
        break;
    case PUT_DROPPED:
        record_finish(record);
        break;
    case PUT_REFUSED: {
        /* The copy goes, the detail stays with the caller. */
        char **copied =
            record->kind == RECORD_EVENT ? &record->event->detail : &record->simulation->detail;
        *copied = NULL;
        record_finish(record);
        return -1;
    }
    }
    *detail = NULL;
    return 0;
}

int store_put_event(struct store *store, struct event_row *row, struct tw_error *err)
{
    struct record record = {.kind = RECORD_EVENT, .event = xcalloc(1, sizeof(*row))};

    *record.event = *row;
    return put_with_detail(store, &record, &row->detail, err);
}

static int put_run(struct store *store,
                   enum record_kind kind,
                   struct simulation_row *row,
                   struct tw_error *err)
{
    struct record record = {.kind = kind, .simulation = xcalloc(1, sizeof(*row))};

    *record.simulation = *row;
    return put_with_detail(store, &record, &row->detail, err);
}

int store_put_simulation(struct store *store, struct simulation_row *row, struct tw_error *err)
{
    return put_run(store, RECORD_SIMULATION, row, err);
}

int store_put_gameday(struct store *store, struct simulation_row *row, struct tw_error *err)
{
    return put_run(store, RECORD_GAMEDAY, row, err);
}

void store_when_committed(struct store *store, uint64_t ticket, store_committed_fn *done, void *ctx)
{
    if (ticket == 0)
        done(ctx, false);
    else
        waiters_add(store->waiters, ticket, done, ctx);
}

/* ---- Figures ----------------------------------------------------------------------------------- */

void store_read_stats(struct store *store, struct store_stats *ret_stats)
{
    *ret_stats = (struct store_stats){
        .queued = queue_length(store->queue),
        .queue_capacity = queue_capacity(store->queue),
        .file_bytes = size_of(store->path, "") + size_of(store->path, "-wal"),
    };
    tally_read(&store->tally, ret_stats);
}
