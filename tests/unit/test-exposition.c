#include "test.h"

#include "server/metrics/metrics.h"
#include "server/metrics/number_text.h"

#include <fcntl.h>
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACE "0af7651916cd43dd8448eb211c80319c"

static const char *const severities[] = {"Low", "Medium", "High"};
static const char *const predicted[] = {"Low", "Medium", "High", "none"};
static const char *const subjects[] = {"length", "tier", "overall"};
static const char *const listener_values[] = {"ml", "llm", "vector", "operations"};
static const char *const route_values[] = {"listener=\"ml\",route=\"/predict\"",
                                           "listener=\"operations\",route=\"/simulations/{id}\""};
static const char *const kinds[] = {"baseline", "drift"};
static const char *const odd[] = {"a\\b\"c\nd \xc3\xa9"};
static const char *const one[] = {"0.8215"};
static const double length_edges[] = {80, 120.25, 1e6};
static const double tier_edges[] = {2.5};

static struct metrics *new_metrics(void)
{
    struct metrics_options options = {
        .values =
            {
                [LABEL_SEVERITY] = {3, severities},
                [LABEL_PREDICTED_SEVERITY] = {4, predicted},
                [LABEL_MODEL_NAME] = {1, odd},
                [LABEL_MODEL_VERSION] = {1, one},
                [LABEL_MODEL_ACCURACY] = {1, one},
                [LABEL_FEATURE] = {2, subjects},
                [LABEL_DRIFT_SUBJECT] = {3, subjects},
                [LABEL_LISTENER] = {4, listener_values},
                [LABEL_ROUTE] = {2, route_values},
                [LABEL_SIMULATION] = {2, kinds},
                [LABEL_FAULT] = {1, odd},
                [LABEL_LLM_MODEL] = {1, odd},
                [LABEL_BUILD_VERSION] = {1, one},
                [LABEL_BUILD_ENCODER] = {1, odd},
            },
        .feature_edges = {length_edges, tier_edges},
        .n_feature_edges = {3, 1},
    };

    return metrics_new(&options);
}

static unsigned count_of(enum label label)
{
    static const unsigned given[N_LABELS] = {
        [LABEL_SEVERITY] = 3,
        [LABEL_PREDICTED_SEVERITY] = 4,
        [LABEL_MODEL_NAME] = 1,
        [LABEL_MODEL_VERSION] = 1,
        [LABEL_MODEL_ACCURACY] = 1,
        [LABEL_FEATURE] = 2,
        [LABEL_DRIFT_SUBJECT] = 3,
        [LABEL_LISTENER] = 4,
        [LABEL_ROUTE] = 2,
        [LABEL_SIMULATION] = 2,
        [LABEL_FAULT] = 1,
        [LABEL_LLM_MODEL] = 1,
        [LABEL_BUILD_VERSION] = 1,
        [LABEL_BUILD_ENCODER] = 1,
        [LABEL_FEATURE_BIN] = 2 /* of the smaller feature */,
    };
    unsigned n = 0;

    if (label == LABEL_NONE)
        return 1;
    while (label_table[label].values[n])
        n++;
    return n ? n : given[label];
}

static void update(struct metrics *m, enum metric metric, const unsigned *at, double value)
{
    switch (metric_table[metric].kind) {
    case KIND_COUNTER:
        metrics_add(m, metric, at, (uint64_t)(value * 8));
        break;
    case KIND_SUM:
    case KIND_LEVEL:
        metrics_add_number(m, metric, at, value);
        break;
    case KIND_GAUGE:
        metrics_set(m, metric, at, value);
        break;
    case KIND_HISTOGRAM:
        metrics_observe(m, metric, at, value, TRACE);
        metrics_observe(m, metric, at, value * 1e3, NULL);
        break;
    case KIND_INFO:
        break;
    }
}

