#include "test.h"

#include "server/drill/drill_schedule.h"

#include <math.h>

#define START_US INT64_C(5000000000)

static void even_arrivals_come_at_once_and_then_at_equal_gaps(void **state)
{
    struct drill_schedule schedule;
    struct random_state rng;

    (void)state;
    random_seed(&rng, 1);
    drill_schedule_init(&schedule, DRILL_ARRIVALS_EVEN, 5, START_US, &rng);
    CHECK(drill_schedule_take(&schedule, START_US, &rng));
    CHECK(!drill_schedule_take(&schedule, START_US + 199999, &rng));
    CHECK(drill_schedule_take(&schedule, START_US + 200000, &rng));
    CHECK(schedule.next_us == START_US + 400000);
}

static void a_look_that_comes_late_does_not_shift_the_schedule(void **state)
{
    struct drill_schedule schedule;
    struct random_state rng;
    int n = 0;

    (void)state;
    random_seed(&rng, 1);
    drill_schedule_init(&schedule, DRILL_ARRIVALS_EVEN, 200, START_US, &rng);
    for (int64_t now = START_US; now < START_US + 10000000; now += 7300)
        while (drill_schedule_take(&schedule, now, &rng))
            n++;
    CHECK(n >= 1999 && n <= 2000);
    CHECK(schedule.n_skipped == 0);
}

static void poisson_arrivals_have_the_rate_and_the_spread_of_a_poisson_process(void **state)
{
    enum { SECONDS = 4000 };
    struct drill_schedule schedule;
    struct random_state rng;
    double sum = 0, sum_squares = 0;

    (void)state;
    random_seed(&rng, 42);
    drill_schedule_init(&schedule, DRILL_ARRIVALS_POISSON, 4, START_US, &rng);
    CHECK(schedule.next_us > START_US);
    for (int64_t s = 1; s <= SECONDS; s++) {
        int n = 0;

        while (drill_schedule_take(&schedule, START_US + s * 1000000, &rng))
            n++;
        sum += n;
        sum_squares += (double)n * n;
    }
    CHECK(schedule.n_skipped == 0);
    /* Mean and variance of the count per second are both the rate: 5 standard errors. */
    CHECK_NEAR(sum / SECONDS, 4, 5 * sqrt(4.0 / SECONDS));
    CHECK_NEAR(sum_squares / SECONDS - (sum / SECONDS) * (sum / SECONDS), 4,
               5 * sqrt((4 + 2.0 * 4 * 4) / SECONDS));
}

static void what_was_missed_by_over_a_second_is_left_out_and_counted(void **state)
{
    struct drill_schedule schedule;
    struct random_state rng;
    int n = 0;

    (void)state;
    random_seed(&rng, 1);
    drill_schedule_init(&schedule, DRILL_ARRIVALS_EVEN, 10, START_US, &rng);
    while (drill_schedule_take(&schedule, START_US + 1000000, &rng))
        n++;
    CHECK(n == 11 && schedule.n_skipped == 0);
    while (drill_schedule_take(&schedule, START_US + 9100000, &rng))
        n++;
    CHECK(n == 12);
    CHECK(schedule.n_skipped == 80);
    CHECK(schedule.next_us == START_US + 9200000);
}

static void a_rate_of_zero_never_arrives(void **state)
{
    struct drill_schedule schedule;
    struct random_state rng;

    (void)state;
    random_seed(&rng, 1);
    drill_schedule_init(&schedule, DRILL_ARRIVALS_POISSON, 0, START_US, &rng);
    CHECK(!drill_schedule_take(&schedule, INT64_MAX - 1, &rng));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(even_arrivals_come_at_once_and_then_at_equal_gaps),
        TEST(a_look_that_comes_late_does_not_shift_the_schedule),
        TEST(poisson_arrivals_have_the_rate_and_the_spread_of_a_poisson_process),
        TEST(what_was_missed_by_over_a_second_is_left_out_and_counted),
        TEST(a_rate_of_zero_never_arrives),
    };

    return cmocka_run_group_tests_name("drill-schedule", tests, NULL, NULL);
}
