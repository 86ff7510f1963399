#include "test.h"

#include "reply.h"
#include "tui/data/prediction.h"

#include <math.h>
#include <stdbool.h>

static void a_prediction_is_read_and_shown(void **state)
{
    struct fetch_reply reply =
        reply_of(200, "{\"severity\":\"Medium\",\"severity_code\":1,\"confidence\":0.71,"
                      "\"probabilities\":{\"Low\":0.25,\"Medium\":0.71,\"High\":0.04},"
                      "\"processing_time_ms\":0.0512,\"model_version\":\"2026-11-23\","
                      "\"prediction_id\":\"r1-17-abc\"}");
    struct prediction prediction;
    struct buffer out;
    struct page page = {.out = &out, .style = {.is_utf8 = false, .width = 80}};

    (void)state;
    assert_int_equal(prediction_read(&reply, &prediction, NULL), 0);
    buffer_init(&out, 4096);
    prediction_write(&prediction, &page);
    assert_string_equal(buffer_text(&out), "Medium  confidence 0.710\n"
                                           "  Low         [########----------------------] 0.250\n"
                                           "  Medium      [#####################---------] 0.710\n"
                                           "  High        [#-----------------------------] 0.040\n"
                                           "  model 2026-11-23, 0.051 ms\n"
                                           "  id r1-17-abc\n");
    buffer_finish(&out);
}

static void hostile_answers_are_refused_or_tamed(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"severity\":\"Low\"}",
        "{\"severity\":1,\"confidence\":0.5}",
        "{\"severity\":\"Low\",\"confidence\":1.5}",
        "{\"severity\":\"Low\",\"confidence\":\"0.5\"}",
    };
    struct fetch_reply odd =
        reply_of(200, "{\"severity\":\"\\u001b[31mLow\",\"confidence\":1,\"probabilities\":"
                      "[1,2,3,4,5,6,7,8,9,10,11,12],\"model_version\":{}}");
    struct prediction prediction;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);

        if (prediction_read(&reply, &prediction, NULL) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_int_equal(prediction_read(&odd, &prediction, NULL), 0);
    assert_string_equal(prediction.severity, "?[31mLow");
    CHECK(prediction.n_classes == PREDICTION_CLASSES_MAX);
    CHECK(isnan(prediction.processing_ms));
}

static void a_request_has_the_names_of_the_api(void **state)
{
    struct prediction_request request = {120, 2, 5.5, 3};
    struct buffer out;

    (void)state;
    buffer_init(&out, 1024);
    prediction_write_request(&request, &out);
    assert_string_equal(buffer_text(&out), "{\"ticket_length\":120,\"urgency_keywords\":2,"
                                           "\"business_impact\":5.5,\"customer_tier\":3}");
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_prediction_is_read_and_shown),
        TEST(hostile_answers_are_refused_or_tamed),
        TEST(a_request_has_the_names_of_the_api),
    };

    return cmocka_run_group_tests_name("prediction", tests, NULL, NULL);
}
