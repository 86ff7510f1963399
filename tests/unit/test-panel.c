#include "test.h"

#include "common/buffer.h"
#include "tui/draw/layout.h"
#include "tui/draw/panel.h"

static void check_grid(const struct grid *grid, const char *expected)
{
    CLEANUP(buffer_finish) struct buffer out;

    buffer_init(&out, 1 << 16);
    grid_write_text(grid, &out);
    assert_string_equal(buffer_text(&out), expected);
}

static struct panel_head drift(void)
{
    return (struct panel_head){1,        "Feature drift PSI",  "0.29", PANEL_WARN,
                               TREND_UP, {2000, false, false}, false};
}

static void check_head(const struct panel_head *head,
                       int width,
                       enum encoding encoding,
                       const char *expected)
{
    CLEANUP(grid_finish) struct grid grid;
    CLEANUP(buffer_finish) struct buffer out;

    grid_init(&grid, width, 2, encoding);
    (void)panel_draw(&grid, grid_rect(&grid), head);
    buffer_init(&out, 1 << 12);
    grid_write_text(&grid, &out);
    *strchr(out.data, '\n') = '\0';
    assert_string_equal(out.data, expected);
}

static void a_head_is_as_in_the_mock_up(void **state)
{
    struct panel_head head = drift();

    (void)state;
    check_head(&head, 46, ENCODING_UTF8, "┌─ 1 Feature drift PSI  0.29 ▲WARN ↑ ─── 2s ─┐");
    check_head(&head, 46, ENCODING_ASCII, "+- 1 Feature drift PSI  0.29 WARN^ ----- 2s -+");
    head.title = "Drift PSI";
    check_head(&head, 40, ENCODING_ASCII, "+- 1 Drift PSI 0.29 WARN^ -------- 2s -+");
}

static void a_focused_panel_shows_it_without_colour(void **state)
{
    struct panel_head head = drift();

    (void)state;
    head.is_focused = true;
    check_head(&head, 46, ENCODING_ASCII, "+->1 Feature drift PSI  0.29 WARN^ ----- 2s -+");
}

static void a_late_age_is_marked(void **state)
{
    struct panel_head head = drift();

    (void)state;
    head.state = PANEL_STALE;
    head.trend = TREND_NONE;
    head.age = (struct age){47000, true, false};
    check_head(&head, 46, ENCODING_UTF8, "┌─ 1 Feature drift PSI  0.29 ◌STALE ── 47s! ─┐");
}

static void in_a_narrow_head_the_state_stays(void **state)
{
    struct panel_head head = drift();

    (void)state;
    check_head(&head, 36, ENCODING_UTF8, "┌─ 1 Feature dri… 0.29 ▲WARN ↑ 2s ─┐");
    check_head(&head, 28, ENCODING_UTF8, "┌─ 1 Feature dri… ▲WARN ↑ ─┐");
    check_head(&head, 24, ENCODING_UTF8, "┌─ 1 Feature… ▲WARN ↑ ─┐");
    check_head(&head, 16, ENCODING_UTF8, "┌─ 1  ▲WARN ↑ ─┐");
}

static void every_state_has_a_word(void **state)
{
    (void)state;
    for (int a = PANEL_OK; a < PANEL_STATE_COUNT; a++) {
        CHECK(panel_state_word((enum panel_state)a)[0] != '\0');
        for (int b = a + 1; b < PANEL_STATE_COUNT; b++)
            CHECK(strcmp(panel_state_word((enum panel_state)a),
                         panel_state_word((enum panel_state)b)) != 0);
    }
}

static void a_message_stands_in_the_middle_and_wraps(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 20, 5, ENCODING_UTF8);
    panel_put_message(&grid, grid_rect(&grid), PANEL_ERROR, "HTTP 502 from the proxy in front");
    check_grid(&grid, "\n       ✖ERROR\n HTTP 502 from the\n proxy in front\n\n");
}

static void wrapped_text_breaks_at_blanks_and_long_words(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 6, 4, ENCODING_UTF8);
    assert_int_equal(
        panel_put_wrapped(&grid, grid_rect(&grid), style_of(ROLE_NORMAL), "one two\nabcdefghij"),
        4);
    check_grid(&grid, "one\ntwo\nabcdef\nghij\n");
    grid_resize(&grid, 6, 1);
    assert_int_equal(
        panel_put_wrapped(&grid, grid_rect(&grid), style_of(ROLE_NORMAL), "one two three"), 3);
    check_grid(&grid, "one…\n");
    grid_resize(&grid, 1, 3); /* too narrow for a wide character: nothing, but an end */
    CHECK(panel_put_wrapped(&grid, grid_rect(&grid), style_of(ROLE_NORMAL), "漢字") >= 1);
}

