#include "test.h"

#include "reply.h"
#include "tui/data/drift_status.h"

#include <math.h>

static const char whole[] =
    "{\"at_ms\":1795470000000,\"samples_analyzed\":200,\"samples_needed\":100,\"votes\":9,\"lost\":0,"
    "\"drift_detected\":true,\"drifted_features_ratio\":0.25,\"judged_against\":\"training\","
    "\"drift_score\":0.61,\"reference_rows\":4000,\"features\":[{\"name\":\"ticket_length\","
    "\"unit\":\"words\",\"drift_detected\":true,\"severity\":0.7,\"psi\":0.5,\"psi_critical\":0.1,"
    "\"ks_statistic\":0.3,\"ks_p\":1e-9,\"wasserstein_sd\":1.2,\"js_distance\":0.4,"
    "\"mean_before\":120,\"mean_after\":190,\"mean_shift_sd\":1.7,\"logit_shift\":2.5,"
    "\"explanation\":\"longer \\u001b[31mtickets\",\"cells\":["
    "{\"above\":null,\"up_to\":100,\"before\":30,\"after\":10,\"psi\":0.2},"
    "{\"above\":100,\"up_to\":null,\"before\":10,\"after\":30,\"psi\":0.3}]}],"
    "\"predictions\":{\"cramers_v\":0.4,\"classes\":[{\"name\":\"Low\",\"share_before\":0.3,"
    "\"share_after\":0.1}]},\"usual\":null}";

static void a_whole_report_is_read(void **state)
{
    struct fetch_reply reply = reply_of(200, whole);
    const struct drift_feature_status *feature;
    struct drift_status status;

    (void)state;
    assert_int_equal(drift_status_read(&reply, &status, NULL), 0);
    CHECK(status.at_ms == 1795470000000 && status.n_samples == 200 && status.n_needed == 100);
    CHECK(status.has_score && status.score == 0.61 && status.is_detected && status.n_votes == 9);
    CHECK(!status.is_judged_by_usual && isnan(status.usual_score));
    CHECK(status.prediction_drift == 0.4 && status.n_classes == 1 && status.n_features == 1);
    assert_string_equal(status.classes[0].name, "Low");
    feature = &status.features[0];
    assert_string_equal(feature->name, "ticket_length");
    assert_string_equal(feature->unit, "words");
    assert_string_equal(feature->explanation, "longer ?[31mtickets");
    CHECK(feature->is_detected && feature->severity == 0.7 && feature->ks == 0.3);
    CHECK(feature->mean_before == 120 && feature->mean_after == 190 && feature->logit_shift == 2.5);
    CHECK(feature->n_cells == 2 && isinf(feature->cells[0].above) && feature->cells[0].above < 0);
    CHECK(feature->cells[0].up_to == 100 && isinf(feature->cells[1].up_to));
    CHECK(feature->cells[0].before == 0.75 && feature->cells[1].after == 0.75);
    drift_status_finish(&status);
}

static void too_few_samples_are_no_error(void **state)
{
    struct fetch_reply reply =
        reply_of(200, "{\"at_ms\":0,\"samples_analyzed\":12,\"samples_needed\":100,\"votes\":0,"
                      "\"lost\":0,\"drift_detected\":null,\"drift_score\":null}");
    struct drift_status status;

    (void)state;
    assert_int_equal(drift_status_read(&reply, &status, NULL), 0);
    CHECK(!status.has_score && status.n_samples == 12 && status.n_features == 0);
    drift_status_finish(&status);
}

static void hostile_reports_are_refused(void **state)
{
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"samples_analyzed\":200,\"drift_score\":0.5}",
        "{\"samples_analyzed\":200,\"drift_score\":0.5,\"features\":{}}",
        "{\"samples_analyzed\":200,\"drift_score\":0.5,\"features\":[{}]}",
        "{\"samples_analyzed\":200,\"drift_score\":0.5,\"features\":[{\"name\":\"a\",\"cells\":[{}]}]}",
        ("{\"samples_analyzed\":200,\"drift_score\":0.5,\"features\":[{\"name\":\"a\",\"cells\":"
         "[{\"before\":-1,\"after\":1}]}]}"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);
        struct drift_status status;
        struct tw_error err = {0};

        if (drift_status_read(&reply, &status, &err) == 0 || err.code != TW_BROKEN)
            fail_msg("accepted: %s", bad[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_whole_report_is_read),
        TEST(too_few_samples_are_no_error),
        TEST(hostile_reports_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
