#include "test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "server/ml/drift_monitor.h"
#include "server/ml/drift_ring.h"
#include "server/ml/tickets.h"
#include "server/ml/train.h"

#include <pthread.h>
#include <stdatomic.h>

#define HOUR_MS      3600000LL
#define ALL_FEATURES 15U

static struct model *model;
static const struct drift_options options = {
    .window = 200, .max_age_ms = 6 * HOUR_MS, .vote_every = 25, .alpha = 0.001};

/* A monitor with a stream into it: one prediction a second. */
struct stream {
    struct drift_monitor *monitor;
    struct random_state rng;
    int64_t now_ms;
    double amount;
};

static int train_once(void **state)
{
    CLEANUP(dataset_freep) struct dataset *dataset = NULL;
    struct train_options training = {
        .classes = ticket_classes, .n_classes = TICKET_CLASSES, .held_out_share = 0.2};
    struct buffer csv;

    (void)state;
    buffer_init(&csv, 1 << 20);
    tickets_write_csv(1, 5000, &csv);
    CHECK(dataset_parse(csv.data, csv.len, ticket_classes, TICKET_CLASSES, &dataset, NULL) == 0);
    buffer_finish(&csv);
    CHECK(train_model(dataset, &training, &model, NULL) == 0);
    return 0;
}

static int free_model(void **state)
{
    (void)state;
    model_free(model);
    return 0;
}

static int open_stream(void **state)
{
    struct stream *s = xcalloc(1, sizeof(*s));

    s->monitor = drift_monitor_new(model, &options);
    random_seed(&s->rng, 3);
    s->now_ms = 1000 * HOUR_MS;
    *state = s;
    return 0;
}

static int close_stream(void **state)
{
    struct stream *s = *state;

    drift_monitor_free(s->monitor);
    free(s);
    return 0;
}

static bool record_next(struct stream *s)
{
    struct prediction prediction;
    struct ticket ticket;

    ticket_draw(&s->rng, s->amount, ALL_FEATURES, &ticket);
    model_predict(model, ticket.x, &prediction);
    s->now_ms += 1000;
    return drift_monitor_record(s->monitor, ticket.x, prediction.class_index, s->now_ms);
}

static struct drift_report check(struct stream *s)
{
    struct drift_report report;

    drift_monitor_check(s->monitor, s->now_ms);
    drift_monitor_report(s->monitor, &report);
    return report;
}

/* n predictions, checked whenever record says so, as live. */
static struct drift_report run(struct stream *s, int n)
{
    struct drift_report report;

    for (int i = 0; i < n; i++)
        if (record_next(s))
            (void)check(s);
    drift_monitor_report(s->monitor, &report);
    return report;
}

static void there_is_no_score_under_100_predictions(void **state)
{
    struct stream *s = *state;
    struct drift_report report;

    CHECK(check(s).n_samples == 0);
    for (int i = 0; i < 99; i++)
        (void)record_next(s);
    report = check(s);
    CHECK(report.n_samples == 99 && !report.has_score && report.n_votes == 0);
    CHECK(report.at_ms == s->now_ms);
    (void)record_next(s);
    report = check(s);
    CHECK(report.n_samples == 100 && report.has_score && report.n_votes == 1);
    CHECK(report.training.n_before == 4000);
}

static void the_window_holds_the_last_200(void **state)
{
    struct stream *s = *state;
    struct drift_report report = run(s, 1000);
    uint32_t rows = 0;

    CHECK(report.n_samples == 200);
    for (size_t k = 0; k <= report.training.feature[0].n_edges; k++)
        rows += report.training.feature[0].after[k];
    CHECK(rows == 200);
}

static void record_asks_for_a_check_every_25(void **state)
{
    struct stream *s = *state;

    for (int i = 1; i <= 100; i++)
        CHECK(record_next(s) == (i % 25 == 0));
}

