/* What the client offers, beside what the server takes. */

#include "test.h"

#include "server/drill/drill_kinds.h"
#include "tui/data/prom.h"
#include "tui/data/sim_kinds.h"

#include <math.h>

static enum sim_param_type type_of(enum drill_param_type type)
{
    static const enum sim_param_type types[] = {
        [DRILL_PARAM_INT] = SIM_WHOLE,     [DRILL_PARAM_NUMBER] = SIM_NUMBER,
        [DRILL_PARAM_SEED] = SIM_WHOLE,    [DRILL_PARAM_FEATURES] = SIM_FEATURES,
        [DRILL_PARAM_CHOICE] = SIM_CHOICE,
    };

    return types[type];
}

/* Words in the order of the server: its indices are ours. */
static void check_choices(const struct sim_param *ours, const struct drill_param *theirs)
{
    int n = 0;

    for (; theirs->choices[n]; n++)
        assert_int_equal(sim_choice_find(ours->choices, theirs->choices[n]), n);
    assert_int_equal(sim_choice_count(ours->choices), n);
    assert_int_equal(sim_choice_find(ours->choices, ours->fallback), (int)theirs->fallback);
}

static void check_param(const struct sim_param *ours, const struct drill_param *theirs)
{
    double fallback;

    assert_string_equal(ours->name, theirs->name);
    assert_int_equal(ours->type, type_of(theirs->type));
    if (theirs->type == DRILL_PARAM_CHOICE)
        check_choices(ours, theirs);
    if (theirs->type != DRILL_PARAM_INT && theirs->type != DRILL_PARAM_NUMBER)
        return;
    assert_true(prom_number(ours->fallback, &fallback));
    assert_true(fallback == theirs->fallback);
    assert_true(ours->min == theirs->min && ours->max == theirs->max);
}

static void kinds_and_their_parameters_are_the_servers(void **state)
{
    (void)state;
    assert_int_equal(N_SIM_KINDS, N_DRILL_KINDS);
    for (size_t k = 0; k < N_SIM_KINDS; k++) {
        const struct sim_kind *ours = &sim_kinds[k];
        const struct drill_kind_info *theirs = &drill_kinds[k];

        assert_string_equal(ours->name, theirs->name);
        assert_int_equal(ours->n_params, theirs->n_params);
        CHECK(ours->n_params <= SIM_PARAMS_MAX);
        for (size_t i = 0; i < ours->n_params; i++)
            check_param(&ours->params[i], &theirs->params[i]);
    }
}

/* With every choice that the kind has. */
static void the_alert_of_a_run_and_its_wait_are_the_servers(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_SIM_KINDS; k++) {
        const struct drill_kind_info *theirs = &drill_kinds[k];
        const struct sim_kind *ours = &sim_kinds[k];
        int n_choices = 1;
        size_t which = 0;

        for (size_t i = 0; i < ours->n_params; i++)
            if (ours->params[i].type == SIM_CHOICE) {
                n_choices = sim_choice_count(ours->params[i].choices);
                which = i;
            }
        for (int c = 0; c < n_choices; c++) {
            const struct sim_alert *alert = sim_kind_alert(ours, n_choices > 1 ? c : -1);
            struct drill_params params = {0};
            struct drill_expectation expects;

            params.value[which].number = c;
            expects = drill_kind_expect(theirs, &params);
            CHECK((alert->name == NULL) == (expects.alert == NULL));
            if (alert->name)
                assert_string_equal(alert->name, expects.alert);
            CHECK(alert->for_ms == expects.for_ms);
        }
    }
}

static struct sim_values nothing_given(void)
{
    struct sim_values values = {0};

    for (size_t i = 0; i < SIM_PARAMS_MAX; i++)
        values.numbers[i] = (double)NAN;
    return values;
}

static void a_run_lasts_its_duration_or_what_its_queries_take(void **state)
{
    struct sim_values values = nothing_given();

    (void)state;
    CHECK(sim_kind_duration_ms(&sim_kinds[SIM_DRIFT], &values) == 120000);
    CHECK(sim_kind_duration_ms(&sim_kinds[SIM_HALLUCINATION], &values) == 25000);
    CHECK(sim_kind_duration_ms(&sim_kinds[SIM_BASELINE], &values) == 0);
    values.numbers[0] = 400;
    CHECK(sim_kind_duration_ms(&sim_kinds[SIM_DRIFT], &values) == 400000);
    CHECK(sim_kind_duration_ms(&sim_kinds[SIM_HALLUCINATION], &values) == 200000);
}

static void a_request_has_what_was_given_and_no_more(void **state)
{
    struct simulation_number numbers[SIM_PARAMS_MAX];
    struct sim_values values = nothing_given();
    struct simulation_request request;
    struct buffer body;

    (void)state;
    values.words[1] = "no-context";
    values.numbers[3] = 7;
    request = sim_kind_request(&sim_kinds[SIM_RAG], &values, numbers);
    request.idempotency_key = "key";
    buffer_init(&body, 1024);
    operations_write_start(&request, &body);
    assert_string_equal(buffer_text(&body),
                        "{\"kind\":\"rag\",\"params\":{\"seed\":7,\"mode\":\"no-context\"},"
                        "\"idempotency_key\":\"key\"}");
    buffer_finish(&body);
}

static void the_words_of_a_choice_are_found_whole(void **state)
{
    char word[SIM_WORD_SIZE];

    (void)state;
    assert_int_equal(sim_choice_find("ml-api|llm-rag-api", "ml"), -1);
    assert_int_equal(sim_choice_find("ml-api|llm-rag-api", "llm-rag-api"), 1);
    sim_choice_copy("ml-api|llm-rag-api", 1, word);
    assert_string_equal(word, "llm-rag-api");
    CHECK(sim_kind_find("drift") == &sim_kinds[SIM_DRIFT] && !sim_kind_find("list"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kinds_and_their_parameters_are_the_servers),
        TEST(the_alert_of_a_run_and_its_wait_are_the_servers),
        TEST(a_run_lasts_its_duration_or_what_its_queries_take),
        TEST(a_request_has_what_was_given_and_no_more),
        TEST(the_words_of_a_choice_are_found_whole),
    };

    return cmocka_run_group_tests_name("sim-kinds", tests, NULL, NULL);
}
