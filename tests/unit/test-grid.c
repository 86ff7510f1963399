#include "test.h"

#include "common/buffer.h"
#include "tui/draw/grid.h"

/* The grid as text, in out. */
static const char *text_of(const struct grid *grid, struct buffer *out)
{
    buffer_init(out, 1 << 16);
    grid_write_text(grid, out);
    return buffer_text(out);
}

static void check_text(const struct grid *grid, const char *expected)
{
    CLEANUP(buffer_finish) struct buffer out;

    assert_string_equal(text_of(grid, &out), expected);
}

static void put_line(enum encoding encoding, int width, const char *text, const char *expected)
{
    CLEANUP(grid_finish) struct grid grid;

    grid_init(&grid, width, 1, encoding);
    (void)grid_put(&grid, 0, 0, width, style_of(ROLE_NORMAL), text);
    check_text(&grid, expected);
}

static void text_is_clipped_to_its_width(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 8, 1, ENCODING_UTF8);
    CHECK(grid_put(&grid, 2, 0, 3, style_of(ROLE_NORMAL), "abcdef") == 3);
    check_text(&grid, "  abc\n");
}

static void a_wide_character_is_never_cut_in_half(void **state)
{
    (void)state;
    put_line(ENCODING_UTF8, 5, "漢字漢字", "漢字\n");
    put_line(ENCODING_UTF8, 1, "漢", "\n");
}

static void overwriting_half_a_wide_character_blanks_the_rest(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 6, 1, ENCODING_UTF8);
    (void)grid_put(&grid, 0, 0, 6, style_of(ROLE_NORMAL), "漢字漢");
    grid_put_code(&grid, 1, 0, style_of(ROLE_NORMAL), 'x');
    check_text(&grid, " x字漢\n");
    grid_put_code(&grid, 2, 0, style_of(ROLE_NORMAL), 'y');
    check_text(&grid, " xy 漢\n");
    grid_put_code(&grid, 3, 0, style_of(ROLE_NORMAL), 0x5b57);
    check_text(&grid, " xy字\n");
    CHECK(grid_at(&grid, 4, 0)->width == 0 && grid_at(&grid, 5, 0)->width == 1);
}

static void escapes_become_visible(void **state)
{
    (void)state;
    put_line(ENCODING_UTF8, 12, "\033[31mred\a\x7f", "␛[31mred␇␡\n");
    put_line(ENCODING_ASCII, 12, "\033[31mred\a\x7f", "?[31mred??\n");
    put_line(ENCODING_UTF8, 12, "a\tb\nc\rd", "a␉b␊c␍d\n");
}

/* C1 as UTF-8, right-to-left override, zero-width space, soft hyphen, tag, private use, BOM. */
static void invisible_and_turning_marks_become_visible(void **state)
{
    (void)state;
    put_line(ENCODING_UTF8, 12,
             "\xc2\x9b"
             "31m",
             "�31m\n");
    put_line(ENCODING_UTF8, 12,
             "a\xe2\x80\xae"
             "b\xe2\x80\x8b"
             "c\xc2\xad"
             "d",
             "a�b�c�d\n");
    put_line(ENCODING_UTF8, 12, "\xf3\xa0\x81\x81\xee\x80\x80\xef\xbb\xbf.", "���.\n");
    put_line(ENCODING_UTF8, 12, "e\xcc\x81.", "e�.\n");
}

static void broken_utf8_becomes_visible(void **state)
{
    (void)state;
    put_line(ENCODING_UTF8, 12, "a\xff\xc3(\xf0\x9f", "a��(��\n");
    put_line(ENCODING_ASCII, 12, "gr\xc3\xbc\xc3\x9f", "gr??\n");
}

static void what_lies_outside_is_left_out(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 4, 2, ENCODING_ASCII);
    (void)grid_put(&grid, -2, 0, 8, style_of(ROLE_NORMAL), "abcdefgh");
    (void)grid_put(&grid, 0, -1, 4, style_of(ROLE_NORMAL), "xxxx");
    (void)grid_put(&grid, 0, 2, 4, style_of(ROLE_NORMAL), "xxxx");
    grid_fill(&grid, (struct rect){2, 1, 100, 100}, style_of(ROLE_NORMAL), '#');
    grid_fill(&grid, (struct rect){-5, -5, 3, 3}, style_of(ROLE_NORMAL), '!');
    grid_fill(&grid, (struct rect){1, 1, -3, 1}, style_of(ROLE_NORMAL), '!');
    check_text(&grid, "cdef\n  ##\n");
}

