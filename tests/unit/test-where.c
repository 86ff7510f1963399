#include "test.h"

#include "common/alloc.h"
#include "common/json_check.h"
#include "server/llm/metadata.h"
#include "server/llm/where.h"

/* ---- Metadata ----------------------------------------------------------------------------------- */

/* What is made of the text, or NULL. Owned. */
static char *canonical(const char *text)
{
    struct json_scan scan = {text};
    struct buffer out;
    char *result;

    CHECK(json_check(text, strlen(text), JSON_DEPTH_MAX, NULL) == 0);
    buffer_init(&out, METADATA_BYTES_MAX);
    if (metadata_read(&scan, &out, NULL) < 0) {
        buffer_finish(&out);
        return NULL;
    }
    result = buffer_take(&out, NULL);
    CHECK(json_check(result, strlen(result), 2, NULL) == 0);
    return result;
}

static void check_canonical(const char *text, const char *wanted)
{
    CLEANUP(freep) char *got = canonical(text);

    if (!got)
        fail_msg("%s is refused", text);
    assert_string_equal(got, wanted);
}

static void metadata_has_one_form(void **state)
{
    (void)state;
    check_canonical("{}", "{}");
    check_canonical(" { \"a\" : 1 , \"b\":2.0,\"c\":-1e3 } ", "{\"a\":1,\"b\":2.0,\"c\":-1e3}");
    check_canonical("{\"\\u0061\": \"\\u00e9\\/\\t\", \"n\":null, \"t\": true}",
                    "{\"a\":\"\xc3\xa9/\\u0009\",\"n\":null,\"t\":true}");
    check_canonical("{\"l\": [ \"x\" , \"y\" ], \"m\":[1,2.5], \"o\": [true,false]}",
                    "{\"l\":[\"x\",\"y\"],\"m\":[1,2.5],\"o\":[true,false]}");
}

static void what_is_no_metadata_is_refused(void **state)
{
    static const char *const bad[] = {
        "[]",
        "1",
        "{\"a\":{}}",
        "{\"a\":{\"b\":1}}",
        "{\"a\":[]}",
        "{\"a\":[1,\"x\"]}",
        "{\"a\":[null]}",
        "{\"a\":[[1]]}",
        "{\"a\":1,\"b\":2,\"a\":3}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"a\":1e999}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CLEANUP(freep) char *got = canonical(bad[i]);

        if (got)
            fail_msg("%s becomes %s", bad[i], got);
    }
}

static void too_much_metadata_is_refused(void **state)
{
    CLEANUP(freep) char *long_text = xprintf_dup("{\"a\":\"%*s\"}", (int)METADATA_BYTES_MAX, "");
    struct buffer many;

    (void)state;
    assert_null(canonical(long_text));
    buffer_init(&many, 10000);
    for (int i = 0; i <= METADATA_KEYS_MAX; i++)
        (void)buffer_printf(&many, "%c\"k%d\":1", i ? ',' : '{', i);
    (void)buffer_putc(&many, '}');
    assert_null(canonical(buffer_text(&many)));
    buffer_finish(&many);
}

static void check_merge(const char *old, const char *changes, const char *wanted)
{
    struct buffer out;

    buffer_init(&out, 1000);
    metadata_merge(old, changes, &out);
    assert_string_equal(buffer_text(&out), wanted);
    buffer_finish(&out);
}

static void changes_are_laid_over_metadata(void **state)
{
    (void)state;
    check_merge("{\"n\":1,\"ok\":true}", "{\"n\":10}", "{\"ok\":true,\"n\":10}");
    check_merge("{\"n\":1,\"ok\":true}", "{\"n\":null}", "{\"ok\":true}");
    check_merge("{\"n\":1}", "{\"n\":null}", "");
    check_merge(NULL, "{\"n\":1,\"m\":null}", "{\"n\":1}");
    check_merge("{\"n\":1}", NULL, "{\"n\":1}");
    check_merge(NULL, NULL, "");
    check_merge("{\"a\":[1,2],\"b\":\"x,}\"}", "{\"a\":[3]}", "{\"b\":\"x,}\",\"a\":[3]}");
}

