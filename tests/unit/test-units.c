#include "test.h"

#include "tui/text/units.c" /* NOLINT(bugprone-suspicious-include): for what it keeps to itself */

static void check(const char *unit, int decimals, double value, const char *expected)
{
    char text[UNITS_SIZE];
    size_t len = units_format(text, sizeof(text), unit, decimals, value);

    assert_string_equal(text, expected);
    assert_int_equal(len, strlen(expected));
}

static void plain_numbers_have_about_three_digits(void **state)
{
    (void)state;
    check("none", UNITS_AUTO, 0, "0");
    check(NULL, UNITS_AUTO, 21, "21");
    check("none", UNITS_AUTO, 0.2913, "0.29");
    check("none", UNITS_AUTO, 2.3149, "2.31");
    check("none", UNITS_AUTO, 19.64, "19.6");
    check("none", UNITS_AUTO, -123.4, "-123");
    check("none", UNITS_AUTO, 0.01234, "0.012");
    check("none", UNITS_AUTO, 0.00004, "4e-05");
    check("none", UNITS_AUTO, 1e300, "1e+300");
    check("none", 3, 1.0 / 3, "0.333");
    check("none", 99, 0.5, "0.500000000");
}

static void there_is_no_minus_zero(void **state)
{
    (void)state;
    check("none", 2, -0.001, "0.00");
    check("none", UNITS_AUTO, -0.0, "0");
    check("s", 1, -0.0, "0.0s");
}

static void shares_and_percents(void **state)
{
    (void)state;
    check("percentunit", UNITS_AUTO, 0.196, "19.6%");
    check("percentunit", UNITS_AUTO, 0.004, "0.4%");
    check("percentunit", 0, 0.5, "50%");
    check("percent", UNITS_AUTO, 32.82, "32.8%");
    check("percent", UNITS_AUTO, 100, "100%");
}

static void seconds_choose_their_scale(void **state)
{
    (void)state;
    check("s", UNITS_AUTO, 0.47, "0.47s");
    check("s", UNITS_AUTO, 0.0472, "47.2ms");
    check("s", UNITS_AUTO, 0.000047, "47us");
    check("s", UNITS_AUTO, 4.72e-8, "47.2ns");
    check("s", UNITS_AUTO, 59.9, "59.9s");
    check("s", UNITS_AUTO, 59.999, "1m00s");
    check("s", UNITS_AUTO, 252, "4m12s");
    check("ms", UNITS_AUTO, 470, "0.47s");
    check("ms", UNITS_AUTO, 12, "12ms");
    check("h", UNITS_AUTO, 1.5, "1h30m");
    check("s", UNITS_AUTO, -252, "-4m12s");
    check("s", UNITS_AUTO, 1e300, "1e+300s");
}

static void sizes_and_rates_are_scaled(void **state)
{
    (void)state;
    check("bytes", UNITS_AUTO, 512, "512 B");
    check("bytes", UNITS_AUTO, 1536, "1.50 KiB");
    check("decbytes", UNITS_AUTO, 1536, "1.54 kB");
    check("Bps", UNITS_AUTO, 2.5e6, "2.50 MB/s");
    check("reqps", UNITS_AUTO, 19.6, "19.6 req/s");
    check("reqps", UNITS_AUTO, 12345, "12.3 K req/s");
    check("short", UNITS_AUTO, 999.4, "999");
    check("short", UNITS_AUTO, 999.6, "1.00 K");
    check("short", UNITS_AUTO, 1e6, "1 Mil");
}

static void moments_and_truths(void **state)
{
    (void)state;
    check("dateTimeAsIso", UNITS_AUTO, 1795766520000.0, "2026-11-27 08:02:00");
    check("dateTimeAsIso", UNITS_AUTO, 1e30, "no such time");
    check("dateTimeAsIso", UNITS_AUTO, -5, "no such time");
    check("bool", UNITS_AUTO, 1, "True");
    check("bool_on_off", UNITS_AUTO, 0, "Off");
}

static void what_is_no_number_says_so(void **state)
{
    (void)state;
    check("s", UNITS_AUTO, (double)NAN, "NaN");
    check("percentunit", 2, (double)INFINITY, "+Inf");
    check("bytes", UNITS_AUTO, -(double)INFINITY, "-Inf");
}

static void what_its_unit_makes_too_large_says_so(void **state)
{
    char text[UNITS_SIZE];

    (void)state;
    check("percentunit", UNITS_AUTO, 1e308, "+Inf");
    check("percentunit", 2, -1e308, "-Inf");
    (void)units_format_axis(text, 8, "percentunit", 1, 1e308);
    assert_string_equal(text, "+Inf");
}

static void an_unknown_unit_is_written_behind(void **state)
{
    (void)state;
    check("furlongs", UNITS_AUTO, 2.5, "2.50 furlongs");
    check("suffix:req", UNITS_AUTO, 2, "2 req");
    CHECK(!units_is_known("furlongs") && units_is_known("reqps") && units_is_known(NULL));
}

static void a_short_buffer_is_not_overrun(void **state)
{
    char text[5] = "xxxx";

    (void)state;
    assert_int_equal(units_format(text, 4, "none", 2, 123.456), 3);
    assert_string_equal(text, "123");
}

