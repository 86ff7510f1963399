#include "test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/json.h"
#include "reply.h"
#include "tui/data/silence.h"
#include "tui/text/moment.h"

static struct labels labels_of(const char *object)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct labels labels;

    assert_int_equal(json_parse(object, strlen(object), &json, NULL), 0);
    assert_int_equal(labels_read(json, &labels, NULL), 0);
    return labels;
}

/* Texts of matchers, with "|" between; whether all of them match. */
static bool matches(const char *const *texts, size_t n, const char *object)
{
    struct labels labels = labels_of(object);
    struct matchers matchers = {0};
    struct tw_error err = {0};
    bool is_so;

    for (size_t i = 0; i < n; i++)
        if (matchers_add(&matchers, texts[i], &err) < 0)
            fail_msg("%s", err.message);
    is_so = matchers_match(&matchers, &labels);
    matchers_finish(&matchers);
    labels_finish(&labels);
    return is_so;
}

#define MATCHES(object, ...)                                                                       \
    matches((const char *const[]){__VA_ARGS__},                                                    \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), object)

#define ALERT "{\"alertname\":\"LatencyHigh\",\"service\":\"ml-api\",\"severity\":\"warning\"}"

static void a_label_must_have_exactly_the_value(void **state)
{
    (void)state;
    CHECK(MATCHES(ALERT, "alertname=LatencyHigh"));
    CHECK(MATCHES(ALERT, " alertname = \"LatencyHigh\" ", "service=ml-api"));
    CHECK(!MATCHES(ALERT, "alertname=Latency"));
    CHECK(!MATCHES(ALERT, "alertname=LatencyHigh", "service=llm-api"));
    CHECK(MATCHES(ALERT, "service!=llm-api"));
    CHECK(!MATCHES(ALERT, "service!=ml-api"));
}

static void an_absent_label_is_an_empty_one(void **state)
{
    (void)state;
    CHECK(MATCHES(ALERT, "cluster=\"\""));
    CHECK(MATCHES(ALERT, "cluster="));
    CHECK(MATCHES(ALERT, "cluster!=x"));
    CHECK(!MATCHES(ALERT, "service=\"\""));
    CHECK(MATCHES(ALERT, "cluster=~x?"));
    CHECK(!MATCHES(ALERT, "cluster!~x?"));
}

static void a_pattern_is_for_the_whole_value(void **state)
{
    (void)state;
    CHECK(MATCHES(ALERT, "alertname=~Latency.*"));
    CHECK(!MATCHES(ALERT, "alertname=~Latency"));
    CHECK(MATCHES(ALERT, "service=~ml-api|llm-api"));
    CHECK(!MATCHES(ALERT, "service=~ml|llm-api")); /* the bars bind weaker than the ends */
    CHECK(MATCHES(ALERT, "service=~[lm]+-api", "alertname=~^Lat\\w+$"));
    CHECK(MATCHES(ALERT, "service!~llm.+"));
    CHECK(!MATCHES(ALERT, "service!~ml.+"));
}

static void what_cannot_be_previewed_is_refused(void **state)
{
    static const char *const bad[] = {
        "",         "alertname", "=x",         "9a=x",  "a b=c",    "a=\"x",  "a=x\"",   "a=\"",
        "a=~(?i)x", "a=~x{99}",  "a=~[[:a:]]", "a=~(x", "a=~(x+)+", "a=~x*?", "a=~/x/i", "a=~\\S"};
    struct matchers matchers = {0};
    struct tw_error err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        err = (struct tw_error){0};
        if (matchers_add(&matchers, bad[i], &err) == 0)
            fail_msg("'%s' was taken", bad[i]);
        CHECK(err.code == TW_INVALID && err.message[0] && matchers.n == 0);
    }
    matchers_finish(&matchers);
}

static void there_is_an_end_to_matchers(void **state)
{
    struct matchers matchers = {0};

    (void)state;
    for (size_t i = 0; i < LABELS_MAX; i++)
        assert_int_equal(matchers_add(&matchers, "a=b", NULL), 0);
    assert_int_equal(matchers_add(&matchers, "a=b", NULL), -1);
    matchers_finish(&matchers);
}

