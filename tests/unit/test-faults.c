#include "test.h"

#include "server/drill/faults.h"

#define NOW 1000000

static struct fault_order order_of(enum fault fault, int64_t simulation_id)
{
    return (struct fault_order){.fault = fault,
                                .ttl_ms = 60000,
                                .rate = 0.7,
                                .delay_ms = 12000,
                                .target = FAULT_TARGET_LLM,
                                .simulation_id = simulation_id};
}

static struct faults *with(enum fault fault, int64_t simulation_id)
{
    struct faults *faults = faults_new();
    struct fault_order order = order_of(fault, simulation_id);

    assert_int_equal(faults_set(faults, &order, NOW, NULL), 0);
    return faults;
}

static void nothing_is_on_at_the_start(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = faults_new();

    (void)state;
    for (int f = 0; f < N_FAULTS; f++) {
        CHECK(!faults_is_on(faults, (enum fault)f, 0) && !faults_is_on(faults, (enum fault)f, NOW));
        CHECK(!faults_acts_on(faults, (enum fault)f, FAULT_NOBODY, NOW));
        CHECK(!faults_clear(faults, (enum fault)f, NOW));
    }
    CHECK(faults_next_end_mono_ms(faults) == INT64_MAX);
    CHECK(faults_take_expired(faults, NOW) == 0);
    faults_free(NULL);
}

static void every_fault_is_found_by_its_name(void **state)
{
    enum fault found;

    (void)state;
    for (int f = 0; f < N_FAULTS; f++)
        CHECK(fault_find(fault_name((enum fault)f), &found) && found == (enum fault)f);
    CHECK(!fault_find("", &found) && !fault_find("fabricat", &found));
}

static void a_fault_is_on_with_what_belongs_to_it_until_its_time_is_over(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = with(FAULT_FABRICATE, FAULT_NOBODY);
    struct fault_order order;
    int64_t left_ms;

    (void)state;
    CHECK(faults_is_on(faults, FAULT_FABRICATE, NOW));
    CHECK(faults_is_on(faults, FAULT_FABRICATE, NOW + 59999));
    CHECK(!faults_is_on(faults, FAULT_FABRICATE, NOW + 60000));
    CHECK(!faults_is_on(faults, FAULT_DELAY, NOW));
    CHECK_NEAR(faults_rate(faults, FAULT_FABRICATE), 0.7, 0);
    CHECK(faults_delay_ms(faults, FAULT_FABRICATE) == 12000);
    CHECK(faults_target(faults, FAULT_FABRICATE) == FAULT_TARGET_LLM);
    CHECK(faults_read(faults, FAULT_FABRICATE, NOW + 1000, &order, &left_ms) && left_ms == 59000);
    CHECK(order.fault == FAULT_FABRICATE && order.simulation_id == FAULT_NOBODY);
    CHECK(!faults_read(faults, FAULT_FABRICATE, NOW + 60000, &order, &left_ms) && left_ms == 0);
}

static void no_fault_outlives_the_hard_bound(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = faults_new();
    struct fault_order order = order_of(FAULT_DELAY, FAULT_NOBODY);
    struct tw_error err;

    (void)state;
    order.ttl_ms = FAULT_TTL_MAX_MS + 1;
    CHECK(faults_set(faults, &order, NOW, &err) < 0 && err.code == TW_INVALID);
    order.ttl_ms = FAULT_TTL_MIN_MS - 1;
    CHECK(faults_set(faults, &order, NOW, &err) < 0 && err.code == TW_INVALID);
    order.ttl_ms = FAULT_TTL_MAX_MS;
    CHECK(faults_set(faults, &order, NOW, &err) == 0);
    CHECK(!faults_is_on(faults, FAULT_DELAY, NOW + FAULT_TTL_MAX_MS));
}

static void parameters_out_of_range_are_refused(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = faults_new();
    struct fault_order order = order_of(FAULT_FABRICATE, FAULT_NOBODY);
    struct tw_error err;

    (void)state;
    order.rate = 1.01;
    CHECK(faults_set(faults, &order, NOW, &err) < 0 && err.code == TW_INVALID);
    order = order_of(FAULT_DELAY, FAULT_NOBODY);
    order.delay_ms = FAULT_DELAY_MAX_MS + 1;
    CHECK(faults_set(faults, &order, NOW, &err) < 0 && err.code == TW_INVALID);
    order.delay_ms = -1;
    CHECK(faults_set(faults, &order, NOW, &err) < 0 && err.code == TW_INVALID);
    CHECK(!faults_is_on(faults, FAULT_FABRICATE, NOW) && !faults_is_on(faults, FAULT_DELAY, NOW));
}

static void a_simulations_fault_acts_on_its_own_requests_alone(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = with(FAULT_FABRICATE, 7);

    (void)state;
    CHECK(faults_acts_on(faults, FAULT_FABRICATE, 7, NOW));
    CHECK(!faults_acts_on(faults, FAULT_FABRICATE, 8, NOW));
    CHECK(!faults_acts_on(faults, FAULT_FABRICATE, FAULT_NOBODY, NOW));
    CHECK(!faults_acts_on(faults, FAULT_FABRICATE, 7, NOW + 60000));
}