/* Gives every series of every metric a value. Returns how many. */
static size_t populate(struct metrics *m)
{
    size_t n = 0;

    for (enum metric metric = 0; metric < N_METRICS; metric++) {
        const enum label *labels = metric_table[metric].labels;

        for (unsigned a = 0; a < count_of(labels[0]); a++)
            for (unsigned b = 0; b < count_of(labels[1]); b++)
                for (unsigned c = 0; c < count_of(labels[2]); c++)
                    update(m, metric, LABELS(a, b, c), 0.125 + (double)(++n) / 3);
    }
    return n;
}

static struct buffer expose(const struct metrics *m, unsigned listeners, enum exposition format)
{
    struct buffer out;

    buffer_init(&out, 1 << 20);
    metrics_expose(m, listeners, format, &out);
    CHECK(!out.failed);
    return out;
}

static void check_has(const struct buffer *out, const char *text)
{
    if (!strstr(buffer_text(out), text))
        fail_msg("missing: %s\nin:\n%s", text, buffer_text(out));
}

static void check_lacks(const struct buffer *out, const char *text)
{
    if (strstr(buffer_text(out), text))
        fail_msg("unexpected: %s", text);
}

/* ---- Text -------------------------------------------------------------------------------------- */

static void counters_are_there_from_the_first_scrape(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    CLEANUP(buffer_finish) struct buffer out = expose(m, LISTENER_ML, EXPOSITION_TEXT);

    (void)state;
    check_has(&out, "# HELP ml_predictions_total Predictions");
    check_has(&out, "# TYPE ml_predictions_total counter\n"
                    "ml_predictions_total{severity=\"Low\",status=\"success\"} 0\n"
                    "ml_predictions_total{severity=\"Low\",status=\"error\"} 0\n"
                    "ml_predictions_total{severity=\"Medium\",status=\"success\"} 0\n");
    check_has(&out, "ml_prediction_latency_seconds_bucket{le=\"2.5e-05\"} 0\n");
    check_has(&out, "ml_prediction_latency_seconds_count 0\n");
    check_has(&out, "# TYPE ml_feedback_window_labels gauge\nml_feedback_window_labels 0\n");
}

static void what_is_not_known_has_neither_line_nor_head(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    CLEANUP(buffer_finish) struct buffer before = expose(m, LISTENER_ML, EXPOSITION_TEXT);
    struct buffer after;

    (void)state;
    check_lacks(&before, "ml_data_drift_score");
    check_lacks(&before, "ml_drift_detected");
    metrics_set(m, METRIC_ML_DRIFT_DETECTED, LABELS(2), 1);
    after = expose(m, LISTENER_ML, EXPOSITION_TEXT);
    check_has(&after,
              "# TYPE ml_drift_detected gauge\nml_drift_detected{feature_name=\"overall\"} 1\n");
    check_lacks(&after, "ml_drift_detected{feature_name=\"length\"}");
    buffer_finish(&after);
}

static void a_metric_whose_label_has_no_values_is_left_out(void **state)
{
    struct metrics_options options = {0};
    CLEANUP(metrics_freep) struct metrics *m = metrics_new(&options);
    CLEANUP(buffer_finish) struct buffer out = expose(m, LISTENER_EACH, EXPOSITION_TEXT);

    (void)state;
    check_lacks(&out, "ml_predictions_total");
    check_lacks(&out, "ml_feature_value");
    check_lacks(&out, "tidewatch_build_info");
    check_has(&out, "ml_prediction_errors_total{error_type=\"overload\"} 0\n");
}

static void a_listener_shows_its_own_series(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    CLEANUP(buffer_finish) struct buffer ml = expose(m, LISTENER_ML, EXPOSITION_TEXT);
    CLEANUP(buffer_finish) struct buffer ops = expose(m, LISTENER_OPS, EXPOSITION_TEXT);
    CLEANUP(buffer_finish)
    struct buffer both = expose(m, LISTENER_ML | LISTENER_OPS, EXPOSITION_TEXT);

    (void)state;
    check_lacks(&ml, "http_requests_total");
    check_lacks(&ops, "ml_predictions_total");
    check_has(&ml, "tidewatch_build_info");
    check_has(&ops, "tidewatch_build_info");
    check_has(&both, "http_requests_total");
    check_has(&both, "ml_predictions_total");
}

