#include "test.h"

#include "server/triage/explain.h"

#include <string.h>

static const struct model model = {
    .n_classes = 3,
    .classes = {"Low", "Medium", "High"},
    .scale = {40, 1, 2, 1},
    .mean = {120, 2, 5, 3},
    .coef = {{-1, -1, -2, 0}, {0, 0, 0, 0}, {1, 1, 2, 0}},
};

static void the_two_features_that_weigh_most_are_named(void **state)
{
    const struct prediction prediction = {.class_index = 2, .confidence = 0.9312};
    struct buffer out;

    (void)state;
    buffer_init(&out, 1024);
    triage_explain(&model, (const double[]){124, 5, 9, 5}, &prediction, &out);
    assert_string_equal(buffer_text(&out),
                        "Severity High with confidence 0.93, most of all for business_impact 9 "
                        "and urgency_keywords 5.");
    buffer_finish(&out);
}

static void a_feature_that_speaks_against_it_is_not_named(void **state)
{
    const struct prediction prediction = {.class_index = 2, .confidence = 0.5};
    struct buffer out;

    (void)state;
    buffer_init(&out, 1024);
    triage_explain(&model, (const double[]){80, 1, 4, 3}, &prediction, &out);
    assert_string_equal(buffer_text(&out), "Severity High with confidence 0.50.");
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_two_features_that_weigh_most_are_named),
        cmocka_unit_test(a_feature_that_speaks_against_it_is_not_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
