/* How often the drift monitor cries wolf, and how soon it sees a wolf: predictions on the stream of
 * tickets.h through drift_monitor_record and _check, checked whenever record asks for it, as tidewatchd
 * does. Prints a table beside the bars; exits with 1 when one is missed.
 *
 *   drift-alarms tickets.csv [undrifted predictions] */

#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"
#include "server/ml/drift_monitor.h"
#include "server/ml/tickets.h"
#include "server/ml/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW       200
#define UNDRIFTED    2000000
#define REPEATS      1001
#define GIVE_UP      2000 /* requests after which a shift counts as never found */
#define ALL_FEATURES 15U

#define FALSE_ALARM_BAR 0.15 /* episodes per 10,000 */
#define SCORE_BAR       0.5

static int n_missed;

/* "ok", or "MISSED" and remembered. */
static const char *judged(bool is_ok)
{
    n_missed += !is_ok;
    return is_ok ? "ok" : "MISSED";
}

/* A monitor fed by a stream of tickets, one a second. */
struct stream {
    const struct model *model;
    struct drift_monitor *monitor;
    struct random_state rng;
    int64_t now_ms;
};

static void stream_init(struct stream *s, const struct model *model, uint64_t seed)
{
    static const struct drift_options options = {
        .window = WINDOW, .max_age_ms = INT64_C(6) * 3600 * 1000, .vote_every = 25, .alpha = 0.001};

    *s = (struct stream){.model = model, .monitor = drift_monitor_new(model, &options)};
    random_seed(&s->rng, seed);
}

static void stream_finish(struct stream *s)
{
    drift_monitor_free(s->monitor);
}

/* True when there was a check, and so a new report. */
static bool predict_one(struct stream *s, const struct ticket_shape *shape)
{
    struct prediction prediction;
    struct ticket ticket;

    ticket_draw_shaped(&s->rng, shape, &ticket);
    model_predict(s->model, ticket.x, &prediction);
    s->now_ms += 1000;
    if (!drift_monitor_record(s->monitor, ticket.x, prediction.class_index, s->now_ms))
        return false;
    drift_monitor_check(s->monitor, s->now_ms);
    return true;
}

/* ---- False alarms -------------------------------------------------------------------------------- */

struct alarms {
    uint64_t n_predictions, n_episodes, n_votes, n_over_votes;
    double highest_score;
};

static void count_alarms(const struct model *model,
                         uint64_t n,
                         uint64_t seed,
                         struct alarms *alarms)
{
    struct ticket_shape shape = ticket_shape_at(0, 0);
    struct drift_report report;
    bool was_detected = false;
    struct stream s;

    stream_init(&s, model, seed);
    for (uint64_t i = 0; i < n; i++) {
        if (!predict_one(&s, &shape))
            continue;
        drift_monitor_report(s.monitor, &report);
        if (!report.has_score)
            continue;
        alarms->n_votes++;
        for (int f = 0; f < N_FEATURES; f++)
            alarms->n_over_votes += report.training.feature[f].is_over;
        alarms->n_episodes += report.is_detected && !was_detected;
        alarms->highest_score = fmax(alarms->highest_score, report.training.score);
        was_detected = report.is_detected;
    }
    alarms->n_predictions += n;
    stream_finish(&s);
}

static void print_alarms(const struct alarms *alarms)
{
    double per_10000 = 1e4 * (double)alarms->n_episodes / (double)alarms->n_predictions;

    printf("  %llu undrifted predictions: %llu episodes, %llu feature votes over of %llu\n",
           (unsigned long long)alarms->n_predictions, (unsigned long long)alarms->n_episodes,
           (unsigned long long)alarms->n_over_votes,
           (unsigned long long)alarms->n_votes * N_FEATURES);
    printf("    episodes per 10,000   %7.3f   bar %5.2f   %s\n", per_10000, FALSE_ALARM_BAR,
           judged(per_10000 <= FALSE_ALARM_BAR));
    printf("    highest score         %7.3f   bar %5.2f   %s\n", alarms->highest_score, SCORE_BAR,
           judged(alarms->highest_score <= SCORE_BAR));
}