static void label_values_are_escaped(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    CLEANUP(buffer_finish) struct buffer out = expose(m, LISTENER_ML, EXPOSITION_TEXT);

    (void)state;
    check_has(&out, "ml_model_info{model_name=\"a\\\\b\\\"c\\nd \xc3\xa9\",version=\"0.8215\","
                    "accuracy=\"0.8215\"} 1\n");
}

static void a_route_prints_as_two_labels(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    struct buffer out;

    (void)state;
    metrics_add(m, METRIC_HTTP_REQUESTS_TOTAL, LABELS(1, CODE_4XX), 5);
    out = expose(m, LISTENER_OPS, EXPOSITION_TEXT);
    check_has(&out, "http_requests_total{listener=\"operations\",route=\"/simulations/{id}\","
                    "code=\"4xx\"} 5\n");
    check_has(&out, "http_request_duration_seconds_bucket{listener=\"ml\",route=\"/predict\","
                    "le=\"0.0001\"} 0\n");
    buffer_finish(&out);
}

static void buckets_are_cumulative_and_hold_their_upper_edge(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    struct buffer out;

    (void)state;
    for (int i = 0; i < 2; i++)
        metrics_observe(m, METRIC_ML_FEATURE_VALUE, LABELS(0), 80, NULL);
    metrics_observe(m, METRIC_ML_FEATURE_VALUE, LABELS(0), 80.5, NULL);
    metrics_observe(m, METRIC_ML_FEATURE_VALUE, LABELS(0), 2e6, NULL);
    out = expose(m, LISTENER_ML, EXPOSITION_TEXT);
    check_has(&out, "ml_feature_value_bucket{feature_name=\"length\",le=\"80.0\"} 2\n"
                    "ml_feature_value_bucket{feature_name=\"length\",le=\"120.25\"} 3\n"
                    "ml_feature_value_bucket{feature_name=\"length\",le=\"1000000.0\"} 3\n"
                    "ml_feature_value_bucket{feature_name=\"length\",le=\"+Inf\"} 4\n"
                    "ml_feature_value_sum{feature_name=\"length\"} 2000240.5\n"
                    "ml_feature_value_count{feature_name=\"length\"} 4\n"
                    "ml_feature_value_bucket{feature_name=\"tier\",le=\"2.5\"} 0\n"
                    "ml_feature_value_bucket{feature_name=\"tier\",le=\"+Inf\"} 0\n");
    buffer_finish(&out);
}

static void the_reference_has_a_bin_for_every_le_and_no_other(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    struct buffer out;

    (void)state;
    for (unsigned bin = 0; bin < 4; bin++)
        metrics_set(m, METRIC_ML_FEATURE_REFERENCE_RATIO, LABELS(0, bin), 0.25);
    for (unsigned bin = 0; bin < 2; bin++)
        metrics_set(m, METRIC_ML_FEATURE_REFERENCE_RATIO, LABELS(1, bin), 0.5);
    out = expose(m, LISTENER_ML, EXPOSITION_TEXT);
    check_has(
        &out,
        "ml_feature_reference_ratio{feature_name=\"length\",bin=\"80.0\",above=\"-Inf\"} 0.25\n"
        "ml_feature_reference_ratio{feature_name=\"length\",bin=\"120.25\",above=\"80.0\"} 0.25\n"
        "ml_feature_reference_ratio{feature_name=\"length\",bin=\"1000000.0\",above=\"120.25\"} 0.25\n"
        "ml_feature_reference_ratio{feature_name=\"length\",bin=\"+Inf\",above=\"1000000.0\"} 0.25\n"
        "ml_feature_reference_ratio{feature_name=\"tier\",bin=\"2.5\",above=\"-Inf\"} 0.5\n"
        "ml_feature_reference_ratio{feature_name=\"tier\",bin=\"+Inf\",above=\"2.5\"} 0.5\n");
    buffer_finish(&out);
}

