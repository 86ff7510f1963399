#include "test.h"

#include "tui/draw/page.h"
#include "tui/text/server_text.h"

#include <stdbool.h>

static void check_wrapped(const char *text, size_t width, size_t indent, const char *expected)
{
    struct buffer out;
    struct page page = {.out = &out, .style = {.is_utf8 = true, .width = width}};

    buffer_init(&out, 65536);
    page_wrapped(&page, PAGE_PLAIN, indent, text);
    assert_string_equal(buffer_text(&out), expected);
    buffer_finish(&out);
}

static void text_is_broken_at_blanks_and_line_feeds(void **state)
{
    (void)state;
    check_wrapped("", 10, 0, "");
    check_wrapped("one two three four", 9, 0, "one two\nthree\nfour");
    check_wrapped("one two three four", 9, 2, "  one two\n  three\n  four");
    check_wrapped("one\ntwo\n\nthree", 20, 1, " one\n two\n\n three");
    check_wrapped("one \n", 20, 0, "one\n");
    check_wrapped("one    two", 4, 0, "one\ntwo");
}

static void a_word_longer_than_a_line_is_cut(void **state)
{
    (void)state;
    check_wrapped("abcdefghij kl", 4, 0, "abcd\nefgh\nij\nkl");
    check_wrapped("\xe6\xbc\x82\xe7\xa7\xbb\xe8\xad\xa6", 4, 0,
                  "\xe6\xbc\x82\xe7\xa7\xbb\n\xe8\xad\xa6");
    check_wrapped("\xe6\xbc\x82\xe7\xa7\xbb", 1, 3, "\xe6\xbc\x82\n\xe7\xa7\xbb");
}

static void text_goes_on_where_the_line_is(void **state)
{
    struct buffer out;
    struct page page = {.out = &out, .style = {.is_utf8 = false, .has_colour = true, .width = 12}};

    (void)state;
    buffer_init(&out, 4096);
    page_wrapped(&page, PAGE_BAD, 2, "bad");
    page_wrapped(&page, PAGE_PLAIN, 2, ": because \xc3\xa9 it is");
    assert_string_equal(buffer_text(&out), "  \x1b[1;31mbad\x1b[0m:\n  because ?\n  it is");
    buffer_finish(&out);
}

/* Whatever the width, all of it is there, and no line is wider. */
static void nothing_is_lost_at_any_width(void **state)
{
    static const char text[] =
        "The quick brown fox\njumps, over (the) lazydogthathasalongname 12 times.";

    (void)state;
    for (size_t width = 1; width < 90; width++)
        for (size_t indent = 0; indent < 6; indent += 5) {
            struct buffer out;
            struct page page = {.out = &out, .style = {.is_utf8 = true, .width = width}};
            const char *from = text;

            buffer_init(&out, 65536);
            page_wrapped(&page, PAGE_PLAIN, indent, text);
            for (const char *at = buffer_text(&out); *at; at++) {
                while (*from == ' ' || *from == '\n')
                    from++;
                if (*at == ' ' || *at == '\n')
                    continue;
                CHECK(*at == *from++);
            }
            CHECK(*from == '\0');
            for (const char *at = buffer_text(&out); *at; at += *at == '\n') {
                CHECK(strcspn(at, "\n") <= (width > 2 ? width : 2));
                at += strcspn(at, "\n");
            }
            buffer_finish(&out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_is_broken_at_blanks_and_line_feeds),
        TEST(a_word_longer_than_a_line_is_cut),
        TEST(text_goes_on_where_the_line_is),
        TEST(nothing_is_lost_at_any_width),
    };

    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
