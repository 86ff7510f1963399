#include "test.h"

#include "common/alloc.h"
#include "reply.h"
#include "tui/data/requests.h"

#include <math.h>
#include <stdbool.h>

#define CHAT                                                                                           \
    "{\"id\":17,\"kind\":\"chat\",\"at\":1795470300000,\"status\":\"success\",\"severity\":null,"      \
    "\"query\":\"How\\tdo I\\nask?\\u001b[31m\",\"relevance_score\":0.9,\"hallucination_score\":0.25," \
    "\"groundedness_score\":0.8,\"answer_relevance_score\":null,\"abstained\":false,\"model\":"        \
    "\"extractive\",\"processing_time_ms\":12.5,\"trace_id\":\"4bf9\",\"origin\":\"drill\","           \
    "\"simulation\":8"
#define TRIAGE                                                                                      \
    "{\"id\":\"t-16\",\"kind\":\"triage\",\"at\":\"2026-11-23T21:45:00Z\",\"status\":\"degraded\"," \
    "\"severity\":\"High\",\"query\":\"VPN down\",\"confidence\":0.87,\"hallucination_score\":null}"
#define PREDICTION                                                                                   \
    "{\"id\":1795470300000001,\"kind\":\"prediction\",\"at_ms\":1795470299000,\"severity\":\"Low\"," \
    "\"confidence\":0.71,\"ticket_length\":120,\"urgency_keywords\":2,\"business_impact\":5.5,"      \
    "\"customer_tier\":3,\"processing_time_ms\":0.05,\"origin\":\"baseline\"}"

static void a_list_has_requests_of_every_kind(void **state)
{
    struct fetch_reply reply =
        reply_of(200, "{\"requests\":[" CHAT "}," TRIAGE "," PREDICTION "],\"next\":15}");
    struct stored_requests requests;
    const struct stored_request *at;

    (void)state;
    assert_int_equal(requests_read_list(&reply, &requests, NULL), 0);
    CHECK(requests.n == 3 && requests.has_more);
    at = requests.at;
    assert_string_equal(at[0].id, "17");
    CHECK(at[0].kind == STORED_CHAT && at[0].at_ms == 1795470300000);
    assert_string_equal(at[0].query, "How do I ask??[31m");
    CHECK(at[0].hallucination == 0.25 && isnan(at[0].answer_relevance) && isnan(at[0].confidence));
    assert_string_equal(at[0].simulation, "8");
    assert_string_equal(at[0].trace_id, "4bf9");
    assert_string_equal(at[1].id, "t-16");
    CHECK(at[1].kind == STORED_TRIAGE && at[1].at_ms == 1795470300000 && at[1].confidence == 0.87);
    assert_string_equal(at[2].id, "1795470300000001");
    assert_string_equal(at[2].query, "120 words, urgency 2, impact 5.5, tier 3");
    CHECK(at[2].kind == STORED_PREDICTION && at[2].at_ms == 1795470299000);
    stored_requests_finish(&requests);
}

static void one_comes_with_its_answer(void **state)
{
    struct fetch_reply reply = reply_of(
        200, CHAT
        ",\"response\":\"So. And so.\",\"sentences\":[{\"text\":\"So.\",\"support\":1,"
        "\"flags\":[],\"evidence\":{\"chunk_id\":\"a#1\",\"start\":0,\"end\":3,\"text\":\"So.\"}}],"
        "\"passages\":[{\"chunk_id\":\"a#1\",\"text\":\"So. Or not.\",\"score\":0.5}],"
        "\"usage\":{\"input_tokens\":9},\"ttft_ms\":3,\"warnings\":[\"slow\"]}");
    struct stored_detail detail;

    (void)state;
    assert_int_equal(requests_read_detail(&reply, &detail, NULL), 0);
    CHECK(detail.has_answer && detail.answer.scored.n_parts == 2);
    CHECK(detail.answer.scored.parts[0].evidence.end == 3);
    CHECK(detail.answer.first_token_ms == 3 && detail.answer.n_input_tokens == 9);
    CHECK(detail.answer.n_output_tokens == -1 && detail.answer.n_warnings == 1);
    assert_string_equal(detail.query, "How do I\nask??[31m");
    stored_detail_finish(&detail);
}

