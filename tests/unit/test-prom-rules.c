#include "test.h"

#include "common/json.h"
#include "reply.h"
#include "tui/prom_rules.h"

#define RULE(name, expr, labels, more)                                                             \
    "{\"type\":\"alerting\",\"name\":\"" name "\",\"query\":\"" expr "\",\"labels\":{" labels      \
    "}" more "}"
#define GROUPS(rules) "{\"status\":\"success\",\"data\":{\"groups\":[{\"rules\":[" rules "]}]}}"

static const struct prom_rule *find(const struct prom_rules *rules, const char *object)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct prom_rule *rule;
    struct labels labels;

    assert_int_equal(json_parse(object, strlen(object), &json, NULL), 0);
    assert_int_equal(labels_read(json, &labels, NULL), 0);
    rule = prom_rules_find(rules, &labels);
    labels_finish(&labels);
    return rule;
}

static void the_rule_of_an_alert_is_found_by_name_and_labels(void **state)
{
    static const char body[] =
        GROUPS(RULE("A", "x > 1", "\"severity\":\"warning\"", ",\"duration\":300") "," RULE(
            "A", "x > 2", "\"severity\":\"critical\"",
            ",\"lastError\":\"many\\u001b\"") "," RULE("B", "y", "\"value\":\"{{ $value }}\"",
                                                       "") ",{\"type\":\"recording\",\"name\":\"A\",\"query\":\"z\"}");
    struct fetch_reply reply = reply_of(200, body);
    struct prom_rules rules;

    (void)state;
    assert_int_equal(prom_read_rules(&reply, &rules, NULL), 0);
    CHECK(rules.n == 3);
    assert_string_equal(find(&rules, "{\"alertname\":\"A\",\"severity\":\"critical\"}")->expr,
                        "x > 2");
    CHECK(find(&rules, "{\"alertname\":\"A\",\"severity\":\"warning\",\"job\":\"j\"}")->for_ms ==
          300000);
    CHECK(find(&rules, "{\"alertname\":\"B\",\"value\":\"0.7\"}") == &rules.at[2]);
    CHECK(find(&rules, "{\"alertname\":\"A\",\"severity\":\"info\"}") == NULL);
    CHECK(find(&rules, "{\"alertname\":\"C\"}") == NULL);
    assert_string_equal(rules.at[1].last_error, "many?");
    prom_rules_finish(&rules);
}

static void answers_without_rules_are_refused(void **state)
{
    static const char *const bad[] = {"[]", "{\"status\":\"success\",\"data\":{}}",
                                      "{\"status\":\"error\",\"error\":\"no\"}", "<html>"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);
        struct prom_rules rules;
        struct tw_error err = {0};

        assert_int_equal(prom_read_rules(&reply, &rules, &err), -1);
        CHECK(err.message[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_rule_of_an_alert_is_found_by_name_and_labels),
        TEST(answers_without_rules_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
