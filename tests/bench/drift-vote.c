/* The drift monitor's judgement of windows, and what it costs, for the benchmark that puts others beside it
 * (bench_drift_peers.py). The model is trained from tickets.csv as tidewatchd does it; the stream is that of
 * tickets.h.
 *
 *   drift-vote TICKETS.CSV time WINDOW VOTES
 *       microseconds that a vote of so many predictions takes, the median of VOTES: the window gathered, sorted
 *       and compared. Without the ring (25 new predictions of 20 ns), so that WINDOW can be less than the
 *       monitor's least.
 *   drift-vote TICKETS.CSV reference
 *       the reference, a row a line: four features, each column in ascending order by itself, and the class
 *   drift-vote TICKETS.CSV windows AMOUNT COUNT SEED
 *       COUNT windows of 200 predictions, all four features drifted by AMOUNT. Each is a line of what the monitor
 *       makes of it, OVER FLAG and per feature PSI KS KS_P WASSERSTEIN_SD JS_DISTANCE, then CHI2 and P of the
 *       classes; and 200 lines of predictions, as the reference has them. OVER: any feature, by the last vote
 *       alone; FLAG: by the last two. */

#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"
#include "server/ml/drift_monitor.h"
#include "server/ml/tickets.h"
#include "server/ml/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW     200
#define VOTE_EVERY 25
#define ALPHA      0.001
#define TEXT_MAX   ((size_t)16 << 20)
#define COUNT_MAX  100000 /* of votes, of windows */

#define ALL_FEATURES 15U

static struct model *train(const char *path)
{
    CLEANUP(dataset_freep) struct dataset *dataset = NULL;
    CLEANUP(freep) char *text = NULL;
    struct train_options options = {
        .classes = ticket_classes, .n_classes = TICKET_CLASSES, .held_out_share = 0.2};
    struct model *model = NULL;
    struct tw_error err;
    size_t len;

    if (file_read(path, TEXT_MAX, &text, &len, &err) < 0 ||
        dataset_parse(text, len, ticket_classes, TICKET_CLASSES, &dataset, &err) < 0 ||
        train_model(dataset, &options, &model, &err) < 0)
        (void)fprintf(stderr, "drift-vote: %s\n", err.message);
    return model;
}

/* ---- Time ---------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void vote(const struct model *model,
                 const struct ticket *tickets,
                 size_t n,
                 struct drift_window *scratch)
{
    struct drift_comparison comparison;

    drift_window_clear(scratch);
    for (size_t i = 0; i < n; i++)
        drift_window_add(scratch, tickets[i].x, tickets[i].label);
    drift_window_sort(scratch);
    drift_compare(model, &model->reference, scratch, ALPHA, &comparison);
}

static void print_time(const struct model *model, size_t window, size_t n_votes)
{
    size_t n = window + VOTE_EVERY * n_votes;
    CLEANUP(drift_window_freep) struct drift_window *scratch = drift_window_new(window);
    CLEANUP(freep) struct ticket *tickets = xcalloc(n, sizeof(*tickets));
    CLEANUP(freep) int64_t *took = xcalloc(n_votes, sizeof(*took));
    struct random_state rng;

    random_seed(&rng, 7);
    for (size_t i = 0; i < n; i++)
        ticket_draw(&rng, 0, 0, &tickets[i]);
    for (size_t i = 0; i < n_votes; i++) {
        int64_t start = clock_mono_ns();

        vote(model, tickets + i * VOTE_EVERY, window, scratch);
        took[i] = clock_mono_ns() - start;
    }
    qsort(took, n_votes, sizeof(*took), by_value);
    (void)printf("%.2f\n", (double)took[n_votes / 2] / 1e3);
}

/* ---- The reference ------------------------------------------------------------------------------- */

static void print_row(const double *x, int class_index)
{
    for (int f = 0; f < N_FEATURES; f++)
        (void)printf("%.17g ", x[f]);
    (void)printf("%d\n", class_index);
}

