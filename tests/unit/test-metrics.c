#include "test.h"

#include "server/metrics/metrics.h"
#include "server/metrics/process.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

static const char *const severities[] = {"Low", "Medium", "High"};
static const char *const feature_names[] = {"length", "urgency"};
static const double length_edges[] = {50, 100.5};
static const double urgency_edges[] = {1};

static struct metrics *new_metrics(void)
{
    struct metrics_options options = {
        .values = {[LABEL_SEVERITY] = {3, severities}, [LABEL_FEATURE] = {2, feature_names}},
        .feature_edges = {length_edges, urgency_edges},
        .n_feature_edges = {2, 1},
    };

    return metrics_new(&options);
}

/* ---- The table --------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

/* "_us" is in a name as microseconds, not as the beginning of "_usd". */
static bool has_word(const char *name, const char *word)
{
    const char *at = strstr(name, word);

    return at && (at[strlen(word)] == '_' || at[strlen(word)] == '\0');
}

static void check_name(const struct metric_info *info)
{
    static const char *const other_units[] = {"_ms",      "_milliseconds", "_us", "_percent",
                                              "_minutes", "_kb",           "_mb", NULL};
    /* What a histogram or OpenMetrics adds to a name, which a name must not end with itself. */
    static const char *const suffixes[] = {"_bucket", "_sum", "_count", "_created", NULL};
    bool is_counter = info->kind == KIND_COUNTER || info->kind == KIND_SUM;

    if (strspn(info->name, "abcdefghijklmnopqrstuvwxyz_:") != strlen(info->name))
        fail_msg("%s has characters that a name must not have", info->name);
    if (is_counter != ends_with(info->name, "_total"))
        fail_msg("%s: a counter, and nothing else, ends in _total", info->name);
    if ((info->kind == KIND_INFO) != ends_with(info->name, "_info"))
        fail_msg("%s: an info, and nothing else, ends in _info", info->name);
    for (size_t i = 0; other_units[i]; i++)
        if (has_word(info->name, other_units[i]))
            fail_msg("%s is not in a base unit (seconds, bytes, ratio)", info->name);
    for (size_t i = 0; suffixes[i]; i++)
        if (ends_with(info->name, suffixes[i]))
            fail_msg("%s ends in %s", info->name, suffixes[i]);
    if ((strstr(info->name, "latency") || strstr(info->name, "duration")) &&
        !strstr(info->name, "_seconds"))
        fail_msg("%s is a time without its unit", info->name);
}

static void names_follow_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_METRICS; i++) {
        check_name(&metric_table[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(metric_table[i].name, metric_table[k].name) == 0)
                fail_msg("%s stands twice", metric_table[i].name);
    }
}

#define ENUMERATOR_TEXT(name, kind, shown, labels, buckets, listeners, help) #name,
static const char *const enumerators[] = {METRICS(ENUMERATOR_TEXT)};

static void an_enumerator_is_its_name_in_capitals(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_METRICS; i++) {
        const char *name = metric_table[i].name;
        char want[128] = "METRIC_";

        for (size_t k = 0; name[k] && k < sizeof(want) - 8; k++)
            want[7 + k] = (char)(name[k] >= 'a' && name[k] <= 'z' ? name[k] - 'a' + 'A' : name[k]);
        assert_string_equal(enumerators[i], want);
    }
}

static void every_help_is_one_plain_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_METRICS; i++) {
        const char *help = metric_table[i].help;

        /* Then neither format has anything to escape in it. */
        if (strlen(help) < 10 || strpbrk(help, "\\\"\n") || help[strlen(help) - 1] != '.')
            fail_msg("%s: help '%s'", metric_table[i].name, help);
    }
}

static void every_metric_is_shown_somewhere_and_its_buckets_ascend(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_METRICS; i++) {
        const struct metric_info *info = &metric_table[i];

        CHECK(info->listeners != 0);
        if (info->kind != KIND_HISTOGRAM)
            CHECK(info->buckets.n == 0);
        for (size_t k = 1; k < info->buckets.n; k++)
            if (!(info->buckets.edges[k - 1] < info->buckets.edges[k]))
                fail_msg("%s: bucket %zu does not ascend", info->name, k);
        if (info->labels[1] == LABEL_FEATURE_BIN)
            CHECK(info->labels[0] == LABEL_FEATURE);
    }
}

