#include "test.h"

#include "reply.h"
#include "tui/data/prom_rules.h"

static void rules_of_all_groups_are_read(void **state)
{
    struct fetch_reply reply = reply_of(
        200,
        "{\"status\":\"success\",\"data\":{\"groups\":[{\"name\":\"ml\",\"rules\":["
        "{\"type\":\"alerting\",\"name\":\"MLModelDriftHigh\",\"query\":\"ml_data_drift_score > 0.5\","
        "\"duration\":300,\"state\":\"firing\",\"labels\":{\"severity\":\"critical\",\"service\":\"ml-api\"},"
        "\"lastError\":\"\"},"
        "{\"type\":\"recording\",\"name\":\"fleet:x\",\"query\":\"avg(x)\"}]},"
        "{\"name\":\"self\",\"rules\":[{\"type\":\"alerting\",\"name\":\"W\\u001b[2J\",\"query\":\"vector(1)\","
        "\"state\":\"strange\",\"lastError\":\"many-to-many\"}]}]}}");
    struct prom_rules rules;

    (void)state;
    assert_int_equal(prom_read_rules(&reply, &rules, NULL), 0);
    CHECK(rules.n == 3);
    assert_string_equal(rules.at[0].name, "MLModelDriftHigh");
    assert_string_equal(rules.at[0].condition, "> 0.5");
    assert_string_equal(rules.at[0].service, "ml-api");
    CHECK(rules.at[0].is_alert && rules.at[0].for_ms == 300000);
    CHECK(rules.at[0].severity == ALERT_CRITICAL && rules.at[0].state == PROM_RULE_FIRING);
    CHECK(!rules.at[1].is_alert);
    assert_string_equal(rules.at[2].name, "W?[2J");
    assert_string_equal(rules.at[2].condition, "vector(1)");
    assert_string_equal(rules.at[2].last_error, "many-to-many");
    CHECK(rules.at[2].state == PROM_RULE_UNKNOWN && rules.at[2].severity == ALERT_INFO);
    prom_rules_finish(&rules);
}

static void answers_of_another_shape_are_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"status\":\"success\",\"data\":{}}",
        "{\"status\":\"success\",\"data\":{\"groups\":[{}]}}",
        "{\"status\":\"success\",\"data\":{\"groups\":[{\"rules\":[{\"type\":\"alerting\"}]}]}}",
        "{\"status\":\"success\",\"data\":{\"groups\":[{\"rules\":[{\"query\":\"up\"}]}]}}",
        "[]",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct fetch_reply reply = reply_of(200, bodies[i]);
        struct prom_rules rules;
        struct tw_error err = {0};

        assert_int_equal(prom_read_rules(&reply, &rules, &err), -1);
        CHECK(err.code == TW_BROKEN);
    }
}

static void a_condition_is_the_querys_own_comparison(void **state)
{
    static const struct {
        const char *query, *condition;
    } cases[] = {
        {"ml_data_drift_score > 0.5\nand on (job)\nsum(increase(x[15m])) > 0", "> 0.5"},
        {"histogram_quantile(0.95, sum by (le) (rate(x_bucket{a!=\"b\"}[5m]))) > 10", "> 10"},
        {"up{job=~\"a|b\"} == 0", "== 0"},
        {"a <= -1e-3", "<= -1e-3"},
        {"a{x=\">5\"} # > 7\n> 9", "> 9"},
        {"realized < model - 0.08 and labels >= 200", ""},
        {"a and on (x) b == 1", ""},
        {"(a)and(b > 1)", ""},
        {"vector(1)", ""},
        {"a >", ""},
        {"", ""},
    };

    char out[120];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        prom_rule_condition(cases[i].query, out, sizeof(out));
        assert_string_equal(out, cases[i].condition);
    }
}

static void the_rule_of_an_alert_is_found_by_name_severity_and_service(void **state)
{
    struct fetch_reply reply = reply_of(
        200,
        "{\"status\":\"success\",\"data\":{\"groups\":[{\"rules\":["
        "{\"type\":\"recording\",\"name\":\"A\",\"query\":\"z\"},"
        "{\"type\":\"alerting\",\"name\":\"A\",\"query\":\"x > 1\",\"labels\":{\"severity\":\"warning\"}},"
        "{\"type\":\"alerting\",\"name\":\"A\",\"query\":\"x > 2\",\"labels\":{\"severity\":\"critical\","
        "\"service\":\"ml-api\"}}]}]}}");
    static char texts[][12] = {"alertname", "A", "severity", "critical", "service", "ml-api"};
    struct label at[] = {{texts[0], texts[1]}, {texts[2], texts[3]}, {texts[4], texts[5]}};
    struct labels labels = {3, at, false};
    struct prom_rules rules;

    (void)state;
    assert_int_equal(prom_read_rules(&reply, &rules, NULL), 0);
    CHECK(prom_rules_find(&rules, &labels) == &rules.at[2]);
    labels.n = 2;
    CHECK(prom_rules_find(&rules, &labels) == NULL); /* another service's */
    at[1].value = texts[5];
    CHECK(prom_rules_find(&rules, &labels) == NULL);
    prom_rules_finish(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rules_of_all_groups_are_read),
        TEST(answers_of_another_shape_are_refused),
        TEST(a_condition_is_the_querys_own_comparison),
        TEST(the_rule_of_an_alert_is_found_by_name_severity_and_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
