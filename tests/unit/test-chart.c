#include "test.h"

#include "common/buffer.h"
#include "tui/draw/bars.h"
#include "tui/draw/chart.h"

#include <math.h>

#define STEP_MS 1000

static struct chart chart_of(const struct chart_series *series, size_t n_values)
{
    return (struct chart){
        .series = series,
        .n_series = 1,
        .start_ms = 0,
        .end_ms = (int64_t)(n_values - 1) * STEP_MS,
        .min = CHART_AUTO,
        .max = CHART_AUTO,
        .unit = "none",
        .cursor_ms = -1,
    };
}

static struct chart_series series_of(const double *values, size_t n_values)
{
    return (struct chart_series){values, n_values, 0, STEP_MS, ROLE_SERIES_1, 0, false};
}

static void check_drawn(
    const struct chart *chart, int width, int height, enum encoding encoding, const char *expected)
{
    CLEANUP(grid_finish) struct grid grid;
    CLEANUP(buffer_finish) struct buffer out;

    grid_init(&grid, width, height, encoding);
    chart_draw(&grid, grid_rect(&grid), chart);
    buffer_init(&out, 1 << 16);
    grid_write_text(&grid, &out);
    assert_string_equal(buffer_text(&out), expected);
}

static void a_line_joins_its_points(void **state)
{
    static const double values[] = {0, 1, 2, 3, 3, 0};
    struct chart_series series = series_of(values, 6);
    struct chart chart = chart_of(&series, 6);

    (void)state;
    chart.min = 0;
    chart.max = 3;
    check_drawn(&chart, 6, 4, ENCODING_ASCII, "   **\n  * *\n *   *\n*    *\n");
    check_drawn(&chart, 3, 1, ENCODING_UTF8, "⡠⠊⢣\n");
}

static void gaps_stay_gaps(void **state)
{
    static const double values[] = {1, CHART_AUTO, 1, 1, (double)INFINITY, 1};
    struct chart_series series = series_of(values, 6);
    struct chart chart = chart_of(&series, 6);

    (void)state;
    chart.min = 0;
    chart.max = 1;
    check_drawn(&chart, 6, 2, ENCODING_ASCII, "* ** *\n\n");
    check_drawn(&chart, 3, 1, ENCODING_UTF8, "⠁⠉⠈\n");
}

static void the_range_is_round_and_holds_the_limits(void **state)
{
    static const double values[] = {0.05, 0.29};
    static const double memory[] = {1000, 1010};
    static const double below[] = {-3, 2};
    struct chart_limit limit = {0.55, "warn", ROLE_LIMIT_WARN};
    struct chart_series series = series_of(values, 2);
    struct chart chart = chart_of(&series, 2);

    (void)state;
    CHECK_NEAR(chart_range(&chart).max, 0.4, 1e-12);
    CHECK(chart_range(&chart).min == 0);
    chart.limits = &limit;
    chart.n_limits = 1;
    CHECK_NEAR(chart_range(&chart).max, 0.6, 1e-12);
    chart.n_limits = 0;
    series.values = memory;
    CHECK(chart_range(&chart).min > 980 && chart_range(&chart).max < 1030);
    series.values = below;
    CHECK_NEAR(chart_range(&chart).min, -4, 1e-12);
    CHECK_NEAR(chart_range(&chart).max, 3, 1e-12);
    chart.max = 10;
    CHECK(chart_range(&chart).max == 10);
}

static void the_range_survives_any_number(void **state)
{
    static const double numbers[] = {0,      -0.0,       1e-308,           4.9e-324,          1e308,
                                     -1e308, CHART_AUTO, (double)INFINITY, -(double)INFINITY, 1};

    (void)state;
    for (size_t a = 0; a < COUNT_OF(numbers); a++) {
        for (size_t b = 0; b < COUNT_OF(numbers); b++) {
            double values[] = {numbers[a], numbers[b]};
            struct chart_series series = series_of(values, 2);
            struct chart chart = chart_of(&series, 2);
            struct chart_range range;

            for (size_t fixed = 0; fixed < COUNT_OF(numbers); fixed++) {
                chart.max = numbers[fixed];
                range = chart_range(&chart);
                CHECK(isfinite(range.min) && isfinite(range.max) && range.max > range.min);
                CHECK(isfinite(range.max - range.min));
            }
        }
    }
}