static void label_names_are_valid_and_not_reserved(void **state)
{
    static const char *const reserved[] = {"le", "quantile", "job", "instance", NULL};

    (void)state;
    for (size_t i = LABEL_NONE + 1; i < N_LABELS; i++) {
        const char *name = label_table[i].name;

        if (name && (strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name) ||
                     is_one_of(name, reserved)))
            fail_msg("label %s", name);
    }
}

/* Which series exist is decided by the names alone. */
static void no_metric_has_a_label_name_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_METRICS; i++)
        for (size_t a = 0; a < METRIC_LABELS_MAX; a++)
            for (size_t b = 0; b < a; b++) {
                const char *first = label_table[metric_table[i].labels[a]].name;
                const char *second = label_table[metric_table[i].labels[b]].name;

                if (first && second && strcmp(first, second) == 0)
                    fail_msg("%s has the label %s twice", metric_table[i].name, first);
            }
}

static void the_alerts_threshold_is_a_bucket_edge(void **state)
{
    const struct metric_buckets *buckets =
        &metric_table[METRIC_ML_PREDICTION_LATENCY_SECONDS].buckets;
    bool has_threshold = false;

    (void)state;
    CHECK(buckets->n == 15);
    for (size_t i = 0; i < buckets->n; i++)
        has_threshold |= buckets->edges[i] == 0.1;
    CHECK(has_threshold);
}

static void fixed_values_are_in_the_order_of_their_enumerators(void **state)
{
    (void)state;
    assert_string_equal(label_table[LABEL_ERROR_TYPE].values[ERROR_TYPE_INTERNAL], "internal");
    assert_string_equal(label_table[LABEL_FEEDBACK].values[true], "true");
    assert_string_equal(label_table[LABEL_CODE].values[404 / 100 - 2], "4xx");
    assert_string_equal(label_table[LABEL_REJECT_REASON].values[REJECT_RATE_LIMITED],
                        "rate_limited");
    CHECK(label_table[LABEL_REJECT_REASON].values[REJECT_RATE_LIMITED + 1] == NULL);
}

/* ---- Values ------------------------------------------------------------------------------------ */

static void a_counter_starts_at_zero_and_keeps_its_series_apart(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();

    (void)state;
    CHECK(metrics_value(m, METRIC_ML_PREDICTION_ERRORS_TOTAL, LABELS(ERROR_TYPE_INTERNAL)) == 0);
    metrics_add(m, METRIC_ML_PREDICTION_ERRORS_TOTAL, LABELS(ERROR_TYPE_INTERNAL), 2);
    metrics_add(m, METRIC_ML_PREDICTION_ERRORS_TOTAL, LABELS(ERROR_TYPE_INTERNAL), 1);
    CHECK(metrics_value(m, METRIC_ML_PREDICTION_ERRORS_TOTAL, LABELS(ERROR_TYPE_INTERNAL)) == 3);
    CHECK(metrics_value(m, METRIC_ML_PREDICTION_ERRORS_TOTAL, LABELS(ERROR_TYPE_OVERLOAD)) == 0);
}

static void a_gauge_is_absent_until_set_and_after_clearing(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();

    (void)state;
    CHECK(isnan(metrics_value(m, METRIC_ML_REALIZED_RECALL, LABELS(1))));
    metrics_set(m, METRIC_ML_REALIZED_RECALL, LABELS(1), 0);
    CHECK(metrics_value(m, METRIC_ML_REALIZED_RECALL, LABELS(1)) == 0);
    CHECK(isnan(metrics_value(m, METRIC_ML_REALIZED_RECALL, LABELS(2))));
    metrics_clear(m, METRIC_ML_REALIZED_RECALL, LABELS(1));
    CHECK(isnan(metrics_value(m, METRIC_ML_REALIZED_RECALL, LABELS(1))));
    metrics_add_number(m, METRIC_ML_REALIZED_RECALL, LABELS(1), 0.5);
    CHECK(metrics_value(m, METRIC_ML_REALIZED_RECALL, LABELS(1)) == 0.5);
}

