#include "test.h"

#include "server/llm/chroma_reply.h"

static struct tw_error why;

static bool reads_collection(const char *body, struct chroma_collection *ret_collection)
{
    return chroma_read_collection(body, strlen(body), ret_collection, &why) == 0;
}

static void a_collection_is_read(void **state)
{
    struct chroma_collection c;

    (void)state;
    CHECK(
        reads_collection("{\"id\":\"981295ba-3320-4108-af35-56a344f72603\",\"dimension\":384,"
                         "\"configuration_json\":{\"hnsw\":{\"space\":\"cosine\"},\"spann\":null}}",
                         &c));
    assert_string_equal(c.id, "981295ba-3320-4108-af35-56a344f72603");
    CHECK(c.dim == 384 && c.is_cosine);
    CHECK(reads_collection("{\"id\":\"a-1\",\"dimension\":null}", &c));
    CHECK(c.dim == 0 && !c.is_cosine);
    CHECK(reads_collection("{\"id\":\"a\",\"configuration_json\":{\"hnsw\":{\"space\":\"l2\"}}}",
                           &c));
    CHECK(!c.is_cosine);
}

static void an_answer_that_is_no_collection_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "<html>",
        "{}",
        "[]",
        "{\"id\":\"\"}",
        "{\"id\":\"../../x\"}",
        "{\"id\":\"a b\"}",
        "{\"id\":7}",
        "{\"id\":\"a\",\"dimension\":-1}",
        "{\"id\":\"a\",\"dimension\":1.5}",
        "{\"id\":\"a\",\"dimension\":1e9}",
        "{\"id\":\"0123456789012345678901234567890123456789012345678901234567890123\"}",
    };
    struct chroma_collection c;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (reads_collection(bad[i], &c))
            fail_msg("accepted: %s", bad[i]);
        CHECK(why.code == TW_BROKEN);
    }
}

static int read_hits(const char *body, size_t k, struct vector_hit *hits, size_t *n)
{
    return chroma_read_hits(body, strlen(body), k, hits, n, &why);
}

static void hits_are_read_and_put_in_order(void **state)
{
    struct vector_hit hits[4];
    size_t n;

    (void)state;
    CHECK(read_hits(
              "{\"ids\":[[\"c\",\"b\",\"a\"]],\"distances\":[[0.5,0.25,0.25]],\"documents\":null}",
              4, hits, &n) == 0);
    CHECK(n == 3);
    assert_string_equal(hits[0].id, "a");
    assert_string_equal(hits[1].id, "b");
    assert_string_equal(hits[2].id, "c");
    CHECK_NEAR(hits[2].distance, 0.5, 0);
    CHECK(read_hits("{\"ids\":[[]],\"distances\":[[]]}", 4, hits, &n) == 0 && n == 0);
    CHECK(read_hits("{\"ids\":[[\"x\"]],\"distances\":[[-1e-7]]}", 4, hits, &n) == 0);
    CHECK_NEAR(hits[0].distance, 0, 0); /* rounding */
}

static void an_answer_that_is_no_list_of_hits_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{\"ids\":[],\"distances\":[]}",
        "{\"ids\":null,\"distances\":null}",
        "{\"ids\":[[\"a\"]],\"distances\":null}",
        "{\"ids\":[\"a\"],\"distances\":[0.5]}",
        "{\"ids\":[[\"a\"]],\"distances\":[[]]}",
        "{\"ids\":[[]],\"distances\":[[0.5]]}",
        "{\"ids\":[[\"a\"]],\"distances\":[[null]]}",
        "{\"ids\":[[\"a\"]],\"distances\":[[\"0.5\"]]}",
        "{\"ids\":[[\"a\"]],\"distances\":[[2.5]]}",
        "{\"ids\":[[\"a\"]],\"distances\":[[-1]]}",
        "{\"ids\":[[1]],\"distances\":[[1]]}",
        "{\"ids\":[[\"a\",\"b\",\"c\"]],\"distances\":[[0,0,0]]}", /* more than asked for */
    };
    struct vector_hit hits[2];
    char long_id[400];
    size_t n;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (read_hits(bad[i], 2, hits, &n) == 0)
            fail_msg("accepted: %s", bad[i]);
        CHECK(why.code == TW_BROKEN);
    }
    (void)snprintf(long_id, sizeof(long_id), "{\"ids\":[[\"%0256d\"]],\"distances\":[[0]]}", 7);
    CHECK(read_hits(long_id, 2, hits, &n) < 0);
    (void)snprintf(long_id, sizeof(long_id), "{\"ids\":[[\"%0255d\"]],\"distances\":[[0]]}", 7);
    CHECK(read_hits(long_id, 2, hits, &n) == 0 && strlen(hits[0].id) == 255);
}