static void a_foreign_pattern_matches_nothing(void **state)
{
    char name[] = "service", value[] = "ml\\S+";
    struct matcher matcher = {name, value, MATCHER_NOT_LIKE};
    struct matchers matchers = {1, &matcher};
    struct labels labels = labels_of(ALERT);

    (void)state;
    CHECK(!matchers_match(&matchers, &labels));
    labels_finish(&labels);
}

/* ---- JSON --------------------------------------------------------------------------------------- */

static const char listed[] =
    "[{\"id\":\"a3ce929d-0e0e\",\"status\":{\"state\":\"active\"},\"createdBy\":\"ana\","
    "\"comment\":\"deploy\",\"startsAt\":\"2026-11-23T21:45:00.000Z\","
    "\"endsAt\":\"2026-11-23T22:00:00.000Z\",\"updatedAt\":\"2026-11-23T21:45:00.000Z\",\"matchers\":["
    "{\"name\":\"alertname\",\"value\":\"A\",\"isRegex\":false,\"isEqual\":true},"
    "{\"name\":\"service\",\"value\":\"a|b\",\"isRegex\":true},"
    "{\"name\":\"tier\",\"value\":\"x\",\"isRegex\":false,\"isEqual\":false},"
    "{\"name\":\"zone\",\"value\":\"y.*\",\"isRegex\":true,\"isEqual\":false}]},"
    "{\"id\":\"e\",\"status\":{\"state\":\"expired\"},\"createdBy\":\"x\\u001b[1m\",\"comment\":\"\","
    "\"startsAt\":\"2026-11-23T20:00:00Z\",\"endsAt\":\"2026-11-23T20:10:00Z\",\"matchers\":[]}]";

static void silences_are_read(void **state)
{
    struct fetch_reply reply = reply_of(200, listed);
    CLEANUP(buffer_finish) struct buffer text;
    struct silences silences, copy;
    const struct silence *first;

    (void)state;
    buffer_init(&text, 1000);
    assert_int_equal(silences_read(&reply, &silences, NULL), 0);
    copy = silences_copy(&silences);
    silences_finish(&silences);
    CHECK(copy.n == 2);
    first = silences_find(&copy, "a3ce929d-0e0e");
    CHECK(first == &copy.at[0] && first->state == SILENCE_ACTIVE && !first->is_altered);
    CHECK(first->ends_at_ms - first->starts_at_ms == 900000);
    assert_string_equal(first->by, "ana");
    assert_string_equal(first->comment, "deploy");
    matchers_write(&first->matchers, &text);
    assert_string_equal(buffer_text(&text),
                        "alertname=\"A\", service=~\"a|b\", tier!=\"x\", zone!~\"y.*\"");
    CHECK(copy.at[1].state == SILENCE_EXPIRED && copy.at[1].is_altered);
    assert_string_equal(copy.at[1].by, "x?[1m");
    CHECK(silences_find(&copy, "none") == NULL);
    silences_finish(&copy);
}

static void silences_of_another_shape_are_refused(void **state)
{
#define TIMES "\"startsAt\":\"2026-11-23T20:00:00Z\",\"endsAt\":\"2026-11-23T20:10:00Z\""
    static const char *const bad[] = {
        "{}",
        "[1]",
        "[{\"id\":\"a\",\"status\":{\"state\":\"active\"}," TIMES "}]",
        "[{\"id\":\"a\",\"status\":{\"state\":\"new\"}," TIMES ",\"matchers\":[]}]",
        "[{\"id\":\"a\",\"status\":{\"state\":\"active\"},\"matchers\":[]}]",
        "<html>",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);
        struct silences silences;
        struct tw_error err = {0};

        assert_int_equal(silences_read(&reply, &silences, &err), -1);
        CHECK(err.code == TW_BROKEN && err.message[0]);
    }
}

