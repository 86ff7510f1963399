#include "test.h"

#include "common/buffer.h"
#include "common/json.h"
#include "reply.h"
#include "tui/data/delivery.h"

#define STARTS_MS INT64_C(1795470300000)

/* As Alertmanager 0.25 writes its configuration. */
#define CONFIG                                                                                     \
    "global:\\n  resolve_timeout: 5m\\nroute:\\n  receiver: log\\n  routes:\\n"                    \
    "  - receiver: critical\\n    matchers:\\n    - severity=\\\"critical\\\"\\nreceivers:\\n"     \
    "- name: log\\n  webhook_configs:\\n  - send_resolved: true\\n    url: http://a/b\\n"          \
    "- name: critical\\n  email_configs:\\n  - send_resolved: true\\n    to: x@y.z\\n"             \
    "    html: '{{ template \\\"a\\\" . }}'\\n  slack_configs:\\n  - send_resolved: false\\n"      \
    "  webhook_configs:\\n  - http_config:\\n      follow_redirects: true\\n"                      \
    "    send_resolved: true\\n- name: 'night shift'\\n  pagerduty_configs:\\n"                    \
    "  - send_resolved: true\\ntemplates:\\n- templates/*.tmpl\\n"

static void read_channels(const char *receiver,
                          const char *config,
                          struct delivery_channels *channels)
{
    struct delivery_routing routing = {.n = 1};
    char body[4096];
    struct fetch_reply reply;

    (void)snprintf(body, sizeof(body), "{\"config\":{\"original\":\"%s\"}}", config);
    (void)snprintf(routing.receivers[0], sizeof(routing.receivers[0]), "%s", receiver);
    reply = reply_of(200, body);
    assert_int_equal(delivery_read_channels(&reply, &routing, channels, NULL), 0);
}

static void the_alert_is_routed_like_one_of_a_rule_and_ends_by_itself(void **state)
{
    const struct delivery_alert alert = {"00ff", "warning", STARTS_MS, STARTS_MS + 60000};
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *posted, *labels;
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    delivery_write_alert(&alert, &out);
    assert_int_equal(json_parse(buffer_text(&out), out.len, &json, NULL), 0);
    posted = json_first(json);
    labels = json_get(posted, "labels");
    CHECK(json_count(json) == 1);
    assert_string_equal(json_string(json_get(labels, "alertname")), "TidewatchTest");
    assert_string_equal(json_string(json_get(labels, "severity")), "warning");
    assert_string_equal(json_string(json_get(labels, "test")), "00ff");
    assert_string_equal(json_string(json_get(posted, "startsAt")), "2026-11-23T21:45:00.000Z");
    assert_string_equal(json_string(json_get(posted, "endsAt")), "2026-11-23T21:46:00.000Z");
    buffer_finish(&out);
}

static void where_it_goes_is_what_alertmanager_says(void **state)
{
    static const char body[] = "[{\"receivers\":[{\"name\":\"critical\"},{\"name\":\"a\\u001bb\"}],"
                               "\"status\":{\"state\":\"active\",\"silencedBy\":[]}}]";
    static const char silenced[] = "[{\"receivers\":[{\"name\":\"log\"}],\"status\":{\"state\":"
                                   "\"suppressed\",\"silencedBy\":[\"3f\\u001b2a\"]}}]";
    static const char inhibited[] = "[{\"receivers\":[],\"status\":{\"state\":\"suppressed\","
                                    "\"silencedBy\":[],\"inhibitedBy\":[\"7\"]}}]";
    struct fetch_reply reply = reply_of(200, body);
    struct delivery_routing routing;

    (void)state;
    assert_int_equal(delivery_read_routing(&reply, &routing, NULL), 0);
    CHECK(routing.n == 2 && !routing.held_back[0]);
    assert_string_equal(routing.receivers[0], "critical");
    assert_string_equal(routing.receivers[1], "a?b");
    reply = reply_of(200, silenced);
    assert_int_equal(delivery_read_routing(&reply, &routing, NULL), 0);
    assert_string_equal(routing.held_back, "the silence 3f?2a holds it back");
    reply = reply_of(200, inhibited);
    assert_int_equal(delivery_read_routing(&reply, &routing, NULL), 0);
    assert_string_equal(routing.held_back, "another alert inhibits it");
    reply = reply_of(200, "[]");
    assert_int_equal(delivery_read_routing(&reply, &routing, NULL), 0);
    CHECK(routing.n == 0 && !routing.held_back[0]);
}