static void what_failed_and_predictions_have_no_answer(void **state)
{
    struct fetch_reply failed = reply_of(200, CHAT ",\"response\":null,\"sentences\":null}");
    struct fetch_reply prediction = reply_of(200, PREDICTION);
    struct stored_detail detail;

    (void)state;
    assert_int_equal(requests_read_detail(&failed, &detail, NULL), 0);
    CHECK(!detail.has_answer);
    stored_detail_finish(&detail);
    assert_int_equal(requests_read_detail(&prediction, &detail, NULL), 0);
    CHECK(!detail.has_answer);
    assert_string_equal(detail.query, "120 words, urgency 2, impact 5.5, tier 3");
    stored_detail_finish(&detail);
}

static void what_is_no_list_is_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"requests\":{}}",
        "{\"requests\":[{}]}",
        "{\"requests\":[{\"id\":\"\"}]}",
        "{\"requests\":[{\"id\":\"../metrics\"}]}",
        "{\"requests\":[{\"id\":\"a/b\"}]}",
        "{\"requests\":[{\"id\":\"a?b\"}]}",
        "{\"requests\":[{\"id\":\"a\\u0009\"}]}",
        "{\"requests\":[{\"id\":-1}]}",
        "{\"requests\":[{\"id\":1.5e300}]}",
        "{\"requests\":[7]}",
    };
    struct stored_requests requests;
    struct stored_detail detail;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);

        if (requests_read_list(&reply, &requests, NULL) == 0)
            fail_msg("accepted: %s", bad[i]);
        CHECK(requests_read_detail(&reply, &detail, NULL) < 0);
    }
}

static void odd_members_are_not_known(void **state)
{
    struct fetch_reply reply = reply_of(
        200,
        "{\"requests\":[{\"id\":1,\"kind\":7,\"at\":\"never\",\"query\":[],\"hallucination_score\":2,"
        "\"abstained\":\"yes\",\"simulation\":{\"id\":9},\"processing_time_ms\":-1}],\"next\":null}");
    struct stored_requests requests;

    (void)state;
    assert_int_equal(requests_read_list(&reply, &requests, NULL), 0);
    CHECK(requests.at[0].kind == STORED_OTHER && requests.at[0].at_ms == 0 && !requests.has_more);
    CHECK(isnan(requests.at[0].hallucination) && isnan(requests.at[0].processing_ms));
    assert_string_equal(requests.at[0].simulation, "9");
    assert_string_equal(requests.at[0].query, "");
    stored_requests_finish(&requests);
}

static void the_worst_come_first_and_the_unscored_last(void **state)
{
    struct stored_request at[] = {
        {.id = "a", .at_ms = 1, .hallucination = 0.2},
        {.id = "b", .at_ms = 2, .hallucination = (double)NAN},
        {.id = "c", .at_ms = 3, .hallucination = 0.9},
        {.id = "d", .at_ms = 4, .hallucination = 0.2},
    };
    struct stored_requests requests = {COUNT_OF(at), at, false};
    char order[8] = "";

    (void)state;
    requests_arrange(&requests, ORDER_WORST, 0);
    for (size_t i = 0; i < requests.n; i++)
        order[i] = at[i].id[0];
    assert_string_equal(order, "cdab");
    requests_arrange(&requests, ORDER_NEWEST, 0);
    for (size_t i = 0; i < requests.n; i++)
        order[i] = at[i].id[0];
    assert_string_equal(order, "dcba");
    requests_arrange(&requests, ORDER_WORST_OF_HOUR, 3600003); /* a and b are older */
    CHECK(requests.n == 2 && at[0].id[0] == 'c' && at[1].id[0] == 'd');
}

static void the_filter_makes_the_path(void **state)
{
    static const struct {
        struct stored_filter filter;
        const char *path;
    } cases[] = {
        {{N_STORED_KINDS, ORDER_NEWEST}, "/requests?limit=100"},
        {{STORED_CHAT, ORDER_NEWEST}, "/requests?limit=100&kind=chat"},
        {{STORED_CHAT, ORDER_WORST_OF_HOUR},
         "/requests?limit=100&kind=chat&min_hallucination=0.001"},
        {{N_STORED_KINDS, ORDER_WORST}, "/requests?limit=100&min_hallucination=0.001"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer path;

        buffer_init(&path, 256);
        requests_write_path(&cases[i].filter, &path);
        assert_string_equal(buffer_text(&path), cases[i].path);
        buffer_finish(&path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_has_requests_of_every_kind),
        TEST(one_comes_with_its_answer),
        TEST(what_failed_and_predictions_have_no_answer),
        TEST(what_is_no_list_is_refused),
        TEST(odd_members_are_not_known),
        TEST(the_worst_come_first_and_the_unscored_last),
        TEST(the_filter_makes_the_path),
    };

    return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
