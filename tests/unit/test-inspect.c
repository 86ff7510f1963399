#include "test.h"

#include "tui/board/inspect.h"
#include "tui/board/inspect_data.h"

#include <math.h>

#define S    ((int64_t)1000)
#define HOUR ((int64_t)3600 * S)
#define GAP  ((double)NAN)

/* A panel that is orange from 0.3 on and red from 0.5 on. */
static struct threshold steps[] = {
    {-(double)INFINITY, LEVEL_OK, "green"}, {0.3, LEVEL_WARN, "orange"}, {0.5, LEVEL_CRIT, "red"}};
static const struct panel panel = {.n_thresholds = 3, .thresholds = steps, .decimals = -1};
static const struct panel bare = {.decimals = -1};

static struct series series_of(double *values)
{
    return (struct series){.values = values, .last = GAP};
}

#define GRID_OF(values)                                                                            \
    {                                                                                              \
        100 * S, 10 * S, COUNT_OF(values)                                                          \
    }

/* ---- Statistics -------------------------------------------------------------------------------- */

static void statistics_pass_over_what_has_no_value(void **state)
{
    double values[] = {GAP, 1, GAP, GAP, 3, GAP, 2, GAP};
    struct series series = series_of(values);
    struct inspect_stats stats = inspect_stats_of(&series, COUNT_OF(values));

    (void)state;
    CHECK(stats.n_points == 8 && stats.n_missing == 5);
    CHECK(stats.n_gaps == 2); /* what is missing at the ends lies between no two values */
    CHECK(stats.min == 1 && stats.max == 3 && stats.last == 2);
    CHECK_NEAR(stats.mean, 2, 1e-12);
}

static void the_95th_percentile_is_a_value_of_the_line(void **state)
{
    double values[40];
    struct series series = series_of(values);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (double)(40 - i);
    CHECK(inspect_stats_of(&series, 40).p95 == 38); /* 38 of 40 are at or below it */
    CHECK(inspect_stats_of(&series, 1).p95 == 40);
}

static void a_line_without_values_has_no_statistics(void **state)
{
    double values[] = {GAP, GAP};
    struct series series = series_of(values);
    struct inspect_stats stats = inspect_stats_of(&series, 2);

    (void)state;
    CHECK(stats.n_missing == 2 && stats.n_gaps == 0);
    CHECK(isnan(stats.min) && isnan(stats.mean) && isnan(stats.p95) && isnan(stats.last));
    CHECK(inspect_stats_of(&series, 0).n_points == 0);
}

static void huge_values_have_a_mean(void **state)
{
    double values[] = {1.7e308, -1.7e308, 1.7e308, (double)INFINITY};
    struct series series = series_of(values);

    (void)state;
    CHECK_NEAR(inspect_stats_of(&series, 4).mean / 1e308, 1.7 / 3, 1e-9);
}

/* ---- Thresholds -------------------------------------------------------------------------------- */

static void the_newest_crossing_is_told(void **state)
{
    double up[] = {0.1, 0.6, 0.1, GAP, 0.35, 0.4}, down[] = {0.6, 0.7, 0.1, 0.2},
           flat[] = {0.1, 0.2};
    struct series series = series_of(up);
    struct time_grid grid = GRID_OF(up);
    struct inspect_crossing crossing = inspect_crossing_of(&panel, &series, &grid);

    (void)state;
    CHECK(crossing.has_crossed && crossing.is_up && crossing.threshold == 0.3);
    CHECK(crossing.at_ms == 140 * S); /* over the gap: the first point there */
    series = series_of(down);
    grid.n = COUNT_OF(down);
    crossing = inspect_crossing_of(&panel, &series, &grid);
    CHECK(crossing.has_crossed && !crossing.is_up && crossing.at_ms == 120 * S);
    CHECK(crossing.threshold == 0.3); /* of the two the one that it came to last */
    series = series_of(flat);
    grid.n = COUNT_OF(flat);
    CHECK(!inspect_crossing_of(&panel, &series, &grid).has_crossed);
    series = series_of(up);
    CHECK(!inspect_crossing_of(&bare, &series, &grid).has_crossed);
}

