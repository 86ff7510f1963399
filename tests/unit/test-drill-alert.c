#include "test.h"

#include "common/json.h"
#include "server/drill/drill_alert.h"

#define START_MS INT64_C(1795000000000)

static int read(const char *text, enum drill_alert_state *ret_state)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct tw_error err;

    CHECK(json_parse(text, strlen(text), &json, NULL) == 0);
    return drill_alert_read(json, "MLModelDriftHigh", ret_state, &err);
}

static void the_hottest_alert_of_the_name_counts(void **state)
{
    static const struct {
        const char *text;
        enum drill_alert_state state;
    } cases[] = {
        {"{\"status\":\"success\",\"data\":{\"alerts\":[]}}", DRILL_ALERT_INACTIVE},
        {"{\"status\":\"success\",\"data\":{\"alerts\":[{\"labels\":{\"alertname\":"
         "\"MLModelDriftHigh\",\"severity\":\"critical\"},\"annotations\":{},\"state\":\"pending\","
         "\"activeAt\":\"2026-11-23T21:45:00.1Z\",\"value\":\"6e-01\"}]}}",
         DRILL_ALERT_PENDING},
        {"{\"status\":\"success\",\"data\":{\"alerts\":[{\"labels\":{\"alertname\":\"Watchdog\"},"
         "\"state\":\"firing\"},{\"labels\":{\"alertname\":\"MLModelDriftHigh\"},\"state\":"
         "\"firing\"},{\"labels\":{\"alertname\":\"MLModelDriftHigh\",\"instance\":\"b\"},"
         "\"state\":\"pending\"}]}}",
         DRILL_ALERT_FIRING},
        /* Strange neighbours are not ours to judge. */
        {"{\"status\":\"success\",\"data\":{\"alerts\":[1,null,[],{},{\"labels\":7},{\"labels\":{"
         "\"alertname\":{}}},{\"labels\":{\"alertname\":\"Other\"},\"state\":\"odd\"}]}}",
         DRILL_ALERT_INACTIVE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum drill_alert_state got = DRILL_ALERT_UNKNOWN;

        CHECK(read(cases[i].text, &got) == 0);
        CHECK(got == cases[i].state);
    }
}

static void an_answer_that_is_no_list_of_alerts_is_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "null",
        "\"success\"",
        "{\"status\":\"success\"}",
        "{\"status\":\"success\",\"data\":[]}",
        "{\"status\":\"success\",\"data\":{\"alerts\":{}}}",
        "{\"status\":\"success\",\"data\":{\"alerts\":null}}",
        "{\"status\":\"error\",\"data\":{\"alerts\":[]}}",
        "{\"status\":1,\"data\":{\"alerts\":[]}}",
        "{\"data\":{\"alerts\":[]}}",
        "{\"status\":\"success\",\"data\":{\"alerts\":[{\"labels\":{\"alertname\":"
        "\"MLModelDriftHigh\"},\"state\":\"on fire\"}]}}",
        "{\"status\":\"success\",\"data\":{\"alerts\":[{\"labels\":{\"alertname\":"
        "\"MLModelDriftHigh\"}}]}}",
        "{\"status\":\"success\",\"data\":{\"alerts\":[{\"labels\":{\"alertname\":"
        "\"MLModelDriftHigh\"},\"state\":\"unknown\"}]}}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        enum drill_alert_state got = DRILL_ALERT_FIRING;

        if (read(bad[i], &got) == 0)
            fail_msg("accepted: %s", bad[i]);
        CHECK(got == DRILL_ALERT_FIRING);
    }
}

static void the_first_moment_of_each_state_is_kept(void **state)
{
    struct drill_alert alert = {.name = "A"};

    (void)state;
    CHECK(!drill_alert_observe(&alert, DRILL_ALERT_UNKNOWN, START_MS));
    CHECK(drill_alert_observe(&alert, DRILL_ALERT_INACTIVE, START_MS + 1));
    CHECK(drill_alert_observe(&alert, DRILL_ALERT_PENDING, START_MS + 2));
    CHECK(!drill_alert_observe(&alert, DRILL_ALERT_PENDING, START_MS + 3));
    CHECK(drill_alert_observe(&alert, DRILL_ALERT_UNKNOWN, START_MS + 4));
    CHECK(alert.firing_at_ms == 0 && alert.has_been_seen);
    CHECK(drill_alert_observe(&alert, DRILL_ALERT_FIRING, START_MS + 5));
    CHECK(!drill_alert_observe(&alert, DRILL_ALERT_FIRING, START_MS + 6));
    CHECK(alert.pending_at_ms == START_MS + 2);
    CHECK(alert.firing_at_ms == START_MS + 5);
}

static void an_alert_that_fired_before_is_not_this_runs(void **state)
{
    struct drill_alert alert = {.name = "A"};

    (void)state;
    (void)drill_alert_observe(&alert, DRILL_ALERT_FIRING, START_MS);
    CHECK(alert.was_firing && alert.firing_at_ms == 0);
    CHECK(!drill_alert_note(&alert, true, START_MS + 1));
    CHECK(!drill_alert_note(&alert, false, START_MS + 1));
    /* It clears and comes back: that one is. */
    (void)drill_alert_observe(&alert, DRILL_ALERT_INACTIVE, START_MS + 2);
    CHECK(!alert.was_firing);
    (void)drill_alert_observe(&alert, DRILL_ALERT_FIRING, START_MS + 3);
    CHECK(alert.firing_at_ms == START_MS + 3);
}

static void notifications_are_noted_once_and_in_order(void **state)
{
    struct drill_alert alert = {.name = "A"};

    (void)state;
    (void)drill_alert_observe(&alert, DRILL_ALERT_INACTIVE, START_MS);
    CHECK(!drill_alert_note(&alert, false, START_MS + 1)); /* nothing has fired */
    CHECK(!drill_alert_note(&alert, true, START_MS + 1));  /* inactive: an echo */
    (void)drill_alert_observe(&alert, DRILL_ALERT_PENDING, START_MS + 2);
    CHECK(drill_alert_note(&alert, true, START_MS + 3));
    CHECK(!drill_alert_note(&alert, true, START_MS + 4));
    /* The poll comes after the notification; the alert fired before it. */
    (void)drill_alert_observe(&alert, DRILL_ALERT_FIRING, START_MS + 5);
    CHECK(alert.firing_at_ms == START_MS + 3);
    CHECK(drill_alert_note(&alert, false, START_MS + 9));
    CHECK(!drill_alert_note(&alert, false, START_MS + 10));
    CHECK(alert.delivered_at_ms == START_MS + 3 && alert.resolved_at_ms == START_MS + 9);
    CHECK(alert.state == DRILL_ALERT_INACTIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_hottest_alert_of_the_name_counts),
        TEST(an_answer_that_is_no_list_of_alerts_is_refused),
        TEST(the_first_moment_of_each_state_is_kept),
        TEST(an_alert_that_fired_before_is_not_this_runs),
        TEST(notifications_are_noted_once_and_in_order),
    };

    return cmocka_run_group_tests_name("drill-alert", tests, NULL, NULL);
}