static void an_operators_fault_acts_on_everybodys_requests(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = with(FAULT_DELAY, FAULT_NOBODY);

    (void)state;
    CHECK(faults_acts_on(faults, FAULT_DELAY, FAULT_NOBODY, NOW));
    CHECK(faults_acts_on(faults, FAULT_DELAY, 7, NOW));
}

static void one_owner_at_a_time_has_a_fault(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = with(FAULT_OUTAGE, 7);
    struct fault_order order = order_of(FAULT_OUTAGE, FAULT_NOBODY);
    struct tw_error err;

    (void)state;
    CHECK(faults_set(faults, &order, NOW, &err) < 0 && err.code == TW_BUSY);
    CHECK(strstr(err.message, "simulation 7") != NULL);
    order.simulation_id = 7;
    order.target = FAULT_TARGET_ML;
    CHECK(faults_set(faults, &order, NOW, &err) == 0);
    CHECK(faults_target(faults, FAULT_OUTAGE) == FAULT_TARGET_ML);
    order.simulation_id = FAULT_NOBODY;
    CHECK(faults_set(faults, &order, NOW + 60000, &err) == 0); /* the other's time was over */
    order.simulation_id = 7;
    CHECK(faults_set(faults, &order, NOW + 60001, &err) < 0 && err.code == TW_BUSY);
    CHECK(strstr(err.message, "operator") != NULL);
}

static void a_renewed_fault_lives_on_until_somebody_clears_it(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = with(FAULT_DELAY, 7);

    (void)state;
    CHECK(faults_renew(faults, FAULT_DELAY, 7, NOW + 50000));
    CHECK(faults_is_on(faults, FAULT_DELAY, NOW + 109999));
    CHECK(!faults_is_on(faults, FAULT_DELAY, NOW + 110000));
    CHECK(faults_renew(faults, FAULT_DELAY, 7, NOW + 120000)); /* late, but nobody's since */
    CHECK(faults_is_on(faults, FAULT_DELAY, NOW + 120001));
    CHECK(!faults_renew(faults, FAULT_DELAY, 8, NOW + 120001));
    CHECK(faults_clear(faults, FAULT_DELAY, NOW + 120002));
    CHECK(!faults_is_on(faults, FAULT_DELAY, NOW + 120002));
    CHECK(!faults_renew(faults, FAULT_DELAY, 7, NOW + 120003));
    CHECK(!faults_is_on(faults, FAULT_DELAY, NOW + 120003));
}

static void only_its_own_fault_is_released(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = with(FAULT_EMPTY_KB, 7);

    (void)state;
    CHECK(!faults_release(faults, FAULT_EMPTY_KB, 8, NOW) &&
          faults_is_on(faults, FAULT_EMPTY_KB, NOW));
    CHECK(faults_release(faults, FAULT_EMPTY_KB, 7, NOW) &&
          !faults_is_on(faults, FAULT_EMPTY_KB, NOW));
    CHECK(!faults_release(faults, FAULT_EMPTY_KB, 7, NOW));
}

static void what_ran_out_is_told_once(void **state)
{
    CLEANUP(faults_freep) struct faults *faults = with(FAULT_DELAY, FAULT_NOBODY);
    struct fault_order order = order_of(FAULT_OUTAGE, 7);

    (void)state;
    order.ttl_ms = 90000;
    CHECK(faults_set(faults, &order, NOW, NULL) == 0);
    CHECK(faults_next_end_mono_ms(faults) == NOW + 60000);
    CHECK(faults_take_expired(faults, NOW + 59999) == 0);
    CHECK(faults_take_expired(faults, NOW + 60000) == 1U << FAULT_DELAY);
    CHECK(faults_take_expired(faults, NOW + 60000) == 0);
    CHECK(faults_next_end_mono_ms(faults) == NOW + 90000);
    (void)faults_clear(faults, FAULT_OUTAGE, NOW + 60000);
    CHECK(faults_take_expired(faults, NOW + 100000) == 0); /* cleared is not run out */
    CHECK(faults_next_end_mono_ms(faults) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_on_at_the_start),
        TEST(every_fault_is_found_by_its_name),
        TEST(a_fault_is_on_with_what_belongs_to_it_until_its_time_is_over),
        TEST(no_fault_outlives_the_hard_bound),
        TEST(parameters_out_of_range_are_refused),
        TEST(a_simulations_fault_acts_on_its_own_requests_alone),
        TEST(an_operators_fault_acts_on_everybodys_requests),
        TEST(one_owner_at_a_time_has_a_fault),
        TEST(a_renewed_fault_lives_on_until_somebody_clears_it),
        TEST(only_its_own_fault_is_released),
        TEST(what_ran_out_is_told_once),
    };

    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