/* ---- Delays -------------------------------------------------------------------------------------- */

typedef bool found_fn(const struct drift_report *report);

static bool is_flagged(const struct drift_report *report)
{
    return report->is_detected;
}

static bool is_over_half(const struct drift_report *report)
{
    return report->has_score && report->training.score > SCORE_BAR;
}

/* Requests from the start of the shift until found, GIVE_UP if it is not. The window is full of
 * undrifted predictions, and the shift may begin anywhere between two votes. */
static int delay(const struct model *model,
                 const struct ticket_shape *shifted,
                 found_fn *is_found,
                 uint64_t seed)
{
    struct ticket_shape usual = ticket_shape_at(0, 0);
    struct drift_report report;
    struct stream s;
    int requests = 0;
    uint32_t n_before;

    stream_init(&s, model, seed);
    n_before = WINDOW + random_below(&s.rng, 25);
    for (uint32_t i = 0; i < n_before; i++)
        (void)predict_one(&s, &usual);
    while (requests < GIVE_UP) {
        requests++;
        if (!predict_one(&s, shifted))
            continue;
        drift_monitor_report(s.monitor, &report);
        if (is_found(&report))
            break;
    }
    stream_finish(&s);
    return requests;
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* bar 0: none. */
static void print_delay(const struct model *model,
                        const char *what,
                        const struct ticket_shape *shifted,
                        found_fn *is_found,
                        int bar)
{
    static int delays[REPEATS];
    int median, p90;

    for (int i = 0; i < REPEATS; i++)
        delays[i] = delay(model, shifted, is_found, 1000 + (uint64_t)i);
    qsort(delays, REPEATS, sizeof(*delays), compare);
    median = delays[REPEATS / 2];
    p90 = delays[REPEATS * 9 / 10];
    printf("    %-28s %6d %6d%s", what, median, p90, p90 >= GIVE_UP ? "+" : " ");
    if (bar > 0)
        printf("   %5d   %s", bar, judged(median <= bar));
    printf("\n");
}

/* The parameters of one feature moved by so many of their standard deviations. */
static struct ticket_shape shifted_by(enum feature feature, double by_sd)
{
    struct ticket_shape shape = ticket_shape_at(0, 0);

    switch (feature) {
    case FEATURE_TICKET_LENGTH:
        shape.length_mean += by_sd * shape.length_sd;
        break;
    case FEATURE_URGENCY_KEYWORDS:
        shape.urgency_mean += by_sd * sqrt(shape.urgency_mean);
        break;
    case FEATURE_BUSINESS_IMPACT:
        shape.impact_mean += by_sd * shape.impact_sd;
        break;
    case FEATURE_CUSTOMER_TIER:
        shape.tier_mean += by_sd * shape.tier_sd;
        break;
    case N_FEATURES:
        break;
    }
    return shape;
}

static void print_delays(const struct model *model)
{
    static const struct {
        double by_sd;
        int bar;
    } shifts[] = {{0.5, 200}, {1, 120}};

    static const double amounts[] = {0.2, 0.4, 0.6, 0.8, 1.0};

    printf("  requests until found, %d repeats       median    p90     bar\n", REPEATS);
    for (size_t i = 0; i < COUNT_OF(shifts); i++) {
        for (unsigned f = 0; f < N_FEATURES; f++) {
            struct ticket_shape shape = shifted_by((enum feature)f, shifts[i].by_sd);
            char what[64];

            (void)snprintf(what, sizeof(what), "%s +%.1f sd", features[f].name, shifts[i].by_sd);
            print_delay(model, what, &shape, is_flagged, shifts[i].bar);
        }
    }
    for (size_t i = 0; i < COUNT_OF(amounts); i++) {
        struct ticket_shape shape = ticket_shape_at(amounts[i], ALL_FEATURES);
        char what[64];

        (void)snprintf(what, sizeof(what), "drift %.1f: flag", amounts[i]);
        print_delay(model, what, &shape, is_flagged, 0);
        (void)snprintf(what, sizeof(what), "drift %.1f: score over 0.5", amounts[i]);
        print_delay(model, what, &shape, is_over_half, amounts[i] == 0.8 ? 125 : 0);
    }
}

/* ---- Cost ---------------------------------------------------------------------------------------- */

static void print_cost(const struct model *model)
{
    enum { VOTES = 2000, RECORDS = 4000 };
    static struct ticket tickets[RECORDS];
    struct ticket_shape shape = ticket_shape_at(0, 0);
    double vote_us, record_ns, predict_ns;
    struct prediction prediction;
    int64_t spent = 0, start;
    struct stream s;

    stream_init(&s, model, 7);
    for (int i = 0; i < RECORDS; i++)
        ticket_draw_shaped(&s.rng, &shape, &tickets[i]);
    start = clock_mono_ns();
    for (int i = 0; i < RECORDS; i++)
        (void)drift_monitor_record(s.monitor, tickets[i].x, 1, i);
    record_ns = (double)(clock_mono_ns() - start) / RECORDS;
    start = clock_mono_ns();
    for (int i = 0; i < RECORDS; i++)
        model_predict(model, tickets[i].x, &prediction);
    predict_ns = (double)(clock_mono_ns() - start) / RECORDS;
    drift_monitor_check(s.monitor, 0);
    for (int vote = 0; vote < VOTES; vote++) {
        for (int i = 0; i < 25; i++)
            (void)drift_monitor_record(s.monitor, tickets[(vote * 25 + i) % RECORDS].x, 1, 0);
        start = clock_mono_ns();
        drift_monitor_check(s.monitor, 0);
        spent += clock_mono_ns() - start;
    }
    vote_us = (double)spent / 1e3 / VOTES;
    printf("  cost: record %.0f ns, predict %.0f ns\n", record_ns, predict_ns);
    printf("    vote, window %d        %6.1f us  bar  200    %s\n", WINDOW, vote_us,
           judged(vote_us < 200));
    stream_finish(&s);
}

static struct model *train(const char *text, size_t len)
{
    CLEANUP(dataset_freep) struct dataset *dataset = NULL;
    struct train_options options = {
        .classes = ticket_classes, .n_classes = TICKET_CLASSES, .held_out_share = 0.2};
    struct model *model = NULL;
    struct tw_error err;

    if (dataset_parse(text, len, ticket_classes, TICKET_CLASSES, &dataset, &err) < 0 ||
        train_model(dataset, &options, &model, &err) < 0)
        (void)fprintf(stderr, "drift-alarms: %s\n", err.message);
    return model;
}

/* Alarms depend on the one sample that happens to be the reference: the same over other samples. */
static void print_other_references(uint64_t n_predictions)
{
    enum { REFERENCES = 10 };
    struct alarms alarms = {0};

    for (uint64_t seed = 1; seed <= REFERENCES; seed++) {
        CLEANUP(model_freep) struct model *model = NULL;
        struct buffer csv;

        buffer_init(&csv, 1 << 20);
        tickets_write_csv(seed, 6250, &csv);
        model = train(csv.data, csv.len);
        buffer_finish(&csv);
        if (model)
            count_alarms(model, n_predictions / REFERENCES, 100 + seed, &alarms);
    }
    printf("  over %d other references:\n", REFERENCES);
    print_alarms(&alarms);
}

int main(int argc, char **argv)
{
    CLEANUP(model_freep) struct model *model = NULL;
    CLEANUP(freep) char *text = NULL;
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : UNDRIFTED;
    struct alarms alarms = {0};
    struct tw_error err;
    size_t len;

    if (argc < 2 || n == 0) {
        (void)fprintf(stderr, "usage: drift-alarms tickets.csv [undrifted predictions]\n");
        return 2;
    }
    if (file_read(argv[1], (size_t)16 << 20, &text, &len, &err) < 0) {
        (void)fprintf(stderr, "drift-alarms: %s\n", err.message);
        return 2;
    }
    model = train(text, len);
    if (!model)
        return 2;
    printf("drift, window %d, reference of %u rows (%s)\n", WINDOW, model->reference.n_rows,
           argv[1]);
    count_alarms(model, n, 42, &alarms);
    print_alarms(&alarms);
    print_other_references(n);
    print_delays(model);
    print_cost(model);
    return n_missed > 0;
}
