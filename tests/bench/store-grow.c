/* What a database costs that has grown: for each number of rows a new one, nine in ten predictions, the rest answers,
 * a row a second, and then the times of starting with it, of the reads behind the operations API, and of forgetting.
 * Prints a table with the exponent of each column's growth (the slope of the line through the logarithms).
 *
 *   store-grow [ROWS...]     10000 100000 1000000 unless told */

#include "common/alloc.h"
#include "common/clock.h"
#include "server/store/db.h"
#include "server/store/inserts.h"
#include "server/store/retention.h"
#include "server/store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZES_MAX 8
#define ROWS_MAX  10000000
#define ROW_MS    1000
#define PAGE      50
#define RESTORED  400 /* what the drift window of 200 reads at a start */
#define TRIM_ROWS 512 /* of a step; so small that the smallest database has REPEATS steps to give */
#define RARE      1000 /* one prediction in so many has the class, one answer in so many the score */
#define REPEATS   9    /* of each time: the median */

static const int64_t begin_ms = INT64_C(1790000000000);

static void die(const char *what, const struct tw_error *err)
{
    (void)fprintf(stderr, "store-grow: %s: %s\n", what, err->message);
    exit(2);
}

/* ---- Filling ------------------------------------------------------------------------------------- */

static void put_prediction(struct store *store, int64_t i)
{
    const struct prediction_row row = {.sequence = i,
                                       .at_ms = begin_ms + i * ROW_MS,
                                       .x = {120, 2, (double)(i % 1000) * 0.01, 3},
                                       .class_index = (uint8_t)(i % RARE == 1 ? 2 : i % 2),
                                       .confidence = 0.83f,
                                       .duration_ms = 0.03f};
    struct tw_error err;

    if (store_put_prediction(store, &row, NULL, &err) < 0)
        die("put", &err);
}

static void put_answer(struct store *store, int64_t i)
{
    struct answer_row *row = xcalloc(1, sizeof(*row));
    struct tw_error err;

    *row = (struct answer_row){.id = i,
                               .at_ms = begin_ms + i * ROW_MS,
                               .class_index = -1,
                               .relevance = 0.9,
                               .hallucination = i % ((int64_t)RARE * 10) == 0 ? 1 : 0.1,
                               .groundedness = 0.8,
                               .answer_relevance = 0.7,
                               .duration_ms = 6,
                               .model = "extractive"};
    row->query = xprintf_dup("How do I reset the password of account %lld?", (long long)i);
    row->detail = xprintf_dup("{\"answer\":\"%0512d\",\"sentences\":[]}", 0);
    if (store_put_answer(store, row, NULL, &err) < 0)
        die("put", &err);
}

/* Rows are dropped when the queue is full, so it must not be. */
static void wait_for_room(struct store *store, uint64_t most)
{
    struct store_stats stats;

    for (;;) {
        store_read_stats(store, &stats);
        if (stats.queued <= most)
            break;
        clock_sleep_until_mono_ms(clock_mono_ms() + 1);
    }
    if (stats.dropped > 0)
        die("fill", &(struct tw_error){.message = "rows were dropped"});
}

static void fill(struct store *store, int64_t n)
{
    for (int64_t i = 1; i <= n; i++) {
        if (i % 1024 == 0)
            wait_for_room(store, 4096);
        if (i % 10 == 0)
            put_answer(store, i);
        else
            put_prediction(store, i);
    }
    wait_for_room(store, 0);
}

/* ---- What is measured ---------------------------------------------------------------------------- */

struct bench {
    struct store_options options;
    struct store *store;
    int64_t n; /* rows */
    size_t n_seen;
};

typedef void measure_fn(struct bench *bench);

static void check(int result, struct tw_error *err)
{
    if (result < 0)
        die("read", err);
}

static bool see_prediction(void *ctx, const struct prediction_row *row)
{
    (void)row;
    ((struct bench *)ctx)->n_seen++;
    return true;
}