/* ---- Filters ------------------------------------------------------------------------------------ */

typedef int parse_fn(const struct json *json, struct where **ret_where, struct tw_error *err);

static bool parses(parse_fn *parse, const char *text)
{
    CLEANUP(json_freep) struct json *json = NULL;
    CLEANUP(where_freep) struct where *where = NULL;
    struct tw_error err = {0};
    bool result;

    CHECK(json_parse(text, strlen(text), &json, &err) == 0);
    result = parse(json, &where, &err) == 0;
    CHECK(result || err.code == TW_INVALID);
    return result;
}

static bool matches_by(parse_fn *parse,
                       const char *text,
                       const char *metadata,
                       const char *document)
{
    CLEANUP(json_freep) struct json *json = NULL;
    CLEANUP(where_freep) struct where *where = NULL;

    CHECK(json_parse(text, strlen(text), &json, NULL) == 0);
    if (parse(json, &where, NULL) < 0)
        fail_msg("%s is refused", text);
    return where_matches(where, metadata, document);
}

static const char record[] =
    "{\"tenant\":\"t1\",\"n\":3,\"x\":3.5,\"ok\":true,\"arr\":[\"p\",\"q\"],\"q\\\"k\":\"\xc3\xa9\"}";

static bool matches(const char *text)
{
    return matches_by(where_parse, text, record, NULL);
}

