#include "test.h"

#include "common/json.h"
#include "common/json_write.h"

#include <math.h>

static bool parses(const char *text)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct tw_error err;

    return json_parse(text, strlen(text), &json, &err) == 0;
}

static void well_formed_values_are_read(void **state)
{
    CLEANUP(json_freep) struct json *json = NULL;
    static const char text[] =
        " {\"a\": [1, -2.5e3, true, null], \"b\": {\"c\": \"x\\u00e9\\n\"}} ";

    (void)state;
    CHECK(json_parse(text, strlen(text), &json, NULL) == 0);
    CHECK(json_count(json_get(json, "a")) == 4);
    CHECK_NEAR(json_number(json_next(json_first(json_get(json, "a"))), 0), -2500, 0);
    assert_string_equal(json_string(json_get(json_get(json, "b"), "c")), "x\xc3\xa9\n");
    CHECK(json_get(json, "A") == NULL);
}

static void text_that_is_not_json_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "01",
        "1.",
        "+1",
        "nul",
        "[1] 2",
        "\"a\nb\"",
        "\"\\u0000\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "{\"a\" 1}",
        "1e400",
        "{\"a\":1,\"a\":2}",
        "\"\xff\"",
        "NaN",
        "{a:1}",
        "[1 2]",
        "-",
        "1e",
        "\"abc",
        "{\"x\":{\"a\":1,\"a\":2}}",
        "]",
        "[}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (parses(bad[i]))
            fail_msg("accepted: %s", bad[i]);
}

static void nesting_is_bounded(void **state)
{
    char text[2 * JSON_DEPTH_MAX + 4] = "";

    (void)state;
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    CHECK(parses(text));
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    CHECK(!parses(text));
}

static void what_is_written_is_read_back_the_same(void **state)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct buffer out;
    struct json_writer w = {&out, false};

    (void)state;
    buffer_init(&out, 4096);
    json_write_object(&w, NULL);
    json_write_string(&w, "text", "a \"quoted\" \\ \x01 \xc3\xa9");
    json_write_number(&w, "pi", M_PI);
    json_write_number(&w, "none", (double)NAN);
    json_write_int(&w, "least", INT64_MIN);
    json_write_fixed(&w, "share", -0.0625, 3);
    json_write_array(&w, "list");
    json_write_bool(&w, NULL, true);
    json_write_object(&w, NULL);
    json_write_object_end(&w);
    json_write_array_end(&w);
    json_write_string(&w, "broken", "x\xffy");
    json_write_object_end(&w);
    CHECK(json_parse(out.data, out.len, &json, NULL) == 0);
    assert_string_equal(json_string(json_get(json, "text")), "a \"quoted\" \\ \x01 \xc3\xa9");
    CHECK(json_number(json_get(json, "pi"), 0) == M_PI);
    CHECK(json_type(json_get(json, "none")) == JSON_NULL);
    CHECK(strstr(out.data, "\"least\":-9223372036854775808"));
    CHECK_NEAR(json_number(json_get(json, "share"), 0), -0.063, 1e-15);
    CHECK(json_count(json_get(json, "list")) == 2);
    assert_string_equal(json_string(json_get(json, "broken")), "x\xef\xbf\xbdy");
    buffer_finish(&out);
}

static void a_full_buffer_says_so_and_stays_valid(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 4);
    CHECK(buffer_puts(&out, "abcd"));
    CHECK(!buffer_putc(&out, 'e'));
    CHECK(out.failed);
    assert_string_equal(buffer_text(&out), "abcd");
    CHECK(buffer_take(&out, NULL) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(well_formed_values_are_read),
        TEST(text_that_is_not_json_is_refused),
        TEST(nesting_is_bounded),
        TEST(what_is_written_is_read_back_the_same),
        TEST(a_full_buffer_says_so_and_stays_valid),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