static bool see_answer(void *ctx, const struct answer_row *row)
{
    (void)row;
    ((struct bench *)ctx)->n_seen++;
    return true;
}

static void list_predictions(struct bench *bench, struct prediction_filter filter)
{
    struct tw_error err;

    filter.origin = -1;
    check(store_list_predictions(bench->store, &filter, see_prediction, bench, &err), &err);
}

static void list_answers(struct bench *bench, struct answer_filter filter)
{
    struct tw_error err;

    filter.kind = filter.class_index = -1;
    check(store_list_answers(bench->store, &filter, see_answer, bench, &err), &err);
}

static void open_store(struct bench *bench)
{
    int64_t sequence, simulation;
    struct tw_error err;

    store_close(bench->store);
    bench->store = NULL;
    check(store_open(&bench->options, &bench->store, &err), &err);
    check(store_last_ids(bench->store, &sequence, &simulation, &err), &err);
}

static void restore_window(struct bench *bench)
{
    list_predictions(bench, (struct prediction_filter){.class_index = -1, .limit = RESTORED});
}

static void newest_page(struct bench *bench)
{
    list_predictions(bench, (struct prediction_filter){.class_index = -1, .limit = PAGE});
    list_answers(bench, (struct answer_filter){.limit = PAGE});
}

static void middle_page(struct bench *bench)
{
    list_predictions(bench, (struct prediction_filter){
                                .class_index = -1, .before_sequence = bench->n / 2, .limit = PAGE});
    list_answers(bench, (struct answer_filter){.before_id = bench->n / 2, .limit = PAGE});
}

static void rare_class(struct bench *bench)
{
    list_predictions(bench, (struct prediction_filter){.class_index = 2, .limit = PAGE});
}

static void absent_class(struct bench *bench)
{
    list_predictions(bench, (struct prediction_filter){.class_index = 3, .limit = PAGE});
}

static void rare_score(struct bench *bench)
{
    list_answers(bench, (struct answer_filter){.min_hallucination = 0.9, .limit = PAGE});
}

static void one_row(struct bench *bench)
{
    CLEANUP(answer_row_freep) struct answer_row *answer = NULL;
    struct prediction_row prediction;
    struct tw_error err;

    check(store_get_prediction(bench->store, bench->n / 20 * 10 + 1, &prediction, &err), &err);
    check(store_get_answer(bench->store, bench->n / 20 * 10, &answer, &err), &err);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Steps of what the writer does once a second; the store is closed meanwhile. Half the rows are too old. */
static double measure_retention(struct bench *bench)
{
    const struct retention_limits limits = {.max_age_ms = 1};
    CLEANUP(db_closep) struct db *db = NULL;
    CLEANUP(inserts_freep) struct inserts *inserts = NULL;
    CLEANUP(retention_freep) struct retention *retention = NULL;
    int64_t now_ms = begin_ms + bench->n * ROW_MS / 2;
    double took[REPEATS];
    struct tw_error err;

    store_close(bench->store);
    bench->store = NULL;
    check(db_open(bench->options.path, DB_CREATE, 1000, &db, &err), &err);
    check(inserts_new(db, &inserts, &err), &err);
    check(retention_new(db, inserts, &limits, &retention, &err), &err);
    for (int i = 0; i < REPEATS; i++) {
        int64_t deleted, began = clock_mono_ns();

        check(retention_step(retention, now_ms, TRIM_ROWS, &deleted, &err), &err);
        took[i] = (double)(clock_mono_ns() - began) / 1e6;
        if (deleted == 0)
            die("retention", &(struct tw_error){.message = "nothing was deleted"});
    }
    qsort(took, REPEATS, sizeof(*took), by_value);
    return took[REPEATS / 2];
}

static const struct {
    const char *what;
    measure_fn *run;
    size_t rows; /* that it must give; 0: any number */
} columns[] = {
    {"open", open_store, 0},
    {"rows of the drift window", restore_window, RESTORED},
    {"newest page", newest_page, (size_t)2 * PAGE},
    {"page in the middle", middle_page, (size_t)2 * PAGE},
    {"one prediction, one answer", one_row, 0},
    {"page of a class of one in 1000", rare_class, 0},
    {"class that none has", absent_class, 0},
    {"page of a score of one answer in 1000", rare_score, 0},
};

enum { RETENTION = COUNT_OF(columns), N_COLUMNS };

/* ---- The table ----------------------------------------------------------------------------------- */

static double median_ms(struct bench *bench, size_t column)
{
    double took[REPEATS];

    for (int i = 0; i < REPEATS; i++) {
        int64_t began = clock_mono_ns();

        bench->n_seen = 0;
        columns[column].run(bench);
        took[i] = (double)(clock_mono_ns() - began) / 1e6;
        if (columns[column].rows > 0 && bench->n_seen != columns[column].rows)
            die(columns[column].what, &(struct tw_error){.message = "other rows than were put"});
    }
    qsort(took, REPEATS, sizeof(*took), by_value);
    return took[REPEATS / 2];
}

static void measure(int64_t n, double *ret_ms)
{
    char folder[] = "/tmp/tidewatch-grow-XXXXXX";
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    struct bench bench = {.n = n, .options = {.queue_capacity = 32768}};
    CLEANUP(freep) char *path = NULL;
    struct tw_error err;

    if (!mkdtemp(folder))
        die(folder, &(struct tw_error){.message = "cannot be made"});
    path = xprintf_dup("%s/store.db", folder);
    bench.options.path = path;
    check(store_open(&bench.options, &bench.store, &err), &err);
    fill(bench.store, n);
    for (size_t c = 0; c < COUNT_OF(columns); c++)
        ret_ms[c] = median_ms(&bench, c);
    ret_ms[RETENTION] = measure_retention(&bench);
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        CLEANUP(freep) char *file = xprintf_dup("%s%s", path, endings[i]);

        (void)unlink(file);
    }
    (void)rmdir(folder);
}