static void a_draft_is_written_as_alertmanager_wants_it(void **state)
{
    CLEANUP(buffer_finish) struct buffer body;
    struct silence_draft draft = {.for_ms = 900000, .by = "ana", .comment = "say \"hello\""};

    (void)state;
    buffer_init(&body, 4096);
    assert_int_equal(matchers_add(&draft.matchers, "a=\"x\\y\"", NULL), 0);
    assert_int_equal(matchers_add(&draft.matchers, "b!~c|d", NULL), 0);
    silence_draft_write(&draft, 1795470300123, &body);
    assert_string_equal(
        buffer_text(&body),
        "{\"matchers\":[{\"name\":\"a\",\"value\":\"x\\\\y\",\"isRegex\":false,\"isEqual\":true},"
        "{\"name\":\"b\",\"value\":\"c|d\",\"isRegex\":true,\"isEqual\":false}],"
        "\"startsAt\":\"2026-11-23T21:45:00.123Z\",\"endsAt\":\"2026-11-23T22:00:00.123Z\","
        "\"createdBy\":\"ana\",\"comment\":\"say \\\"hello\\\"\"}");
    silence_draft_finish(&draft);
}

static void a_change_keeps_the_id_and_the_beginning(void **state)
{
    CLEANUP(buffer_finish) struct buffer body;
    struct silence_draft draft = {.id = "a3", .starts_at_ms = 1795470300000, .for_ms = 60000};
    struct silence_draft copy = silence_draft_copy(&draft);

    (void)state;
    buffer_init(&body, 4096);
    silence_draft_write(&copy, 1795470359000, &body);
    CHECK(strstr(buffer_text(&body), "{\"id\":\"a3\",") == buffer_text(&body));
    CHECK(strstr(buffer_text(&body), "\"startsAt\":\"2026-11-23T21:45:00.000Z\""));
    CHECK(strstr(buffer_text(&body), "\"endsAt\":\"2026-11-23T21:46:00.000Z\""));
    silence_draft_finish(&copy);
    silence_draft_finish(&draft);
}

static void the_id_of_the_answer_must_be_plain(void **state)
{
    struct fetch_reply good = reply_of(200, "{\"silenceID\":\"a3ce929d-0E\"}"),
                       bad = reply_of(200, "{\"silenceID\":\"../x\"}"), none = reply_of(200, "{}"),
                       refused = reply_of(400, "\"bad matcher\"");
    char id[SILENCE_ID_SIZE];

    (void)state;
    assert_int_equal(silence_read_id(&good, id, NULL), 0);
    assert_string_equal(id, "a3ce929d-0E");
    assert_int_equal(silence_read_id(&bad, id, NULL), -1);
    assert_int_equal(silence_read_id(&none, id, NULL), -1);
    assert_int_equal(silence_read_id(&refused, id, NULL), -1);
}

static void labels_say_when_they_were_altered(void **state)
{
    struct labels plain = labels_of(ALERT), altered = labels_of("{\"a\":\"x\\u0007y\"}");
    struct matchers matchers = matchers_of_labels(&plain), copy = matchers_copy(&matchers);

    (void)state;
    CHECK(!plain.is_altered && altered.is_altered);
    CHECK(copy.n == 3 && matchers_match(&copy, &plain) && !matchers_match(&copy, &altered));
    matchers_finish(&matchers);
    matchers_finish(&copy);
    labels_finish(&plain);
    labels_finish(&altered);
}

static void moments_are_written_as_they_are_read(void **state)
{
    static const char *const texts[] = {"1970-01-01T00:00:00.000Z", "2000-02-29T23:59:59.999Z",
                                        "2026-11-23T21:45:00.123Z", "2028-12-31T00:00:01.000Z",
                                        "2068-03-01T12:00:00.000Z"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char text[MOMENT_UTC_SIZE];
        int64_t at_ms;

        CHECK(moment_parse(texts[i], &at_ms));
        moment_format_utc(at_ms, text);
        assert_string_equal(text, texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_label_must_have_exactly_the_value),
        TEST(an_absent_label_is_an_empty_one),
        TEST(a_pattern_is_for_the_whole_value),
        TEST(what_cannot_be_previewed_is_refused),
        TEST(there_is_an_end_to_matchers),
        TEST(a_foreign_pattern_matches_nothing),
        TEST(silences_are_read),
        TEST(silences_of_another_shape_are_refused),
        TEST(a_draft_is_written_as_alertmanager_wants_it),
        TEST(a_change_keeps_the_id_and_the_beginning),
        TEST(the_id_of_the_answer_must_be_plain),
        TEST(labels_say_when_they_were_altered),
        TEST(moments_are_written_as_they_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
