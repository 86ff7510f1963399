#include "test.h"

#include "common/alloc.h"
#include "tui/text/server_text.h"

static void check_copy(const char *text, const char *expected)
{
    char out[64];

    (void)server_text_copy(out, sizeof(out), text, strlen(text));
    assert_string_equal(out, expected);
}

static void nothing_that_moves_a_cursor_gets_through(void **state)
{
    (void)state;
    check_copy("plain \xc3\xa9 \xe6\x97\xa5", "plain \xc3\xa9 \xe6\x97\xa5");
    check_copy("\x1b[31mred\x1b]0;title\x07", "?[31mred?]0;title?");
    check_copy("a\r\nb\tc\x7f", "a??b?c?");
    check_copy("csi \xc2\x9b 31m", "csi ? 31m"); /* C1 as UTF-8 */
    /* NOLINTBEGIN(misc-misleading-bidirectional): that is the point */
    check_copy("\xe2\x80\xae gnp.exe", "? gnp.exe"); /* right-to-left override */
    check_copy("\xe2\x81\xa6 isolated \xef\xbb\xbf", "? isolated ?");
    /* NOLINTEND(misc-misleading-bidirectional) */
    check_copy("\xff\x9b", "\xef\xbf\xbd\xef\xbf\xbd"); /* no UTF-8 */
}

static void a_copy_is_cut_between_characters(void **state)
{
    char out[6];

    (void)state;
    CHECK(server_text_copy(out, sizeof(out), "abc\xe6\x97\xa5", 6) == 3);
    assert_string_equal(out, "abc");
    CHECK(server_text_copy(out, 1, "abc", 3) == 0);
    assert_string_equal(out, "");
}

static void a_copy_holds_all_and_takes_null_for_nothing(void **state)
{
    CLEANUP(freep) char *nothing = server_text_dup(NULL);
    CLEANUP(freep) char *bytes = server_text_dup("\xff\xfe\xfd\xfc");

    (void)state;
    assert_string_equal(nothing, "");
    assert_string_equal(bytes, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void json_keeps_its_meaning_and_loses_its_teeth(void **state)
{
    static const char json[] = "{\"a\":\"\xc2\x9b\x7f\xf3\xa0\x80\x81\xc3\xa9\"\n}";
    CLEANUP(freep) char *safe = server_text_json_dup(json, strlen(json));

    (void)state;
    assert_string_equal(safe, "{\"a\":\"\\u009b\\u007f\\udb40\\udc01\xc3\xa9\"\n}");
}

static void the_first_line_of_a_page_is_its_words(void **state)
{
    static const struct {
        const char *page, *line;
    } cases[] = {
        {"<html>\r\n<head><title>502 Bad Gateway</title></head>", "502 Bad Gateway"},
        {"\n\n  plain reason \nmore", "plain reason "},
        {"", ""},
        {"<html><body></body></html>", ""},
        {"<unclosed", ""},
        {"a > b", "a > b"},
        {"\x1b[2J<p>x", "?[2J"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char line[64];

        server_text_first_line(line, sizeof(line), cases[i].page, strlen(cases[i].page));
        assert_string_equal(line, cases[i].line);
    }
}

static void cells_count_wide_and_combining_characters(void **state)
{
    (void)state;
    CHECK(server_text_cells("abc") == 3);
    CHECK(server_text_cells("\xc3\xa9") == 1);
    CHECK(server_text_cells("e\xcc\x81") == 1);
    CHECK(server_text_cells("\xe6\x97\xa5\xe6\x9c\xac") == 4);
    CHECK(server_text_cells("\xf0\x9f\x99\x82") == 2);
    CHECK(server_text_cells("\xe2\x96\x88") == 1); /* full block */
}

static void lines_stay_and_the_copy_of_a_part_is_a_part_of_the_copy(void **state)
{
    static const char text[] = "a\tb\r\n\x1b[31mc \xe2\x80\xae\xff";
    CLEANUP(freep) char *whole = server_text_lines_dup(text, sizeof(text) - 1);
    CLEANUP(freep) char *first = server_text_lines_dup(text, 6);
    CLEANUP(freep) char *rest = server_text_lines_dup(text + 6, sizeof(text) - 1 - 6);

    (void)state;
    assert_string_equal(whole, "a b\n?[31mc ?\xef\xbf\xbd");
    CHECK(strncmp(whole, first, strlen(first)) == 0);
    assert_string_equal(whole + strlen(first), rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_that_moves_a_cursor_gets_through),
        TEST(a_copy_is_cut_between_characters),
        TEST(a_copy_holds_all_and_takes_null_for_nothing),
        TEST(json_keeps_its_meaning_and_loses_its_teeth),
        TEST(the_first_line_of_a_page_is_its_words),
        TEST(cells_count_wide_and_combining_characters),
        TEST(lines_stay_and_the_copy_of_a_part_is_a_part_of_the_copy),
    };

    return cmocka_run_group_tests_name("server-text", tests, NULL, NULL);
}
