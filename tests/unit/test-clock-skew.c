#include "test.h"

#include "reply.h"
#include "tui/data/clock_skew.h"

#define HERE ((int64_t)1795470300250)

static int64_t skew_of(int64_t date_ms, int64_t elapsed_us)
{
    struct fetch_reply reply = reply_of(200, "");
    int64_t skew_ms = -1;

    reply.server_date_ms = date_ms;
    reply.elapsed_us = elapsed_us;
    CHECK(clock_skew_read(&reply, HERE, &skew_ms));
    return skew_ms;
}

static void a_date_tells_how_far_a_clock_is_off(void **state)
{
    (void)state;
    CHECK(skew_of(1795470300000 + 600000, 0) == 600250);
    CHECK(skew_of(1795470300000 - 600000, 0) == -599750);
    /* The answer was made half way. */
    CHECK(skew_of(1795470300000 + 600000, 4000000) == 602250);
}

static void what_whole_seconds_and_the_way_explain_is_no_skew(void **state)
{
    struct fetch_reply without = reply_of(200, "");
    int64_t skew_ms = 7;

    (void)state;
    CHECK(skew_of(1795470300000, 0) == 0 && skew_of(1795470299000, 1000000) == 0);
    CHECK(!clock_skew_read(&without, HERE, &skew_ms) && skew_ms == 7);
}

static void it_is_said_roughly(void **state)
{
    static const struct {
        int64_t skew_ms;
        const char *text;
    } cases[] = {{10000, "10s ahead"},
                 {-119400, "119s behind"},
                 {120000, "2m ahead"},
                 {599600, "10m ahead"},
                 {600400, "10m ahead"},
                 {-7200000, "2h behind"},
                 {(int64_t)400 * 86400000, "9600h ahead"}};

    char text[CLOCK_SKEW_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        clock_skew_format(cases[i].skew_ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void two_readings_of_one_clock_are_not_worse_than_each_other(void **state)
{
    (void)state;
    CHECK(!clock_skew_is_worse(601000, 600000) && !clock_skew_is_worse(-602000, 600000));
    CHECK(!clock_skew_is_worse(0, 0) && !clock_skew_is_worse(0, 600000));
    CHECK(clock_skew_is_worse(602001, 600000) && clock_skew_is_worse(-602001, 600000));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_date_tells_how_far_a_clock_is_off),
        TEST(what_whole_seconds_and_the_way_explain_is_no_skew),
        TEST(it_is_said_roughly),
        TEST(two_readings_of_one_clock_are_not_worse_than_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