static void a_note_keeps_clear_of_the_labels(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 24, 5, ENCODING_UTF8);
    panel_put_note(&grid, grid_rect(&grid), PANEL_STALE, "HTTP 502");
    check_grid(&grid, "\n\n\n\n      ◌ HTTP 502\n");
    grid_clear(&grid);
    panel_put_note(&grid, grid_rect(&grid), PANEL_STALE, "a reason that is long indeed");
    check_grid(&grid, "\n\n\n ◌ a reason that is lon…\n\n");
}

static void a_plain_frame_has_a_title_and_a_note(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 36, 2, ENCODING_ASCII);
    (void)panel_draw_plain(&grid, grid_rect(&grid), "Alerts (7 of 15)", "sort: age", false);
    check_grid(&grid, "+- Alerts (7 of 15) --- sort: age -+\n"
                      "+----------------------------------+\n");
    grid_resize(&grid, 30, 2);
    (void)panel_draw_plain(&grid, grid_rect(&grid), "Alerts (7 of 15)", "sort: age", true);
    check_grid(&grid, "+->Alerts (7 of 15) ---------+\n"
                      "+----------------------------+\n");
}

static void strips_line_up(void **state)
{
    static const double values[] = {1, 2, 3};
    CLEANUP(grid_finish) struct grid grid;
    struct strip a = {drift(), values, 3}, b = {drift(), values, 3};

    (void)state;
    b.head.title = "Queue";
    b.head.value = "32.8%";
    b.head.state = PANEL_NO_DATA;
    b.head.trend = TREND_NONE;
    b.values = NULL;
    grid_init(&grid, 44, 2, ENCODING_UTF8);
    panel_draw_strip(&grid, (struct rect){0, 0, 44, 1}, &a);
    panel_draw_strip(&grid, (struct rect){0, 1, 44, 1}, &b);
    check_grid(&grid, "1 Feature drift… 0.29 ▲WARN↑        ▁▅█   2s\n"
                      "1 Queue         32.8% ◌NO DATA            2s\n");
}

/* ---- Layout --------------------------------------------------------------------------------- */