static void channels_are_those_of_its_receiver(void **state)
{
    struct delivery_channels channels;

    (void)state;
    read_channels("critical", CONFIG, &channels);
    CHECK(channels.n == 4);
    assert_string_equal(channels.at[0].integration, "slack");
    CHECK(channels.at[0].is_routed && !channels.at[0].sends_resolved);
    assert_string_equal(channels.at[1].integration, "email");
    CHECK(channels.at[1].is_routed && channels.at[1].sends_resolved);
    assert_string_equal(channels.at[2].integration, "webhook");
    CHECK(channels.at[2].is_routed && channels.at[2].sends_resolved);
    assert_string_equal(channels.at[3].integration, "pagerduty");
    CHECK(channels.at[3].is_configured && !channels.at[3].is_routed);

    read_channels("log", CONFIG, &channels);
    CHECK(channels.at[0].is_configured && !channels.at[0].is_routed);
    CHECK(channels.at[2].is_routed && channels.at[2].sends_resolved);
    read_channels("night shift", CONFIG, &channels);
    CHECK(channels.at[3].is_routed && !channels.at[2].is_routed);
}

static void what_is_not_in_the_configuration_is_not_configured(void **state)
{
    struct delivery_channels channels;

    (void)state;
    read_channels("log", "receivers:\\n- name: log\\n  webhook_configs:\\n  - url: x\\n",
                  &channels);
    CHECK(channels.n == 3);
    CHECK(!channels.at[0].is_configured && !channels.at[1].is_configured);
    CHECK(channels.at[2].is_routed && !channels.at[2].sends_resolved);
    CHECK(!delivery_is_good(&channels));
    read_channels("log", "route:\\n- name: log\\n  slack_configs:\\n", &channels);
    CHECK(!channels.at[0].is_configured); /* not under receivers */
}

static void more_channels_than_fit_are_left_out(void **state)
{
    struct delivery_channels channels;
    char config[1024] = "receivers:\\n- name: log\\n";

    (void)state;
    for (char c = 'a'; c <= 'z'; c++) {
        size_t len = strlen(config);

        (void)snprintf(config + len, sizeof(config) - len, "  %c_configs:\\n", c);
    }
    read_channels("log", config, &channels);
    CHECK(channels.n == DELIVERY_CHANNELS_MAX);
}

static void answers_of_another_shape_are_refused(void **state)
{
    static const char *const bad[] = {"{}", "[1", "<html>", "{\"config\":{\"original\":7}}"};
    struct delivery_routing routing = {0};
    struct delivery_channels channels;
    bool is_firing, is_resolved;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);

        assert_int_equal(delivery_read_routing(&reply, &routing, NULL), -1);
        assert_int_equal(delivery_read_channels(&reply, &routing, &channels, NULL), -1);
        assert_int_equal(delivery_read_log(&reply, "7", &is_firing, &is_resolved, NULL), -1);
    }
}

static void counts_are_summed_over_what_newer_versions_tell_apart(void **state)
{
    static const char metrics[] =
        "# HELP alertmanager_notification_requests_total x\n"
        "alertmanager_notification_requests_total{integration=\"slack\"} 3\n"
        "alertmanager_notification_requests_total{integration=\"email\"} 100\n"
        "alertmanager_notification_requests_failed_total{integration=\"slack\"} 1\n"
        "alertmanager_notifications_failed_total{integration=\"slack\",reason=\"clientError\"} 2\n"
        "alertmanager_notifications_failed_total{integration=\"slack\",reason=\"other\"} 5\n"
        "alertmanager_notifications_failed_total{integration=\"slack\"} NaN\n"
        "alertmanager_notifications_failed_total{integration=\"slack\"}\n"
        "alertmanager_notifications_failed_total{integration=\"slack\"";
    struct delivery_counts counts;

    (void)state;
    delivery_read_counts(metrics, "slack", &counts);
    CHECK_NEAR(counts.n_tries, 3, 0);
    CHECK_NEAR(counts.n_failed, 1, 0);
    CHECK_NEAR(counts.n_given_up, 7, 0);
    delivery_read_counts("", "slack", &counts);
    CHECK_NEAR(counts.n_tries + counts.n_failed + counts.n_given_up, 0, 0);
}

static void the_log_is_searched_for_this_test_alone(void **state)
{
    static const char body[] =
        "{\"events\":[{\"kind\":\"alert\",\"detail\":{\"status\":\"firing\",\"labels\":{\"test\":"
        "\"07\"}}},{\"kind\":\"alert\",\"detail\":{\"status\":\"resolved\",\"labels\":{\"test\":"
        "\"08\"}}},{\"kind\":\"x\",\"detail\":null}]}";
    struct fetch_reply reply = reply_of(200, body);
    bool is_firing, is_resolved;

    (void)state;
    assert_int_equal(delivery_read_log(&reply, "07", &is_firing, &is_resolved, NULL), 0);
    CHECK(is_firing && !is_resolved);
    assert_int_equal(delivery_read_log(&reply, "09", &is_firing, &is_resolved, NULL), 0);
    CHECK(!is_firing && !is_resolved);
}

