/* What a kill -9 costs. A child writes rows into a store and acknowledges each over a pipe: in relaxed
 * mode when it was put, in commit mode from the callback after the commit. It is killed at a random
 * moment; then the file is opened as the server would, checked, and searched for every acknowledged
 * row. Fails when commit mode has lost one, or relaxed mode one that was acknowledged more than 50 ms
 * before the end.
 *
 * store-kill [RUNS [ROWS_PER_SECOND [SEED]]] */

#include "common/alloc.h"
#include "common/clock.h"
#include "common/random.h"
#include "server/store/db.h"
#include "server/store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOSS_BAR_MS 50
#define ROUNDS_MAX  1000

struct ack {
    int64_t sequence;
    int64_t at_ns;
};

/* ---- The child --------------------------------------------------------------------------------- */

struct child {
    struct store *store;
    int ack_fd;
    int64_t rows_per_second;
};

struct pending {
    const struct child *child;
    int64_t sequence;
};

static void acknowledge(const struct child *child, int64_t sequence)
{
    const struct ack ack = {sequence, clock_mono_ns()};

    if (write(child->ack_fd, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
        _exit(3);
}

static void acknowledge_commit(void *ctx, bool ok)
{
    struct pending *pending = ctx;

    if (ok)
        acknowledge(pending->child, pending->sequence);
    free(pending);
}

static void put_row(const struct child *child, int64_t sequence, enum store_durability mode)
{
    struct prediction_row row = {
        .sequence = sequence,
        .at_ms = clock_now_ms(),
        .x = {(double)(sequence % 1000), 2, 5.25, 3},
        .confidence = 0.75f,
    };
    struct pending *pending;
    uint64_t ticket = 0;

    while (store_put_prediction(child->store, &row, &ticket, NULL) < 0)
        (void)sched_yield();
    if (mode == STORE_RELAXED) {
        if (ticket != 0) /* 0: dropped, and counted */
            acknowledge(child, sequence);
        return;
    }
    pending = xcalloc(1, sizeof(*pending));
    *pending = (struct pending){child, sequence};
    store_when_committed(child->store, ticket, acknowledge_commit, pending);
}

/* Writes until it is killed: a burst each millisecond. */
static void run_child(const struct store_options *options, int ack_fd, int64_t rows_per_second)
{
    struct child child = {.ack_fd = ack_fd, .rows_per_second = rows_per_second};
    struct tw_error err = {0};
    int64_t sequence = 0, simulation = 0, start_ms;
    int64_t n_put = 0;

    if (store_open(options, &child.store, &err) < 0 ||
        store_last_ids(child.store, &sequence, &simulation, &err) < 0) {
        (void)fprintf(stderr, "child: %s\n", err.message);
        _exit(2);
    }
    sequence += 1000000;
    start_ms = clock_mono_ms();
    for (int64_t ms = 1;; ms++) {
        for (; n_put < ms * rows_per_second / 1000; n_put++)
            put_row(&child, ++sequence, options->durability);
        clock_sleep_until_mono_ms(start_ms + ms);
    }
}

/* ---- The parent -------------------------------------------------------------------------------- */

struct acks {
    size_t n, capacity;
    struct ack *rows;
};

/* One read's worth; false at the end of the pipe. */
static bool read_acks(int fd, struct acks *acks)
{
    ssize_t len;

    if (acks->capacity - acks->n < 4096) {
        acks->capacity = acks->capacity * 2 + 8192;
        acks->rows = xrealloc_array(acks->rows, acks->capacity, sizeof(*acks->rows));
    }
    do
        len = read(fd, &acks->rows[acks->n], 4096 * sizeof(*acks->rows));
    while (len < 0 && errno == EINTR);
    if (len <= 0)
        return false;
    /* Writes of one row each are atomic: a read never ends within one. */
    acks->n += (size_t)len / sizeof(*acks->rows);
    return true;
}

/* Starts a child, kills it, and returns when it was killed; its acknowledgements in acks. */
static int64_t run_and_kill(const struct store_options *options,
                            int64_t rows_per_second,
                            int live_ms,
                            struct acks *acks)
{
    int fds[2];
    pid_t pid;
    int64_t kill_ns, until_ms;

    if (pipe(fds) < 0 || (pid = fork()) < 0) {
        perror("store-kill");
        _exit(2);
    }
    if (pid == 0) {
        (void)close(fds[0]);
        run_child(options, fds[1], rows_per_second);
    }
    (void)close(fds[1]);
    acks->n = 0;
    if (!read_acks(fds[0], acks)) /* the first: it lives */
        _exit(2);
    until_ms = clock_mono_ms() + live_ms;
    while (clock_mono_ms() < until_ms && read_acks(fds[0], acks))
        ;
    kill_ns = clock_mono_ns();
    (void)kill(pid, SIGKILL);
    while (read_acks(fds[0], acks))
        ;
    (void)close(fds[0]);
    (void)waitpid(pid, NULL, 0);
    return kill_ns;
}

struct verdict {
    int64_t n_acknowledged, n_lost;
    double oldest_lost_ms; /* acknowledged that long before the end */
    bool is_sound;         /* integrity check, and the rows hold what was put */
};

static void fail_out(const struct tw_error *err)
{
    (void)fprintf(stderr, "store-kill: %s\n", err->message);
    _exit(2);
}

static bool is_sound(struct db *db)
{
    struct statement *check = NULL;
    struct tw_error err = {0};
    int64_t n_wrong = -1, n_counted = -1;
    bool is_ok;

    if (db_prepare(db, "PRAGMA integrity_check", &check, &err) < 0 ||
        statement_step(check, &err) < 0)
        fail_out(&err);
    is_ok = strcmp(statement_text(check, 0), "ok") == 0;
    statement_free(check);
    if (db_read_int(db, "SELECT count(*) FROM predictions WHERE x0 != sequence % 1000", &n_wrong,
                    &err) < 0 ||
        db_read_int(db,
                    "SELECT (SELECT value FROM counters WHERE name = 'predictions') - "
                    "(SELECT count(*) FROM predictions)",
                    &n_counted, &err) < 0)
        fail_out(&err);
    return is_ok && n_wrong == 0 && n_counted == 0;
}

static void count_lost(struct db *db, const struct acks *acks, int64_t end_ns, struct verdict *v)
{
    struct statement *find = NULL;
    struct tw_error err = {0};

    if (db_prepare(db, "SELECT 1 FROM predictions WHERE sequence = ?1", &find, &err) < 0)
        fail_out(&err);
    for (size_t i = 0; i < acks->n; i++) {
        double age_ms = (double)(end_ns - acks->rows[i].at_ns) * 1e-6;
        int found;

        statement_bind_int(find, 1, acks->rows[i].sequence);
        found = statement_step(find, &err);
        statement_reset(find);
        if (found < 0)
            fail_out(&err);
        if (found == 0) {
            v->n_lost++;
            v->oldest_lost_ms = age_ms > v->oldest_lost_ms ? age_ms : v->oldest_lost_ms;
        }
    }
    statement_free(find);
}

static struct verdict judge(const struct store_options *options,
                            const struct acks *acks,
                            int64_t kill_ns)
{
    struct verdict v = {.n_acknowledged = (int64_t)acks->n};
    /* The last sign of life, when the child outlived the decision to kill it by a moment. */
    int64_t end_ns = acks->rows[acks->n - 1].at_ns;
    struct tw_error err = {0};
    struct store *store = NULL;
    struct db *db = NULL;

    if (store_open(options, &store, &err) < 0)
        fail_out(&err);
    store_close(store);
    if (db_open(options->path, DB_CREATE, 1000, &db, &err) < 0)
        fail_out(&err);
    v.is_sound = is_sound(db);
    count_lost(db, acks, end_ns > kill_ns ? end_ns : kill_ns, &v);
    db_close(db);
    return v;
}

/* False: the bar is missed. */
static bool kill_in_mode(const struct store_options *options,
                         int n_runs,
                         int64_t rows_per_second,
                         struct random_state *rng)
{
    struct acks acks = {0};
    struct verdict sum = {.is_sound = true};
    int n_runs_with_loss = 0;
    bool is_commit = options->durability == STORE_COMMIT;

    for (int run = 0; run < n_runs; run++) {
        int live_ms = 20 + (int)random_below(rng, 500);
        int64_t kill_ns = run_and_kill(options, rows_per_second, live_ms, &acks);
        struct verdict v = judge(options, &acks, kill_ns);

        sum.n_acknowledged += v.n_acknowledged;
        sum.n_lost += v.n_lost;
        n_runs_with_loss += v.n_lost > 0;
        sum.is_sound = sum.is_sound && v.is_sound;
        if (v.oldest_lost_ms > sum.oldest_lost_ms)
            sum.oldest_lost_ms = v.oldest_lost_ms;
    }
    free(acks.rows);
    (void)printf("%-8s %d kills, %" PRId64 " rows acknowledged, %" PRId64 " lost (in %d runs), "
                 "oldest %.1f ms before the end, integrity %s\n",
                 is_commit ? "commit:" : "relaxed:", n_runs, sum.n_acknowledged, sum.n_lost,
                 n_runs_with_loss, sum.oldest_lost_ms, sum.is_sound ? "ok" : "BROKEN");
    return sum.is_sound && (is_commit ? sum.n_lost == 0 : sum.oldest_lost_ms <= LOSS_BAR_MS);
}

static bool kill_both(const char *folder, int n_runs, int64_t rows_per_second, uint64_t seed)
{
    static const enum store_durability modes[] = {STORE_COMMIT, STORE_RELAXED};

    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    struct random_state rng;
    bool is_fine = true;

    random_seed(&rng, seed);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        CLEANUP(freep) char *path = xprintf_dup("%s/store.db", folder);
        const struct store_options options = {
            .path = path,
            .durability = modes[i],
            .queue_capacity = 32768,
        };

        is_fine = kill_in_mode(&options, n_runs, rows_per_second, &rng) && is_fine;
        for (size_t s = 0; s < COUNT_OF(suffixes); s++) {
            CLEANUP(freep) char *file = xprintf_dup("%s%s", path, suffixes[s]);

            (void)unlink(file);
        }
    }
    return is_fine;
}

static int64_t argument(int argc, char **argv, int index, int64_t fallback, int64_t most)
{
    char *end = NULL;
    int64_t value;

    if (index >= argc)
        return fallback;
    value = strtoll(argv[index], &end, 10);
    if (*end || value < 1 || value > most) {
        (void)fprintf(stderr, "store-kill: '%s' is not a number from 1 to %" PRId64 "\n",
                      argv[index], most);
        _exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    int64_t n_runs = argument(argc, argv, 1, 20, ROUNDS_MAX);
    int64_t rows_per_second = argument(argc, argv, 2, 20000, 1000000);
    int64_t seed = argument(argc, argv, 3, 1, INT64_MAX);
    char folder[] = "/tmp/tidewatch-kill-XXXXXX";
    bool is_fine;

    if (!mkdtemp(folder)) {
        perror("store-kill");
        return 2;
    }
    is_fine = kill_both(folder, (int)n_runs, rows_per_second, (uint64_t)seed);
    (void)rmdir(folder);
    return is_fine ? 0 : 1;
}