/* The slope of log ms over log rows, by least squares. */
static double exponent(const int64_t *sizes, double (*ms)[N_COLUMNS], int n, size_t column)
{
    double x = 0, y = 0, xx = 0, xy = 0;

    for (int i = 0; i < n; i++) {
        double at = log((double)sizes[i]), value = log(ms[i][column]);

        x += at;
        y += value;
        xx += at * at;
        xy += at * value;
    }
    return (n * xy - x * y) / (n * xx - x * x);
}

static void print_table(const int64_t *sizes, double (*ms)[N_COLUMNS], int n)
{
    printf("| ms");
    for (int i = 0; i < n; i++)
        printf(" | %lld rows", (long long)sizes[i]);
    printf(" | exponent |\n|---|");
    for (int i = 0; i <= n; i++)
        printf("---|");
    for (size_t c = 0; c < N_COLUMNS; c++) {
        printf("\n| %s", c == RETENTION ? "a step of retention, 512 rows" : columns[c].what);
        for (int i = 0; i < n; i++)
            printf(" | %.3g", ms[i][c]);
        printf(" | %.2f |", exponent(sizes, ms, n, c));
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    int64_t sizes[SIZES_MAX] = {10000, 100000, 1000000};
    static double ms[SIZES_MAX][N_COLUMNS];
    int n = argc > 1 ? argc - 1 : 3;

    for (int i = 1; i < argc && i <= SIZES_MAX; i++)
        sizes[i - 1] = strtoll(argv[i], NULL, 10);
    for (int i = 0; i < n; i++) {
        if (n < 2 || n > SIZES_MAX || sizes[i] < 10000 || sizes[i] > ROWS_MAX) {
            (void)fprintf(stderr, "usage: store-grow [ROWS...]: 2 to %d numbers from 10000 to %d\n",
                          SIZES_MAX, ROWS_MAX);
            return 2;
        }
        measure(sizes[i], ms[i]);
    }
    printf("store-grow: medians of %d, in a page %d rows of each kind\n\n", REPEATS, PAGE);
    print_table(sizes, ms, n);
    return 0;
}
