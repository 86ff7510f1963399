#include "server/store/writer.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/thread.h"
#include "server/store/checkpointer.h"
#include "server/store/db.h"
#include "server/store/inserts.h"
#include "server/store/queue.h"
#include "server/store/record.h"
#include "server/store/tally.h"
#include "server/store/trouble.h"
#include "server/store/upkeep.h"
#include "server/store/waiters.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* In relaxed mode a row waits at most for the batch before it and the upkeep behind that, GATHER_MS,
 * and its own batch: with about 1 us a row and no sync among them (but one when the log begins anew, which it
 * does when the disk has just answered fast) well under the 50 ms that a kill may cost. */
#define BATCH_ROWS 4096
#define GATHER_MS  10

#define RETRY_FIRST_MS     20
#define RETRY_MOST_MS      1000
#define RETRY_FOR_COMMIT   2000 /* somebody waits for the answer */
#define RETRY_FOR_RELAXED  30000
#define RETRY_FOR_STOPPING 1000
#define PROBE_MS           1000 /* without rows, between two looks whether the trouble is over */

enum writer_state { WRITER_AWAKE, WRITER_GATHERING, WRITER_ASLEEP };

struct writer {
    struct queue *queue;
    struct tally *tally;
    struct waiters *waiters;
    struct db *db;
    struct inserts *inserts;
    struct upkeep *upkeep;
    struct checkpointer *checkpointer;
    bool is_relaxed;
    int64_t retry_for_ms;
    size_t enough_rows; /* ends the gathering early */
    int event_fd;
    pthread_t thread;
    bool is_running;

    _Atomic int state;
    _Atomic bool is_stopping;

    /* The rest is the thread's own. */
    bool is_failing; /* the last batch was given up */
    struct trouble trouble;
    bool is_refused[BATCH_ROWS]; /* rows of the batch that the table would not take */
};

/* ---- Waking and waiting ------------------------------------------------------------------------ */

static void wake(struct writer *writer)
{
    /* It can only fail when the count is at its end: then the thread is awake anyway. */
    while (eventfd_write(writer->event_fd, 1) < 0 && errno == EINTR)
        ;
}

void writer_notice(struct writer *writer, size_t used)
{
    /* Sequentially consistent, after the row was published: see queue_put. */
    int state = atomic_load(&writer->state);

    if (state == WRITER_AWAKE || (state == WRITER_GATHERING && used < writer->enough_rows))
        return;
    if (atomic_exchange(&writer->state, WRITER_AWAKE) != WRITER_AWAKE)
        wake(writer);
}

static bool has_rows(struct writer *writer, size_t n)
{
    return queue_ready(writer->queue, n) >= n;
}

/* Waits for `rows` rows, for stopping, or for the time (-1: for ever). False: the time is over. */
static bool wait_for(struct writer *writer, enum writer_state state, size_t rows, int timeout_ms)
{
    struct pollfd event = {.fd = writer->event_fd, .events = POLLIN};
    bool is_woken = true;
    eventfd_t count;

    atomic_store(&writer->state, (int)state);
    if (!has_rows(writer, rows) && !atomic_load(&writer->is_stopping))
        is_woken = poll(&event, 1, timeout_ms) > 0;
    atomic_store(&writer->state, WRITER_AWAKE);
    if (is_woken)
        (void)eventfd_read(writer->event_fd, &count);
    return is_woken;
}

/* Between two attempts to write; producers need not wake anybody. */
static void pause_before_retry(struct writer *writer, int for_ms)
{
    struct pollfd event = {.fd = writer->event_fd, .events = POLLIN};
    eventfd_t count;

    if (poll(&event, 1, for_ms) > 0)
        (void)eventfd_read(writer->event_fd, &count);
}

/* ---- Batches ----------------------------------------------------------------------------------- */

static struct trouble_moment trouble_moment(const struct writer *writer)
{
    return (struct trouble_moment){clock_mono_ms(), writer->tally->dropped};
}

static void publish_trouble(struct writer *writer)
{
    tally_set_error(writer->tally, trouble_reason(&writer->trouble));
}

struct batch {
    size_t n;
    uint64_t first_ticket;
    size_t n_refused;
    int64_t n_predictions, last_sequence;
    char refusal[TALLY_ERROR_SIZE]; /* why the last refused row was */
};

static int add_rows(struct writer *writer, struct batch *batch, struct tw_error *err)
{
    for (size_t i = 0; i < batch->n; i++) {
        const struct record *record = queue_at(writer->queue, i);
        struct tw_error why = {0};

        writer->is_refused[i] = inserts_add(writer->inserts, record, &why) < 0;
        if (writer->is_refused[i]) {
            if (why.code != TW_INVALID)
                return tw_fail(err, why.code, "%s", why.message);
            (void)snprintf(batch->refusal, sizeof(batch->refusal), "%.150s", why.message);
            batch->n_refused++;
        } else if (record->kind == RECORD_PREDICTION) {
            batch->n_predictions++;
            if (record->prediction.sequence > batch->last_sequence)
                batch->last_sequence = record->prediction.sequence;
        } else if (record->kind == RECORD_ANSWER && record->answer->id > batch->last_sequence) {
            batch->last_sequence = record->answer->id;
        }
    }
    return 0;
}