static void note(void *ctx, const char *id, const char *version)
{
    char *text = ctx;
    size_t len = strlen(text);

    (void)snprintf(text + len, 100 - len, "%s=%s ", id, version);
}

static void a_page_of_records_is_read(void **state)
{
    static const char page[] =
        "{\"ids\":[\"a\",\"b\",\"c\"],\"metadatas\":[{\"version\":\"v1\",\"kind\":\"x\"},"
        "null,{\"version\":7}]}";
    static const char *const bad[] = {"",
                                      "{}",
                                      "{\"ids\":[\"a\"],\"metadatas\":null}",
                                      "{\"ids\":[1],\"metadatas\":[null]}",
                                      "{\"ids\":\"a\",\"metadatas\":\"b\"}",
                                      "{\"ids\":[\"a\"],\"metadatas\":[null,null]}"};
    char text[100] = "";
    size_t n;

    (void)state;
    CHECK(chroma_read_page(page, strlen(page), note, text, &n, &why) == 0);
    CHECK(n == 3);
    assert_string_equal(text, "a=v1 b= c= ");
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (chroma_read_page(bad[i], strlen(bad[i]), note, text, &n, &why) == 0)
            fail_msg("accepted: %s", bad[i]);
}

static void a_status_says_what_can_be_done(void **state)
{
    static const struct {
        int status;
        enum tw_code code;
    } cases[] = {{400, TW_INVALID}, {422, TW_INVALID}, {413, TW_INVALID}, {404, TW_NOT_FOUND},
                 {429, TW_BUSY},    {503, TW_BUSY},    {504, TW_BUSY},    {500, TW_BROKEN},
                 {401, TW_BROKEN},  {403, TW_BROKEN},  {301, TW_BROKEN},  {100, TW_BROKEN}};

    static const char body[] = "{\"error\":\"ChromaError\",\"message\":\"no such thing\"}";

    (void)state;
    CHECK(chroma_check_status(200, "", 0, &why) == 0);
    CHECK(chroma_check_status(201, "{", 1, &why) == 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(chroma_check_status(cases[i].status, body, strlen(body), &why) < 0);
        CHECK(why.code == cases[i].code && strstr(why.message, "no such thing"));
        CHECK(chroma_check_status(cases[i].status, "<html>", 6, &why) < 0);
        CHECK(why.code == cases[i].code);
    }
}

static void base64_is_used_only_when_it_is_offered(void **state)
{
    static const char yes[] = "{\"max_batch_size\":5461,\"supports_base64_encoding\":true}";

    (void)state;
    CHECK(chroma_takes_base64(yes, strlen(yes)));
    CHECK(!chroma_takes_base64("{\"max_batch_size\":166}", 22));
    CHECK(!chroma_takes_base64("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_collection_is_read),
        TEST(an_answer_that_is_no_collection_is_refused),
        TEST(hits_are_read_and_put_in_order),
        TEST(an_answer_that_is_no_list_of_hits_is_refused),
        TEST(a_page_of_records_is_read),
        TEST(a_status_says_what_can_be_done),
        TEST(base64_is_used_only_when_it_is_offered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
