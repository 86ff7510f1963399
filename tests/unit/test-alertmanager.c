#include "test.h"

#include "common/buffer.h"
#include "common/json.h"
#include "reply.h"
#include "tui/data/alertmanager.h"

static void alerts_are_read_and_found_by_their_labels(void **state)
{
    static const char body[] =
        "[{\"labels\":{\"alertname\":\"A\",\"service\":\"ml-api\",\"cluster\":\"dev\"},"
        "\"status\":{\"state\":\"active\",\"silencedBy\":[],\"inhibitedBy\":[]},"
        "\"updatedAt\":\"2026-11-23T21:45:00.000Z\"},"
        "{\"labels\":{\"alertname\":\"B\"},\"status\":{\"state\":\"suppressed\","
        "\"silencedBy\":[\"3f2a\\u001b[1m\",\"99\"],\"inhibitedBy\":[\"77\"]},"
        "\"fingerprint\":\"ab\",\"annotations\":{\"summary\":\"s\"},"
        "\"receivers\":[{\"name\":\"slack\"},{\"name\":\"log\"}]},"
        "{\"labels\":{\"alertname\":\"C\"},\"status\":{\"state\":\"unprocessed\"}}]";
    static const char wanted[] = "{\"service\":\"ml-api\",\"alertname\":\"A\"}";
    struct fetch_reply reply = reply_of(200, body);
    CLEANUP(json_freep) struct json *json = NULL;
    struct labels labels;
    struct am_alerts alerts;

    (void)state;
    assert_int_equal(am_read_alerts(&reply, &alerts, NULL), 0);
    CHECK(alerts.n == 3);
    CHECK(alerts.at[0].state == AM_ACTIVE && alerts.at[0].updated_at_ms == 1795470300000);
    CHECK(alerts.at[1].state == AM_SUPPRESSED);
    CHECK(alerts.at[1].n_silences == 2 && alerts.at[1].n_inhibitors == 1);
    assert_string_equal(alerts.at[1].silences[0], "3f2a?[1m");
    assert_string_equal(alerts.at[1].silences[1], "99");
    assert_string_equal(alerts.at[1].first_inhibitor, "77");
    assert_string_equal(alerts.at[1].receivers, "slack, log");
    assert_string_equal(labels_get(&alerts.at[1].annotations, "summary"), "s");
    CHECK(am_find_fingerprint(&alerts, "ab") == &alerts.at[1]);
    CHECK(am_find_fingerprint(&alerts, "") == NULL && am_find_fingerprint(&alerts, "x") == NULL);
    assert_string_equal(am_state_name(alerts.at[2].state), "unprocessed");

    /* Alertmanager's has the external label "cluster" besides. */
    assert_int_equal(json_parse(wanted, strlen(wanted), &json, NULL), 0);
    assert_int_equal(labels_read(json, &labels, NULL), 0);
    CHECK(am_find(&alerts, &labels) == &alerts.at[0]);
    labels.at[0].value[0] = 'x';
    CHECK(am_find(&alerts, &labels) == NULL);
    labels_finish(&labels);
    am_alerts_finish(&alerts);
}

static void hostile_answers_are_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "{\"status\":\"success\",\"data\":[]}", /* API v1 */
        "[1]",
        "[{\"labels\":{\"alertname\":\"A\"}}]",
        "[{\"labels\":{\"alertname\":\"A\"},\"status\":{\"state\":\"resolved\"}}]",
        "[{\"status\":{\"state\":\"active\"}}]",
        "[{\"labels\":{\"alertname\":\"A\"},\"status\":{\"state\":\"active\"}},{}]",
        "<html>",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);
        struct am_alerts alerts;

        if (am_read_alerts(&reply, &alerts, NULL) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void label_sets_are_bounded(void **state)
{
    struct buffer text;
    struct json *json = NULL;
    struct labels labels;

    (void)state;
    buffer_init(&text, 4096);
    (void)buffer_puts(&text, "{\"a\":\"\"");
    for (int i = 0; i < LABELS_MAX; i++)
        (void)buffer_printf(&text, ",\"l%d\":\"\"", i);
    (void)buffer_puts(&text, "}");
    assert_int_equal(json_parse(text.data, text.len, &json, NULL), 0);
    assert_int_equal(labels_read(json, &labels, NULL), -1);
    json_free(json);
    buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(alerts_are_read_and_found_by_their_labels),
        TEST(hostile_answers_are_refused),
        TEST(label_sets_are_bounded),
    };

    return cmocka_run_group_tests_name("alertmanager", tests, NULL, NULL);
}
