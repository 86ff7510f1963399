/* What is asked from the console's command line, and what the answers come to. */

#include "test.h"

#include "reply.h"
#include "tui/data/enquiry.h"

#include <math.h>

static const struct enquiry question = {.kind = ENQUIRY_ASK, .text = "Why?"};
static const struct enquiry features = {
    .kind = ENQUIRY_PREDICT, .length = 120, .urgency = 2, .impact = 8.5, .tier = 3};

static struct enquiry_data *answered(const struct enquiry *enquiry, int status, const char *body)
{
    struct fetch_reply reply = reply_of(status, body);

    reply.elapsed_us = 12345;
    reply.server_date_ms = 1795420931000;
    return enquiry_read(7, enquiry, &reply);
}

static void check_body(const struct enquiry *enquiry, const char *expected)
{
    struct buffer body;

    buffer_init(&body, 4096);
    enquiry_write_body(enquiry, &body);
    assert_string_equal(buffer_text(&body), expected);
    buffer_finish(&body);
}

static void each_kind_has_its_body(void **unused)
{
    static const struct enquiry ticket = {.kind = ENQUIRY_TRIAGE,
                                          .text = "VPN \"down\"",
                                          .length = (double)NAN,
                                          .urgency = (double)NAN,
                                          .impact = 8,
                                          .tier = 2};

    (void)unused;
    check_body(&question, "{\"query\":\"Why?\"}");
    check_body(&features, "{\"ticket_length\":120,\"urgency_keywords\":2,\"business_impact\":8.5,"
                          "\"customer_tier\":3}");
    check_body(&ticket, "{\"ticket_text\":\"VPN \\\"down\\\"\",\"business_impact\":8,"
                        "\"customer_tier\":2}");
}

static void an_answer_is_described_as_a_stored_one(void **unused)
{
    struct enquiry_data *data = answered(
        &question, 200,
        "{\"response\":\"Because.\",\"sentences\":[{\"text\":\"Because.\",\"support\":0.1}],"
        "\"hallucination_score\":1,\"model\":\"m\\u001b[2J\",\"id\":41}");

    (void)unused;
    CHECK(data->is_answered && data->id == 7 && data->elapsed_ms == 12);
    CHECK(data->detail.has_answer && data->detail.answer.scored.n_parts == 1);
    CHECK(data->detail.request.hallucination == 1 && isnan(data->detail.request.confidence));
    CHECK(data->detail.request.at_ms == 1795420931000);
    assert_string_equal(data->detail.query, "Why?");
    CHECK(!strchr(data->detail.request.model, '\x1b'));
    assert_string_equal(enquiry_stored_id(data), "41");
    part_unref(&data->part);
}

static void an_id_that_is_a_path_opens_nothing(void **unused)
{
    struct enquiry_data *data =
        answered(&question, 200, "{\"response\":\"x\",\"sentences\":[],\"id\":\"../simulations\"}");

    (void)unused;
    CHECK(data->is_answered);
    assert_string_equal(enquiry_stored_id(data), "");
    part_unref(&data->part);
}

static void a_refusal_names_its_fields(void **unused)
{
    struct enquiry_data *data =
        answered(&features, 422,
                 "{\"type\":\"about:blank\",\"title\":\"Unprocessable\",\"status\":422,\"detail\":"
                 "\"1 field is wrong\",\"errors\":[{\"field\":\"customer_tier\",\"detail\":"
                 "\"must be from 1 to 5\"}]}");

    (void)unused;
    CHECK(!data->is_answered);
    CHECK(strstr(data->reason, "customer_tier must be from 1 to 5"));
    assert_string_equal(enquiry_stored_id(data), "");
    part_unref(&data->part);
}

static void what_is_no_answer_says_why(void **unused)
{
    static const char *const bodies[] = {"", "[]", "7", "{}", "{\"severity\":7}", "<html>"};

    (void)unused;
    for (int kind = 0; kind < N_ENQUIRY_KINDS; kind++)
        for (size_t i = 0; i < COUNT_OF(bodies); i++) {
            struct enquiry enquiry = {.kind = (enum enquiry_kind)kind, .text = "x"};
            struct enquiry_data *data = answered(&enquiry, 200, bodies[i]);

            CHECK(!data->is_answered && data->reason[0]);
            part_unref(&data->part);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_has_its_body),
        TEST(an_answer_is_described_as_a_stored_one),
        TEST(an_id_that_is_a_path_opens_nothing),
        TEST(a_refusal_names_its_fields),
        TEST(what_is_no_answer_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
