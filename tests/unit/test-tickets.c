#include "test.h"

#include "same_bits.h"
#include "server/ml/tickets.h"
#include "source_file.h"

#include <math.h>

#define ALL_FEATURES 15U

struct moments {
    double mean, sd, min, max;
};

static void measure(double amount, unsigned mask, struct moments *moments)
{
    enum { N = 40000 };
    struct random_state rng;
    double sum[N_FEATURES] = {0}, squares[N_FEATURES] = {0};

    random_seed(&rng, 5);
    for (int f = 0; f < N_FEATURES; f++)
        moments[f] = (struct moments){.min = HUGE_VAL, .max = -HUGE_VAL};
    for (int i = 0; i < N; i++) {
        struct ticket ticket;

        ticket_draw(&rng, amount, mask, &ticket);
        for (int f = 0; f < N_FEATURES; f++) {
            sum[f] += ticket.x[f];
            squares[f] += ticket.x[f] * ticket.x[f];
            moments[f].min = fmin(moments[f].min, ticket.x[f]);
            moments[f].max = fmax(moments[f].max, ticket.x[f]);
        }
    }
    for (int f = 0; f < N_FEATURES; f++) {
        moments[f].mean = sum[f] / N;
        moments[f].sd = sqrt(squares[f] / N - moments[f].mean * moments[f].mean);
    }
}

static void the_stream_has_its_documented_shape(void **state)
{
    /* The sds are those after cutting and rounding. */
    static const struct moments expected[N_FEATURES] = {
        {120, 39.8, 20, 300}, {2, 1.413, 0, 10}, {5, 1.97, 0, 10}, {3, 1.01, 1, 5}};
    struct moments m[N_FEATURES];

    (void)state;
    measure(0, ALL_FEATURES, m);
    for (int f = 0; f < N_FEATURES; f++) {
        CHECK_NEAR(m[f].mean, expected[f].mean, 0.02 * expected[f].sd);
        CHECK_NEAR(m[f].sd, expected[f].sd, 0.02 * expected[f].sd);
        CHECK(m[f].min >= expected[f].min && m[f].max <= expected[f].max);
    }
    CHECK(m[FEATURE_TICKET_LENGTH].min == 20 && m[FEATURE_BUSINESS_IMPACT].max == 10);
    CHECK(m[FEATURE_CUSTOMER_TIER].min == 1 && m[FEATURE_CUSTOMER_TIER].max == 5);
}

static void drift_moves_only_the_features_asked_for(void **state)
{
    struct moments m[N_FEATURES];

    (void)state;
    measure(1, 1U << FEATURE_TICKET_LENGTH | 1U << FEATURE_URGENCY_KEYWORDS, m);
    CHECK_NEAR(m[FEATURE_TICKET_LENGTH].mean, 199.4, 2); /* 200, cut at 300 */
    CHECK_NEAR(m[FEATURE_URGENCY_KEYWORDS].mean, 5, 0.05);
    CHECK_NEAR(m[FEATURE_BUSINESS_IMPACT].mean, 5, 0.03);
    CHECK_NEAR(m[FEATURE_CUSTOMER_TIER].mean, 3, 0.03);
}

static void drift_is_linear_in_its_amount(void **state)
{
    struct ticket_shape half = ticket_shape_at(0.5, ALL_FEATURES);

    (void)state;
    CHECK(half.length_mean == 160 && half.length_sd == 45);
    CHECK(half.urgency_mean == 3.5);
    CHECK(half.impact_mean == 6.5 && half.impact_sd == 1.75);
    CHECK(half.tier_mean == 3.75 && half.tier_sd == 0.9);
}

static void a_seed_gives_the_same_tickets(void **state)
{
    struct random_state a, b;

    (void)state;
    random_seed(&a, 9);
    random_seed(&b, 9);
    for (int i = 0; i < 100; i++) {
        struct ticket x, y;

        ticket_draw(&a, 0.3, ALL_FEATURES, &x);
        ticket_draw(&b, 0.3, ALL_FEATURES, &y);
        CHECK(same_bits(x.x, y.x, sizeof(x.x)) && x.label == y.label);
    }
}

static void the_asset_is_what_the_generator_writes(void **state)
{
    CLEANUP(freep) char *asset = NULL;
    struct buffer csv;
    size_t len;

    (void)state;
    asset = source_file_read("assets/tickets.csv", &len);
    buffer_init(&csv, 1 << 20);
    tickets_write_csv(20261123, 6250, &csv);
    CHECK(!csv.failed);
    CHECK(csv.len == len && same_bits(csv.data, asset, len));
    buffer_finish(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_stream_has_its_documented_shape),    TEST(drift_moves_only_the_features_asked_for),
        TEST(drift_is_linear_in_its_amount),          TEST(a_seed_gives_the_same_tickets),
        TEST(the_asset_is_what_the_generator_writes),
    };

    return cmocka_run_group_tests_name("tickets", tests, NULL, NULL);
}
