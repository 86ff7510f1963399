#include "test.h"

#include "common/buffer.h"
#include "look_case.h"

#include <math.h>
#include <stdbool.h>

#define HTML "<html><title>502 Bad Gateway</title>"

#define WITH_ALERT(name, severity, state)                                                          \
    ALERTS(WATCHDOG_FIRING "," ALERT(name, severity, state, "2026-11-23T21:40:48Z"))
#define WITH_DELIVERED(name, severity, state, silences)                                            \
    "[" WATCHDOG_DELIVERED "," DELIVERED(name, severity, state, silences) "]"

struct verdict_case {
    const char *what;
    struct look_case answers;
    enum look_verdict verdict;
    const char *reason; /* the first; NULL: none at all */
};

/* Later initialisers override those of CASE_QUIET: that is how a case says what is different. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif

static const struct verdict_case verdict_cases[] = {
    {"quiet", {CASE_QUIET}, LOOK_OK, NULL},
    {"a critical alert fires",
     {CASE_QUIET, .alerts = WITH_ALERT("MLModelDriftHigh", "critical", "firing"),
      .delivered = WITH_DELIVERED("MLModelDriftHigh", "critical", "active", "")},
     LOOK_CRIT,
     "MLModelDriftHigh is firing (critical)"},
    {"a silenced critical alert is critical still",
     {CASE_QUIET, .alerts = WITH_ALERT("MLModelDriftHigh", "critical", "firing"),
      .delivered = WITH_DELIVERED("MLModelDriftHigh", "critical", "suppressed", "\"3f2a\"")},
     LOOK_CRIT,
     "MLModelDriftHigh is firing (critical)"},
    {"a critical alert is pending",
     {CASE_QUIET, .alerts = WITH_ALERT("MLModelDriftHigh", "critical", "pending")},
     LOOK_WARN,
     "MLModelDriftHigh is pending (critical)"},
    {"a warning fires",
     {CASE_QUIET, .alerts = WITH_ALERT("MLLatencyHigh", "warning", "firing"),
      .delivered = WITH_DELIVERED("MLLatencyHigh", "warning", "active", "")},
     LOOK_WARN,
     "MLLatencyHigh is firing (warning)"},
    {"a severity of their own counts as a warning",
     {CASE_QUIET, .alerts = WITH_ALERT("Theirs", "page", "firing"),
      .delivered = WITH_DELIVERED("Theirs", "page", "active", "")},
     LOOK_WARN,
     "Theirs is firing (warning)"},
    {"a warning is pending",
     {CASE_QUIET, .alerts = WITH_ALERT("MLLatencyHigh", "warning", "pending")},
     LOOK_OK,
     NULL},
    {"an info fires",
     {CASE_QUIET, .alerts = WITH_ALERT("MLFeatureDrift", "info", "firing"),
      .delivered = WITH_DELIVERED("MLFeatureDrift", "info", "active", "")},
     LOOK_OK,
     NULL},
    {"firing in Prometheus, absent from Alertmanager",
     {CASE_QUIET, .alerts = WITH_ALERT("MLFeatureDrift", "info", "firing")},
     LOOK_WARN,
     "MLFeatureDrift is firing in Prometheus, absent from Alertmanager"},
    {"an API is down",
     {CASE_QUIET, .query = VECTOR(SAMPLE("drift", "0.1") "," UP("ml-api", "h:8000", "0"))},
     LOOK_CRIT,
     "target ml-api h:8000 is down"},
    {"another target is down",
     {CASE_QUIET, .query = VECTOR(QUIET_SAMPLES "," UP("alertmanager", "h:9093", "0"))},
     LOOK_WARN,
     "target alertmanager h:9093 is down"},
    {"no target of ours at all",
     {CASE_QUIET, .query = VECTOR("")},
     LOOK_WARN,
     "Prometheus has no target ml-api"},
    {"the Watchdog is silent",
     {CASE_QUIET, .alerts = ALERTS(""), .rules = RULES(RULE("A") "," RULE("Watchdog"))},
     LOOK_WARN,
     "the Watchdog is not firing: no rules are evaluated"},
    {"there is no Watchdog among somebody else's rules",
     {CASE_QUIET, .alerts = ALERTS(""), .rules = RULES(RULE("A"))},
     LOOK_OK,
     NULL},
    {"there are no alert rules",
     {CASE_QUIET, .alerts = ALERTS(""), .rules = RULES("")},
     LOOK_WARN,
     "Prometheus has no alert rules"},
    {"the rules cannot be read",
     {CASE_QUIET, .alerts = ALERTS(""), .rules = HTML},
     LOOK_WARN,
     "prometheus fails in part: rules: not valid JSON: a value is missing (byte 0)"},
    {"the Watchdog is only pending",
     {CASE_QUIET, .alerts = ALERTS(ALERT("Watchdog", "none", "pending", "")),
      .rules = RULES(RULE("Watchdog"))},
     LOOK_WARN,
     "the Watchdog is not firing: no rules are evaluated"},
    {"the Watchdog does not arrive",
     {CASE_QUIET, .delivered = "[]"},
     LOOK_WARN,
     "the Watchdog does not reach Alertmanager"},
    {"the Watchdog fires since a moment and is not there yet",
     {CASE_QUIET, .alerts = ALERTS(ALERT("Watchdog", "none", "firing", "2026-11-23T21:43:46Z")),
      .delivered = "[]"},
     LOOK_OK,
     NULL},
    {"the Watchdog was to be there by now",
     {CASE_QUIET, .alerts = ALERTS(ALERT("Watchdog", "none", "firing", "2026-11-23T21:43:45Z")),
      .delivered = "[]"},
     LOOK_WARN,
     "the Watchdog does not reach Alertmanager"},
    {"data is stale",
     {CASE_QUIET, .query = VECTOR(QUIET_SAMPLES "," SAMPLE("drift_age", "26"))},
     LOOK_WARN,
     "drift_score is stale: its last sample is 26 s old"},
    {"data of two scrapes and the slack is not stale",
     {CASE_QUIET, .query = VECTOR(QUIET_SAMPLES "," SAMPLE("drift_age", "24.9"))},
     LOOK_OK,
     NULL},
    {"Alertmanager is gone",
     {CASE_QUIET, .delivered = NULL},
     LOOK_WARN,
     "alertmanager: cannot connect to 127.0.0.1:9090: Connection refused"},
    {"Alertmanager answers HTML",
     {CASE_QUIET, .delivered = HTML},
     LOOK_WARN,
     "alertmanager: not valid JSON: a value is missing (byte 0)"},
    {"the backend is gone",
     {CASE_QUIET, .health = NULL, .simulations = NULL, .events = NULL},
     LOOK_WARN,
     "backend: cannot connect to 127.0.0.1:9090: Connection refused"},
    {"the backend fails in part",
     {CASE_QUIET, .events = "{}"},
     LOOK_WARN,
     "backend fails in part: events: the answer is JSON, but has no list of events"},
    {"Prometheus is gone, all else well",
     {CASE_QUIET, .query = NULL, .alerts = NULL, .targets = NULL},
     LOOK_UNKNOWN,
     "prometheus: cannot connect to 127.0.0.1:9090: Connection refused"},
    {"Prometheus answers nonsense",
     {CASE_QUIET, .query = "[]", .alerts = HTML, .targets = "7"},
     LOOK_UNKNOWN,
     "prometheus: the answer is JSON, but not of Prometheus"},
    {"only its alerts fail",
     {CASE_QUIET, .alerts = HTML},
     LOOK_UNKNOWN,
     "the alerts are not known"},
    {"its alerts fail, but an API is known to be down",
     {CASE_QUIET, .alerts = HTML, .query = VECTOR(UP("ml-api", "h:8000", "0"))},
     LOOK_CRIT,
     "target ml-api h:8000 is down"},
    {"only its queries fail",
     {CASE_QUIET, .query = HTML},
     LOOK_UNKNOWN,
     "Prometheus answers no query"},
    {"its queries fail, but a critical alert is known",
     {CASE_QUIET, .query = HTML, .alerts = WITH_ALERT("A", "critical", "firing")},
     LOOK_CRIT,
     "A is firing (critical)"},
    {"its targets fail",
     {CASE_QUIET, .targets = "{}"},
     LOOK_WARN,
     "prometheus fails in part: targets: the answer is JSON, but not of Prometheus"},
    {"nothing answers",
     {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
     LOOK_UNKNOWN,
     "prometheus: cannot connect to 127.0.0.1:9090: Connection refused"},
};

#pragma GCC diagnostic pop

static void every_state_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(verdict_cases); i++) {
        const struct verdict_case *c = &verdict_cases[i];
        const char *reason;
        struct look look;

        look_of_case(&look, &c->answers);
        reason = look.n_reasons ? look.reasons[0].text : NULL;
        if (look.verdict != c->verdict || !reason != !c->reason ||
            (reason && strcmp(reason, c->reason) != 0))
            fail_msg("%s: %s, %s", c->what, look_verdict_name(look.verdict),
                     reason ? reason : "no reason");
        look_finish(&look);
    }
}

static void the_exit_codes_are_fixed(void **state)
{
    (void)state;
    CHECK(LOOK_OK == 0 && LOOK_WARN == 1 && LOOK_CRIT == 2 && LOOK_UNKNOWN == 3);
}

static void readings_know_no_data_from_nan_and_error(void **state)
{
    static const struct look_case answers = {
        .query = VECTOR(SAMPLE("drift", "NaN") "," SAMPLE("p95", "+Inf") "," SAMPLE(
            "drift_age", "1") "," SAMPLE("unknown", "1")),
        .alerts = ALERTS(""),
    };
    struct look look;

    (void)state;
    look_of_case(&look, &answers);
    CHECK(look_reading_state(&look, LOOK_DRIFT) == LOOK_FRESH);
    CHECK(isnan(look.readings[LOOK_DRIFT].value));
    CHECK(isinf(look.readings[LOOK_LATENCY_P95_S].value));
    CHECK(look_reading_state(&look, LOOK_ERROR_RATIO) == LOOK_NO_DATA);
    look_finish(&look);
}

static void a_bad_expression_costs_one_reading(void **state)
{
    struct fetch_reply bad = reply_of(
        422, "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"many-to-many\"}");
    struct look look;

    (void)state;
    look_init(&look, CASE_NOW_MS);
    look_take_all(&look, &bad);
    for (int query = 0; query < N_LOOK_QUERIES; query++) {
        struct fetch_reply good =
            reply_of(200, query == LOOK_QUERY_UP ? VECTOR(UP_ALL) : VECTOR(SAMPLE("drift", "0.2")));

        look_take_query(&look, (enum look_query)query, query == LOOK_ERROR_RATIO ? &bad : &good);
    }
    case_take(&look, ALERTS(WATCHDOG_FIRING), look_take_alerts);
    case_take(&look, "[" WATCHDOG_DELIVERED "]", look_take_delivered);
    look_judge(&look);
    CHECK(look_reading_state(&look, LOOK_DRIFT) == LOOK_FRESH);
    CHECK(look_reading_state(&look, LOOK_ERROR_RATIO) == LOOK_ERROR);
    CHECK(look.verdict == LOOK_WARN);
    look_finish(&look);
}

static void alerts_are_joined_and_sorted(void **state)
{
    static const struct look_case answers = {
        .query = VECTOR(UP_ALL),
        .alerts = ALERTS(ALERT("B", "warning", "firing", "2026-11-23T21:00:00Z") "," ALERT(
            "P", "critical", "pending",
            "2026-11-23T20:00:00Z") "," ALERT("C", "critical", "firing",
                                              "2026-11-23T21:30:00Z") "," ALERT("A", "warning",
                                                                                "firing",
                                                                                "2026-11-23T20:30:00Z") "," WATCHDOG_FIRING),
        .delivered = "[" DELIVERED("C", "critical", "suppressed", "\"3f2a\"") "," DELIVERED(
            "A", "warning", "active", "") "," DELIVERED("Other", "warning", "active",
                                                        "") "," WATCHDOG_DELIVERED "]",
    };
    static const char *const order[] = {"C", "P", "A", "B"};
    struct look look;

    (void)state;
    look_of_case(&look, &answers);
    assert_int_equal(look.n_alerts, COUNT_OF(order));
    for (size_t i = 0; i < COUNT_OF(order); i++)
        assert_string_equal(labels_get(&look.alerts[i].alert->labels, "alertname"), order[i]);
    CHECK(look.alerts[0].delivered->state == AM_SUPPRESSED);
    CHECK(!look.alerts[1].delivered && look.alerts[2].delivered && !look.alerts[3].delivered);
    CHECK(look.n_only_delivered == 1);
    CHECK(look.watchdog == LOOK_WATCHDOG_OK && look.watchdog_age_ms == 23000);
    look_finish(&look);
}

static void a_thousand_alerts_are_judged(void **state)
{
    struct look_case answers = {.query = VECTOR(UP_ALL)};
    struct buffer alerts, delivered;
    struct look look;

    (void)state;
    buffer_init(&alerts, 1 << 20);
    buffer_init(&delivered, 1 << 20);
    (void)buffer_puts(&alerts, "{\"status\":\"success\",\"data\":{\"alerts\":[" WATCHDOG_FIRING);
    (void)buffer_puts(&delivered, "[" WATCHDOG_DELIVERED);
    for (int i = 0; i < 1000; i++) {
        (void)buffer_printf(&alerts,
                            ",{\"labels\":{\"alertname\":\"A\",\"severity\":\"warning\","
                            "\"instance\":\"%d\"},\"state\":\"firing\"}",
                            i);
        (void)buffer_printf(&delivered,
                            ",{\"labels\":{\"alertname\":\"A\",\"severity\":\"warning\","
                            "\"instance\":\"%d\"},\"status\":{\"state\":\"active\"}}",
                            999 - i);
    }
    (void)buffer_puts(&alerts, "]}}");
    (void)buffer_puts(&delivered, "]");
    CHECK(!alerts.failed && !delivered.failed);
    answers.alerts = buffer_text(&alerts);
    answers.delivered = buffer_text(&delivered);
    look_of_case(&look, &answers);
    CHECK(look.n_alerts == 1000 && look.n_only_delivered == 0);
    for (size_t i = 0; i < look.n_alerts; i++)
        CHECK(look.alerts[i].delivered);
    CHECK(look.n_reasons >= 1000 && look.verdict == LOOK_WARN);
    look_finish(&look);
    buffer_finish(&alerts);
    buffer_finish(&delivered);
}

static void a_scrape_interval_of_one_second_makes_data_stale_sooner(void **state)
{
    static const struct look_case answers = {
        .query = VECTOR(SAMPLE("drift", "0.2") "," SAMPLE("drift_age", "8") "," UP_ALL),
        .alerts = ALERTS(WATCHDOG_FIRING),
        .targets = "{\"status\":\"success\",\"data\":{\"activeTargets\":[{\"labels\":{\"job\":"
                   "\"ml-api\"},\"scrapeInterval\":\"1s\"}]}}",
    };
    struct look look;

    (void)state;
    look_of_case(&look, &answers);
    CHECK(look.stale_after_ms == 7000);
    CHECK(look_reading_state(&look, LOOK_DRIFT) == LOOK_STALE);
    look_finish(&look);
}

static void more_than_fits_is_left_out(void **state)
{
    struct look_case answers = {.alerts = ALERTS("")};
    struct buffer query;
    struct look look;

    (void)state;
    buffer_init(&query, 1 << 20);
    (void)buffer_puts(&query, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
                              "\"result\":[" SAMPLE("drift", "1"));
    for (int i = 0; i < 100; i++) {
        (void)buffer_printf(&query, "," FEATURE("f%d", "0.5"), i);
        (void)buffer_printf(&query, "," UP("ml-api", "h:%d", "0"), i);
    }
    (void)buffer_puts(&query, "]}}");
    answers.query = buffer_text(&query);
    look_of_case(&look, &answers);
    CHECK(look.n_features == LOOK_FEATURES_MAX && look.n_targets == LOOK_TARGETS_MAX);
    CHECK(look.n_reasons > LOOK_REASONS_MAX && look.verdict == LOOK_CRIT);
    look_finish(&look);
    buffer_finish(&query);
}

static void a_replica_without_the_llm_side_is_no_encoder(void **state)
{
    static const struct look_case answers = {
        .query = VECTOR(UP_ALL "," ENCODER("none") "," ENCODER("all-MiniLM-L6-v2")),
        .alerts = ALERTS(WATCHDOG_FIRING),
    };
    struct look look;

    (void)state;
    look_of_case(&look, &answers);
    assert_string_equal(look.encoder, "all-MiniLM-L6-v2");
    look_finish(&look);
}

static void the_joint_query_names_every_part(void **state)
{
    struct buffer query;

    (void)state;
    buffer_init(&query, 1 << 14);
    look_write_joint_query(&query);
    for (int i = 0; i < N_LOOK_QUERIES; i++) {
        CHECK(strstr(query.data, look_queries[i].expr));
        CHECK(look_query_of(look_queries[i].tag) == (enum look_query)i);
    }
    CHECK(look_query_of("") == N_LOOK_QUERIES);
    buffer_finish(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_state_has_its_verdict),
        TEST(the_exit_codes_are_fixed),
        TEST(readings_know_no_data_from_nan_and_error),
        TEST(a_bad_expression_costs_one_reading),
        TEST(alerts_are_joined_and_sorted),
        TEST(a_thousand_alerts_are_judged),
        TEST(a_scrape_interval_of_one_second_makes_data_stale_sooner),
        TEST(more_than_fits_is_left_out),
        TEST(a_replica_without_the_llm_side_is_no_encoder),
        TEST(the_joint_query_names_every_part),
    };

    return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
