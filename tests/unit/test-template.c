#include "test.h"

#include "server/template.h"

static const struct template_value values[] = {
    {"HOST", "127.0.0.1"}, {"PORT", "8000"}, {"QUOTE", "it's"},
    {"NONE", NULL},        {"EMPTY", ""},    {"BREAK", "a\nroute: evil"},
};

/* What text becomes, for free(); NULL when it is refused, with the reason in err. */
static char *render(const char *text, struct tw_error *err)
{
    struct buffer out;

    buffer_init(&out, 4096);
    if (template_render(text, values, COUNT_OF(values), &out, err) < 0) {
        buffer_finish(&out);
        return NULL;
    }
    return buffer_take(&out, NULL);
}

static void expect(const char *text, const char *expected)
{
    struct tw_error err;
    char *got = render(text, &err);

    if (!got)
        fail_msg("refused: %s", err.message);
    assert_string_equal(got, expected);
    free(got);
}

static void expect_refusal(const char *text, const char *reason)
{
    struct tw_error err = {0};
    char *got = render(text, &err);

    if (got)
        fail_msg("accepted: %s", got);
    CHECK(err.code == TW_INVALID);
    if (!strstr(err.message, reason))
        fail_msg("'%s' does not say '%s'", err.message, reason);
}

static void values_stand_where_their_names_stood(void **state)
{
    (void)state;
    expect("to: ['@HOST@:@PORT@']\n", "to: ['127.0.0.1:8000']\n");
}

static void other_at_signs_are_text(void **state)
{
    (void)state;
    expect("a@b.c @ @@ @x@ user@HOST\n", "a@b.c @ @@ @x@ user@HOST\n");
}

static void a_quote_cannot_end_the_quoted_text(void **state)
{
    (void)state;
    expect("a: '@QUOTE@'\n", "a: 'it''s'\n");
}

static void a_line_break_in_a_value_is_refused(void **state)
{
    (void)state;
    expect_refusal("a: '@BREAK@'\n", "BREAK contains a control character");
}

static void a_name_that_does_not_exist_is_refused_with_its_line(void **state)
{
    (void)state;
    expect_refusal("a: 1\nb: @HOTS@\n", "line 2: there is no value 'HOTS'");
    expect_refusal("#@if HOTS\n#@end\n", "line 1: there is no value 'HOTS'");
}

static void a_value_that_is_not_set_is_refused_outside_its_condition(void **state)
{
    (void)state;
    expect_refusal("a: @NONE@\n", "NONE is not set");
    expect_refusal("a: @EMPTY@\n", "EMPTY is not set");
}

static void conditions_keep_or_drop_their_lines(void **state)
{
    (void)state;
    expect("a\n  #@if HOST\nb @HOST@\n  #@end\nc\n", "a\nb 127.0.0.1\nc\n");
    expect("a\n  #@if NONE\nb @NONE@\n  #@end\nc\n", "a\nc\n");
    expect("a\n#@if EMPTY\nb\n#@end\nc\n", "a\nc\n");
}

static void a_condition_inside_a_dropped_one_is_dropped_too(void **state)
{
    (void)state;
    expect("#@if NONE\n#@if HOST\na\n#@end\nb\n#@end\nc\n", "c\n");
    expect("#@if HOST\n#@if NONE\na\n#@end\nb\n#@end\nc\n", "b\nc\n");
    expect("#@if NONE\n#@if EMPTY\na\n#@end\nb\n#@end\nc\n", "c\n");
}

static void conditions_must_match_their_ends(void **state)
{
    (void)state;
    expect_refusal("#@if HOST\na\n", "has no #@end");
    expect_refusal("a\n#@end\n", "line 2: #@end without #@if");
    expect_refusal("#@if HOST\n#@if HOST\n#@if HOST\n#@if HOST\n#@if HOST\n#@if HOST\n#@if HOST\n"
                   "#@if HOST\n#@if HOST\n",
                   "line 9: too many #@if");
}

static void a_result_that_does_not_fit_is_refused(void **state)
{
    struct buffer out;
    struct tw_error err;

    (void)state;
    buffer_init(&out, 8);
    CHECK(template_render("far too long a line\n", values, COUNT_OF(values), &out, &err) < 0);
    CHECK(strstr(err.message, "too large"));
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_stand_where_their_names_stood),
        TEST(other_at_signs_are_text),
        TEST(a_quote_cannot_end_the_quoted_text),
        TEST(a_line_break_in_a_value_is_refused),
        TEST(a_name_that_does_not_exist_is_refused_with_its_line),
        TEST(a_value_that_is_not_set_is_refused_outside_its_condition),
        TEST(conditions_keep_or_drop_their_lines),
        TEST(a_condition_inside_a_dropped_one_is_dropped_too),
        TEST(conditions_must_match_their_ends),
        TEST(a_result_that_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