static void a_level_starts_at_zero_and_goes_both_ways(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    const enum metric level = METRIC_ML_FEEDBACK_WINDOW_LABELS;

    (void)state;
    CHECK(metrics_value(m, level, NO_LABELS) == 0);
    metrics_add_number(m, level, NO_LABELS, 2);
    metrics_add_number(m, level, NO_LABELS, -1);
    CHECK(metrics_value(m, level, NO_LABELS) == 1);
    metrics_set(m, level, NO_LABELS, 7);
    CHECK(metrics_value(m, level, NO_LABELS) == 7);
}

static void a_sum_that_is_set_never_falls(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    const enum metric sum = METRIC_TIDEWATCH_STORE_COMMIT_SECONDS_TOTAL;

    (void)state;
    CHECK(metrics_value(m, sum, NO_LABELS) == 0);
    metrics_set(m, sum, NO_LABELS, 1.5);
    metrics_set(m, sum, NO_LABELS, 1.25);
    metrics_set(m, sum, NO_LABELS, METRIC_ABSENT);
    CHECK(metrics_value(m, sum, NO_LABELS) == 1.5);
    metrics_add_number(m, sum, NO_LABELS, 0.25);
    CHECK(metrics_value(m, sum, NO_LABELS) == 1.75);
}

static void values_that_are_not_finite_are_not_observed(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    const enum metric histogram = METRIC_ML_PREDICTION_LATENCY_SECONDS;

    (void)state;
    metrics_observe(m, histogram, NO_LABELS, (double)NAN, NULL);
    metrics_observe(m, histogram, NO_LABELS, HUGE_VAL, NULL);
    CHECK(metrics_value(m, histogram, NO_LABELS) == 0);
    metrics_observe(m, histogram, NO_LABELS, 1e300, NULL);
    CHECK(metrics_value(m, histogram, NO_LABELS) == 1);
}

static void the_options_may_go_after_metrics_new(void **state)
{
    char name[] = "length";
    const char *names[] = {name};
    double edges[] = {2, 4};
    struct metrics_options options = {
        .values = {[LABEL_FEATURE] = {1, names}}, .feature_edges = {edges}, .n_feature_edges = {2}};
    CLEANUP(metrics_freep) struct metrics *m = metrics_new(&options);
    struct buffer out;

    (void)state;
    name[0] = 'X';
    edges[0] = edges[1] = -1;
    metrics_observe(m, METRIC_ML_FEATURE_VALUE, LABELS(0), 3, NULL);
    buffer_init(&out, 1 << 16);
    metrics_expose(m, LISTENER_ML, EXPOSITION_TEXT, &out);
    CHECK(strstr(buffer_text(&out),
                 "ml_feature_value_bucket{feature_name=\"length\",le=\"2.0\"} 0\n"));
    CHECK(strstr(buffer_text(&out),
                 "ml_feature_value_bucket{feature_name=\"length\",le=\"4.0\"} 1\n"));
    buffer_finish(&out);
}

/* ---- Threads ----------------------------------------------------------------------------------- */

enum { N_THREADS = 4, N_ROUNDS = 100000 };

static void *update(void *arg)
{
    struct metrics *m = arg;
    static const char trace[] = "0123456789abcdef0123456789abcdef";

    for (int i = 0; i < N_ROUNDS; i++) {
        metrics_add(m, METRIC_ML_PREDICTION_ERRORS_TOTAL, LABELS(ERROR_TYPE_OVERLOAD), 1);
        metrics_add_number(m, METRIC_TIDEWATCH_STORE_COMMIT_SECONDS_TOTAL, NO_LABELS, 0.25);
        metrics_add_number(m, METRIC_ML_FEEDBACK_WINDOW_LABELS, NO_LABELS, i % 2 ? -1 : 1);
        metrics_observe(m, METRIC_ML_PREDICTION_LATENCY_SECONDS, NO_LABELS, 0.125,
                        i % 64 ? NULL : trace);
    }
    return NULL;
}