static void values_beyond_the_range_are_at_its_edge(void **state)
{
    static const double values[] = {-5, 0.5, 99};
    struct chart_series series = series_of(values, 3);
    struct chart chart = chart_of(&series, 3);

    (void)state;
    chart.min = 0;
    chart.max = 1;
    check_drawn(&chart, 3, 3, ENCODING_ASCII, "  *\n *\n*\n");
}

static void labels_say_top_middle_and_bottom(void **state)
{
    static const double values[] = {CHART_AUTO, CHART_AUTO};
    struct chart_series series = series_of(values, 2);
    struct chart chart = chart_of(&series, 2);

    (void)state;
    chart.min = 0;
    chart.max = 0.4;
    check_drawn(&chart, 20, 5, ENCODING_ASCII, " 0.40\n\n 0.20\n\n 0.00\n");
    check_drawn(&chart, 20, 2, ENCODING_ASCII, " 0.40\n 0.00\n");
    check_drawn(&chart, 10, 2, ENCODING_ASCII, "\n\n");
}

static void limits_are_named_lines(void **state)
{
    static const double values[] = {CHART_AUTO, CHART_AUTO};
    struct chart_limit limits[] = {{1, "crit", ROLE_LIMIT_CRIT}, {9, "far", ROLE_LIMIT_WARN}};
    struct chart_series series = series_of(values, 2);
    struct chart chart = chart_of(&series, 2);

    (void)state;
    chart.min = 0;
    chart.max = 2;
    chart.limits = limits;
    chart.n_limits = 2;
    check_drawn(&chart, 12, 3, ENCODING_ASCII, "\ncrit. . . .\n\n");
    check_drawn(&chart, 12, 3, ENCODING_UTF8, "\ncrit╌ ╌ ╌ ╌\n\n");
}

static void a_limit_is_named_where_no_data_is(void **state)
{
    static const double values[] = {1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2};
    struct chart_limit limit = {1, "warn", ROLE_LIMIT_WARN};
    struct chart_series series = series_of(values, 12);
    struct chart chart = chart_of(&series, 12);

    (void)state;
    chart.min = 0;
    chart.max = 2;
    chart.limits = &limit;
    chart.n_limits = 1;
    check_drawn(&chart, 12, 3, ENCODING_ASCII, "    ********\n****warn. .\n\n");
}

static void events_are_vertical_marks_behind_the_data(void **state)
{
    static const double values[] = {0, 0, 0, 0, 0};
    struct chart_mark marks[] = {{2000, "S8"}, {99000, "out"}};
    struct chart_series series = series_of(values, 5);
    struct chart chart = chart_of(&series, 5);

    (void)state;
    chart.min = 0;
    chart.max = 1;
    chart.marks = marks;
    chart.n_marks = 2;
    check_drawn(&chart, 5, 3, ENCODING_ASCII, "  :\n  :\n*****\n");
}

static void the_time_axis_has_round_times_and_feet(void **state)
{
    static const double values[] = {CHART_AUTO, CHART_AUTO};
    struct chart_mark mark = {50 * 60000, "S8"};
    struct chart_series series = series_of(values, 2);
    struct chart chart = chart_of(&series, 2);

    (void)state;
    chart.start_ms = 2 * 60000;
    chart.end_ms = 62 * 60000;
    chart.has_time_axis = true;
    chart.marks = &mark;
    chart.n_marks = 1;
    chart.max = 1;
    chart.min = 0;
    check_drawn(&chart, 46, 4, ENCODING_ASCII,
                " 1.00                                :\n"
                "                                     :\n"
                " 0.00                                :\n"
                "              00:15     00:30        ^S8 01:00\n");
}

static void columns_and_moments_agree(void **state)
{
    static const double values[] = {1, 2};
    struct rect rect = {3, 2, 60, 10};
    struct chart_series series = series_of(values, 2);
    struct chart chart = chart_of(&series, 2);

    (void)state;
    chart.end_ms = 3600000;
    for (int x = rect.x + CHART_LABEL_WIDTH; x < rect.x + rect.width; x++)
        assert_int_equal(chart_column_of(&chart, rect, chart_moment_at(&chart, rect, x)), x);
    CHECK(chart_moment_at(&chart, rect, rect.x) == -1);
    CHECK(chart_column_of(&chart, rect, -1) == -1 && chart_column_of(&chart, rect, 3600001) == -1);
}

