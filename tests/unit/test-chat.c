#include "test.h"

#include "common/alloc.h"
#include "reply.h"
#include "tui/data/chat.h"
#include "tui/data/chat_stream.h"

#include <math.h>
#include <stdbool.h>

#define ANSWER                                                                                      \
    "{\"response\":\"Open the portal.\",\"sentences\":[{\"text\":\"Open the portal.\",\"support\":" \
    "1,\"flags\":[],\"evidence\":null}],\"relevance_score\":0.9,\"hallucination_score\":0,"         \
    "\"groundedness_score\":1,\"answer_relevance_score\":0.8,\"abstained\":false,\"model\":"        \
    "\"extractive\",\"usage\":{\"input_tokens\":212,\"output_tokens\":58,\"estimated\":true},"      \
    "\"ttft_ms\":3.01,\"processing_time_ms\":12.34,\"request_id\":\"01\\u001b\",\"warnings\":"      \
    "[\"fell back\",7]}"

static void a_question_has_the_names_of_the_api(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    chat_write_request("how \"so\"?", 3, true, &out);
    assert_string_equal(buffer_text(&out),
                        "{\"query\":\"how \\\"so\\\"?\",\"num_context_docs\":3,\"stream\":true}");
    buffer_clear(&out);
    chat_write_request("q", (double)NAN, false, &out);
    assert_string_equal(buffer_text(&out), "{\"query\":\"q\"}");
    buffer_finish(&out);
}

static void an_answer_is_read_and_shown(void **state)
{
    struct fetch_reply reply = reply_of(200, ANSWER);
    struct chat_answer answer;
    struct buffer out;
    struct page page = {.out = &out, .style = {.width = 80}};

    (void)state;
    assert_int_equal(chat_read(&reply, &answer, NULL), 0);
    buffer_init(&out, 65536);
    chat_write(&answer, &page);
    assert_string_equal(buffer_text(&out),
                        "warning: fell back\n"
                        "supported   Open the portal.\n"
                        "\n"
                        "SCORES\n"
                        "  relevance         0.90\n"
                        "  groundedness      1.00\n"
                        "  hallucination     0.00\n"
                        "  answer relevance  0.80\n"
                        "model extractive, 12.3 ms (first token 3.0 ms), tokens 212 in 58 out "
                        "(estimated)\n"
                        "request 01?\n");
    buffer_finish(&out);
    chat_answer_finish(&answer);
}

static void an_answer_that_is_none_says_so_in_plain_words(void **state)
{
    struct fetch_reply reply =
        reply_of(200, "{\"response\":\"I do not know.\\nAsk about mail.\",\"sentences\":[],"
                      "\"abstained\":true,\"relevance_score\":0.1,\"hallucination_score\":null}");
    struct chat_answer answer;
    struct buffer out;
    struct page page = {.out = &out, .style = {.width = 80}};

    (void)state;
    assert_int_equal(chat_read(&reply, &answer, NULL), 0);
    buffer_init(&out, 65536);
    chat_write(&answer, &page);
    CHECK(strncmp(buffer_text(&out),
                  "NOT ANSWERED: the knowledge base has nothing that answers this\n"
                  "I do not know.\nAsk about mail.\n\nSCORES\n  relevance         0.10 under 0.5\n",
                  100) == 0);
    buffer_finish(&out);
    chat_answer_finish(&answer);
}

static void what_is_no_answer_is_refused(void **state)
{
    static const char *const bad[] = {"", "{", "[]", "{}", "{\"response\":[]}"};
    struct chat_answer answer;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);

        CHECK(chat_read(&reply, &answer, NULL) < 0);
    }
}

/* ---- Streams ----------------------------------------------------------------------------------- */

static void keep_text(void *ctx, const char *text)
{
    (void)buffer_puts(ctx, text);
}

static const char events[] = "\xef\xbb\xbf: hello\r\n\r\n"
                             "event: token\r\ndata: {\"text\":\"Open \"}\r\n\r\n"
                             "data:{\"delta\":\"the\\n\"}\n\n"
                             "data: \"portal.\"\n\n"
                             "data: {\"text\":\ndata: \"!\"}\n\n"
                             "data: no JSON\n\n"
                             "data: [DONE]\n\n"
                             "id: 7\nretry: 10\n\n"
                             "event: done\ndata: " ANSWER "\n\n";

/* Wherever the bytes are cut. */
static void events_are_put_together_however_they_come(void **state)
{
    (void)state;
    for (size_t step = 1; step < sizeof(events); step = step < 40 ? step + 1 : step * 2) {
        struct chat_stream stream;
        struct buffer text;

        buffer_init(&text, 4096);
        chat_stream_init(&stream, keep_text, &text);
        for (size_t at = 0; at < sizeof(events) - 1; at += step)
            chat_stream_feed(&stream, events + at,
                             at + step < sizeof(events) ? step : sizeof(events) - 1 - at);
        assert_string_equal(buffer_text(&text), "Open the\nportal.!");
        assert_string_equal(stream.end, ANSWER);
        CHECK(stream.end_status == 200);
        chat_stream_finish(&stream);
        buffer_finish(&text);
    }
}

static void a_problem_at_the_end_is_an_answer_with_its_status(void **state)
{
    static const char problem[] =
        "data: {\"text\":\"a\"}\n\ndata: {\"title\":\"Gateway Timeout\",\"status\":504}\n\n";
    struct chat_stream stream;
    struct buffer text;

    (void)state;
    buffer_init(&text, 4096);
    chat_stream_init(&stream, keep_text, &text);
    chat_stream_feed(&stream, problem, sizeof(problem) - 1);
    CHECK(stream.end_status == 504 && stream.end);
    chat_stream_finish(&stream);
    buffer_finish(&text);
}

static void a_line_without_end_is_given_up(void **state)
{
    struct chat_stream stream;
    struct buffer text;

    (void)state;
    buffer_init(&text, 4096);
    chat_stream_init(&stream, keep_text, &text);
    chat_stream_feed(&stream, "data: \"", 7);
    for (int i = 0; i < 3000000; i += 10)
        chat_stream_feed(&stream, "aaaaaaaaaa", 10);
    chat_stream_feed(&stream, "\"\n\ndata: \"b\"\n\n", 15);
    assert_string_equal(buffer_text(&text), "b");
    chat_stream_finish(&stream);
    buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_question_has_the_names_of_the_api),
        TEST(an_answer_is_read_and_shown),
        TEST(an_answer_that_is_none_says_so_in_plain_words),
        TEST(what_is_no_answer_is_refused),
        TEST(events_are_put_together_however_they_come),
        TEST(a_problem_at_the_end_is_an_answer_with_its_status),
        TEST(a_line_without_end_is_given_up),
    };

    return cmocka_run_group_tests_name("chat", tests, NULL, NULL);
}