static void the_next_crossing_follows_the_slope(void **state)
{
    double rising[20], level[20], falling[20], threshold = GAP;
    struct series series = series_of(rising);
    struct time_grid grid = GRID_OF(rising);

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        rising[i] = 0.01 * (double)i;
        level[i] = 0.1;
        falling[i] = 0.4 - 0.01 * (double)i;
    }
    /* From 0.19 to 0.3 by 0.01 a point. */
    CHECK_NEAR((double)inspect_next_crossing_ms(&panel, &series, &grid, &threshold), 110e3, 100);
    CHECK(threshold == 0.3);
    CHECK(inspect_next_crossing_ms(&bare, &series, &grid, &threshold) == -1);
    series = series_of(level);
    CHECK(inspect_next_crossing_ms(&panel, &series, &grid, &threshold) == -1);
    series = series_of(falling); /* away from all of them */
    CHECK(inspect_next_crossing_ms(&panel, &series, &grid, &threshold) == -1);
    rising[19] = 0.0101;
    for (size_t i = 0; i < 20; i++)
        rising[i] = 0.01 + 1e-6 * (double)i; /* beyond the window's length */
    series = series_of(rising);
    CHECK(inspect_next_crossing_ms(&panel, &series, &grid, &threshold) == -1);
}

/* ---- At a moment ------------------------------------------------------------------------------- */

static void the_cursor_reads_the_nearest_point(void **state)
{
    double values[] = {1, 2, GAP};
    struct series series = series_of(values);
    struct time_grid grid = GRID_OF(values);

    (void)state;
    CHECK(inspect_value_at(&series, &grid, 104 * S) == 1);
    CHECK(inspect_value_at(&series, &grid, 106 * S) == 2);
    CHECK(isnan(inspect_value_at(&series, &grid, 120 * S)));
    CHECK(isnan(inspect_value_at(&series, &grid, 500 * S)));
    CHECK(inspect_value_at(&series, &grid, -1) == 2);
    CHECK(inspect_moment_of(&grid, -1) == 120 * S && inspect_moment_of(&grid, 7) == 7);
}

static void a_change_is_a_difference_and_a_ratio(void **state)
{
    char out[INSPECT_CHANGE_SIZE];

    (void)state;
    CHECK(inspect_format_change(out, &panel, 0.21, 0.07, "x"));
    assert_string_equal(out, "+0.14 (x3.0)");
    CHECK(inspect_format_change(out, &panel, 0.07, 0.21, "x"));
    assert_string_equal(out, "-0.14 (x0.33)");
    CHECK(inspect_format_change(out, &panel, 0.1, 0, "x"));
    assert_string_equal(out, "+0.10");
    CHECK(inspect_format_change(out, &panel, 1, -1, "x"));
    assert_string_equal(out, "+2");
    CHECK(!inspect_format_change(out, &panel, GAP, 1, "x"));
    CHECK(!inspect_format_change(out, &panel, 1, (double)INFINITY, "x"));
    CHECK(!inspect_format_change(out, &panel, 1.7e308, -1.7e308, "x"));
}

static void a_series_is_found_by_target_and_labels(void **state)
{
    char name[] = "job", a[] = "a", b[] = "b";
    struct label label_a = {name, a}, label_b = {name, b};
    struct labels labels_a = {.n = 1, .at = &label_a}, labels_b = {.n = 1, .at = &label_b};
    struct series_set set = {.grid = {0, S, 1}};
    struct series like = {.target = 1, .labels = labels_b};

    (void)state;
    (void)series_set_obtain(&set, 0, &labels_b, "0");
    (void)series_set_obtain(&set, 1, &labels_a, "1");
    CHECK(!inspect_find(&set, &like));
    (void)series_set_obtain(&set, 1, &labels_b, "2");
    assert_string_equal(inspect_find(&set, &like)->name, "2");
    series_set_finish(&set);
}

/* ---- Rules and names --------------------------------------------------------------------------- */

