#include "test.h"

#include "server/fast_alerts.h"

static char *rewrite(const char *text, struct tw_error *err)
{
    struct buffer out;

    buffer_init(&out, 4096);
    if (fast_alerts_rewrite(text, &out, err) < 0) {
        buffer_finish(&out);
        return NULL;
    }
    return buffer_take(&out, NULL);
}

static void expect(const char *text, const char *expected)
{
    struct tw_error err;
    char *got = rewrite(text, &err);

    if (!got)
        fail_msg("refused: %s", err.message);
    assert_string_equal(got, expected);
    free(got);
}

static void expect_refusal(const char *text, const char *reason)
{
    struct tw_error err = {0};
    char *got = rewrite(text, &err);

    if (got)
        fail_msg("accepted: %s", got);
    CHECK(err.code == TW_INVALID);
    if (!strstr(err.message, reason))
        fail_msg("'%s' does not say '%s'", err.message, reason);
}

static void waits_are_a_twentieth_but_two_seconds_at_least(void **state)
{
    (void)state;
    expect("        for: 5m\n", "        for: 15s\n");
    expect("for: 30m\n", "for: 90s\n");
    expect("for: 1m # c\n", "for: 3s # c\n");
    expect("for: 30s\n", "for: 2s\n");
    expect("for: 50s\n", "for: 2500ms\n");
    expect("keep_firing_for: 10m\n", "keep_firing_for: 30s\n");
}

static void every_unit_and_their_sums_are_read(void **state)
{
    (void)state;
    expect("for: 1h\n", "for: 180s\n");
    expect("for: 1h30m\n", "for: 270s\n");
    expect("for: 1d\n", "for: 4320s\n");
    expect("for: 1w\n", "for: 30240s\n");
    expect("for: 1y\n", "for: 1576800s\n");
    expect("for: 90s\n", "for: 4500ms\n");
    expect("for: 60s500ms\n", "for: 3025ms\n");
    expect("for: 500ms\n", "for: 2s\n");
}

static void intervals_are_fixed(void **state)
{
    (void)state;
    expect("  scrape_interval: 10s\n  scrape_timeout: 5s\n  evaluation_interval: 15s\n",
           "  scrape_interval: 1s\n  scrape_timeout: 1s\n  evaluation_interval: 1s\n");
    expect("    - group_wait: 10s\n      group_interval: 5m # why\n      repeat_interval: 4h\n",
           "    - group_wait: 1s\n      group_interval: 5s # why\n      repeat_interval: 4h\n");
    expect("- interval: 30s\n", "- interval: 1s\n");
}

static void ranges_are_a_twentieth_but_fifteen_seconds_at_least(void **state)
{
    (void)state;
    expect("expr: rate(a[5m]) > 0\n", "expr: rate(a[15s]) > 0\n");
    expect("expr: rate(a[15m]) + rate(b[1m])\n", "expr: rate(a[45s]) + rate(b[15s])\n");
    expect("- expr: a[1h]\n", "- expr: a[180s]\n");
}

static void subqueries_and_offsets_are_sped_up(void **state)
{
    (void)state;
    expect("expr: max_over_time(rate(a[5m])[1h:5m])\n",
           "expr: max_over_time(rate(a[15s])[180s:15s])\n");
    expect("expr: a[1h:]\n", "expr: a[180s:]\n");
    expect("expr: a[1h:10s]\n", "expr: a[180s:1s]\n");
    expect("expr: a offset 1h > b offset -10m\n", "expr: a offset 180s > b offset -30s\n");
    expect("expr: a_offset > offset_b\n", "expr: a_offset > offset_b\n");
}

static void guards_are_a_quarter_rounded_up(void **state)
{
    (void)state;
    expect("expr: a >= 20 # guard\n", "expr: a >= 5 # guard\n");
    expect("expr: a >= 10 # guard\n", "expr: a >= 3 # guard\n");
    expect("expr: a >= 1 # guard\n", "expr: a >= 1 # guard\n");
    expect("expr: sum(rate(a[5m])) >= 200 # guard\n", "expr: sum(rate(a[15s])) >= 50 # guard\n");
    expect("expr: a >= 20 # other\n", "expr: a >= 20 # other\n");
    expect("expr: a >= 20\n", "expr: a >= 20\n");
}