static bool overlaps(struct rect a, struct rect b)
{
    return a.width > 0 && b.width > 0 && a.height > 0 && b.height > 0 && a.x < b.x + b.width &&
           b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

static bool is_within(struct rect inner, struct rect outer)
{
    return inner.width == 0 || inner.height == 0 ||
           (inner.x >= outer.x && inner.y >= outer.y &&
            inner.x + inner.width <= outer.x + outer.width &&
            inner.y + inner.height <= outer.y + outer.height);
}

static void modes_follow_the_size(void **state)
{
    (void)state;
    CHECK(layout_frame(140, 40).mode == LAYOUT_FULL);
    CHECK(layout_frame(80, 24).mode == LAYOUT_FULL);
    CHECK(layout_frame(60, 15).mode == LAYOUT_STRIPS);
    CHECK(layout_frame(40, 10).mode == LAYOUT_STRIPS);
    CHECK(layout_frame(39, 10).mode == LAYOUT_LINE);
    CHECK(layout_frame(40, 9).mode == LAYOUT_LINE);
    CHECK(layout_frame(1, 1).header.height == 1);
}

static void the_frame_covers_the_screen(void **state)
{
    struct layout_frame frame = layout_frame(80, 24);

    (void)state;
    CHECK(frame.header.y == 0 && frame.alerts.y == 1 && frame.body.y == 2);
    CHECK(frame.body.height == 20 && frame.simulations.y == 22 && frame.footer.y == 23);
}

static void columns_follow_the_width(void **state)
{
    (void)state;
    CHECK(layout_columns(140) == 3 && layout_columns(80) == 2 && layout_columns(60) == 1);
}

#define N_ITEMS 9

static const struct layout_item items[N_ITEMS] = {
    {0, 0, 8, 8},   {8, 0, 8, 8},  {16, 0, 8, 8}, {0, 8, 12, 8},   {12, 8, 12, 8},
    {0, 16, 24, 4}, {0, 20, 6, 4}, {6, 20, 6, 4}, {12, 20, 12, 4},
};

static void panels_neither_overlap_nor_leave_the_body(void **state)
{
    struct rect rects[N_ITEMS];

    (void)state;
    for (int width = 1; width < 200; width += 3) {
        for (int height = 0; height < 80; height += 3) {
            struct rect body = {2, 3, width, height};
            struct layout_flow flow = layout_flow(items, N_ITEMS, body, height % 4, rects);

            for (size_t a = 0; a < N_ITEMS; a++) {
                bool is_shown = a >= flow.first_item && a < flow.first_item + flow.n_items_shown;

                CHECK(is_within(rects[a], body));
                CHECK(is_shown == (rects[a].height > 0));
                for (size_t b = 0; b < a; b++)
                    CHECK(!overlaps(rects[a], rects[b]));
            }
        }
    }
}

static void rows_fill_the_body_edge_to_edge(void **state)
{
    struct rect rects[N_ITEMS];
    struct layout_flow flow = layout_flow(items, N_ITEMS, (struct rect){0, 2, 140, 36}, 0, rects);

    (void)state;
    assert_int_equal(flow.n_rows, 4);
    assert_int_equal(flow.n_rows_shown, 4);
    CHECK(rects[0].width == 46 && rects[1].x == 47 && rects[2].x == 94 && rects[2].width == 46);
    CHECK(rects[3].x == 0 && rects[4].x + rects[4].width == 140);
    CHECK(rects[5].width == 140);
    CHECK(rects[8].y + rects[8].height == 38);
}

static void the_order_is_the_boards_and_the_sizes_are_relative(void **state)
{
    struct rect rects[N_ITEMS];

    (void)state;
    (void)layout_flow(items, N_ITEMS, (struct rect){0, 0, 140, 48}, 0, rects);
    CHECK(rects[0].height > rects[5].height);
    for (size_t i = 1; i < N_ITEMS; i++)
        CHECK(rects[i].y > rects[i - 1].y ||
              (rects[i].y == rects[i - 1].y && rects[i].x > rects[i - 1].x));
}

static void scrolling_stops_at_the_last_row(void **state)
{
    struct rect rects[N_ITEMS];
    struct layout_flow flow = layout_flow(items, N_ITEMS, (struct rect){0, 2, 80, 20}, 99, rects);

    (void)state;
    CHECK(flow.first_row + flow.n_rows_shown == flow.n_rows);
    CHECK(rects[N_ITEMS - 1].height > 0 && rects[0].height == 0);
    flow = layout_flow(items, N_ITEMS, (struct rect){0, 2, 80, 20}, -5, rects);
    CHECK(flow.first_row == 0 && rects[0].height > 0);
    flow = layout_flow(items, 0, (struct rect){0, 2, 80, 20}, 3, rects);
    CHECK(flow.n_rows == 0 && flow.n_items_shown == 0);
}

static void hostile_sizes_are_bounded(void **state)
{
    static const struct layout_item odd[] = {
        {0, 0, -5, 2147483647}, {0, 0, 2147483647, -1}, {0, 0, 0, 0}};
    struct rect rects[3], body = {0, 0, 140, 40};

    (void)state;
    (void)layout_flow(odd, 3, body, 0, rects);
    for (size_t i = 0; i < 3; i++)
        CHECK(is_within(rects[i], body) && rects[i].height > 0);
}

static void strips_are_lines(void **state)
{
    struct rect rects[N_ITEMS];
    struct layout_flow flow = layout_strips(N_ITEMS, (struct rect){0, 2, 40, 6}, 2, rects);

    (void)state;
    CHECK(flow.first_row == 2 && flow.n_items_shown == 6);
    CHECK(rects[1].height == 0 && rects[2].y == 2 && rects[7].y == 7 && rects[8].height == 0);
}

static void reading_order_is_by_row_then_column(void **state)
{
    static const struct layout_item board[] = {
        {8, 4, 1, 1}, {0, 4, 1, 1}, {0, 0, 1, 1}, {0, 4, 1, 1}};
    size_t order[4];

    (void)state;
    layout_reading_order(board, 4, order);
    CHECK(order[0] == 2 && order[1] == 1 && order[2] == 3 && order[3] == 0);
}

static void rects_are_cut_without_going_below_nothing(void **state)
{
    struct rect rest = {0, 0, 10, 4};

    (void)state;
    CHECK(layout_take_top(&rest, 1).height == 1 && rest.y == 1 && rest.height == 3);
    CHECK(layout_take_bottom(&rest, 2).y == 2 && rest.height == 1);
    CHECK(layout_take_right(&rest, 4).x == 6 && rest.width == 6);
    CHECK(layout_take_left(&rest, 99).width == 6 && rest.width == 0);
    CHECK(layout_take_top(&rest, -3).height == 0 && layout_take_bottom(&rest, 9).height == 1);
    CHECK(layout_center((struct rect){0, 0, 80, 24}, 40, 99).height == 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_head_is_as_in_the_mock_up),
        TEST(a_focused_panel_shows_it_without_colour),
        TEST(a_late_age_is_marked),
        TEST(in_a_narrow_head_the_state_stays),
        TEST(every_state_has_a_word),
        TEST(a_message_stands_in_the_middle_and_wraps),
        TEST(wrapped_text_breaks_at_blanks_and_long_words),
        TEST(a_note_keeps_clear_of_the_labels),
        TEST(a_plain_frame_has_a_title_and_a_note),
        TEST(strips_line_up),
        TEST(modes_follow_the_size),
        TEST(the_frame_covers_the_screen),
        TEST(columns_follow_the_width),
        TEST(panels_neither_overlap_nor_leave_the_body),
        TEST(rows_fill_the_body_edge_to_edge),
        TEST(the_order_is_the_boards_and_the_sizes_are_relative),
        TEST(scrolling_stops_at_the_last_row),
        TEST(hostile_sizes_are_bounded),
        TEST(strips_are_lines),
        TEST(reading_order_is_by_row_then_column),
        TEST(rects_are_cut_without_going_below_nothing),
    };

    return cmocka_run_group_tests_name("panel", tests, NULL, NULL);
}