static void numbers_are_the_shortest_that_read_back(void **state)
{
    static const struct {
        double value;
        const char *text, *bound;
    } cases[] = {
        {0, "0", "0.0"},
        {1, "1", "1.0"},
        {0.1, "0.1", "0.1"},
        {25e-6, "2.5e-05", "2.5e-05"},
        {5e-05, "5e-05", "5e-05"},
        {-2.5, "-2.5", "-2.5"},
        {1.0 / 3, "0.3333333333333333", "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
        {123456789012345, "123456789012345", "123456789012345.0"},
        {1e300, "1e+300", "1e+300"},
        {5e-324, "4.94065645841247e-324", "4.94065645841247e-324"},
        {HUGE_VAL, "+Inf", "+Inf"},
        {-HUGE_VAL, "-Inf", "-Inf"},
    };

    char out[NUMBER_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(number_text(cases[i].value, out) == strlen(cases[i].text));
        assert_string_equal(out, cases[i].text);
        CHECK(number_text_bound(cases[i].value, out) == strlen(cases[i].bound));
        assert_string_equal(out, cases[i].bound);
    }
    CHECK(number_text((double)NAN, out) == 3);
    assert_string_equal(out, "NaN");
    CHECK(number_text_whole(UINT64_MAX, out) == 20);
    assert_string_equal(out, "18446744073709551615");
}

static void a_full_buffer_is_reported_by_the_buffer(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    struct buffer out;

    (void)state;
    buffer_init(&out, 100);
    metrics_expose(m, LISTENER_ML, EXPOSITION_TEXT, &out);
    CHECK(out.failed && out.len <= 100);
    buffer_finish(&out);
}

/* ---- OpenMetrics ------------------------------------------------------------------------------- */

static void openmetrics_names_counters_without_total_and_ends_with_eof(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    CLEANUP(buffer_finish) struct buffer out = expose(m, LISTENER_ML, EXPOSITION_OPENMETRICS);
    static const char end[] = "# EOF\n";

    (void)state;
    check_has(&out, "# HELP ml_predictions Predictions");
    check_has(&out, "# TYPE ml_predictions counter\nml_predictions_total{severity=\"Low\"");
    CHECK(out.len > strlen(end));
    assert_string_equal(out.data + out.len - strlen(end), end);
}

static void the_latest_traced_value_of_a_bucket_is_its_exemplar(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    const enum metric latency = METRIC_ML_PREDICTION_LATENCY_SECONDS;
    struct buffer open, text;

    (void)state;
    metrics_observe(m, latency, NO_LABELS, 0.0002, "ffffffffffffffffffffffffffffffff");
    metrics_observe(m, latency, NO_LABELS, 0.00021, TRACE);
    metrics_observe(m, latency, NO_LABELS, 0.00022, NULL);
    open = expose(m, LISTENER_ML, EXPOSITION_OPENMETRICS);
    text = expose(m, LISTENER_ML, EXPOSITION_TEXT);
    check_has(&open, "ml_prediction_latency_seconds_bucket{le=\"0.0001\"} 0\n"
                     "ml_prediction_latency_seconds_bucket{le=\"0.00025\"} 3 # "
                     "{trace_id=\"" TRACE "\"} 0.00021 ");
    check_has(&open, "ml_prediction_latency_seconds_bucket{le=\"0.0005\"} 3\n");
    check_lacks(&open, "ffffffffffffffffffffffffffffffff");
    check_lacks(&text, "trace_id");
    buffer_finish(&open);
    buffer_finish(&text);
}

static void an_exemplar_needs_a_true_trace_id(void **state)
{
    static const char *const bad[] = {
        "",
        "0af7651916cd43dd8448eb211c80319",
        "0af7651916cd43dd8448eb211c80319c0",
        "0af7651916cd43dd8448eb211c80319g",
        "\"} 1\n# EOF\nevil_metric 1\n12345678",
    };
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        metrics_observe(m, METRIC_ML_PREDICTION_LATENCY_SECONDS, NO_LABELS, 0.0002, bad[i]);
    out = expose(m, LISTENER_ML, EXPOSITION_OPENMETRICS);
    check_lacks(&out, "trace_id");
    check_has(&out, "ml_prediction_latency_seconds_count 5\n");
    buffer_finish(&out);
}

/* A strict reader of OpenMetrics, line by line, for what we write. */

struct reader {
    const char *at;
    char family[128], type[128];
    size_t n_samples;
    double last_bucket; /* of the histogram series being read; -1: none yet */
};

static bool take(struct reader *r, const char *text)
{
    if (strncmp(r->at, text, strlen(text)) != 0)
        return false;
    r->at += strlen(text);
    return true;
}

static void must_take(struct reader *r, const char *text)
{
    if (!take(r, text))
        fail_msg("expected '%s' at: %.80s", text, r->at);
}

static void take_name(struct reader *r, char out[128])
{
    size_t len = strspn(r->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789");

    if (len == 0 || len > 127 || (*r->at >= '0' && *r->at <= '9'))
        fail_msg("expected a name at: %.80s", r->at);
    memcpy(out, r->at, len);
    out[len] = '\0';
    r->at += len;
}

static double take_number(struct reader *r)
{
    char *end;
    double value = strtod(r->at, &end);

    if (end == r->at || *r->at == ' ')
        fail_msg("expected a number at: %.80s", r->at);
    r->at = end;
    return value;
}

/* Takes {a="b",...}; returns the value of le, or NaN. */
static double take_labels(struct reader *r)
{
    double le = (double)NAN;
    char name[128];

    if (!take(r, "{"))
        return le;
    do {
        take_name(r, name);
        must_take(r, "=\"");
        if (strcmp(name, "le") == 0)
            le = strtod(r->at, NULL);
        for (; *r->at != '"'; r->at++) {
            CHECK(*r->at != '\0' && *r->at != '\n');
            if (*r->at == '\\' && !strchr("\\\"n", *++r->at))
                fail_msg("bad escape at: %.20s", r->at);
        }
        must_take(r, "\"");
    } while (take(r, ","));
    must_take(r, "}");
    return le;
}

static void read_head(struct reader *r)
{
    char name[128];

    must_take(r, "# HELP ");
    take_name(r, r->family);
    must_take(r, " ");
    r->at += strcspn(r->at, "\"\\\n");
    must_take(r, "\n# TYPE ");
    take_name(r, name);
    assert_string_equal(name, r->family);
    must_take(r, " ");
    take_name(r, r->type);
    must_take(r, "\n");
    r->last_bucket = -1;
}

static bool is_suffix_of_type(const char *type, const char *suffix)
{
    if (strcmp(type, "counter") == 0)
        return strcmp(suffix, "_total") == 0;
    if (strcmp(type, "histogram") == 0)
        return !strcmp(suffix, "_bucket") || !strcmp(suffix, "_sum") || !strcmp(suffix, "_count");
    return strcmp(type, "gauge") == 0 && *suffix == '\0';
}

static void read_sample(struct reader *r)
{
    char name[128];
    const char *suffix;
    double le, value;

    take_name(r, name);
    if (strncmp(name, r->family, strlen(r->family)) != 0)
        fail_msg("%s stands in the family %s", name, r->family);
    suffix = name + strlen(r->family);
    if (!is_suffix_of_type(r->type, suffix))
        fail_msg("%s in a family of type %s", name, r->type);
    le = take_labels(r);
    CHECK(isnan(le) == (strcmp(suffix, "_bucket") != 0));
    must_take(r, " ");
    value = take_number(r);
    if (strcmp(r->type, "counter") == 0)
        CHECK(value >= 0);
    if (!isnan(le)) {
        CHECK(value >= r->last_bucket);
        r->last_bucket = value;
    } else if (strcmp(suffix, "_count") == 0) {
        CHECK(value == r->last_bucket);
        r->last_bucket = -1;
    }
    if (take(r, " # ")) {
        CHECK(!isnan(le));
        (void)take_labels(r);
        must_take(r, " ");
        CHECK(take_number(r) <= le);
        must_take(r, " ");
        CHECK(take_number(r) > 1.6e9);
    }
    must_take(r, "\n");
    r->n_samples++;
}

static void the_whole_of_openmetrics_reads_strictly(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    size_t n_series = populate(m);
    CLEANUP(buffer_finish) struct buffer out = expose(m, LISTENER_EACH, EXPOSITION_OPENMETRICS);
    struct reader r = {.at = buffer_text(&out)};

    (void)state;
    while (!take(&r, "# EOF\n")) {
        if (*r.at == '#')
            read_head(&r);
        else
            read_sample(&r);
    }
    CHECK(*r.at == '\0');
    CHECK(r.n_samples > n_series && n_series > 100);
}

/* Both formats have the same samples but for exemplars: `le` above all. */
static void both_formats_have_the_same_samples(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    struct buffer text, open;
    const char *a, *b;

    (void)state;
    (void)populate(m);
    text = expose(m, LISTENER_EACH, EXPOSITION_TEXT);
    open = expose(m, LISTENER_EACH, EXPOSITION_OPENMETRICS);
    a = buffer_text(&text);
    b = buffer_text(&open);
    while (*a) {
        const char *exemplar = strstr(b, " # {"), *end = strchr(b, '\n');
        size_t a_len = strcspn(a, "\n");
        size_t b_len = (size_t)((exemplar && exemplar < end ? exemplar : end) - b);

        if (*a != '#' && (a_len != b_len || memcmp(a, b, a_len) != 0))
            fail_msg("%.*s\n%.*s", (int)a_len, a, (int)b_len, b);
        a += a_len + 1;
        b = end + 1;
    }
    assert_string_equal(b, "# EOF\n");
    buffer_finish(&text);
    buffer_finish(&open);
}

/* ---- promtool ---------------------------------------------------------------------------------- */

/* Exit status of `promtool check metrics < path`; 127: there is no promtool. */
static int run_promtool(const char *path)
{
    int status = 0;
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
            _exit(126);
        (void)execlp("promtool", "promtool", "check", "metrics", (char *)NULL);
        _exit(127);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static int check_with_promtool(const char *text, size_t len)
{
    char path[] = "/tmp/tidewatch-exposition-XXXXXX";
    int fd = mkstemp(path), status;

    CHECK(fd >= 0 && write(fd, text, len) == (ssize_t)len && close(fd) == 0);
    status = run_promtool(path);
    CHECK(unlink(path) == 0);
    return status;
}

static void promtool_finds_nothing_to_say_about_the_text(void **state)
{
    CLEANUP(metrics_freep) struct metrics *m = new_metrics();
    CLEANUP(buffer_finish) struct buffer out = expose(m, LISTENER_EACH, EXPOSITION_TEXT);
    static const char bad[] = "# TYPE x counter\nx 1\n";
    int status;

    (void)state;
    status = check_with_promtool(bad, strlen(bad));
    if (status == 127) {
        print_message("promtool is not installed: its check of the exposition is skipped\n");
        skip();
    }
    CHECK(status != 0); /* it would tell */
    buffer_finish(&out);
    (void)populate(m);
    out = expose(m, LISTENER_EACH, EXPOSITION_TEXT);
    assert_int_equal(check_with_promtool(out.data, out.len), 0);
}

/* ---- Accept ------------------------------------------------------------------------------------ */

static void the_format_follows_the_accept_header(void **state)
{
    static const struct {
        const char *accept;
        enum exposition want;
    } cases[] = {
        {NULL, EXPOSITION_TEXT},
        {"", EXPOSITION_TEXT},
        {"*/*", EXPOSITION_TEXT},
        {"text/html,application/xhtml+xml,*/*;q=0.8", EXPOSITION_TEXT},
        {"application/*", EXPOSITION_TEXT},
        {"application/openmetrics-text", EXPOSITION_OPENMETRICS},
        {"Application/OpenMetrics-Text; Version=\"1.0.0\"", EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version=2.0.0", EXPOSITION_TEXT},
        /* Prometheus 2.42, and with native histograms */
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q="
         "0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         EXPOSITION_OPENMETRICS},
        {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding="
         "delimited,application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0."
         "5,*/*;q=0.1",
         EXPOSITION_OPENMETRICS},
        {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding="
         "delimited",
         EXPOSITION_TEXT},
        {"text/plain, application/openmetrics-text;q=0.9", EXPOSITION_TEXT},
        {"text/plain;q=0.9, application/openmetrics-text;q=0.9", EXPOSITION_OPENMETRICS},
        {"text/plain;q=0.901, application/openmetrics-text;q=0.9", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0.0, */*;q=0", EXPOSITION_TEXT},
        /* The closest range says how much text is wanted. */
        {"*/*, text/plain;q=0.1, application/openmetrics-text;q=0.2", EXPOSITION_OPENMETRICS},
        {"text/*;q=0.3, */*;q=0.1, application/openmetrics-text;q=0.2", EXPOSITION_TEXT},
        {"*/*;q=0.5, application/openmetrics-text;q=0.4", EXPOSITION_TEXT},
        /* What cannot be read asks for nothing. */
        {"application/openmetrics-text;q=high", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=2", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=1.001", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=-1", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0.12345", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=", EXPOSITION_TEXT},
        {"application/openmetrics-textual", EXPOSITION_TEXT},
        {"text/x;a=\"application/openmetrics-text\"", EXPOSITION_TEXT},
        {"text/x;a=\",application/openmetrics-text,\"", EXPOSITION_TEXT},
        {"text/x;a=\"\\\",application/openmetrics-text", EXPOSITION_TEXT},
        {",,;;, ,application/openmetrics-text ; q=1.000,", EXPOSITION_OPENMETRICS},
        {"\"", EXPOSITION_TEXT},
        {"a;\"\\", EXPOSITION_TEXT},
        {";q=1,=;=,q", EXPOSITION_TEXT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (exposition_choose(cases[i].accept) != cases[i].want)
            fail_msg("wrong for: %s", cases[i].accept);
    CHECK(strstr(exposition_content_type(EXPOSITION_TEXT), "text/plain; version=0.0.4"));
    CHECK(strstr(exposition_content_type(EXPOSITION_OPENMETRICS),
                 "application/openmetrics-text; version=1.0.0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counters_are_there_from_the_first_scrape),
        TEST(what_is_not_known_has_neither_line_nor_head),
        TEST(a_metric_whose_label_has_no_values_is_left_out),
        TEST(a_listener_shows_its_own_series),
        TEST(label_values_are_escaped),
        TEST(a_route_prints_as_two_labels),
        TEST(buckets_are_cumulative_and_hold_their_upper_edge),
        TEST(the_reference_has_a_bin_for_every_le_and_no_other),
        TEST(numbers_are_the_shortest_that_read_back),
        TEST(a_full_buffer_is_reported_by_the_buffer),
        TEST(openmetrics_names_counters_without_total_and_ends_with_eof),
        TEST(the_latest_traced_value_of_a_bucket_is_its_exemplar),
        TEST(an_exemplar_needs_a_true_trace_id),
        TEST(the_whole_of_openmetrics_reads_strictly),
        TEST(both_formats_have_the_same_samples),
        TEST(promtool_finds_nothing_to_say_about_the_text),
        TEST(the_format_follows_the_accept_header),
    };

    return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