static void a_cut_shows_an_ellipsis(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 6, 4, ENCODING_UTF8);
    CHECK(grid_put_cut(&grid, 0, 0, 6, style_of(ROLE_NORMAL), "abcdef") == 6);
    CHECK(grid_put_cut(&grid, 0, 1, 6, style_of(ROLE_NORMAL), "abcdefg") == 6);
    CHECK(grid_put_cut(&grid, 0, 2, 4, style_of(ROLE_NORMAL), "漢字漢") == 3);
    grid_put_right(&grid, 0, 3, 6, style_of(ROLE_NORMAL), "xy");
    check_text(&grid, "abcdef\nabcde…\n漢…\n    xy\n");
}

static void a_pen_stops_at_its_end(void **state)
{
    CLEANUP(grid_finish) struct grid grid;
    struct pen pen;

    (void)state;
    grid_init(&grid, 10, 1, ENCODING_ASCII);
    pen = pen_at(&grid, (struct rect){1, 0, 8, 1});
    pen_put(&pen, style_of(ROLE_OK), "OK");
    pen_skip(&pen, 1);
    pen_putf(&pen, style_of(ROLE_NORMAL), "%d%%", 12345678);
    CHECK(pen_left(&pen) == 0);
    pen_put(&pen, style_of(ROLE_NORMAL), "more");
    pen_glyph(&pen, style_of(ROLE_NORMAL), GLYPH_UP);
    check_text(&grid, " OK 1234~\n");
}

static void equal_frames_have_equal_cells(void **state)
{
    CLEANUP(grid_finish) struct grid a, b;

    (void)state;
    grid_init(&a, 5, 1, ENCODING_UTF8);
    grid_init(&b, 5, 1, ENCODING_UTF8);
    (void)grid_put(&a, 0, 0, 5, style_of(ROLE_OK), "x漢");
    (void)grid_put(&b, 0, 0, 5, style_of(ROLE_OK), "x漢");
    for (int x = 0; x < 5; x++)
        CHECK(grid_cell_equals(grid_at(&a, x, 0), grid_at(&b, x, 0)));
    grid_add_flags(&b, (struct rect){0, 0, 1, 1}, STYLE_BOLD);
    CHECK(!grid_cell_equals(grid_at(&a, 0, 0), grid_at(&b, 0, 0)));
}

static void a_resized_grid_is_blank_and_bounded(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 0, -4, ENCODING_ASCII);
    CHECK(grid.width == 1 && grid.height == 1);
    grid_put_code(&grid, 0, 0, style_of(ROLE_OK), 'x');
    grid_resize(&grid, 3, 2);
    check_text(&grid, "\n\n");
    grid_resize(&grid, 1 << 30, 1);
    CHECK(grid.width == GRID_SIDE_MAX);
}

static void styles_are_shown_as_letters(void **state)
{
    CLEANUP(grid_finish) struct grid grid;
    CLEANUP(buffer_finish) struct buffer out;

    (void)state;
    grid_init(&grid, 6, 1, ENCODING_ASCII);
    (void)grid_put(&grid, 0, 0, 2, style_of(ROLE_OK), "ok");
    (void)grid_put(&grid, 2, 0, 1, style_with(ROLE_CRIT, STYLE_BOLD), "!");
    (void)grid_put(&grid, 3, 0, 1, style_with(ROLE_SERIES_2, STYLE_DIM), "*");
    grid_set_background(&grid, (struct rect){4, 0, 1, 1}, ROLE_SELECTION);
    buffer_init(&out, 100);
    grid_write_styles(&grid, &out);
    assert_string_equal(buffer_text(&out), "ooC,#\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_is_clipped_to_its_width),
        TEST(a_wide_character_is_never_cut_in_half),
        TEST(overwriting_half_a_wide_character_blanks_the_rest),
        TEST(escapes_become_visible),
        TEST(invisible_and_turning_marks_become_visible),
        TEST(broken_utf8_becomes_visible),
        TEST(what_lies_outside_is_left_out),
        TEST(a_cut_shows_an_ellipsis),
        TEST(a_pen_stops_at_its_end),
        TEST(equal_frames_have_equal_cells),
        TEST(a_resized_grid_is_blank_and_bounded),
        TEST(styles_are_shown_as_letters),
    };

    return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
