#include "test.h"

#include "common/buffer.h"
#include "reply.h"
#include "tui/data/prom.h"

#include <math.h>
#include <stdbool.h>

#define VECTOR(result)                                                                             \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":" result "}}"
#define ALERTS(list)  "{\"status\":\"success\",\"data\":{\"alerts\":" list "}}"
#define TARGETS(list) "{\"status\":\"success\",\"data\":{\"activeTargets\":" list "}}"

static void numbers_are_read_as_prometheus_writes_them(void **state)
{
    static const char *const bad[] = {"",    " 1", "1 ",  "0x10",  "nan", "inf", "infinity",
                                      "1,5", "1e", "--1", "1.2.3", "e",   "NaN "};
    double value;

    (void)state;
    CHECK(prom_number("0.25", &value) && value == 0.25);
    CHECK(prom_number("-1.5e-07", &value) && value == -1.5e-07);
    CHECK(prom_number("NaN", &value) && isnan(value));
    CHECK(prom_number("+Inf", &value) && isinf(value) && value > 0);
    CHECK(prom_number("-Inf", &value) && isinf(value) && value < 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (prom_number(bad[i], &value))
            fail_msg("accepted: '%s'", bad[i]);
}

static void a_vector_is_read_with_its_warnings(void **state)
{
    struct fetch_reply reply = reply_of(
        200,
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
        "{\"metric\":{\"tw\":\"drift\"},\"value\":[1795470300.123,\"0.25\"]},"
        "{\"metric\":{\"tw\":\"p95\",\"job\":\"\\u001b[31mred\"},\"value\":[1795470300,\"NaN\"]}]},"
        "\"warnings\":[\"partial \\u009bdata\",3],\"infos\":[\"might not be a counter\"]}");
    struct prom_vector vector;

    (void)state;
    assert_int_equal(prom_read_vector(&reply, &vector, NULL), 0);
    CHECK(vector.n == 2);
    CHECK(vector.at[0].value == 0.25 && vector.at[0].at_s == 1795470300.123);
    assert_string_equal(labels_get(&vector.at[0].labels, "tw"), "drift");
    assert_string_equal(labels_get(&vector.at[0].labels, "absent"), "");
    assert_string_equal(labels_get(&vector.at[1].labels, "job"), "?[31mred");
    CHECK(isnan(vector.at[1].value));
    CHECK(vector.warnings.n == 1 && vector.infos.n == 1);
    assert_string_equal(vector.warnings.text[0], "partial ?data");
    prom_vector_finish(&vector);
}

static void a_scalar_is_a_vector_of_one(void **state)
{
    struct fetch_reply reply = reply_of(200, "{\"status\":\"success\",\"data\":{\"resultType\":"
                                             "\"scalar\",\"result\":[1795470300,\"2\"]}}");
    struct prom_vector vector;

    (void)state;
    assert_int_equal(prom_read_vector(&reply, &vector, NULL), 0);
    CHECK(vector.n == 1 && vector.at[0].value == 2 && vector.at[0].labels.n == 0);
    prom_vector_finish(&vector);
}

static void an_empty_vector_is_no_error(void **state)
{
    struct fetch_reply reply = reply_of(200, VECTOR("[]"));
    struct prom_vector vector;

    (void)state;
    assert_int_equal(prom_read_vector(&reply, &vector, NULL), 0);
    CHECK(vector.n == 0);
    prom_vector_finish(&vector);
}

static void hostile_vectors_are_refused(void **state)
{
    static const char *const bad[] = {
        "[]",
        "{}",
        "null",
        "{\"status\":\"success\"}",
        "{\"status\":\"success\",\"data\":[]}",
        "{\"status\":\"error\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
        "{\"status\":1,\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
        "{\"status\":\"success\",\"data\":{\"result\":[]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[1,\"x\"]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":{}}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1]}}",
        VECTOR("{}"),
        VECTOR("7"),
        VECTOR("[7]"),
        VECTOR("[{}]"),
        VECTOR("[{\"metric\":{}}]"),
        VECTOR("[{\"metric\":[],\"value\":[1,\"1\"]}]"),
        VECTOR("[{\"metric\":{\"a\":1},\"value\":[1,\"1\"]}]"),
        VECTOR("[{\"metric\":{},\"value\":[1,1]}]"),
        VECTOR("[{\"metric\":{},\"value\":[\"1\",\"1\"]}]"),
        VECTOR("[{\"metric\":{},\"value\":[1,\"1\",2]}]"),
        VECTOR("[{\"metric\":{},\"value\":[1,\"one\"]}]"),
        VECTOR("[{\"metric\":{},\"value\":[1,\"1\"]},{\"metric\":{\"a\":\"b\"},\"value\":[]}]"),
        VECTOR("[{\"metric\":{},\"value\":[1,"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);
        struct prom_vector vector;
        struct tw_error err = {0};

        if (prom_read_vector(&reply, &vector, &err) == 0)
            fail_msg("accepted: %s", bad[i]);
        CHECK(err.message[0]);
    }
}