static void nothing_is_lost_when_threads_update_one_series(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    const double n = (double)N_THREADS * N_ROUNDS;
    pthread_t threads[N_THREADS];
    struct buffer out;

    (void)state;
    buffer_init(&out, 1 << 20);
    for (size_t i = 0; i < N_THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, update, m) == 0);
    /* Scrapes meanwhile: they must neither disturb nor be disturbed (ThreadSanitizer watches). */
    for (int i = 0; i < 20; i++) {
        buffer_clear(&out);
        metrics_expose(m, LISTENER_EACH, EXPOSITION_OPENMETRICS, &out);
        CHECK(!out.failed);
    }
    for (size_t i = 0; i < N_THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(metrics_value(m, METRIC_ML_PREDICTION_ERRORS_TOTAL, LABELS(ERROR_TYPE_OVERLOAD)) == n);
    CHECK(metrics_value(m, METRIC_TIDEWATCH_STORE_COMMIT_SECONDS_TOTAL, NO_LABELS) == n / 4);
    CHECK(metrics_value(m, METRIC_ML_FEEDBACK_WINDOW_LABELS, NO_LABELS) == 0);
    CHECK(metrics_value(m, METRIC_ML_PREDICTION_LATENCY_SECONDS, NO_LABELS) == n);
    buffer_clear(&out);
    metrics_expose(m, LISTENER_ML, EXPOSITION_TEXT, &out);
    CHECK(strstr(buffer_text(&out), "ml_prediction_latency_seconds_sum 50000\n"));
    buffer_finish(&out);
}

/* ---- The process ------------------------------------------------------------------------------- */

static void the_process_line_is_read_past_an_odd_program_name(void **state)
{
    struct process_stat stat;

    (void)state;
    CHECK(process_parse_stat("42 (a) b (c)) S 1 42 42 0 -1 4194304 5 6 7 8 111 222 9 10 20 0 3 0 "
                             "12345 4096000 250 18446744073709551615 1 1 0 0\n",
                             &stat));
    CHECK(stat.user_ticks == 111 && stat.system_ticks == 222 && stat.n_threads == 3);
    CHECK(stat.start_ticks == 12345 && stat.virtual_bytes == 4096000 && stat.resident_pages == 250);
    CHECK(!process_parse_stat("", &stat));
    CHECK(!process_parse_stat("42 (a) S 1 2 3", &stat));
}

static void the_processs_figures_are_plausible(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    int files[2];
    double before;

    (void)state;
    process_update_metrics(m);
    CHECK(metrics_value(m, METRIC_PROCESS_RESIDENT_MEMORY_BYTES, NO_LABELS) > 1e6);
    CHECK(metrics_value(m, METRIC_PROCESS_THREADS, NO_LABELS) >= 1);
    CHECK(metrics_value(m, METRIC_PROCESS_START_TIME_SECONDS, NO_LABELS) > 1.6e9);
    CHECK(metrics_value(m, METRIC_PROCESS_CPU_SECONDS_TOTAL, NO_LABELS) >= 0);
    CHECK(metrics_value(m, METRIC_PROCESS_MAX_FDS, NO_LABELS) >= 64);
    before = metrics_value(m, METRIC_PROCESS_OPEN_FDS, NO_LABELS);
    CHECK(before >= 3);
    CHECK(pipe(files) == 0);
    process_update_metrics(m);
    CHECK(metrics_value(m, METRIC_PROCESS_OPEN_FDS, NO_LABELS) == before + 2);
    CHECK(close(files[0]) == 0 && close(files[1]) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_follow_the_rules),
        TEST(an_enumerator_is_its_name_in_capitals),
        TEST(every_help_is_one_plain_sentence),
        TEST(every_metric_is_shown_somewhere_and_its_buckets_ascend),
        TEST(label_names_are_valid_and_not_reserved),
        TEST(no_metric_has_a_label_name_twice),
        TEST(the_alerts_threshold_is_a_bucket_edge),
        TEST(fixed_values_are_in_the_order_of_their_enumerators),
        TEST(a_counter_starts_at_zero_and_keeps_its_series_apart),
        TEST(a_gauge_is_absent_until_set_and_after_clearing),
        TEST(a_level_starts_at_zero_and_goes_both_ways),
        TEST(a_sum_that_is_set_never_falls),
        TEST(values_that_are_not_finite_are_not_observed),
        TEST(the_options_may_go_after_metrics_new),
        TEST(nothing_is_lost_when_threads_update_one_series),
        TEST(the_process_line_is_read_past_an_odd_program_name),
        TEST(the_processs_figures_are_plausible),
    };

    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
