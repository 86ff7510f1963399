#include "test.h"

#include "server/triage/correlation.h"

#include <math.h>

/* Numbers after "scipy" are of scipy.stats.spearmanr (1.17.1) on the last 200 of the pairs put. */

static void put_scattered(struct correlation *c, int n)
{
    for (int i = 0; i < n; i++)
        correlation_put(c, i * 37 % 101, (i * 53 + 7) % 23);
}

static void under_100_pairs_there_is_no_value(void **state)
{
    struct correlation c = {0};

    (void)state;
    CHECK(isnan(correlation_value(&c)));
    put_scattered(&c, 99);
    CHECK(isnan(correlation_value(&c)));
}

static void scattered_pairs_are_hardly_correlated(void **state)
{
    struct correlation c = {0};

    (void)state;
    put_scattered(&c, 100);
    CHECK_NEAR(correlation_value(&c), 0.021129772812991013, 1e-14); /* scipy */
}

static void ties_share_their_rank(void **state)
{
    struct correlation c = {0};

    (void)state;
    for (int i = 0; i < 150; i++)
        correlation_put(&c, i % 7, (i * i + 3 * i) % 11 - 0.5 * (i % 7));
    CHECK_NEAR(correlation_value(&c), -0.3059826772271103, 1e-14); /* scipy */
}

static void only_the_last_200_pairs_count(void **state)
{
    struct correlation c = {0};

    (void)state;
    for (int i = 0; i < 260; i++)
        correlation_put(&c, i, i * 29 % 64 + 0.3 * i);
    CHECK_NEAR(correlation_value(&c), 0.666435160879022, 1e-14); /* scipy */
}

static void only_the_order_matters(void **state)
{
    struct correlation c = {0};

    (void)state;
    for (int i = 0; i < 120; i++)
        correlation_put(&c, i, exp(0.1 * i));
    CHECK_NEAR(correlation_value(&c), 1, 1e-14);
    for (int i = 0; i < 200; i++)
        correlation_put(&c, i, -i * 1e-300);
    CHECK_NEAR(correlation_value(&c), -1, 1e-14);
}

static void a_constant_side_has_no_correlation(void **state)
{
    struct correlation c = {0};

    (void)state;
    for (int i = 0; i < 200; i++)
        correlation_put(&c, 1, i);
    CHECK(isnan(correlation_value(&c)));
    for (int i = 0; i < 200; i++)
        correlation_put(&c, i, 0.3);
    CHECK(isnan(correlation_value(&c)));
    correlation_put(&c, 7, 0.4);
    CHECK(!isnan(correlation_value(&c)));
}

static void what_is_not_finite_is_passed_over(void **state)
{
    struct correlation c = {0};

    (void)state;
    put_scattered(&c, 99);
    correlation_put(&c, (double)NAN, 1);
    correlation_put(&c, 1, HUGE_VAL);
    CHECK(c.n == 99 && isnan(correlation_value(&c)));
    correlation_put(&c, 1, 1);
    CHECK(!isnan(correlation_value(&c)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(under_100_pairs_there_is_no_value),
        TEST(scattered_pairs_are_hardly_correlated),
        TEST(ties_share_their_rank),
        TEST(only_the_last_200_pairs_count),
        TEST(only_the_order_matters),
        TEST(a_constant_side_has_no_correlation),
        TEST(what_is_not_finite_is_passed_over),
    };

    return cmocka_run_group_tests_name("correlation", tests, NULL, NULL);
}
