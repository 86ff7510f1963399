#include "test.h"

#include "reply.h"
#include "tui/data/knowledge.h"

#include <stdbool.h>

#define STATS(load)                                                                                        \
    "{\"documents\":27,\"chunks\":143,\"words\":19000,\"version\":\"a1b2c3d4e5f6a7b8\","                   \
    "\"loaded_at_ms\":\"2026-11-23T21:45:00Z\",\"encoder\":\"none\",\"index\":\"embedded\",\"load\":" load \
    ",\"files\":[]}"

static void check_end(const char *body, const char *expected)
{
    struct fetch_reply reply = reply_of(200, body);
    struct knowledge_stats stats;
    struct buffer out;
    struct page page = {.out = &out, .style = {.width = 80}};

    assert_int_equal(knowledge_read_stats(&reply, &stats, NULL), 0);
    buffer_init(&out, 4096);
    knowledge_write_end(&stats, &page);
    if (strncmp(buffer_text(&out), expected, strlen(expected)) != 0)
        fail_msg("expected\n%s\nand not\n%s", expected, buffer_text(&out));
    buffer_finish(&out);
}

static void a_load_says_what_it_has_changed(void **state)
{
    (void)state;
    check_end(
        STATS(
            "{\"state\":\"idle\",\"started_at_ms\":1795470300000,\"finished_at_ms\":1795470301200,"
            "\"changed\":1,\"removed\":0,\"refused\":1,\"unchanged\":24,\"error\":null,"
            "\"first_refusal\":\"vpn.md is not UTF-8\",\"vectors_error\":null}"),
        "loaded: changed 1, removed 0, refused 1, unchanged 24 in 1s\n"
        "refused: vpn.md is not UTF-8\n"
        "there are 27 documents, 143 chunks, 19000 words\n"
        "version a1b2c3d4e5f6, index embedded, encoder none (a stand-in)\n");
    check_end(
        STATS("{\"state\":\"idle\",\"added\":0,\"changed\":0,\"removed\":0,\"unchanged\":27}"),
        "nothing has changed: added 0, changed 0, removed 0, unchanged 27\n");
    check_end(STATS("{\"state\":\"failed\",\"error\":\"cannot read '\\u001bx'\"}"),
              "FAILED  cannot read '?x'\n");
}

static void progress_is_a_line(void **state)
{
    struct fetch_reply reply =
        reply_of(202, "{\"state\":\"loading\",\"load\":{\"phase\":\"reading\",\"files_total\":27,"
                      "\"files_done\":9,\"chunks_done\":40,\"vectors_done\":8,\"vectors_total\":99,"
                      "\"started_at_ms\":1795470300000}}");
    struct knowledge_load load;
    struct buffer out;
    struct page page = {.out = &out, .style = {.width = 80}};

    (void)state;
    assert_int_equal(knowledge_read_load(&reply, &load, NULL), 0);
    CHECK(load.state == LOAD_RUNNING && load.started_at_ms == 1795470300000);
    buffer_init(&out, 4096);
    knowledge_write_progress(&load, &page);
    assert_string_equal(buffer_text(&out),
                        "reading   [#######-------------] 9 of 27 files  40 chunks  8 of 99 "
                        "vectors");
    buffer_finish(&out);
}

/* The server answers before it has begun: what it tells is the load before. */
static void a_load_that_is_to_come_is_told_from_the_one_before(void **state)
{
    static const struct {
        const char *body;
        bool is_to_come;
    } cases[] = {
        {"{\"state\":\"loading\",\"load\":{\"state\":\"idle\",\"started_at_ms\":5}}", true},
        {"{\"state\":\"loading\",\"load\":{\"state\":\"failed\"}}", true},
        {"{\"state\":\"loading\",\"load\":{\"state\":\"loading\"}}", false},
        {"{\"state\":\"loading\",\"load\":{}}", false},
        {"{\"state\":\"done\",\"load\":{\"state\":\"idle\"}}", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fetch_reply reply = reply_of(202, cases[i].body);
        struct knowledge_load load;

        assert_int_equal(knowledge_read_load(&reply, &load, NULL), 0);
        CHECK(load.is_to_come == cases[i].is_to_come);
    }
}

static void what_does_not_tell_its_state_is_refused(void **state)
{
    static const char *const bad[] = {"{}", "[]", "{\"load\":{}}", "{\"load\":{\"state\":\"odd\"}}",
                                      "{\"load\":[],\"state\":7}"};
    struct knowledge_stats stats;
    struct knowledge_load load;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);

        CHECK(knowledge_read_stats(&reply, &stats, NULL) < 0);
        CHECK(knowledge_read_load(&reply, &load, NULL) < 0);
    }
}

static void odd_numbers_are_not_known(void **state)
{
    struct fetch_reply reply = reply_of(
        200, "{\"documents\":-3,\"chunks\":1e300,\"vectors\":\"7\",\"words\":null,\"version\":12,"
             "\"load\":{\"state\":\"idle\",\"files_total\":-1,\"files_done\":1}}");
    struct knowledge_stats stats;

    (void)state;
    assert_int_equal(knowledge_read_stats(&reply, &stats, NULL), 0);
    CHECK(stats.n_documents == -1 && stats.n_chunks == -1 && stats.n_vectors == -1);
    CHECK(stats.n_words == -1 && stats.load.n_files == -1);
    assert_string_equal(stats.version, "12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_load_says_what_it_has_changed),
        TEST(progress_is_a_line),
        TEST(a_load_that_is_to_come_is_told_from_the_one_before),
        TEST(what_does_not_tell_its_state_is_refused),
        TEST(odd_numbers_are_not_known),
    };

    return cmocka_run_group_tests_name("knowledge", tests, NULL, NULL);
}
