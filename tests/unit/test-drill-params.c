#include "test.h"

#include "common/alloc.h"
#include "server/drill/drill_kinds.h"
#include "server/ml/features.h"

#include <math.h>

static const struct drill_kind_info *const drift = &drill_kinds[DRILL_DRIFT];

/* What is said against the parameters, and what they are if nothing is. */
static struct drill_params read(const char *text, struct field_errors *errors)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct drill_params params;

    *errors = (struct field_errors){0};
    CHECK(json_parse(text, strlen(text), &json, NULL) == 0);
    drill_params_read(drift->params, drift->n_params, json, &params, errors);
    return params;
}

static void what_is_left_out_has_its_default(void **state)
{
    struct field_errors errors;
    struct drill_params params = read("{}", &errors);

    (void)state;
    CHECK(errors.n == 0);
    CHECK_NEAR(params.value[DRIFT_DURATION].number, 120, 0);
    CHECK_NEAR(params.value[DRIFT_AMOUNT].number, 0.8, 0);
    CHECK_NEAR(params.value[DRIFT_RATE].number, 5, 0);
    CHECK(params.value[DRIFT_FEATURES].features == (1U << N_FEATURES) - 1);
    CHECK(drill_kind_seed(drift, &params) == -1);
    CHECK(drill_kind_duration_ms(drift, &params) == 120000);
    drill_params_read(drift->params, drift->n_params, NULL, &params, &errors);
    CHECK(errors.n == 0 && drill_kind_duration_ms(drift, &params) == 120000);
}

static void what_is_given_is_taken_to_the_edges_of_its_range(void **state)
{
    struct field_errors errors;
    struct drill_params params = read("{\"duration_s\":3600,\"amount\":0,\"rate\":0.1,"
                                      "\"features\":[\"customer_tier\",\"ticket_length\"],"
                                      "\"seed\":9007199254740992}",
                                      &errors);

    (void)state;
    CHECK(errors.n == 0);
    CHECK(drill_kind_duration_ms(drift, &params) == 3600000);
    CHECK_NEAR(params.value[DRIFT_AMOUNT].number, 0, 0);
    CHECK(params.value[DRIFT_FEATURES].features ==
          ((1U << FEATURE_CUSTOMER_TIER) | (1U << FEATURE_TICKET_LENGTH)));
    CHECK(drill_kind_seed(drift, &params) == 9007199254740992);
    (void)read("{\"duration_s\":10,\"amount\":1,\"rate\":200,\"seed\":0}", &errors);
    CHECK(errors.n == 0);
}

static void every_wrong_field_is_named(void **state)
{
    struct field_errors errors;

    (void)state;
    (void)read("{\"duration_s\":9,\"amount\":\"much\",\"rate\":200.1,\"features\":\"all\","
               "\"speed\":1,\"seed\":1.5}",
               &errors);
    CHECK(errors.n == 6);
    assert_string_equal(errors.item[0].field, "params.duration_s");
    assert_string_equal(errors.item[0].detail, "must be an integer from 10 to 3600");
    assert_string_equal(errors.item[1].field, "params.amount");
    assert_string_equal(errors.item[1].detail, "must be a number from 0 to 1");
    assert_string_equal(errors.item[2].field, "params.rate");
    assert_string_equal(errors.item[3].field, "params.features");
    assert_string_equal(errors.item[4].field, "params.speed");
    assert_string_equal(errors.item[4].detail, "is no parameter of this kind");
    assert_string_equal(errors.item[5].field, "params.seed");
}

static void values_of_the_wrong_sort_are_refused_one_by_one(void **state)
{
    static const char *const bad[] = {
        "[]",
        "1",
        "\"\"",
        "{\"duration_s\":10.5}",
        "{\"duration_s\":true}",
        "{\"duration_s\":null}",
        "{\"duration_s\":3601}",
        "{\"duration_s\":1e300}",
        "{\"amount\":-0.001}",
        "{\"amount\":1.001}",
        "{\"amount\":[0.5]}",
        "{\"rate\":0}",
        "{\"rate\":0.0999}",
        "{\"Rate\":5}",
        "{\"\":5}",
        "{\"features\":[]}",
        "{\"features\":{}}",
        "{\"features\":[1]}",
        "{\"features\":[\"ticket_length\",\"ticket_length\"]}",
        "{\"features\":[\"ticket_lengt\"]}",
        "{\"features\":[\"ticket_length\",null]}",
        "{\"seed\":-1}",
        "{\"seed\":9007199254740994}",
        "{\"seed\":\"1\"}",
    };
    struct field_errors errors;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        (void)read(bad[i], &errors);
        if (errors.n != 1)
            fail_msg("%s: %zu errors", bad[i], errors.n);
    }
}