static void a_cursor_is_a_column(void **state)
{
    static const double values[] = {1, 1, 1};
    struct chart_series series = series_of(values, 3);
    struct chart chart = chart_of(&series, 3);

    (void)state;
    chart.cursor_ms = 1000;
    chart.min = 0;
    chart.max = 1;
    check_drawn(&chart, 3, 2, ENCODING_UTF8, "⠉⠉⠉\n │\n");
}

/* ---- Bars ----------------------------------------------------------------------------------- */

static void check_spark(
    const double *values, size_t n, int width, enum encoding encoding, const char *expected)
{
    CLEANUP(grid_finish) struct grid grid;
    CLEANUP(buffer_finish) struct buffer out;
    struct spark spark = {values, n, CHART_AUTO, CHART_AUTO, style_of(ROLE_SERIES_1)};

    grid_init(&grid, width, 1, encoding);
    bars_spark(&grid, grid_rect(&grid), &spark);
    buffer_init(&out, 1 << 10);
    grid_write_text(&grid, &out);
    assert_string_equal(buffer_text(&out), expected);
}

static void sparklines_have_eight_levels(void **state)
{
    static const double values[] = {0, 1, 2, 3, 4, 5, 6, 7};

    (void)state;
    check_spark(values, 8, 8, ENCODING_UTF8, "▁▂▃▄▅▆▇█\n");
    check_spark(values, 8, 8, ENCODING_ASCII, "_.-:=+*#\n");
    check_spark(values, 8, 4, ENCODING_UTF8, "▂▄▆█\n");
    check_spark(values, 3, 5, ENCODING_UTF8, "  ▁▅█\n");
}

static void sparklines_show_gaps_and_survive_extremes(void **state)
{
    static const double values[] = {1, CHART_AUTO, 3, (double)INFINITY};
    static const double extreme[] = {-1.7e308, 1.7e308};
    static const double equal[] = {5, 5};

    (void)state;
    check_spark(values, 4, 4, ENCODING_UTF8, "▁ █\n");
    check_spark(extreme, 2, 2, ENCODING_UTF8, "▁█\n");
    check_spark(equal, 2, 2, ENCODING_UTF8, "▁▁\n");
    check_spark(values, 0, 4, ENCODING_UTF8, "\n");
}

static void check_gauge(double value, enum encoding encoding, const char *expected)
{
    static const double limits[] = {70};
    CLEANUP(grid_finish) struct grid grid;
    CLEANUP(buffer_finish) struct buffer out;
    struct gauge gauge = {value, 0, 100, limits, 1, ROLE_OK};

    grid_init(&grid, 10, 1, encoding);
    bars_gauge(&grid, grid_rect(&grid), &gauge);
    buffer_init(&out, 1 << 10);
    grid_write_text(&grid, &out);
    assert_string_equal(buffer_text(&out), expected);
}

static void gauges_fill_by_eighths(void **state)
{
    (void)state;
    check_gauge(35, ENCODING_UTF8, "███▌░░░│░░\n");
    check_gauge(100, ENCODING_UTF8, "██████████\n");
    check_gauge(0, ENCODING_UTF8, "░░░░░░░│░░\n");
    check_gauge(0.01, ENCODING_UTF8, "▏░░░░░░│░░\n");
    check_gauge(CHART_AUTO, ENCODING_UTF8, "░░░░░░░│░░\n");
    check_gauge(1e9, ENCODING_UTF8, "██████████\n");
    check_gauge(50, ENCODING_ASCII, "[####-|--]\n");
}

static void histograms_stand_in_pairs(void **state)
{
    static const double reference[] = {0.5, 0.5, 0};
    static const double current[] = {0, 0.25, 0.75};
    static const char *const labels[] = {"a", "b", "c"};
    CLEANUP(grid_finish) struct grid grid;
    CLEANUP(buffer_finish) struct buffer out;
    struct histogram_pair pair = {reference, current, 3, labels, ROLE_SERIES_1};

    (void)state;
    grid_init(&grid, 9, 4, ENCODING_UTF8);
    assert_int_equal(bars_histogram_pair(&grid, grid_rect(&grid), &pair), 3);
    buffer_init(&out, 1 << 10);
    grid_write_text(&grid, &out);
    assert_string_equal(buffer_text(&out), "       █\n▒  ▒   █\n▒  ▒█  █\na  b  c\n");
    CHECK(grid_at(&grid, 0, 2)->style.fg == ROLE_REFERENCE);
    CHECK(grid_at(&grid, 4, 2)->style.fg == ROLE_SERIES_1);
}