static void check_axis(const char *unit, double range, double value, const char *expected)
{
    char text[16];
    size_t len = units_format_axis(text, 6, unit, range, value);

    assert_string_equal(text, expected);
    CHECK(len <= 6);
}

static void axis_labels_are_as_in_the_mock_ups(void **state)
{
    (void)state;
    check_axis("none", 0.4, 0.1789, "0.18");
    check_axis("s", 1.5, 1.5, "1.50s");
    check_axis("s", 15, 15, "15.0s");
    check_axis("s", 15, -15, "-15s");
    check_axis("dtdurations", 0.1, 0.05, "0.05s");
    check_axis("reqps", 30, 12.857, "12.86");
    check_axis("percentunit", 0.3, 0.3, "30.0%");
    check_axis("percent", 100, 100, "100%");
    check_axis("none", 0.005, 0.0025, "0.0025");
    check_axis("none", 200, 150, "150");
    check_axis("none", 1.5e6, 6e5, "600K");
    check_axis("none", 2e5, 99999, "99999");
    check_axis("none", 5e6, 2.5e6, "2.50M");
    check_axis("none", 1e300, 1e300, "1e300");
    check_axis("s", 0.05, 0.025, "25ms");
    check_axis("s", 600, 300, "5m00s");
}

/* 30e9 bytes are 27.9 GiB in the head of the panel, and are no "30G" beside it. */
static void axis_labels_count_as_the_values_do(void **state)
{
    (void)state;
    check_axis("bytes", 3e10, 3e10, "28Gi");
    check_axis("bytes", 1.5e9, 1.5e9, "1.4Gi");
    check_axis("bytes", 1.5e9, 1023.9 * 1048576, "1Gi");
    check_axis("bytes", 1.5e9, -1.5e9, "-1.4Gi");
    check_axis("bytes", 1e300, 1e300, "1e300");
    check_axis("kbytes", 3e7, 3e7, "29Gi");
    check_axis("bytes", 2048, 0, "0 B");
    check_axis("bytes", 1024, 512, "512 B");
    check_axis("decmbytes", 3000, 1500, "1.50G");
    check_axis("decbytes", 3e9, 1.5e9, "1.50G");
}

static void axis_labels_always_fit(void **state)
{
    static const char *const unit_ids[] = {
        "none", "s", "ms", "bytes", "percentunit", "reqps", "dateTimeAsIso", "bool", "furlongs"};

    (void)state;
    for (size_t u = 0; u < COUNT_OF(unit_ids); u++) {
        for (double size = 1e-12; size < 1e300; size *= 7) {
            char text[16];

            CHECK(units_format_axis(text, 6, unit_ids[u], size, -size) <= 6);
            CHECK(units_format_axis(text, 6, unit_ids[u], size, size / 3) <= 6);
            CHECK(strchr(text, ' ') == NULL || strcmp(unit_ids[u], "bytes") == 0);
        }
    }
}

static void check_age(int64_t ms, bool is_late, bool has_tenths, const char *expected)
{
    char text[24];

    (void)units_format_age(text, sizeof(text), (struct age){ms, is_late, has_tenths});
    assert_string_equal(text, expected);
}

static void ages_are_short(void **state)
{
    (void)state;
    check_age(0, false, false, "0s");
    check_age(2400, false, false, "2s");
    check_age(800, false, true, "0.8s");
    check_age(9949, false, true, "9.9s");
    check_age(9960, false, true, "9s");
    check_age(47000, true, false, "47s!");
    check_age(59999, false, false, "59s");
    check_age(60000, false, false, "1m");
    check_age(119000, false, false, "1m");
    check_age(3 * 3600000, true, false, "3h!");
    check_age(INT64_MAX, true, false, "99999d!");
    check_age(UNITS_AGE_NONE, false, false, "-");
}

/* What printf writes under de_DE, and under a locale whose point takes two bytes: images seldom have
 * either to run under. */
static void the_locale_does_not_matter(void **state)
{
    char german[] = "-0,29",
         pashto[] = "3\xd9\xab"
                    "14e+05",
         plain[] = "1e-07";

    (void)state;
    write_points(german);
    assert_string_equal(german, "-0.29");
    write_points(pashto);
    assert_string_equal(pashto, "3.14e+05");
    write_points(plain);
    assert_string_equal(plain, "1e-07");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_numbers_have_about_three_digits),
        TEST(there_is_no_minus_zero),
        TEST(shares_and_percents),
        TEST(seconds_choose_their_scale),
        TEST(sizes_and_rates_are_scaled),
        TEST(moments_and_truths),
        TEST(what_is_no_number_says_so),
        TEST(what_its_unit_makes_too_large_says_so),
        TEST(an_unknown_unit_is_written_behind),
        TEST(a_short_buffer_is_not_overrun),
        TEST(axis_labels_are_as_in_the_mock_ups),
        TEST(axis_labels_count_as_the_values_do),
        TEST(axis_labels_always_fit),
        TEST(ages_are_short),
        TEST(the_locale_does_not_matter),
    };

    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