static void a_flood_of_unknown_fields_is_counted_and_kept_short(void **state)
{
    struct field_errors errors;
    struct buffer text;

    (void)state;
    buffer_init(&text, 65536);
    for (int i = 0; i < 400; i++)
        CHECK(buffer_printf(&text, "%c\"a_very_long_name_of_a_field_that_there_is_not_%d\":1",
                            i ? ',' : '{', i));
    CHECK(buffer_putc(&text, '}'));
    (void)read(text.data, &errors);
    CHECK(errors.n == 400);
    buffer_finish(&text);
}

static void what_is_written_is_read_back(void **state)
{
    static const char text[] = "{\"duration_s\":60,\"amount\":0.25,\"rate\":12.5,"
                               "\"features\":[\"urgency_keywords\"],\"seed\":77}";
    struct field_errors errors;
    struct drill_params params = read(text, &errors);
    struct buffer out;
    struct json_writer w = {&out, false};

    (void)state;
    buffer_init(&out, 1024);
    drill_params_write(drift->params, drift->n_params, &params, &w, NULL);
    assert_string_equal(buffer_text(&out), text);
    buffer_finish(&out);
}

static void a_choice_is_one_of_its_words(void **state)
{
    static const char *const modes[] = {"empty-kb", "no-context", "vector-db-down",
                                        "corrupted-embeddings"};
    const struct drill_kind_info *rag = &drill_kinds[DRILL_RAG];
    struct drill_params params;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        CLEANUP(freep) char *text = xprintf_dup("{\"mode\":\"%s\"}", modes[i]);
        CLEANUP(json_freep) struct json *json = NULL;
        struct field_errors errors = {0};
        struct fault_order order = {0};

        CHECK(json_parse(text, strlen(text), &json, NULL) == 0);
        drill_params_read(rag->params, rag->n_params, json, &params, &errors);
        CHECK(errors.n == 0);
        rag->fault(&params, &order);
        assert_string_equal(fault_name(order.fault), modes[i]);
    }
    for (const char *const *bad =
             (const char *const[]){"{\"mode\":\"rain\"}", "{\"mode\":0}", "{\"mode\":null}", NULL};
         *bad; bad++) {
        CLEANUP(json_freep) struct json *json = NULL;
        struct field_errors errors = {0};

        CHECK(json_parse(*bad, strlen(*bad), &json, NULL) == 0);
        drill_params_read(rag->params, rag->n_params, json, &params, &errors);
        CHECK(errors.n == 1);
        assert_string_equal(errors.item[0].field, "params.mode");
        assert_string_equal(errors.item[0].detail, "must be one of empty-kb, no-context, "
                                                   "vector-db-down, corrupted-embeddings");
    }
}

static void targets_of_an_outage_are_named_as_the_faults_name_them(void **state)
{
    const struct drill_param *target = &drill_kinds[DRILL_OUTAGE].params[OUTAGE_TARGET];

    (void)state;
    for (int t = 0; t < N_FAULT_TARGETS; t++)
        assert_string_equal(target->choices[t], fault_target_name((enum fault_target)t));
    CHECK(!target->choices[N_FAULT_TARGETS]);
}

static void queries_and_their_rate_make_a_duration(void **state)
{
    const struct drill_kind_info *info = &drill_kinds[DRILL_HALLUCINATION];
    struct field_errors errors = {0};
    struct drill_params params;

    (void)state;
    drill_params_read(info->params, info->n_params, NULL, &params, &errors);
    CHECK(drill_kind_duration_ms(info, &params) == 25000);
}

static void every_kind_is_well_formed(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_DRILL_KINDS; k++) {
        const struct drill_kind_info *info = &drill_kinds[k];
        struct field_errors errors = {0};
        struct drill_params params;

        CHECK(drill_kind_find(info->name, strlen(info->name)) == info);
        CHECK(info->n_params <= DRILL_PARAMS_MAX);
        CHECK(info->streams[0].fire || info->fault);
        drill_params_read(info->params, info->n_params, NULL, &params, &errors);
        CHECK(drill_kind_seed(info, &params) == (info->streams[0].fire ? -1 : 0));
        CHECK(!info->expects.alert || drill_kind_duration_ms(info, &params) > 0);
        for (size_t p = 0; p < info->n_params; p++)
            CHECK(info->params[p].fallback >= info->params[p].min &&
                  info->params[p].fallback <= info->params[p].max);
    }
    CHECK(!drill_kind_find("drif", 4));
    CHECK(!drill_kind_find("drift ", 6));
    CHECK(!drill_kind_find("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_left_out_has_its_default),
        TEST(what_is_given_is_taken_to_the_edges_of_its_range),
        TEST(every_wrong_field_is_named),
        TEST(values_of_the_wrong_sort_are_refused_one_by_one),
        TEST(a_flood_of_unknown_fields_is_counted_and_kept_short),
        TEST(what_is_written_is_read_back),
        TEST(a_choice_is_one_of_its_words),
        TEST(targets_of_an_outage_are_named_as_the_faults_name_them),
        TEST(queries_and_their_rate_make_a_duration),
        TEST(every_kind_is_well_formed),
    };

    return cmocka_run_group_tests_name("drill-params", tests, NULL, NULL);
}
