#include "test.h"

#include "common/buffer.h"
#include "tui/draw/text_flow.h"

#include <stdbool.h>

/* What stands on a grid of that size after the text, in two styles, has run into it. */
static void check_flow(int width, int height, int top, int indent, const char *expected)
{
    struct grid grid;
    struct buffer out;
    struct text_flow flow;

    grid_init(&grid, width, height, ENCODING_UTF8);
    flow = text_flow_at(&grid, grid_rect(&grid), top, indent);
    text_flow_put_sign(&flow, style_of(ROLE_NORMAL), "*");
    text_flow_put(&flow, style_of(ROLE_NORMAL), "one two ");
    text_flow_put(&flow, style_of(ROLE_TITLE), "three");
    text_flow_put(&flow, style_of(ROLE_NORMAL), ", four\n\nfive");
    text_flow_end_line(&flow);
    text_flow_end_line(&flow);
    buffer_init(&out, 4096);
    grid_write_text(&grid, &out);
    assert_string_equal(buffer_text(&out), expected);
    buffer_finish(&out);
    grid_finish(&grid);
}

static void text_runs_on_in_another_style(void **state)
{
    (void)state;
    check_flow(30, 4, 0, 2, "* one two three, four\n\n  five\n\n");
    check_flow(12, 5, 0, 2, "* one two\n  three,\n  four\n\n  five\n");
    check_flow(12, 2, 2, 2, "  four\n\n");
}

static void what_is_too_long_is_cut_where_it_must(void **state)
{
    (void)state;
    check_flow(3, 4, 0, 0, "one\ntwo\nthr\nee,\n");
    check_flow(3, 4, 0, 2,
               "*on\n e\n tw\n o\n"); /* the indent leaves two cells for a wide character */
}

static void rows_are_counted_without_drawing(void **state)
{
    struct grid grid;
    struct text_flow flow;

    (void)state;
    grid_init(&grid, 10, 3, ENCODING_ASCII);
    flow = text_flow_at(&grid, (struct rect){0, 0, 10, 0}, 0, 0);
    CHECK(text_flow_rows(&flow) == 0);
    for (int i = 0; i < 100; i++)
        text_flow_put(&flow, style_of(ROLE_NORMAL), "word ");
    CHECK(text_flow_rows(&flow) == 50);
    for (int y = 0; y < 3; y++)
        CHECK(grid_at(&grid, 0, y)->code == ' ');
    grid_finish(&grid);
}

static void any_text_fits_any_window(void **state)
{
    static const char text[] =
        "\xe6\xbc\x82\xe7\xa7\xbb abc\xcc\x81 \xf0\x9f\x94\xa5\n  xxxxxxxxxxxxxxxxxxxx";

    (void)state;
    for (int width = 0; width < 12; width++)
        for (int height = 0; height < 4; height++)
            for (int indent = 0; indent < 6; indent++) {
                struct grid grid;
                struct text_flow flow;

                grid_init(&grid, 12, 4, ENCODING_UTF8);
                flow = text_flow_at(&grid, (struct rect){0, 0, width, height}, 0, indent);
                text_flow_put(&flow, style_of(ROLE_NORMAL), text);
                for (int y = 0; y < 4; y++)
                    for (int x = 0; x < 12; x++)
                        CHECK((x < width && y < height) || grid_at(&grid, x, y)->code == ' ');
                grid_finish(&grid);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_runs_on_in_another_style),
        TEST(what_is_too_long_is_cut_where_it_must),
        TEST(rows_are_counted_without_drawing),
        TEST(any_text_fits_any_window),
    };

    return cmocka_run_group_tests_name("text-flow", tests, NULL, NULL);
}
