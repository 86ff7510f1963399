#include "test.h"

#include "server/llm/backoff.h"
#include "server/llm/breaker.h"

#define OPEN_MS 1000

static struct breaker broken_at(int64_t now_ms)
{
    struct breaker breaker;

    breaker_init(&breaker, 3, OPEN_MS);
    for (int i = 0; i < 3; i++) {
        CHECK(breaker_allow(&breaker, now_ms));
        breaker_fail(&breaker, now_ms);
    }
    return breaker;
}

static void it_opens_after_a_run_of_failures(void **state)
{
    struct breaker breaker;

    (void)state;
    breaker_init(&breaker, 3, OPEN_MS);
    for (int i = 0; i < 2; i++)
        breaker_fail(&breaker, 5);
    CHECK(breaker_state(&breaker, 5) == BREAKER_CLOSED && breaker_allow(&breaker, 5));
    breaker_fail(&breaker, 5);
    CHECK(breaker_state(&breaker, 5) == BREAKER_OPEN && !breaker_allow(&breaker, 5));
}

static void a_success_between_begins_the_run_anew(void **state)
{
    struct breaker breaker;

    (void)state;
    breaker_init(&breaker, 3, OPEN_MS);
    for (int i = 0; i < 20; i++) {
        breaker_fail(&breaker, i);
        breaker_fail(&breaker, i);
        breaker_succeed(&breaker);
    }
    CHECK(breaker_state(&breaker, 20) == BREAKER_CLOSED);
}

static void one_probe_goes_through_after_the_wait(void **state)
{
    struct breaker breaker = broken_at(100);

    (void)state;
    CHECK(!breaker_allow(&breaker, 100 + OPEN_MS - 1));
    CHECK(breaker_state(&breaker, 100 + OPEN_MS) == BREAKER_HALF_OPEN);
    CHECK(breaker_allow(&breaker, 100 + OPEN_MS));
    CHECK(!breaker_allow(&breaker, 100 + OPEN_MS) && !breaker_allow(&breaker, 100 + 9 * OPEN_MS));
    breaker_succeed(&breaker);
    CHECK(breaker_allow(&breaker, 100 + OPEN_MS) && breaker_allow(&breaker, 100 + OPEN_MS));
    CHECK(breaker_state(&breaker, 100 + OPEN_MS) == BREAKER_CLOSED);
}

static void a_failed_probe_begins_the_wait_anew(void **state)
{
    struct breaker breaker = broken_at(0);

    (void)state;
    CHECK(breaker_allow(&breaker, 5 * OPEN_MS));
    breaker_fail(&breaker, 5 * OPEN_MS + 10);
    CHECK(!breaker_allow(&breaker, 6 * OPEN_MS));
    CHECK(breaker_allow(&breaker, 6 * OPEN_MS + 10));
}

static void an_abandoned_probe_lets_the_next_one_go(void **state)
{
    struct breaker breaker = broken_at(0);

    (void)state;
    CHECK(breaker_allow(&breaker, OPEN_MS));
    breaker_abandon(&breaker);
    CHECK(breaker_allow(&breaker, OPEN_MS) && !breaker_allow(&breaker, OPEN_MS));
}

static void stragglers_do_not_put_off_the_probe(void **state)
{
    struct breaker breaker = broken_at(0);

    (void)state;
    breaker_fail(&breaker, OPEN_MS - 1); /* a call that began before it opened */
    CHECK(breaker_allow(&breaker, OPEN_MS));
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(breaker_state_name(BREAKER_CLOSED), "closed");
    assert_string_equal(breaker_state_name(BREAKER_OPEN), "open");
    assert_string_equal(breaker_state_name(BREAKER_HALF_OPEN), "half-open");
}

static void waits_double_up_to_their_limit_and_are_spread(void **state)
{
    static const struct backoff backoff = {100, 1000};
    static const int64_t whole[] = {100, 200, 400, 800, 1000, 1000};

    (void)state;
    for (int i = 0; i < 6; i++) {
        CHECK(backoff_ms(&backoff, i + 1, 1, -1) == whole[i]);
        CHECK(backoff_ms(&backoff, i + 1, 0, -1) == whole[i] / 2);
    }
    CHECK(backoff_ms(&backoff, 1000000, 1, -1) == 1000);
}

static void the_servers_wish_is_the_least(void **state)
{
    static const struct backoff backoff = {100, 1000};

    (void)state;
    CHECK(backoff_ms(&backoff, 1, 0.5, 30000) == 30000);
    CHECK(backoff_ms(&backoff, 1, 1, 0) == 100);
    CHECK(backoff_ms(&backoff, 1, 1, 99) == 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_opens_after_a_run_of_failures),
        TEST(a_success_between_begins_the_run_anew),
        TEST(one_probe_goes_through_after_the_wait),
        TEST(a_failed_probe_begins_the_wait_anew),
        TEST(an_abandoned_probe_lets_the_next_one_go),
        TEST(stragglers_do_not_put_off_the_probe),
        TEST(states_have_names),
        TEST(waits_double_up_to_their_limit_and_are_spread),
        TEST(the_servers_wish_is_the_least),
    };

    return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