static int commit_rows(struct writer *writer, struct batch *batch, struct tw_error *err)
{
    if (db_begin(writer->db, err) < 0)
        return -1;
    if (add_rows(writer, batch, err) == 0 &&
        (batch->last_sequence == 0 ||
         inserts_count(writer->inserts, batch->n_predictions, batch->last_sequence, err) == 0) &&
        db_commit(writer->db, err) == 0)
        return 0;
    db_rollback(writer->db);
    return -1;
}

static void note_failure(struct writer *writer, const char *reason)
{
    const struct trouble_moment moment = trouble_moment(writer);

    trouble_note_failure(&writer->trouble, reason, &moment);
    publish_trouble(writer);
}

static void note_loss(struct writer *writer)
{
    const struct trouble_moment moment = trouble_moment(writer);

    trouble_note_loss(&writer->trouble, &moment);
}

static void note_commit(struct writer *writer)
{
    const struct trouble_moment moment = trouble_moment(writer);

    trouble_note_commit(&writer->trouble, &moment);
    publish_trouble(writer);
}

static int try_batch(struct writer *writer, struct batch *batch)
{
    struct tally *tally = writer->tally;
    int64_t start_ns = clock_mono_ns();
    struct tw_error err = {0};
    uint64_t took_ns;

    *batch = (struct batch){.n = batch->n, .first_ticket = batch->first_ticket};
    if (commit_rows(writer, batch, &err) < 0) {
        tally->failed_commits++;
        note_failure(writer, err.message);
        return -1;
    }
    took_ns = (uint64_t)(clock_mono_ns() - start_ns);
    tally->commits++;
    tally->commit_ns += took_ns;
    tally->last_commit_ns = took_ns;
    tally->written += batch->n - batch->n_refused;
    tally->predictions += (uint64_t)batch->n_predictions;
    note_commit(writer);
    return 0;
}

static bool must_give_up(const struct writer *writer, int64_t first_try_mono_ms)
{
    int64_t allowed_ms = writer->retry_for_ms;

    /* Once a batch had to be given up, nobody in commit mode is kept waiting until one goes through. */
    if (writer->is_failing && !writer->is_relaxed)
        allowed_ms = 0;
    if (writer->is_stopping && allowed_ms > RETRY_FOR_STOPPING)
        allowed_ms = RETRY_FOR_STOPPING;
    return clock_mono_ms() - first_try_mono_ms >= allowed_ms;
}

static bool write_or_give_up(struct writer *writer, struct batch *batch)
{
    int64_t first_try_mono_ms = clock_mono_ms();
    int delay_ms = RETRY_FIRST_MS;

    while (try_batch(writer, batch) < 0) {
        if (must_give_up(writer, first_try_mono_ms))
            return false;
        pause_before_retry(writer, delay_ms);
        delay_ms = delay_ms * 2 < RETRY_MOST_MS ? delay_ms * 2 : RETRY_MOST_MS;
    }
    return true;
}

static void note_refused_rows(struct writer *writer, const struct batch *batch)
{
    const struct trouble_moment moment = trouble_moment(writer);

    if (batch->n_refused == 0)
        return;
    trouble_note_refusals(&writer->trouble, batch->refusal, &moment);
    for (size_t i = 0; i < batch->n; i++)
        if (writer->is_refused[i])
            waiters_note_lost(writer->waiters, batch->first_ticket + i, batch->first_ticket + i);
    writer->tally->dropped += batch->n_refused;
}

static void let_go(struct writer *writer, const struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        struct record *record = queue_at(writer->queue, i);

        writer->tally->heap_bytes -= record_heap_bytes(record);
        record_finish(record);
    }
    queue_release(writer->queue, batch->n);
    waiters_settle(writer->waiters, batch->first_ticket + batch->n - 1);
}

static void write_batch(struct writer *writer)
{
    struct batch batch = {
        .n = queue_ready(writer->queue, BATCH_ROWS),
        .first_ticket = queue_head(writer->queue) + 1,
    };

    writer->is_failing = !write_or_give_up(writer, &batch);
    if (writer->is_failing) {
        waiters_note_lost(writer->waiters, batch.first_ticket, batch.first_ticket + batch.n - 1);
        writer->tally->dropped += batch.n;
        note_loss(writer);
    } else {
        note_refused_rows(writer, &batch);
    }
    let_go(writer, &batch);
}

/* ---- Upkeep ------------------------------------------------------------------------------------ */

static struct moment now(void)
{
    return (struct moment){clock_now_ms(), clock_mono_ms()};
}