/* Walks the columns, which the model keeps as distinct values and how many rows are up to each. */
static void print_reference(const struct reference *reference)
{
    size_t at[N_FEATURES] = {0};
    uint32_t up_to_class = reference->class_counts[0];
    int class_index = 0;
    double x[N_FEATURES];

    for (uint32_t row = 0; row < reference->n_rows; row++) {
        for (int f = 0; f < N_FEATURES; f++) {
            const struct reference_feature *feature = &reference->feature[f];

            at[f] += row == feature->cumulative[at[f]];
            x[f] = feature->values[at[f]];
        }
        while (row == up_to_class && class_index + 1 < CLASSES_MAX)
            up_to_class += reference->class_counts[++class_index];
        print_row(x, class_index);
    }
}

/* ---- Windows ------------------------------------------------------------------------------------- */

static void print_report(const struct drift_report *report)
{
    const struct drift_comparison *training = &report->training;
    bool is_over = false;

    for (int f = 0; f < N_FEATURES; f++)
        is_over = is_over || training->feature[f].is_over;
    (void)printf("%d %d", is_over, report->is_detected);
    for (int f = 0; f < N_FEATURES; f++) {
        const struct drift_feature *feature = &training->feature[f];

        (void)printf(" %.17g %.17g %.17g %.17g %.17g", feature->psi, feature->ks, feature->ks_p,
                     feature->wasserstein_sd, feature->js_distance);
    }
    (void)printf(" %.17g %.17g\n", training->classes.chi2, training->classes.p);
}

/* A stream of its own: WINDOW predictions and the vote after each 25, as tidewatchd takes them. */
static void print_window(const struct model *model, double amount, struct random_state *rng)
{
    static const struct drift_options options = {.window = WINDOW,
                                                 .max_age_ms = INT64_C(6) * 3600 * 1000,
                                                 .vote_every = VOTE_EVERY,
                                                 .alpha = ALPHA};
    CLEANUP(drift_monitor_freep) struct drift_monitor *monitor = drift_monitor_new(model, &options);
    static struct ticket tickets[WINDOW];
    static int class_index[WINDOW];
    struct drift_report report;

    for (int i = 0; i < WINDOW; i++) {
        struct prediction prediction;

        ticket_draw(rng, amount, ALL_FEATURES, &tickets[i]);
        model_predict(model, tickets[i].x, &prediction);
        class_index[i] = prediction.class_index;
        if (drift_monitor_record(monitor, tickets[i].x, class_index[i], i))
            drift_monitor_check(monitor, i);
    }
    drift_monitor_report(monitor, &report);
    print_report(&report);
    for (int i = 0; i < WINDOW; i++)
        print_row(tickets[i].x, class_index[i]);
}

static int run(const struct model *model, int argc, char **argv)
{
    unsigned long long a = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    unsigned long long count = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    bool is_count = count > 0 && count <= COUNT_MAX;
    struct random_state rng;

    if (argc == 3 && strcmp(argv[2], "reference") == 0) {
        print_reference(&model->reference);
        return 0;
    }
    if (argc == 5 && strcmp(argv[2], "time") == 0 && is_count && a > 0 && a <= DRIFT_WINDOW_MOST) {
        print_time(model, (size_t)a, (size_t)count);
        return 0;
    }
    if (argc != 6 || strcmp(argv[2], "windows") != 0 || !is_count)
        return 2;
    random_seed(&rng, strtoull(argv[5], NULL, 10));
    for (unsigned long long i = 0; i < count; i++)
        print_window(model, strtod(argv[3], NULL), &rng);
    return 0;
}

int main(int argc, char **argv)
{
    CLEANUP(model_freep) struct model *model = argc > 2 ? train(argv[1]) : NULL;
    int status = model ? run(model, argc, argv) : 2;

    if (argc <= 2 || (model && status != 0))
        (void)fprintf(stderr, "usage: drift-vote tickets.csv time WINDOW VOTES | reference | "
                              "windows AMOUNT COUNT SEED\n");
    return status;
}