static void a_repeated_prediction_counts_once(void **state)
{
    struct stream *s = *state;
    double a[N_FEATURES] = {100, 2, 5, 3}, b[N_FEATURES] = {101, 2, 5, 3};

    for (int i = 0; i < 300; i++)
        (void)drift_monitor_record(s->monitor, a, 1, s->now_ms);
    CHECK(check(s).n_samples == 1);
    (void)drift_monitor_record(s->monitor, b, 1, s->now_ms);
    (void)drift_monitor_record(s->monitor, b, 1, s->now_ms);
    (void)drift_monitor_record(s->monitor, a, 1, s->now_ms);
    CHECK(check(s).n_samples == 3);
}

static void repeats_are_no_new_predictions_for_a_vote(void **state)
{
    struct stream *s = *state;
    double x[N_FEATURES] = {100, 2, 5, 3};

    CHECK(run(s, 100).n_votes == 1);
    for (int i = 0; i < 50; i++)
        (void)drift_monitor_record(s->monitor, x, 1, s->now_ms);
    CHECK(check(s).n_votes == 1);
    for (int i = 0; i < 24; i++)
        (void)record_next(s);
    CHECK(check(s).n_votes == 2);
}

static void a_repeat_keeps_its_prediction_young(void **state)
{
    struct stream *s = *state;
    double x[N_FEATURES] = {100, 2, 5, 3};

    (void)drift_monitor_record(s->monitor, x, 1, s->now_ms);
    s->now_ms += 5 * HOUR_MS;
    (void)drift_monitor_record(s->monitor, x, 1, s->now_ms);
    s->now_ms += 5 * HOUR_MS;
    CHECK(check(s).n_samples == 1);
    s->now_ms += 2 * HOUR_MS;
    CHECK(check(s).n_samples == 0);
}

static void old_predictions_fall_out(void **state)
{
    struct stream *s = *state;

    (void)run(s, 150);
    s->now_ms += 6 * HOUR_MS - 49500;
    CHECK(check(s).n_samples == 50);
    CHECK(!check(s).has_score);
    s->now_ms += 6 * HOUR_MS;
    CHECK(check(s).n_samples == 0);
}

static void figures_follow_when_predictions_grow_too_old(void **state)
{
    struct stream *s = *state;
    double mean;

    s->amount = 1;
    (void)run(s, 100);
    s->amount = 0;
    s->now_ms += HOUR_MS;
    mean = run(s, 100).training.feature[0].mean_after;
    s->now_ms += 5 * HOUR_MS - 1000;
    CHECK(check(s).n_samples == 100);
    CHECK(check(s).training.feature[0].mean_after < mean - 20);
}

static void an_undrifted_stream_raises_no_flag(void **state)
{
    struct stream *s = *state;

    for (int i = 0; i < 40; i++) {
        struct drift_report report = run(s, 25);

        CHECK(!report.is_detected && report.n_detected == 0 && report.detected_ratio == 0);
        CHECK(!report.has_score || report.training.score < 0.4);
    }
}

static void a_flag_goes_up_at_the_second_vote_over(void **state)
{
    struct stream *s = *state;
    struct drift_report report = run(s, 200);
    int n_over = 0;

    s->amount = 1;
    while (!report.detected[FEATURE_TICKET_LENGTH]) {
        report = run(s, 25);
        n_over += report.training.feature[FEATURE_TICKET_LENGTH].is_over;
        CHECK(report.detected[FEATURE_TICKET_LENGTH] == (n_over == 2));
        CHECK(n_over <= 2);
    }
    CHECK(report.is_detected);
    report = run(s, 200);
    CHECK(report.n_detected == N_FEATURES && report.detected_ratio == 1);
    CHECK(report.training.score > 0.5);
    CHECK(report.training.classes.cramers_v > 0.2 && report.training.classes.p < 1e-6);
}

static void a_flag_comes_down_at_the_second_clean_vote(void **state)
{
    struct stream *s = *state;
    struct drift_report report;
    int n_clean = 0;

    s->amount = 1;
    report = run(s, 200);
    CHECK(report.detected[FEATURE_TICKET_LENGTH]);
    s->amount = 0;
    while (report.detected[FEATURE_TICKET_LENGTH]) {
        report = run(s, 25);
        n_clean += !report.training.feature[FEATURE_TICKET_LENGTH].is_over;
        CHECK(report.detected[FEATURE_TICKET_LENGTH] == (n_clean < 2));
    }
}