static void metrics_meet_by_their_family(void **state)
{
    struct inspect_metrics a = {0}, b = {0}, c = {0};

    (void)state;
    inspect_metrics_add(
        &a, "histogram_quantile(0.9, sum by (le) (rate(x_seconds_bucket{a=\"y\"}[5m])))");
    inspect_metrics_add(&b, "rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m]) > 1");
    inspect_metrics_add(&c, "x_seconds_total > 1 and y");
    assert_string_equal(a.names[0], "x_seconds_bucket");
    CHECK(a.n == 1 && b.n == 2 && c.n == 2);
    CHECK(inspect_metrics_meet(&a, &b) && !inspect_metrics_meet(&a, &c));
}

static void add_rule(struct prom_rules *rules, bool is_alert, const char *name, const char *query)
{
    struct prom_rule *rule;

    rules->at = realloc(rules->at, (rules->n + 1) * sizeof(*rules->at));
    rule = &rules->at[rules->n++];
    *rule = (struct prom_rule){.is_alert = is_alert, .query = strdup(query)};
    (void)snprintf(rule->name, sizeof(rule->name), "%s", name);
}

static void rules_about_a_panel_name_its_metrics_also_by_way_of_a_record(void **state)
{
    char expr[] = "max(drift_score)";
    struct target target = {.expr = expr, .is_asked = true};
    struct panel looked_at = {.n_targets = 1, .targets = &target};
    struct prom_rules all = {0}, about;

    (void)state;
    add_rule(&all, true, "Direct", "drift_score > 0.5");
    add_rule(&all, true, "Other", "latency > 0.5");
    add_rule(&all, false, "fleet:drift", "avg(drift_score)");
    add_rule(&all, true, "Indirect", "fleet:drift > 0.5");
    inspect_rules_take(&all, &looked_at, &about);
    CHECK(all.n == 0 && about.n == 2);
    assert_string_equal(about.at[0].name, "Direct");
    assert_string_equal(about.at[1].name, "Indirect");
    prom_rules_finish(&about);
}

static void exemplars_are_asked_for_around_the_cursor_in_long_windows_alone(void **state)
{
    struct time_grid half = {1000 * HOUR, 60 * S, 31}, day = {1000 * HOUR, 3600 * S, 25};
    int64_t from_ms, to_ms, from2_ms, to2_ms;

    (void)state;
    inspect_exemplar_span(&half, 1000 * HOUR + 5, &from_ms, &to_ms);
    CHECK(from_ms == 1000 * HOUR && to_ms == 1000 * HOUR + HOUR / 2 + 60 * S);
    inspect_exemplar_span(&day, 1010 * HOUR + 60 * S, &from_ms, &to_ms);
    inspect_exemplar_span(&day, 1010 * HOUR + 800 * S, &from2_ms, &to2_ms);
    CHECK(from_ms == from2_ms && to_ms == to2_ms);
    CHECK(from_ms == 1010 * HOUR - HOUR / 4 && to_ms == 1010 * HOUR + HOUR / 2);
    inspect_exemplar_span(&day, -1, &from_ms, &to_ms);
    CHECK(from_ms == 1024 * HOUR - HOUR / 4 && to_ms == 1024 * HOUR + HOUR / 2);
}

static void a_chart_without_points_has_no_moment(void **state)
{
    struct time_grid none = {0};

    (void)state;
    CHECK(inspect_moment_of(&none, -1) == -1 && inspect_moment_of(&none, 5) == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(statistics_pass_over_what_has_no_value),
        TEST(the_95th_percentile_is_a_value_of_the_line),
        TEST(a_line_without_values_has_no_statistics),
        TEST(huge_values_have_a_mean),
        TEST(the_newest_crossing_is_told),
        TEST(the_next_crossing_follows_the_slope),
        TEST(the_cursor_reads_the_nearest_point),
        TEST(a_change_is_a_difference_and_a_ratio),
        TEST(a_series_is_found_by_target_and_labels),
        TEST(metrics_meet_by_their_family),
        TEST(rules_about_a_panel_name_its_metrics_also_by_way_of_a_record),
        TEST(exemplars_are_asked_for_around_the_cursor_in_long_windows_alone),
        TEST(a_chart_without_points_has_no_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