static void operators_test_a_value(void **state)
{
    static const char *const yes[] = {
        "{\"tenant\":\"t1\"}",
        "{\"tenant\":{\"$eq\":\"t1\"}}",
        "{\"tenant\":{\"$ne\":\"t2\"}}",
        "{\"nothing\":{\"$ne\":\"t2\"}}",
        "{\"n\":3}",
        "{\"n\":3.0}",
        "{\"n\":{\"$gt\":2}}",
        "{\"x\":{\"$gt\":3}}",
        "{\"n\":{\"$gte\":3}}",
        "{\"x\":{\"$lt\":4}}",
        "{\"x\":{\"$lte\":3.5}}",
        "{\"tenant\":{\"$in\":[\"t2\",\"t1\"]}}",
        "{\"tenant\":{\"$nin\":[\"t2\",\"t3\"]}}",
        "{\"nothing\":{\"$nin\":[1]}}",
        "{\"ok\":true}",
        "{\"arr\":{\"$contains\":\"q\"}}",
        "{\"arr\":{\"$not_contains\":\"r\"}}",
        "{\"q\\\"k\":\"\\u00e9\"}",
    };
    static const char *const no[] = {
        "{\"tenant\":\"t2\"}",
        "{\"tenant\":\"t\"}",
        "{\"tenant\":{\"$ne\":\"t1\"}}",
        "{\"Tenant\":\"t1\"}",
        "{\"n\":{\"$gt\":3}}",
        "{\"n\":{\"$lt\":3}}",
        "{\"n\":\"3\"}",
        "{\"tenant\":{\"$gt\":1}}",
        "{\"nothing\":{\"$gt\":1}}",
        "{\"nothing\":1}",
        "{\"tenant\":{\"$in\":[\"t2\"]}}",
        "{\"tenant\":{\"$nin\":[\"t1\"]}}",
        "{\"ok\":false}",
        "{\"ok\":1}",
        "{\"arr\":{\"$contains\":\"r\"}}",
        "{\"tenant\":{\"$contains\":\"t\"}}",
        "{\"arr\":{\"$not_contains\":\"p\"}}",
        "{\"arr\":\"p\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (!matches(yes[i]))
            fail_msg("%s does not match", yes[i]);
    for (size_t i = 0; i < COUNT_OF(no); i++)
        if (matches(no[i]))
            fail_msg("%s matches", no[i]);
}

static void terms_are_joined_by_and_and_or(void **state)
{
    (void)state;
    CHECK(matches("{\"$and\":[{\"tenant\":\"t1\"},{\"n\":{\"$gt\":2}}]}"));
    CHECK(!matches("{\"$and\":[{\"tenant\":\"t1\"},{\"n\":{\"$gt\":3}}]}"));
    CHECK(matches("{\"$or\":[{\"tenant\":\"t2\"},{\"n\":{\"$gt\":2}}]}"));
    CHECK(!matches("{\"$or\":[{\"tenant\":\"t2\"},{\"n\":{\"$gt\":3}}]}"));
    CHECK(matches("{\"$and\":[{\"$or\":[{\"n\":1},{\"n\":3}]},{\"ok\":true}]}"));
}

static void documents_are_searched_for_a_text(void **state)
{
    (void)state;
    CHECK(matches_by(where_parse_document, "{\"$contains\":\"cat\"}", NULL, "a cat sat"));
    CHECK(!matches_by(where_parse_document, "{\"$contains\":\"Cat\"}", NULL, "a cat sat"));
    CHECK(!matches_by(where_parse_document, "{\"$contains\":\"cat\"}", NULL, NULL));
    CHECK(matches_by(where_parse_document, "{\"$not_contains\":\"dog\"}", NULL, "a cat sat"));
    CHECK(matches_by(where_parse_document, "{\"$not_contains\":\"dog\"}", NULL, NULL));
    CHECK(!matches_by(where_parse_document,
                      "{\"$and\":[{\"$contains\":\"cat\"},{\"$contains\":\"dog\"}]}", NULL,
                      "a cat sat"));
}

static void without_metadata_only_negations_match(void **state)
{
    (void)state;
    CHECK(!matches_by(where_parse, "{\"a\":1}", NULL, NULL));
    CHECK(matches_by(where_parse, "{\"a\":{\"$ne\":1}}", NULL, NULL));
}

static void what_is_no_filter_is_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "1",
        "null",
        "{\"a\":1,\"b\":2}",
        "{\"a\":{\"$bogus\":1}}",
        "{\"a\":{}}",
        "{\"a\":{\"$gt\":1,\"$lt\":3}}",
        "{\"a\":null}",
        "{\"a\":[1]}",
        "{\"a\":{\"$gt\":\"x\"}}",
        "{\"a\":{\"$lt\":true}}",
        "{\"a\":{\"$in\":[]}}",
        "{\"a\":{\"$in\":1}}",
        "{\"a\":{\"$in\":[1,\"x\"]}}",
        "{\"a\":{\"$eq\":[1]}}",
        "{\"a\":{\"$and\":[{\"b\":1}]}}",
        "{\"$and\":[]}",
        "{\"$and\":{\"a\":1}}",
        "{\"$and\":[1]}",
        "{\"$eq\":1}",
        "{\"$foo\":1}",
    };
    static const char *const bad_document[] = {
        "{}",
        "{\"$contains\":1}",
        "{\"$eq\":\"x\"}",
        "{\"a\":\"x\"}",
        "{\"$regex\":\"x\"}",
        "{\"$and\":[{\"a\":1}]}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (parses(where_parse, bad[i]))
            fail_msg("%s is accepted", bad[i]);
    for (size_t i = 0; i < COUNT_OF(bad_document); i++)
        if (parses(where_parse_document, bad_document[i]))
            fail_msg("%s is accepted", bad_document[i]);
}

static void a_filter_is_bounded(void **state)
{
    struct buffer many;

    (void)state;
    buffer_init(&many, 100000);
    (void)buffer_puts(&many, "{\"a\":{\"$in\":[0");
    for (int i = 0; i < WHERE_TERMS_MAX; i++)
        (void)buffer_puts(&many, ",1");
    (void)buffer_puts(&many, "]}}");
    CHECK(!parses(where_parse, buffer_text(&many)));
    buffer_finish(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(metadata_has_one_form),
        TEST(what_is_no_metadata_is_refused),
        TEST(too_much_metadata_is_refused),
        TEST(changes_are_laid_over_metadata),
        TEST(operators_test_a_value),
        TEST(terms_are_joined_by_and_and_or),
        TEST(documents_are_searched_for_a_text),
        TEST(without_metadata_only_negations_match),
        TEST(what_is_no_filter_is_refused),
        TEST(a_filter_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
