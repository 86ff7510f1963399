#include "test.h"

#include "common/alloc.h"
#include "server/llm/answer.h"
#include "server/llm/checks.h"

#include <math.h>
#include <string.h>

static void make_answer(struct answer *answer)
{
    static const struct passage passages[] = {
        {"vpn.md#2", "vpn.md", "VPN", "Ports", "Port 443 must be open.", 22, 10, 32, 0.75},
        {"wifi.md#1", "wifi.md", "Wi-Fi", "", "Ask the desk.", 13, 0, 13, 0.5},
    };

    answer_init(answer);
    answer->text = xstrdup("Port 443 must be open [1]. \"Quoted\" \xc3\xa9.");
    answer->relevance = 0.5;
    answer->groundedness = 0.75;
    answer->hallucination = 0.25;
    answer->weakest = 0.1;
    answer_set_passages(answer, passages, 2);
    answer->sentences = xcalloc(2, sizeof(*answer->sentences));
    answer->n_sentences = 2;
    answer->sentences[0] =
        (struct answer_sentence){xstrdup("Port 443 must be open."), 1, 0, 0, 22, 0};
    answer->sentences[1] =
        (struct answer_sentence){xstrdup("It takes 9 days."),
                                 0.1,
                                 -1,
                                 0,
                                 0,
                                 (unsigned)CHECK_NUMBER_ABSENT | (unsigned)CHECK_NEGATION};
    (void)snprintf(answer->model, sizeof(answer->model), "little");
    answer->input_tokens = 100;
    answer->output_tokens = 7;
    answer->is_estimated = true;
    answer->retrieval_ms = 1.25;
    answer_warn(answer, "it is %s", "slow");
}

static struct json *written(const struct answer *answer,
                            void (*write)(const struct answer *, struct json_writer *))
{
    struct buffer out;
    struct json_writer w = {&out, false};
    struct json *json = NULL;

    buffer_init(&out, 1U << 16);
    json_write_object(&w, NULL);
    write(answer, &w);
    json_write_object_end(&w);
    CHECK(json_parse(buffer_text(&out), out.len, &json, NULL) == 0);
    buffer_finish(&out);
    return json;
}

static void an_answer_is_read_as_it_was_written(void **state)
{
    CLEANUP(answer_finish) struct answer answer, back;
    CLEANUP(json_freep) struct json *json = NULL;

    (void)state;
    make_answer(&answer);
    json = written(&answer, answer_write);
    CHECK(answer_read(json, &back, NULL) == 0);
    assert_string_equal(back.text, answer.text);
    CHECK(back.relevance == 0.5 && back.groundedness == 0.75 && back.hallucination == 0.25);
    CHECK(isnan(back.answer_relevance) && isnan(back.generation_ms) && back.retrieval_ms == 1.25);
    CHECK(back.n_passages == 2 && back.passages[0].start == 10 && back.passages[0].len == 22);
    assert_string_equal(back.passages[1].chunk_id, "wifi.md#1");
    assert_string_equal(back.passages[1].text, "Ask the desk.");
    CHECK(back.n_sentences == 2 && back.sentences[0].passage == 0 &&
          back.sentences[0].evidence_end == 22);
    CHECK(back.sentences[1].passage == -1 && back.sentences[1].flags == answer.sentences[1].flags);
    assert_string_equal(back.model, "little");
    CHECK(back.input_tokens == 100 && back.output_tokens == 7 && back.is_estimated);
    CHECK(back.n_warnings == 1);
    assert_string_equal(back.warnings[0], "it is slow");
}

static void scores_that_are_not_known_are_null(void **state)
{
    CLEANUP(answer_finish) struct answer answer;
    CLEANUP(json_freep) struct json *json = NULL;

    (void)state;
    make_answer(&answer);
    json = written(&answer, answer_write);
    CHECK(json_type(json_get(json, "answer_relevance_score")) == JSON_NULL);
}

static void a_record_has_the_passages_with_their_text_and_no_scores(void **state)
{
    CLEANUP(answer_finish) struct answer answer;
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *first;

    (void)state;
    make_answer(&answer);
    json = written(&answer, answer_write_record);
    first = json_first(json_get(json, "passages"));
    assert_string_equal(json_string(json_get(first, "text")), "Port 443 must be open.");
    CHECK(!json_get(json, "relevance_score") && !json_get(json, "context_used"));
}

static int read_text(const char *text, struct answer *ret_answer)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct tw_error err;

    CHECK(json_parse(text, strlen(text), &json, &err) == 0);
    return answer_read(json, ret_answer, &err);
}

static void what_is_no_answer_is_refused(void **state)
{
    struct answer answer;

    (void)state;
    CHECK(read_text("{}", &answer) < 0 && read_text("[]", &answer) < 0);
    CHECK(read_text("{\"response\":5}", &answer) < 0);
}

static void what_makes_no_sense_inside_is_not_taken(void **state)
{
    CLEANUP(answer_finish) struct answer answer;

    (void)state;
    CHECK(read_text("{\"response\":\"x\",\"relevance_score\":7,\"groundedness_score\":\"1\","
                    "\"context_used\":[\"abc\",3],\"sources\":[{\"chunk_id\":\"a#1\"},{},{}],"
                    "\"sentences\":[{\"support\":-1,\"flags\":[\"nonsense\",4],"
                    "\"evidence\":{\"chunk_id\":\"a#1\",\"start\":2,\"end\":99}},7]}",
                    &answer) == 0);
    CHECK(isnan(answer.relevance) && isnan(answer.groundedness));
    CHECK(answer.n_passages == 2 && answer.n_sentences == 2);
    CHECK(answer.sentences[0].passage == -1 && answer.sentences[0].flags == 0);
    CHECK(isnan(answer.sentences[0].support));
}

static void warnings_are_bounded(void **state)
{
    CLEANUP(answer_finish) struct answer answer;

    (void)state;
    answer_init(&answer);
    for (int i = 0; i < 10; i++)
        answer_warn(&answer, "%0300d", i);
    CHECK(answer.n_warnings == ANSWER_WARNINGS_MAX);
    CHECK(strlen(answer.warnings[0]) == sizeof(answer.warnings[0]) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read_as_it_was_written),
        cmocka_unit_test(scores_that_are_not_known_are_null),
        cmocka_unit_test(a_record_has_the_passages_with_their_text_and_no_scores),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(what_makes_no_sense_inside_is_not_taken),
        cmocka_unit_test(warnings_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