static void alerts_are_read(void **state)
{
    struct fetch_reply reply = reply_of(
        200, ALERTS("[{\"labels\":{\"alertname\":\"MLModelDriftHigh\",\"severity\":\"critical\"},"
                    "\"annotations\":{\"summary\":\"Drift\\nscore\"},\"state\":\"firing\","
                    "\"activeAt\":\"2026-11-23T21:45:00.5Z\",\"value\":\"6.2e-01\"},"
                    "{\"labels\":{\"alertname\":\"APIDown\"},\"state\":\"pending\","
                    "\"activeAt\":\"yesterday\",\"value\":1}]"));
    struct prom_alerts alerts;

    (void)state;
    assert_int_equal(prom_read_alerts(&reply, &alerts, NULL), 0);
    CHECK(alerts.n == 2);
    CHECK(alerts.at[0].is_firing && alerts.at[0].value == 0.62);
    CHECK(alerts.at[0].active_at_ms == 1795470300500);
    assert_string_equal(alerts.at[0].summary, "Drift?score");
    CHECK(!alerts.at[1].is_firing && alerts.at[1].active_at_ms == 0 && isnan(alerts.at[1].value));
    assert_string_equal(alerts.at[1].summary, "");
    prom_alerts_finish(&alerts);
}

static void a_thousand_alerts_are_read(void **state)
{
    struct buffer body;
    struct fetch_reply reply;
    struct prom_alerts alerts;

    (void)state;
    buffer_init(&body, 1 << 20);
    (void)buffer_puts(&body, "{\"status\":\"success\",\"data\":{\"alerts\":[");
    for (int i = 0; i < 1000; i++)
        (void)buffer_printf(&body,
                            "%s{\"labels\":{\"alertname\":\"A\",\"instance\":\"host-%d\"},"
                            "\"state\":\"firing\",\"activeAt\":\"2026-11-23T21:45:00Z\"}",
                            i ? "," : "", i);
    (void)buffer_puts(&body, "]}}");
    CHECK(!body.failed);
    reply = reply_of(200, buffer_text(&body));
    assert_int_equal(prom_read_alerts(&reply, &alerts, NULL), 0);
    CHECK(alerts.n == 1000);
    assert_string_equal(labels_get(&alerts.at[999].labels, "instance"), "host-999");
    prom_alerts_finish(&alerts);
    buffer_finish(&body);
}

static void too_many_of_anything_is_an_error(void **state)
{
    struct buffer body;
    struct fetch_reply reply;
    struct prom_alerts alerts;
    struct tw_error err;

    (void)state;
    buffer_init(&body, 1 << 20);
    (void)buffer_puts(&body, "{\"status\":\"success\",\"data\":{\"alerts\":[0");
    for (int i = 0; i < PROM_ITEMS_MAX; i++)
        (void)buffer_puts(&body, ",0");
    (void)buffer_puts(&body, "]}}");
    reply = reply_of(200, buffer_text(&body));
    assert_int_equal(prom_read_alerts(&reply, &alerts, &err), -1);
    assert_string_equal(err.message, "the answer has over 5000 alerts");
    buffer_finish(&body);
}

static void hostile_alerts_are_refused(void **state)
{
    static const char *const bad[] = {
        ALERTS("{}"),
        ALERTS("[1]"),
        ALERTS("[{\"labels\":{},\"state\":\"firing\"}]"),
        ALERTS("[{\"labels\":{\"alertname\":\"A\"}}]"),
        ALERTS("[{\"labels\":{\"alertname\":\"A\"},\"state\":\"burning\"}]"),
        ALERTS("[{\"labels\":{\"alertname\":7},\"state\":\"firing\"}]"),
        TARGETS("[]"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);
        struct prom_alerts alerts;

        if (prom_read_alerts(&reply, &alerts, NULL) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void targets_are_read(void **state)
{
    struct fetch_reply reply =
        reply_of(200, TARGETS("[{\"labels\":{\"job\":\"ml-api\",\"instance\":\"127.0.0.1:8000\"},"
                              "\"health\":\"down\",\"lastError\":\"connection refused\","
                              "\"scrapeInterval\":\"10s\"},{\"labels\":{\"job\":\"x\"}},17]"));
    struct fetch_reply bad = reply_of(200, TARGETS("{}"));
    struct prom_targets targets;

    (void)state;
    assert_int_equal(prom_read_targets(&reply, &targets, NULL), 0);
    CHECK(targets.n == 3);
    assert_string_equal(targets.at[0].job, "ml-api");
    assert_string_equal(targets.at[0].instance, "127.0.0.1:8000");
    assert_string_equal(targets.at[0].last_error, "connection refused");
    CHECK(targets.at[0].scrape_interval_ms == 10000);
    CHECK(targets.at[1].scrape_interval_ms == 0);
    assert_string_equal(targets.at[2].job, "");
    prom_targets_finish(&targets);
    assert_int_equal(prom_read_targets(&bad, &targets, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_read_as_prometheus_writes_them),
        TEST(a_vector_is_read_with_its_warnings),
        TEST(a_scalar_is_a_vector_of_one),
        TEST(an_empty_vector_is_no_error),
        TEST(hostile_vectors_are_refused),
        TEST(alerts_are_read),
        TEST(a_thousand_alerts_are_read),
        TEST(too_many_of_anything_is_an_error),
        TEST(hostile_alerts_are_refused),
        TEST(targets_are_read),
    };

    return cmocka_run_group_tests_name("prom", tests, NULL, NULL);
}