static void one_vote_over_is_not_enough(void **state)
{
    struct stream *s = *state;
    struct drift_report report;

    (void)run(s, 200);
    /* A burst of drift that one vote sees and the next does not: nothing but drift, then nothing of it. */
    s->amount = 1;
    for (int i = 0; i < 200; i++)
        (void)record_next(s);
    report = check(s);
    CHECK(report.training.feature[0].is_over && !report.is_detected);
    s->amount = 0;
    for (int i = 0; i < 200; i++)
        (void)record_next(s);
    report = check(s);
    CHECK(!report.training.feature[0].is_over && !report.is_detected);
    s->amount = 1;
    for (int i = 0; i < 200; i++)
        (void)record_next(s);
    CHECK(!check(s).is_detected);
}

static void votes_that_are_due_together_are_one(void **state)
{
    struct stream *s = *state;

    s->amount = 1;
    for (int i = 0; i < 1000; i++)
        (void)record_next(s);
    CHECK(check(s).n_votes == 1);
    CHECK(!check(s).is_detected);
    for (int i = 0; i < 25; i++)
        (void)record_next(s);
    CHECK(check(s).n_votes == 2);
    CHECK(check(s).is_detected);
}

static void a_refresh_changes_figures_but_does_not_vote(void **state)
{
    struct stream *s = *state;
    struct drift_report before = run(s, 200), after;

    s->amount = 1;
    for (int i = 0; i < 24; i++)
        (void)record_next(s);
    after = check(s);
    CHECK(after.n_votes == before.n_votes);
    CHECK(after.training.feature[0].mean_after > before.training.feature[0].mean_after);
    for (int i = 0; i < 10; i++)
        CHECK(check(s).n_votes == before.n_votes);
}

static void reset_empties_window_votes_and_ring(void **state)
{
    struct stream *s = *state;
    struct drift_report report;

    s->amount = 1;
    CHECK(run(s, 300).is_detected);
    for (int i = 0; i < 50; i++)
        (void)record_next(s);
    drift_monitor_reset(s->monitor);
    drift_monitor_report(s->monitor, &report);
    CHECK(report.n_samples == 0 && !report.has_score && !report.is_detected && report.n_votes == 0);
    CHECK(check(s).n_samples == 0);
    s->amount = 0;
    report = run(s, 200);
    CHECK(report.n_samples == 200 && !report.is_detected);
}

/* Recorded anew in the same order with checks when asked for: the same figures, flags and votes. */
static void recording_again_restores_everything(void **state)
{
    struct stream *s = *state;
    CLEANUP(drift_monitor_freep)
    struct drift_monitor *restored = drift_monitor_new(model, &options);
    struct stream again = {.monitor = restored, .rng = s->rng, .now_ms = s->now_ms, .amount = 1};
    struct drift_report live, later;

    s->amount = 1;
    live = run(s, 310);
    later = run(&again, 310);
    CHECK(live.is_detected);
    CHECK(later.n_votes == live.n_votes && later.n_samples == live.n_samples);
    CHECK(memcmp(later.detected, live.detected, sizeof(live.detected)) == 0);
    CHECK(later.training.score == live.training.score);
    for (int f = 0; f < N_FEATURES; f++)
        CHECK(later.training.feature[f].psi == live.training.feature[f].psi &&
              later.training.feature[f].ks == live.training.feature[f].ks);
}