static void a_delivery_is_settled_by_what_is_seen(void **state)
{
    static const struct {
        struct delivery_look look;
        enum delivery_state state;
        const char *reason;
    } cases[] = {
        {{.now = {0, 0, 0}}, DELIVERY_WAITING, ""},
        {{.now = {1, 0, 0}}, DELIVERY_DONE, ""},
        {{.now = {2, 2, 0}}, DELIVERY_WAITING, ""},
        {{.now = {3, 2, 0}}, DELIVERY_DONE, ""}, /* at the third try */
        {{.now = {2, 2, 1}}, DELIVERY_FAILED, "2 tries failed"},
        {{.before = {5, 1, 1}, .now = {5, 1, 1}}, DELIVERY_WAITING, ""},
        {{.before = {5, 1, 1}, .now = {6, 1, 1}}, DELIVERY_DONE, ""},
        {{.before = {5, 1, 1}, .now = {0, 0, 0}}, DELIVERY_WAITING, ""}, /* it was started anew */
        {{.is_over = true}, DELIVERY_FAILED, "has not tried"},
        {{.now = {2, 2, 0}, .is_over = true}, DELIVERY_FAILED, "2 tries failed"},
        {{.has_log = true, .now = {1, 0, 0}}, DELIVERY_WAITING, ""},
        {{.has_log = true, .is_in_log = true}, DELIVERY_DONE, ""},
        {{.has_log = true, .now = {1, 0, 0}, .is_over = true},
         DELIVERY_FAILED,
         "the server's events do not have it"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct delivery delivery = {0};

        delivery_judge(&delivery, &cases[i].look);
        delivery_judge(&delivery, &cases[i].look);
        if (delivery.state != cases[i].state || !strstr(delivery.reason, cases[i].reason))
            fail_msg("case %zu: state %d, '%s'", i, (int)delivery.state, delivery.reason);
    }
}

static void counters_must_say_twice_that_it_was_sent(void **state)
{
    /* The eighth try failed too; the first of these looks caught it in one counter only. */
    const struct delivery_look torn = {.now = {8, 7, 0}, .elapsed_ms = 1000},
                               whole = {.now = {8, 8, 0}, .elapsed_ms = 1250},
                               sent = {.now = {9, 8, 0}, .elapsed_ms = 1500},
                               again = {.now = {9, 8, 0}, .elapsed_ms = 1750};
    struct delivery delivery = {0};

    (void)state;
    delivery_judge(&delivery, &torn);
    CHECK(delivery.state == DELIVERY_WAITING);
    delivery_judge(&delivery, &whole);
    delivery_judge(&delivery, &sent);
    CHECK(delivery.state == DELIVERY_WAITING);
    delivery_judge(&delivery, &again);
    CHECK(delivery.state == DELIVERY_DONE && delivery.after_ms == 1500);
}

static void what_is_settled_stays(void **state)
{
    struct delivery delivery = {.state = DELIVERY_DONE, .after_ms = 7};
    const struct delivery_look late = {.is_over = true, .elapsed_ms = 99};

    (void)state;
    delivery_judge(&delivery, &late);
    CHECK(delivery.state == DELIVERY_DONE && delivery.after_ms == 7);
}

static void reasons_are_found_in_the_log(void **state)
{
    static const char log[] =
        "ts=1 level=warn receiver=critical integration=slack[0] msg=\"Notify attempt failed, will retry "
        "later\" attempts=1 err=\"Post \\\"<redacted>\\\": dial tcp 127.0.0.1:1: connect: refused\"\n"
        "ts=2 level=error component=dispatcher msg=\"Notify for alerts failed\" num_alerts=1 "
        "err=\"critical/email[0]: notify retry canceled after 8 attempts: *smtp.plainAuth auth: 535 "
        "no\\x1b; critical/webhook[0]: notify retry canceled due to unrecoverable error after 1 "
        "attempts: unexpected status code 401: http://127.0.0.1:8003/alerts/log\"\n"
        "ts=3 level=info msg=\"nothing\"\n";
    char reason[DELIVERY_REASON_SIZE];

    (void)state;
    delivery_find_reason(log, "slack", reason);
    assert_string_equal(reason, "Post \"<redacted>\": dial tcp 127.0.0.1:1: connect: refused");
    delivery_find_reason(log, "email", reason);
    assert_string_equal(reason, "*smtp.plainAuth auth: 535 nox1b");
    delivery_find_reason(log, "webhook", reason);
    assert_string_equal(reason, "unexpected status code 401: http://127.0.0.1:8003/alerts/log");
    delivery_find_reason(log, "pagerduty", reason);
    assert_string_equal(reason, "");
    delivery_find_reason("integration=slack[0] err=\"", "slack", reason);
    assert_string_equal(reason, "");
}

static void it_is_good_when_every_routed_channel_delivered_both(void **state)
{
    struct delivery_channels channels = {
        .n = 2,
        .at = {
            {.is_routed = true, .firing.state = DELIVERY_DONE, .resolved.state = DELIVERY_NOT_SENT},
            {.is_configured = true}}};

    (void)state;
    CHECK(delivery_is_good(&channels));
    channels.at[0].resolved.state = DELIVERY_FAILED;
    CHECK(!delivery_is_good(&channels));
    channels.at[0].resolved.state = DELIVERY_DONE;
    channels.at[0].firing.state = DELIVERY_WAITING;
    CHECK(!delivery_is_good(&channels));
    channels.at[0].is_routed = false;
    CHECK(!delivery_is_good(&channels)); /* nobody hears of it */
}

static void expect_line(const struct delivery_channel *channel, const char *expected)
{
    struct buffer out;
    struct page page = {.out = &out, .style = {.is_utf8 = true, .width = 80}};

    buffer_init(&out, 4096);
    delivery_write_line(channel, "warning", false, &page);
    assert_string_equal(buffer_text(&out), expected);
    buffer_finish(&out);
}

static void a_line_says_what_became_of_a_channel(void **state)
{
    struct delivery_channel channel = {.integration = "slack"};

    (void)state;
    expect_line(&channel, "  slack     not configured: set SLACK_WEBHOOK_URL\n");
    channel.is_configured = true;
    expect_line(&channel, "  slack     not for warning alerts\n");
    channel.is_routed = true;
    channel.firing = (struct delivery){.state = DELIVERY_DONE, .after_ms = 1234};
    expect_line(&channel, "  slack     delivered after 1s\n");
    channel.firing.n_failed = 2;
    expect_line(&channel, "  slack     delivered after 1s (2 tries failed before)\n");
    channel.firing = (struct delivery){.state = DELIVERY_FAILED, .reason = "no_service"};
    expect_line(&channel,
                "  slack     FAILED  no_service\n"
                "                    look at SLACK_WEBHOOK_URL, and at Alertmanager's log: ./run\n"
                "                    logs alertmanager\n");
    (void)snprintf(channel.integration, sizeof(channel.integration), "opsgenie");
    channel.firing.state = DELIVERY_NOT_SENT;
    expect_line(&channel, "  opsgenie  not sent: this channel is not told when an alert ends\n");
}

static void json_has_it_all(void **state)
{
    const struct delivery_alert alert = {"00ff", "critical", STARTS_MS, STARTS_MS};
    const struct delivery_routing routing = {.n = 1, .receivers = {"critical"}};
    const struct delivery_channels channels = {
        .n = 2,
        .at = {{.integration = "webhook",
                .is_configured = true,
                .is_routed = true,
                .firing = {.state = DELIVERY_FAILED, .reason = "401"}},
               {.integration = "email"}}};
    const struct delivery_report report = {&alert, "http://a", &routing, &channels};
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    delivery_write_json(&report, &out);
    assert_string_equal(
        buffer_text(&out),
        "{\"alert\":\"TidewatchTest\",\"severity\":\"critical\",\"test\":\"00ff\",\"alertmanager\":"
        "\"http://a\",\"ok\":false,\"receivers\":[\"critical\"],\"channels\":[{\"channel\":\"log\","
        "\"configured\":true,\"routed\":true,\"firing\":{\"state\":\"failed\",\"after_ms\":0,"
        "\"failed_tries\":0,\"reason\":\"401\"},\"resolved\":{\"state\":\"not waited for\","
        "\"after_ms\":0,\"failed_tries\":0,\"reason\":null}},{\"channel\":\"email\",\"configured\":"
        "false,\"routed\":false}]}\n");
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_alert_is_routed_like_one_of_a_rule_and_ends_by_itself),
        TEST(where_it_goes_is_what_alertmanager_says),
        TEST(channels_are_those_of_its_receiver),
        TEST(what_is_not_in_the_configuration_is_not_configured),
        TEST(more_channels_than_fit_are_left_out),
        TEST(answers_of_another_shape_are_refused),
        TEST(counts_are_summed_over_what_newer_versions_tell_apart),
        TEST(the_log_is_searched_for_this_test_alone),
        TEST(a_delivery_is_settled_by_what_is_seen),
        TEST(counters_must_say_twice_that_it_was_sent),
        TEST(what_is_settled_stays),
        TEST(reasons_are_found_in_the_log),
        TEST(it_is_good_when_every_routed_channel_delivered_both),
        TEST(a_line_says_what_became_of_a_channel),
        TEST(json_has_it_all),
    };

    return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
