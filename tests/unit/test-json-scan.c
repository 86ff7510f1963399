#include "test.h"

#include "common/json_check.h"
#include "common/json_scan.h"
#include "common/random.h"

#include <string.h>

static struct json_scan scan_of(const char *text)
{
    CHECK(json_check(text, strlen(text), JSON_DEPTH_MAX, NULL) == 0);
    return (struct json_scan){text};
}

static void an_object_is_walked_in_its_order(void **state)
{
    struct json_scan scan =
        scan_of(" { \"a\" : [ 1 , -2.5e1 ] ,\"b\":{}, \"c\": [], \"d\":true } ");
    struct json_span key;
    bool is_whole;

    (void)state;
    CHECK(json_scan_type(&scan) == JSON_OBJECT);
    json_scan_enter(&scan);
    CHECK(json_scan_more(&scan));
    key = json_scan_key(&scan);
    CHECK(json_span_is(&key, "a") && !json_span_is(&key, "ab") && !json_span_is(&key, ""));
    CHECK(json_scan_type(&scan) == JSON_ARRAY);
    json_scan_enter(&scan);
    CHECK(json_scan_more(&scan));
    CHECK_NEAR(json_scan_number(&scan, &is_whole), 1, 0);
    CHECK(is_whole && json_scan_more(&scan));
    CHECK_NEAR(json_scan_number(&scan, &is_whole), -25, 0);
    CHECK(!is_whole && !json_scan_more(&scan));
    for (size_t i = 0; i < 2; i++) {
        CHECK(json_scan_more(&scan));
        (void)json_scan_key(&scan);
        json_scan_enter(&scan);
        CHECK(!json_scan_more(&scan));
    }
    CHECK(json_scan_more(&scan));
    (void)json_scan_key(&scan);
    CHECK(json_scan_type(&scan) == JSON_BOOL && *scan.at == 't');
    (void)json_scan_skip(&scan);
    CHECK(!json_scan_more(&scan));
    CHECK(json_scan_type(&scan) == JSON_NULL);
}

static void a_value_is_skipped_as_it_is_written(void **state)
{
    static const char *const values[] = {
        "1", "-1.5E+9", "null", "true", "\"a]\\\"}\"", "[]", "{}", "[[1,[2]],{\"]\":\"[\\\\\"}]",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        char text[64];
        struct json_scan scan;
        struct json_span span;

        (void)snprintf(text, sizeof(text), "[ %s , 7]", values[i]);
        scan = scan_of(text);
        json_scan_enter(&scan);
        CHECK(json_scan_more(&scan));
        span = json_scan_skip(&scan);
        CHECK(json_span_is(&span, values[i]));
        CHECK(json_scan_more(&scan));
        CHECK_NEAR(json_scan_number(&scan, NULL), 7, 0);
        CHECK(!json_scan_more(&scan));
    }
}

static void strings_are_read_without_their_escapes(void **state)
{
    static const char *const cases[][2] = {
        {"\"\"", ""},
        {"\"plain \xc3\xa9\"", "plain \xc3\xa9"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"a\\u00e9b\\u20AC\\ud83d\\uDE00c\"", "a\xc3\xa9"
                                                "b\xe2\x82\xac\xf0\x9f\x98\x80"
                                                "c"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_scan scan = scan_of(cases[i][0]);
        struct buffer out;

        buffer_init(&out, 100);
        json_scan_string(&scan, &out);
        assert_string_equal(buffer_text(&out), cases[i][1]);
        CHECK(*scan.at == '\0');
        buffer_finish(&out);
    }
}

static void check_number(const char *text)
{
    struct json_scan scan = scan_of(text);
    double wanted = strtod(text, NULL), got = json_scan_number(&scan, NULL);

    if (memcmp(&wanted, &got, sizeof(got)) != 0)
        fail_msg("%s is read as %.17g", text, got);
    CHECK(*scan.at == '\0');
}

static void numbers_are_what_strtod_reads(void **state)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        "-0.0",
        "9007199254740992",
        "9007199254740993",
        "0.1",
        "1e22",
        "1e-7",
        "123456789012345678901234567890",
        "0.00000000000000000000000000001",
        "1.7976931348623157e308",
        "5e-324",
        "0.1234567890123456789",
        "-12345678.12345678",
        "99999999999999999",
    };
    struct random_state rng;
    char text[40];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        check_number(texts[i]);
    random_seed(&rng, 3);
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(text, sizeof(text), "%.*g", 1 + i % 17, random_normal(&rng, 0, 1));
        check_number(text);
        (void)snprintf(text, sizeof(text), "%.*f", i % 12, random_normal(&rng, 0, 1000));
        check_number(text);
    }
}

/* The scanner is used on checked text; a fault there must still not lead outside of it. */
static void the_cursor_never_leaves_the_text(void **state)
{
    static const char *const torn[] = {
        "",        "[",   "{",        "\"", "\"\\", "{\"a", "{\"a\"",
        "{\"a\":", "[1,", "[\"\\u12", "-",  "[[[",  "]",    "tru",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(torn); i++) {
        size_t len = strlen(torn[i]);
        char *text = malloc(len + 1); /* the address sanitizer watches its end */
        struct json_scan scan = {text};
        struct buffer out;

        assert_non_null(text);
        memcpy(text, torn[i], len + 1);
        buffer_init(&out, 100);
        (void)json_scan_skip(&scan);
        CHECK(scan.at <= text + len);
        scan.at = text;
        json_scan_string(&scan, &out);
        json_scan_enter(&scan);
        (void)json_scan_more(&scan);
        (void)json_scan_key(&scan);
        (void)json_scan_number(&scan, NULL);
        json_scan_string(&scan, &out);
        CHECK(scan.at <= text + len);
        buffer_finish(&out);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_object_is_walked_in_its_order),       TEST(a_value_is_skipped_as_it_is_written),
        TEST(strings_are_read_without_their_escapes), TEST(numbers_are_what_strtod_reads),
        TEST(the_cursor_never_leaves_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