static void text_in_quotes_is_left_alone(void **state)
{
    (void)state;
    expect("expr: a{b=~\"x[5m] offset 5m # guard\",c='[5m]'} > 20\n",
           "expr: a{b=~\"x[5m] offset 5m # guard\",c='[5m]'} > 20\n");
    expect("expr: a{b=\"\\\"[5m]\"}[5m]\n", "expr: a{b=\"\\\"[5m]\"}[15s]\n");
    expect("expr: a{b=`\\`}[5m]\n", "expr: a{b=`\\`}[15s]\n");
}

static void a_block_ends_with_its_indentation(void **state)
{
    (void)state;
    expect("  - alert: A\n"
           "    expr: |\n"
           "      a[5m]\n"
           "\n"
           "      and b >= 20 # guard\n"
           "    for: 5m\n"
           "    annotations:\n"
           "      summary: over [5m], 20 # guard\n",
           "  - alert: A\n"
           "    expr: |\n"
           "      a[15s]\n"
           "\n"
           "      and b >= 5 # guard\n"
           "    for: 15s\n"
           "    annotations:\n"
           "      summary: over [5m], 20 # guard\n");
}

static void other_lines_are_left_alone(void **state)
{
    static const char text[] = "# for: 5m\nforce: 5m\n  x: for: 5m\nlast: line without its break";

    (void)state;
    expect(text, text);
    expect("", "");
}

static void what_is_no_duration_is_refused_with_its_line(void **state)
{
    (void)state;
    expect_refusal("a: 1\nfor: soon\n", "line 2: 'soon' is no duration");
    expect_refusal("for: 5\n", "no duration");
    expect_refusal("for: 5mm\n", "'5mm' is no duration");
    expect_refusal("for: 5x\n", "'5x' is no duration");
    expect_refusal("expr: a[$range]\n", "line 1");
    expect_refusal("expr: a offset b\n", "no duration");
    expect_refusal("for: 99999999999999999999999999d\n", "no duration");
    expect_refusal("for: 99y99y\n", "no duration");
}

static void a_guard_needs_its_number(void **state)
{
    (void)state;
    expect_refusal("expr: a >= b # guard\n", "line 1: no whole number");
    expect_refusal("expr: a >= 0.5 # guard\n", "no whole number");
    expect_refusal("expr: a >= 0 # guard\n", "no whole number");
    expect_refusal("expr: b20 # guard\n", "no whole number");
    expect_refusal("expr: # guard\n", "no whole number");
}

static void an_expression_in_quotes_is_refused(void **state)
{
    (void)state;
    expect_refusal("expr: 'rate(a[5m]) > 0'\n", "not in quotes");
    expect_refusal("expr: \"rate(a[5m]) > 0\"\n", "not in quotes");
}

static void a_result_that_does_not_fit_is_refused(void **state)
{
    struct buffer out;
    struct tw_error err;

    (void)state;
    buffer_init(&out, 8);
    CHECK(fast_alerts_rewrite("far too: long a line\n", &out, &err) < 0);
    CHECK(strstr(err.message, "too large"));
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(waits_are_a_twentieth_but_two_seconds_at_least),
        TEST(every_unit_and_their_sums_are_read),
        TEST(intervals_are_fixed),
        TEST(ranges_are_a_twentieth_but_fifteen_seconds_at_least),
        TEST(subqueries_and_offsets_are_sped_up),
        TEST(guards_are_a_quarter_rounded_up),
        TEST(text_in_quotes_is_left_alone),
        TEST(a_block_ends_with_its_indentation),
        TEST(other_lines_are_left_alone),
        TEST(what_is_no_duration_is_refused_with_its_line),
        TEST(a_guard_needs_its_number),
        TEST(an_expression_in_quotes_is_refused),
        TEST(a_result_that_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests_name("fast-alerts", tests, NULL, NULL);
}
