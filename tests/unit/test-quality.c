#include "test.h"

#include "server/llm/quality.h"

#include <math.h>

static void before_the_first_answer_there_is_no_mean(void **state)
{
    struct quality quality = {0};

    (void)state;
    CHECK(isnan(quality_mean(&quality)));
    quality_put(&quality, 1, (double)NAN, 0);
    CHECK(isnan(quality_mean(&quality)));
}

static void it_is_the_mean_of_the_three_scores(void **state)
{
    struct quality quality = {0};

    (void)state;
    quality_put(&quality, 0.5, 0.8, 0.1);
    CHECK_NEAR(quality_mean(&quality), (0.5 + 0.8 + 0.9) / 3, 1e-12);
    quality_put(&quality, 0, 0, 1);
    CHECK_NEAR(quality_mean(&quality), (0.5 + 0.8 + 0.9) / 6, 1e-12);
}

static void only_the_last_answers_count(void **state)
{
    struct quality quality = {0};

    (void)state;
    quality_put(&quality, 0, 0, 1);
    for (int i = 0; i < QUALITY_ANSWERS; i++)
        quality_put(&quality, 1, 1, 0);
    CHECK(quality_mean(&quality) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_answer_there_is_no_mean),
        cmocka_unit_test(it_is_the_mean_of_the_three_scores),
        cmocka_unit_test(only_the_last_answers_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
