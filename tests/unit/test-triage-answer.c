#include "test.h"

#include "reply.h"
#include "tui/data/triage_answer.h"

#include <math.h>
#include <stdbool.h>

static void a_ticket_has_the_names_of_the_api(void **state)
{
    struct triage_request request = {"down", (double)NAN, (double)NAN, 8.5, 5};
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    triage_write_request(&request, &out);
    assert_string_equal(buffer_text(&out),
                        "{\"ticket_text\":\"down\",\"business_impact\":8.5,\"customer_tier\":5}");
    buffer_finish(&out);
}

static void a_triage_is_read_and_shown(void **state)
{
    struct fetch_reply reply = reply_of(
        200,
        "{\"severity\":\"High\",\"confidence\":0.873,\"explanation\":\"A site is down.\\nAct.\","
        "\"recommended_actions\":[\"Page the on-call\",{\"text\":\"Open a bridge\"}],"
        "\"context_sources\":[{\"document\":\"a.md\",\"chunk_id\":\"a.md#1\",\"score\":0.7},"
        "{\"document\":\"b.md\"},\"c.md\"],\"processing_time_ms\":23.1,\"ml_processing_ms\":0.1,"
        "\"llm_processing_ms\":22.5,\"llm_quality_scores\":{\"relevance\":0.8,\"hallucination\":0,"
        "\"groundedness\":0.93,\"answer_relevance\":0.7},\"warnings\":[\"slow \\u202emodel\"],"
        "\"prediction_id\":\"r1-7\",\"request_id\":\"x1\"}");
    struct triage_answer answer;
    struct buffer out;
    struct page page = {.out = &out, .style = {.width = 80}};

    (void)state;
    assert_int_equal(triage_read(&reply, &answer, NULL), 0);
    CHECK(!triage_is_degraded(&answer));
    buffer_init(&out, 65536);
    triage_write(&answer, &page);
    assert_string_equal(buffer_text(&out), "High  confidence 0.873\n"
                                           "warning: slow ?model\n"
                                           "\n"
                                           "A site is down.\n"
                                           "Act.\n"
                                           "\n"
                                           "ACTIONS\n"
                                           "  1. Page the on-call\n"
                                           "  2. Open a bridge\n"
                                           "\n"
                                           "SOURCES\n"
                                           "  1. 0.70  a.md#1\n"
                                           "  2. b.md\n"
                                           "  3. c.md\n"
                                           "\n"
                                           "SCORES\n"
                                           "  relevance         0.80\n"
                                           "  groundedness      0.93\n"
                                           "  hallucination     0.00\n"
                                           "  answer relevance  0.70\n"
                                           "took 23.1 ms, model 0.1 ms, llm 22.5 ms\n"
                                           "prediction r1-7  request x1\n");
    buffer_finish(&out);
    triage_answer_finish(&answer);
}

static void the_models_part_alone_is_degraded(void **state)
{
    struct fetch_reply reply = reply_of(
        200, "{\"severity\":\"Low\",\"confidence\":1,\"explanation\":\"So.\","
             "\"abstained\":false,\"context_sources\":[],\"llm_quality_scores\":{\"relevance\":"
             "null,\"groundedness\":null},\"warnings\":[\"without the knowledge base\"]}");
    struct triage_answer answer;

    (void)state;
    assert_int_equal(triage_read(&reply, &answer, NULL), 0);
    CHECK(triage_is_degraded(&answer) && isnan(answer.relevance) && answer.warnings.n == 1);
    triage_answer_finish(&answer);
}

static void a_search_that_found_nothing_is_not_degraded(void **state)
{
    struct fetch_reply reply = reply_of(
        200, "{\"severity\":\"Low\",\"confidence\":1,\"explanation\":\"So.\",\"abstained\":true,"
             "\"recommended_actions\":[\"Ask\"],\"recommended_action_sources\":[\"\"],"
             "\"context_sources\":[],\"llm_quality_scores\":{\"relevance\":null}}");
    struct triage_answer answer;
    struct buffer out;
    struct page page = {.out = &out, .style = {.width = 80}};

    (void)state;
    assert_int_equal(triage_read(&reply, &answer, NULL), 0);
    CHECK(answer.is_abstained && !triage_is_degraded(&answer));
    buffer_init(&out, 65536);
    triage_write(&answer, &page);
    CHECK(strstr(buffer_text(&out), "So.\nThe knowledge base has nothing on it.\n"));
    CHECK(strstr(buffer_text(&out), "  1. Ask\n"));
    buffer_finish(&out);
    triage_answer_finish(&answer);
}

static void hostile_triages_are_refused(void **state)
{
    static const char too_many_actions[] =
        "{\"severity\":\"Low\",\"confidence\":1,\"recommended_actions\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
        "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}";
    static const char *const bad[] = {
        "[]",
        "{\"severity\":\"Low\",\"confidence\":2}",
        "{\"severity\":7,\"confidence\":1}",
        too_many_actions,
    };
    struct triage_answer answer;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);

        if (triage_read(&reply, &answer, NULL) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_ticket_has_the_names_of_the_api), TEST(a_triage_is_read_and_shown),
        TEST(the_models_part_alone_is_degraded), TEST(a_search_that_found_nothing_is_not_degraded),
        TEST(hostile_triages_are_refused),
    };

    return cmocka_run_group_tests_name("triage-answer", tests, NULL, NULL);
}