static void note_upkeep(struct writer *writer, int status, int64_t deleted, const char *message)
{
    const struct trouble_moment moment = trouble_moment(writer);

    trouble_note_upkeep(&writer->trouble, status < 0 ? message : NULL, &moment);
    publish_trouble(writer);
    writer->tally->predictions -= (uint64_t)deleted;
    if (status > 0)
        checkpointer_wake(writer->checkpointer);
}

static void tidy_after_batch(struct writer *writer)
{
    const struct moment moment = now();
    struct tw_error err = {0};
    int64_t deleted = 0;

    if (!writer->is_failing) {
        int status = upkeep_after_batch(writer->upkeep, &moment, &deleted, &err);

        note_upkeep(writer, status, deleted, err.message);
    }
}

static void tidy_while_idle(struct writer *writer)
{
    const struct moment moment = now();
    struct tw_error err = {0};
    int64_t deleted = 0;
    int status = upkeep_while_idle(writer->upkeep, &moment, &deleted, &err);

    note_upkeep(writer, status, deleted, err.message);
}

/* Nobody sends rows to a server that calls itself unwell, so without rows it looks for itself: else it would
 * stay unwell for ever. */
static void probe(struct writer *writer)
{
    struct tw_error err = {0};

    if (db_probe(writer->db, &err) < 0) {
        note_failure(writer, err.message);
        return;
    }
    writer->is_failing = false;
    note_commit(writer);
}

/* ---- The thread -------------------------------------------------------------------------------- */

static int idle_ms(struct writer *writer)
{
    const struct moment moment = now();

    return trouble_is_over(&writer->trouble) ? upkeep_idle_ms(writer->upkeep, &moment) : PROBE_MS;
}

/* False: it is time to stop and nothing is left. */
static bool wait_for_rows(struct writer *writer)
{
    while (!has_rows(writer, 1)) {
        if (writer->is_stopping)
            return false;
        if (wait_for(writer, WRITER_ASLEEP, 1, idle_ms(writer)))
            continue;
        if (writer->is_failing)
            probe(writer);
        else
            tidy_while_idle(writer);
    }
    return true;
}

/* Relaxed mode: lets rows come for a while, also after a batch, so that under steady traffic no
 * producer ever has to wake the thread. Commit mode: the rows that came during a commit are the next
 * batch. False: there are none. */
static bool gather(struct writer *writer)
{
    if (writer->is_relaxed)
        (void)wait_for(writer, WRITER_GATHERING, writer->enough_rows, GATHER_MS);
    return has_rows(writer, 1);
}

static void *write_rows(void *arg)
{
    struct writer *writer = arg;

    while (wait_for_rows(writer))
        while (gather(writer)) {
            write_batch(writer);
            tidy_after_batch(writer);
        }
    return NULL;
}

static void writer_free(struct writer *writer)
{
    checkpointer_stop(writer->checkpointer);
    inserts_free(writer->inserts);
    upkeep_free(writer->upkeep);
    db_close(writer->db);
    if (writer->event_fd >= 0)
        (void)close(writer->event_fd);
    free(writer);
}

static int prepare(struct writer *writer, const struct store_options *options, struct tw_error *err)
{
    const struct retention_limits limits = {options->max_age_ms, options->max_bytes};
    const struct moment moment = now();

    writer->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (writer->event_fd < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot make an eventfd");
    if (inserts_new(writer->db, &writer->inserts, err) < 0 ||
        checkpointer_start(options->path, &writer->checkpointer, err) < 0)
        return -1;
    return upkeep_new(writer->db, writer->inserts, &limits, &moment, &writer->upkeep, err);
}

static int64_t choose_retry_ms(const struct store_options *options)
{
    if (options->retry_for_ms > 0)
        return options->retry_for_ms;
    return options->durability == STORE_RELAXED ? RETRY_FOR_RELAXED : RETRY_FOR_COMMIT;
}

int writer_start(const struct writer_setup *setup, struct writer **ret_writer, struct tw_error *err)
{
    CLEANUP(writer_stopp) struct writer *writer = xcalloc(1, sizeof(*writer));
    size_t half = queue_capacity(setup->queue) / 2;

    writer->queue = setup->queue;
    writer->tally = setup->tally;
    writer->waiters = setup->waiters;
    writer->db = setup->owned_db;
    writer->is_relaxed = setup->options->durability == STORE_RELAXED;
    writer->retry_for_ms = choose_retry_ms(setup->options);
    trouble_init(&writer->trouble, setup->options->tell, setup->options->tell_ctx);
    writer->enough_rows = half < BATCH_ROWS ? half : BATCH_ROWS;
    writer->event_fd = -1;
    if (prepare(writer, setup->options, err) < 0 ||
        thread_start("store-writer", write_rows, writer, &writer->thread, err) < 0)
        return -1;
    writer->is_running = true;
    *ret_writer = TAKE(writer);
    return 0;
}

void writer_stop(struct writer *writer)
{
    if (!writer)
        return;
    if (writer->is_running) {
        writer->is_stopping = true;
        wake(writer);
        (void)pthread_join(writer->thread, NULL);
    }
    /* The last connection that closes copies the log back and removes it. */
    writer_free(writer);
}