/* What is usual at this hour is itself drifted against the training data. */
static void flags_follow_the_usual_when_there_is_one(void **state)
{
    struct stream *s = *state;
    CLEANUP(freep) double(*x)[N_FEATURES] = xcalloc(2000, sizeof(*x));
    CLEANUP(freep) uint8_t *class_index = xcalloc(2000, 1);
    struct drift_report report;

    for (size_t i = 0; i < 2000; i++) {
        struct prediction prediction;
        struct ticket ticket;

        ticket_draw(&s->rng, 0.6, ALL_FEATURES, &ticket);
        memcpy(x[i], ticket.x, sizeof(ticket.x));
        model_predict(model, ticket.x, &prediction);
        class_index[i] = (uint8_t)prediction.class_index;
    }
    s->amount = 0.6;
    CHECK(run(s, 300).n_detected == N_FEATURES);
    drift_monitor_set_usual(s->monitor,
                            reference_new((const double(*)[N_FEATURES])x, class_index, 2000));
    report = run(s, 100);
    CHECK(report.has_usual && report.usual.n_before == 2000 && !report.is_detected);
    CHECK(report.training.score > 0.5 && report.usual.score < 0.3);
    drift_monitor_set_usual(s->monitor, NULL);
    report = check(s);
    CHECK(!report.has_usual && !report.is_detected);
    CHECK(run(s, 50).n_detected == N_FEATURES);
}

static void what_overran_the_ring_is_counted(void **state)
{
    struct stream *s = *state;
    struct drift_report report;

    for (int i = 0; i < 10000; i++)
        (void)record_next(s);
    report = check(s);
    CHECK(report.n_lost == 10000 - 4096);
    CHECK(report.n_samples == 200);
}

/* ---- The ring ------------------------------------------------------------------------------------ */

static void samples_come_out_in_order(void **state)
{
    CLEANUP(drift_ring_freep) struct drift_ring *ring = drift_ring_new(5);
    struct drift_sample sample = {.class_index = 1};

    (void)state;
    CHECK(!drift_ring_take(ring, 0, &sample));
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 8; i++) {
            sample.x[0] = round * 8 + i;
            CHECK(drift_ring_put(ring, &sample) == (uint64_t)(round * 8 + i));
        }
        for (int i = 0; i < 8; i++) {
            CHECK(drift_ring_take(ring, 0, &sample));
            CHECK(sample.x[0] == round * 8 + i);
        }
        CHECK(!drift_ring_take(ring, 0, &sample));
    }
    CHECK(drift_ring_lost(ring) == 0);
}

static void the_oldest_are_lost_first(void **state)
{
    CLEANUP(drift_ring_freep) struct drift_ring *ring = drift_ring_new(8);
    struct drift_sample sample = {.class_index = 1};

    (void)state;
    for (int i = 0; i < 21; i++) {
        sample.x[0] = i;
        (void)drift_ring_put(ring, &sample);
    }
    for (int i = 13; i < 21; i++) {
        CHECK(drift_ring_take(ring, 0, &sample));
        CHECK(sample.x[0] == i);
    }
    CHECK(!drift_ring_take(ring, 0, &sample));
    CHECK(drift_ring_lost(ring) == 13);
}

#define WRITERS    4
#define PER_WRITER 20000

struct writer {
    pthread_t thread;
    struct drift_ring *ring;
    int id;
    _Atomic int *n_running;
};

/* Every field of a sample says the same, so that a torn one shows. */
static void *write_samples(void *ctx)
{
    struct writer *writer = ctx;

    for (int i = 1; i <= PER_WRITER; i++) {
        double value = writer->id * 1e6 + i;
        struct drift_sample sample = {{value, value, value, value}, writer->id, i};

        (void)drift_ring_put(writer->ring, &sample);
    }
    atomic_fetch_sub(writer->n_running, 1);
    return NULL;
}

static void check_whole(const struct drift_sample *sample, int64_t *last)
{
    CHECK(sample->class_index >= 0 && sample->class_index < WRITERS);
    for (int f = 0; f < N_FEATURES; f++)
        CHECK(sample->x[f] == sample->class_index * 1e6 + (double)sample->at_ms);
    CHECK(sample->at_ms > last[sample->class_index]);
    last[sample->class_index] = sample->at_ms;
}

