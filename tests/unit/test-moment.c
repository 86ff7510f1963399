#include "test.h"

#include "common/cleanup.h"
#include "tui/text/moment.h"

static void moments_are_read_as_rfc_3339_has_them(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T21:45:00Z", 1795470300000},
        {"2026-11-23T21:45:00.123456789Z", 1795470300123},
        {"2026-11-23T22:45:00.5+01:00", 1795470300500},
        {"2026-11-23T16:15:00-05:30", 1795470300000},
        {"2024-02-29T12:00:00Z", 1709208000000},
        {"0001-01-01T00:00:00Z", -62135596800000},
    };

    static const char *const bad[] = {
        "",
        "2026-11-23",
        "2026-11-23 21:45:00Z",
        "2026-11-23T21:45:00",
        "2026-11-23T21:45Z",
        "2026-13-23T21:45:00Z",
        "2026-11-23T24:45:00Z",
        "2026-11-23T21:45:00.Z",
        "2026-11-23T21:45:00Zx",
        "2026-11-23T21:45:00+1:00",
        "-026-11-23T21:45:00Z",
    };
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (!moment_parse(cases[i].text, &ms) || ms != cases[i].ms)
            fail_msg("%s", cases[i].text);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (moment_parse(bad[i], &ms))
            fail_msg("accepted: %s", bad[i]);
}

static void spans_are_short(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {-5, "0ms"},
        {850, "850ms"},
        {42999, "42s"},
        {252000, "4m12s"},
        {3780000, "1h03m"},
        {86400000LL * 2 + 14400000, "2d04h"},
        {INT64_MAX, "36500d00h"},
    };

    char text[MOMENT_SPAN_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        moment_format_span(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
    moment_format_clock(1795470300999, text);
    assert_string_equal(text, "21:45:00");
    moment_format_clock(-1, text);
    assert_string_equal(text, "23:59:59");
}

static void spans_of_prometheus_are_read(void **state)
{
    static const char *const bad[] = {"",     "10",   "s",           "10x",       "-1s",
                                      "1.5s", "10 s", "9999999999s", "999999999d"};
    int64_t ms;

    (void)state;
    CHECK(moment_parse_span("10s", &ms) && ms == 10000);
    CHECK(moment_parse_span("1m30s", &ms) && ms == 90000);
    CHECK(moment_parse_span("500ms", &ms) && ms == 500);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (moment_parse_span(bad[i], &ms))
            fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(moments_are_read_as_rfc_3339_has_them),
        TEST(spans_are_short),
        TEST(spans_of_prometheus_are_read),
    };

    return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
