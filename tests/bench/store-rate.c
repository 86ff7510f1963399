/* What a row costs: two threads put predictions at a given rate, the writer brings them to disk.
 * Prints the time of a put as its caller sees it, and the CPU of the writer and the copier of its log per
 * row.
 *
 * store-rate [relaxed|commit [ROWS_PER_SECOND [SECONDS]]] */

#include "common/alloc.h"
#include "common/clock.h"
#include "server/store/store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define N_PRODUCERS    2
#define HISTOGRAM_SIZE 20000 /* nanoseconds; the last holds what is over */

struct producer {
    struct store *store;
    int64_t rows_per_second, seconds;
    _Atomic int64_t *next_sequence;
    uint64_t n_refused;
    int64_t clock_ns; /* what reading the clock costs by itself */
    double cpu_seconds;
    int64_t total_ns, most_ns;
    uint32_t histogram[HISTOGRAM_SIZE];
};

static double thread_cpu(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double process_cpu(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6 +
           (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
}

static int64_t measure_clock(void)
{
    int64_t start_ns = clock_mono_ns();

    for (int i = 0; i < 999; i++)
        (void)clock_mono_ns();
    return (clock_mono_ns() - start_ns) / 1000;
}

static void put_one(struct producer *self)
{
    struct prediction_row row = {
        .sequence = ++*self->next_sequence,
        .at_ms = 1700000000000,
        .x = {120, 2, 5.25, 3},
        .confidence = 0.83f,
        .duration_ms = 0.03f,
    };
    int64_t start_ns, took_ns;

    row.x[2] = (double)(row.sequence % 1000) * 0.01;
    start_ns = clock_mono_ns();
    if (store_put_prediction(self->store, &row, NULL, NULL) < 0)
        self->n_refused++;
    took_ns = clock_mono_ns() - start_ns - self->clock_ns;
    took_ns = took_ns < 0 ? 0 : took_ns;
    self->total_ns += took_ns;
    self->most_ns = took_ns > self->most_ns ? took_ns : self->most_ns;
    self->histogram[took_ns < HISTOGRAM_SIZE ? took_ns : HISTOGRAM_SIZE - 1]++;
}

static void *produce(void *arg)
{
    struct producer *self = arg;
    int64_t start_ms = clock_mono_ms(), n_put = 0;

    self->clock_ns = measure_clock();
    for (int64_t ms = 1; ms <= self->seconds * 1000; ms++) {
        for (; n_put < ms * self->rows_per_second / 1000; n_put++)
            put_one(self);
        clock_sleep_until_mono_ms(start_ms + ms);
    }
    self->cpu_seconds = thread_cpu();
    return NULL;
}

static int64_t percentile(const struct producer *producers, uint64_t n, double share)
{
    uint64_t below = 0;

    for (int64_t ns = 0; ns < HISTOGRAM_SIZE; ns++) {
        for (int i = 0; i < N_PRODUCERS; i++)
            below += producers[i].histogram[ns];
        if ((double)below >= share * (double)n)
            return ns;
    }
    return HISTOGRAM_SIZE;
}

static void report(struct store *store, const struct producer *producers, double writer_seconds)
{
    struct store_stats stats;
    int64_t total_ns = 0, most_ns = 0;
    uint64_t n, n_refused = 0;

    store_read_stats(store, &stats);
    for (int i = 0; i < N_PRODUCERS; i++) {
        total_ns += producers[i].total_ns;
        most_ns = producers[i].most_ns > most_ns ? producers[i].most_ns : most_ns;
        n_refused += producers[i].n_refused;
    }
    n = stats.written + stats.dropped;
    (void)printf("rows %" PRIu64 ", refused or dropped %" PRIu64 " (busy %" PRIu64
                 "), commits %" PRIu64 " of %.0f rows, %.2f ms each\n",
                 stats.written, stats.dropped, n_refused, stats.commits,
                 (double)stats.written / (double)stats.commits,
                 stats.commit_seconds / (double)stats.commits * 1e3);
    (void)printf("put: mean %.0f ns, p50 %" PRId64 ", p99 %" PRId64 ", p99.9 %" PRId64
                 ", most %" PRId64 " ns\n",
                 (double)total_ns / (double)n, percentile(producers, n, 0.5),
                 percentile(producers, n, 0.99), percentile(producers, n, 0.999), most_ns);
    (void)printf("writer and copier: %.2f us of CPU per row\n",
                 writer_seconds / (double)stats.written * 1e6);
}

/* Waits until the last row is on disk. */
static void wait_until_empty(struct store *store)
{
    struct store_stats stats;

    do {
        clock_sleep_until_mono_ms(clock_mono_ms() + 5);
        store_read_stats(store, &stats);
    } while (stats.queued > 0);
}

static int measure(const struct store_options *options, int64_t rows_per_second, int64_t seconds)
{
    CLEANUP(store_closep) struct store *store = NULL;
    CLEANUP(freep) struct producer *producers = xcalloc(N_PRODUCERS, sizeof(*producers));
    _Atomic int64_t next_sequence = 0;
    pthread_t threads[N_PRODUCERS];
    struct tw_error err = {0};
    double others_seconds;

    if (store_open(options, &store, &err) < 0) {
        (void)fprintf(stderr, "store-rate: %s\n", err.message);
        return 2;
    }
    for (int i = 0; i < N_PRODUCERS; i++) {
        producers[i].store = store;
        producers[i].rows_per_second = rows_per_second / N_PRODUCERS;
        producers[i].seconds = seconds;
        producers[i].next_sequence = &next_sequence;
        if (pthread_create(&threads[i], NULL, produce, &producers[i]) != 0)
            abort();
    }
    for (int i = 0; i < N_PRODUCERS; i++)
        (void)pthread_join(threads[i], NULL);
    wait_until_empty(store);
    others_seconds = thread_cpu();
    for (int i = 0; i < N_PRODUCERS; i++)
        others_seconds += producers[i].cpu_seconds;
    report(store, producers, process_cpu() - others_seconds);
    return 0;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/tidewatch-rate-XXXXXX";
    CLEANUP(freep) char *path = NULL;
    CLEANUP(freep) char *lock = NULL;
    struct store_options options = {.queue_capacity = 32768};
    int64_t rows_per_second = argc > 2 ? strtoll(argv[2], NULL, 10) : 50000;
    int64_t seconds = argc > 3 ? strtoll(argv[3], NULL, 10) : 5;
    int status;

    if (rows_per_second < 1000 || seconds < 1 || !mkdtemp(folder)) {
        (void)fprintf(stderr, "store-rate [relaxed|commit [ROWS_PER_SECOND [SECONDS]]]\n");
        return 2;
    }
    path = xprintf_dup("%s/store.db", folder);
    lock = xprintf_dup("%s.lock", path);
    options.path = path;
    options.durability = argc > 1 && strcmp(argv[1], "commit") == 0 ? STORE_COMMIT : STORE_RELAXED;
    status = measure(&options, rows_per_second, seconds);
    (void)unlink(path);
    (void)unlink(lock);
    (void)rmdir(folder);
    return status;
}