static void writers_and_reader_do_not_tear_samples(void **state)
{
    CLEANUP(drift_ring_freep) struct drift_ring *ring = drift_ring_new(64);
    struct writer writers[WRITERS];
    _Atomic int n_running = WRITERS;
    int64_t last[WRITERS] = {0}, now_ms = 0;
    struct drift_sample sample;
    uint64_t n_taken = 0;
    bool is_last_round;

    (void)state;
    for (int id = 0; id < WRITERS; id++) {
        writers[id] = (struct writer){.ring = ring, .id = id, .n_running = &n_running};
        CHECK(pthread_create(&writers[id].thread, NULL, write_samples, &writers[id]) == 0);
    }
    do {
        is_last_round = atomic_load(&n_running) == 0;
        for (; drift_ring_take(ring, now_ms, &sample); n_taken++)
            check_whole(&sample, last);
        now_ms++;
    } while (!is_last_round);
    for (int id = 0; id < WRITERS; id++)
        CHECK(pthread_join(writers[id].thread, NULL) == 0);
    /* A gap that a writer left may still hold the last ones up. */
    for (int again = 0; again < 100; again++)
        for (now_ms += 1000; drift_ring_take(ring, now_ms, &sample); n_taken++)
            check_whole(&sample, last);
    print_message("# %llu of %d samples taken from a ring of 64, %llu lost\n",
                  (unsigned long long)n_taken, WRITERS * PER_WRITER,
                  (unsigned long long)drift_ring_lost(ring));
    CHECK(n_taken + drift_ring_lost(ring) == (uint64_t)WRITERS * PER_WRITER);
    CHECK(n_taken >= 64);
}

struct caller {
    pthread_t thread;
    struct drift_monitor *monitor;
    uint64_t seed;
};

static void *predict_and_record(void *ctx)
{
    struct caller *caller = ctx;
    struct random_state rng;

    random_seed(&rng, caller->seed);
    for (int i = 0; i < 1000; i++) {
        struct drift_report report;
        struct ticket ticket;

        ticket_draw(&rng, 0, 0, &ticket);
        if (drift_monitor_record(caller->monitor, ticket.x, ticket.label, i))
            drift_monitor_check(caller->monitor, i);
        if (i % 100 == 0)
            drift_monitor_report(caller->monitor, &report);
    }
    return NULL;
}

static void many_threads_record_and_check(void **state)
{
    struct stream *s = *state;
    struct caller callers[WRITERS];
    struct drift_report report;

    for (int id = 0; id < WRITERS; id++) {
        callers[id] = (struct caller){.monitor = s->monitor, .seed = (uint64_t)id};
        CHECK(pthread_create(&callers[id].thread, NULL, predict_and_record, &callers[id]) == 0);
    }
    for (int id = 0; id < WRITERS; id++)
        CHECK(pthread_join(callers[id].thread, NULL) == 0);
    drift_monitor_check(s->monitor, 1000);
    drift_monitor_report(s->monitor, &report);
    CHECK(report.n_samples == 200 && report.has_score && report.n_votes > 0);
}

#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, open_stream, close_stream)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(there_is_no_score_under_100_predictions),
        STREAM_TEST(the_window_holds_the_last_200),
        STREAM_TEST(record_asks_for_a_check_every_25),
        STREAM_TEST(a_repeated_prediction_counts_once),
        STREAM_TEST(repeats_are_no_new_predictions_for_a_vote),
        STREAM_TEST(a_repeat_keeps_its_prediction_young),
        STREAM_TEST(old_predictions_fall_out),
        STREAM_TEST(figures_follow_when_predictions_grow_too_old),
        STREAM_TEST(an_undrifted_stream_raises_no_flag),
        STREAM_TEST(a_flag_goes_up_at_the_second_vote_over),
        STREAM_TEST(a_flag_comes_down_at_the_second_clean_vote),
        STREAM_TEST(one_vote_over_is_not_enough),
        STREAM_TEST(votes_that_are_due_together_are_one),
        STREAM_TEST(a_refresh_changes_figures_but_does_not_vote),
        STREAM_TEST(reset_empties_window_votes_and_ring),
        STREAM_TEST(recording_again_restores_everything),
        STREAM_TEST(flags_follow_the_usual_when_there_is_one),
        STREAM_TEST(what_overran_the_ring_is_counted),
        TEST(samples_come_out_in_order),
        TEST(the_oldest_are_lost_first),
        TEST(writers_and_reader_do_not_tear_samples),
        STREAM_TEST(many_threads_record_and_check),
    };

    return cmocka_run_group_tests_name("drift-monitor", tests, train_once, free_model);
}