static void a_histogram_without_room_draws_what_fits(void **state)
{
    static const double shares[] = {0.2, 0.2, 0.2, 0.2, 0.2};
    CLEANUP(grid_finish) struct grid grid;
    struct histogram_pair pair = {shares, shares, 5, NULL, ROLE_SERIES_1};

    (void)state;
    grid_init(&grid, 5, 2, ENCODING_ASCII);
    assert_int_equal(bars_histogram_pair(&grid, grid_rect(&grid), &pair), 2);
    assert_int_equal(bars_histogram_pair(&grid, (struct rect){0, 0, 1, 2}, &pair), 0);
}

static void big_values_are_tall_where_they_fit(void **state)
{
    CLEANUP(grid_finish) struct grid grid;
    CLEANUP(buffer_finish) struct buffer out;

    (void)state;
    grid_init(&grid, 14, 3, ENCODING_UTF8);
    bars_big_value(&grid, grid_rect(&grid), ROLE_OK, "1.7s");
    buffer_init(&out, 1 << 10);
    grid_write_text(&grid, &out);
    assert_string_equal(buffer_text(&out), "▄█      ▀▀█\n █       █\n▀▀▀  ▀   ▀  s\n");
    grid_resize(&grid, 6, 1);
    bars_big_value(&grid, grid_rect(&grid), ROLE_OK, "1.7s");
    buffer_clear(&out);
    grid_write_text(&grid, &out);
    assert_string_equal(buffer_text(&out), " 1.7s\n");
}

static void a_logarithmic_axis_has_a_decade_for_a_decade(void **state)
{
    static const double values[] = {1, 10, 100, 0, 1000, -5, 1000};
    struct chart_series series = series_of(values, 7);
    struct chart chart = chart_of(&series, 7);
    struct chart_range range;

    (void)state;
    chart.is_logarithmic = true;
    range = chart_range(&chart);
    CHECK(range.min == 1 && range.max == 1000 && chart_has_log_axis(&chart));
    /* What is not over 0 is a gap. */
    check_drawn(&chart, 7, 4, ENCODING_ASCII, "    * *\n  *\n *\n*\n");
}

static void a_logarithmic_axis_needs_something_over_0(void **state)
{
    static const double values[] = {0, -1, CHART_AUTO};
    struct chart_series series = series_of(values, 3);
    struct chart chart = chart_of(&series, 3);

    (void)state;
    chart.is_logarithmic = true;
    CHECK(!chart_has_log_axis(&chart) && chart_range(&chart).min < 0);
}

static void what_is_earlier_is_dim(void **state)
{
    static const double values[] = {1, 1};
    struct chart_series series = series_of(values, 2);
    struct chart chart = chart_of(&series, 2);
    struct grid grid;

    (void)state;
    series.is_dim = true;
    series.mark = ',';
    grid_init(&grid, 2, 1, ENCODING_ASCII);
    chart_draw(&grid, grid_rect(&grid), &chart);
    CHECK(grid_at(&grid, 0, 0)->code == ',' && grid_at(&grid, 0, 0)->style.flags == STYLE_DIM);
    grid_finish(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_joins_its_points),
        TEST(gaps_stay_gaps),
        TEST(the_range_is_round_and_holds_the_limits),
        TEST(the_range_survives_any_number),
        TEST(values_beyond_the_range_are_at_its_edge),
        TEST(labels_say_top_middle_and_bottom),
        TEST(limits_are_named_lines),
        TEST(a_limit_is_named_where_no_data_is),
        TEST(events_are_vertical_marks_behind_the_data),
        TEST(the_time_axis_has_round_times_and_feet),
        TEST(columns_and_moments_agree),
        TEST(a_cursor_is_a_column),
        TEST(a_logarithmic_axis_has_a_decade_for_a_decade),
        TEST(a_logarithmic_axis_needs_something_over_0),
        TEST(what_is_earlier_is_dim),
        TEST(sparklines_have_eight_levels),
        TEST(sparklines_show_gaps_and_survive_extremes),
        TEST(gauges_fill_by_eighths),
        TEST(histograms_stand_in_pairs),
        TEST(a_histogram_without_room_draws_what_fits),
        TEST(big_values_are_tall_where_they_fit),
    };

    return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
