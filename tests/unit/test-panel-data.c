#include "dashboard_case.h"

#include "common/alloc.h"
#include "tui/board/heat.h"
#include "tui/board/panel_table.h"
#include "tui/draw/text_view.h"
#include "tui/text/markup.h"

#include <math.h>

/* What the types of panels take from a file, and make of their series. */

static struct dashboard *read_panel(const char *panel)
{
    CLEANUP(freep) char *text = xprintf_dup("{\"panels\":[%s]}", panel);

    return dashboard_case_read(text);
}

/* ---- Series ------------------------------------------------------------------------------------ */

#define POINTS 3

/* labels: name and value by turns, up to NULL. */
static void add_series(struct series_set *set,
                       size_t target,
                       const char *const *labels,
                       double first,
                       double second,
                       double third)
{
    struct labels of = {0};
    struct series *series;

    set->grid = (struct time_grid){0, 1000, POINTS};
    for (; *labels; labels += 2) {
        of.at = xrealloc_array(of.at, of.n + 1, sizeof(*of.at));
        of.at[of.n++] = (struct label){xstrdup(labels[0]), xstrdup(labels[1])};
    }
    series = series_set_obtain(set, target, &of, "name");
    series->values[0] = first;
    series->values[1] = second;
    series->values[2] = third;
    labels_finish(&of);
}

#define LABELS(...)                                                                                \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* ---- Heatmaps ----------------------------------------------------------------------------------- */

static void buckets_are_told_apart_by_their_bounds(void **state)
{
    static const struct heatmap_options options = {.is_calculated = false};
    struct series_set set = {.n = 0};
    struct heat heat;

    (void)state;
    add_series(&set, 0, LABELS("le", "+Inf"), 6, 5, NAN);
    add_series(&set, 0, LABELS("le", "0.5"), 4, 5.0000001, NAN);
    add_series(&set, 0, LABELS("le", "0.1"), 1, 2, NAN);
    add_series(&set, 0, LABELS("le", "0.1", "job", "b"), 1, NAN, NAN); /* adds to the other */
    add_series(&set, 0, LABELS("le", "none"), 9, 9, 9);                /* is no bucket */
    heat_make(&options, &set, &heat);
    CHECK(heat.kind == HEAT_BUCKETS && heat.n_rows == 3 && heat.n_points == POINTS);
    CHECK(heat.rows[0].upper == 0.1 && heat.rows[1].upper == 0.5 && isinf(heat.rows[2].upper));
    CHECK(heat_sum(&heat, 0, 1, 0, 1) == 2);
    CHECK(heat_sum(&heat, 1, 2, 0, 1) == 2 && heat_sum(&heat, 2, 3, 0, 1) == 2);
    CHECK(heat_sum(&heat, 2, 3, 1, 2) == 0); /* rounding goes below nothing */
    CHECK(heat_sum(&heat, 0, 3, 0, 1) == 6 && heat_sum(&heat, 0, 1, 0, 2) == 2);
    CHECK(isnan(heat_sum(&heat, 0, 3, 2, 3))); /* a gap is not nothing */
    heat_finish(&heat);
    series_set_finish(&set);
}

static void values_are_counted_in_ranges(void **state)
{
    static const struct heatmap_options options = {.is_calculated = true};
    struct series_set set = {.n = 0};
    struct heat heat;

    (void)state;
    add_series(&set, 0, LABELS("a", "1"), 0, 12, INFINITY);
    add_series(&set, 0, LABELS("a", "2"), 0.5, 6, NAN);
    heat_make(&options, &set, &heat);
    CHECK(heat.kind == HEAT_VALUES && heat.n_rows == HEAT_CALCULATED_ROWS);
    CHECK(heat.rows[0].upper == 1 && heat.rows[HEAT_CALCULATED_ROWS - 1].upper == 12);
    CHECK(heat_sum(&heat, 0, 1, 0, 1) == 2);                      /* 0 and 0.5 */
    CHECK(heat_sum(&heat, 11, 12, 1, 2) == 1);                    /* 12 */
    CHECK(heat_sum(&heat, 0, 12, 1, 2) == 2);                     /* and 6 */
    CHECK(isnan(heat_sum(&heat, 0, HEAT_CALCULATED_ROWS, 2, 3))); /* no number */
    heat_finish(&heat);
    series_set_finish(&set);
}

static void series_without_bounds_are_rows(void **state)
{
    static const struct heatmap_options options = {.is_calculated = false};
    struct series_set set = {.n = 0};
    struct heat heat;

    (void)state;
    heat_make(&options, &set, &heat);
    CHECK(heat.n_rows == 0);
    heat_finish(&heat);
    add_series(&set, 0, LABELS("code", "200"), 1, 2, 3);
    add_series(&set, 0, LABELS("code", "500"), 0, 1, NAN);
    heat_make(&options, &set, &heat);
    CHECK(heat.kind == HEAT_SERIES && heat.n_rows == 2 && heat_sum(&heat, 1, 2, 0, 2) == 0.5);
    assert_string_equal(heat.rows[1].name, "name");
    heat_finish(&heat);
    series_set_finish(&set);
}

static void the_axis_of_a_heatmap_has_its_own_unit(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = read_panel(
        "{\"type\":\"heatmap\",\"targets\":[{\"expr\":\"x\",\"format\":\"heatmap\"}],\"options\":"
        "{\"calculate\":true,\"yAxis\":{\"unit\":\"s\"},\"cellValues\":{\"unit\":\"reqps\"}},"
        "\"fieldConfig\":{\"defaults\":{\"unit\":\"short\"}}},"
        "{\"type\":\"heatmap\",\"targets\":[{\"expr\":\"x\"}],\"yAxis\":{\"format\":\"ms\"}},"
        "{\"type\":\"heatmap\",\"targets\":[{\"expr\":\"x\"}],\"fieldConfig\":{\"defaults\":"
        "{\"unit\":\"bytes\"}}}");

    (void)state;
    assert_string_equal(d->panels[0].heatmap.unit, "s");
    assert_string_equal(d->panels[0].unit, "reqps");
    CHECK(d->panels[0].heatmap.is_calculated && d->panels[0].targets[0].is_heatmap);
    assert_string_equal(d->panels[1].heatmap.unit, "ms");
    assert_string_equal(d->panels[2].heatmap.unit, "bytes");
    assert_string_equal(d->panels[2].unit, "");
}

/* ---- Tables -------------------------------------------------------------------------------------- */

#define TABLE                                                                                              \
    "{\"type\":\"table\",\"targets\":[{\"refId\":\"A\",\"expr\":\"a\"},{\"refId\":\"B\",\"expr\":\"b\"}]," \
    "\"options\":{\"sortBy\":[{\"displayName\":\"Free\",\"desc\":true}]},"                                 \
    "\"fieldConfig\":{\"defaults\":{\"unit\":\"short\"},\"overrides\":[{\"matcher\":{\"id\":\"byName\","   \
    "\"options\":\"Value #B\"},\"properties\":[{\"id\":\"unit\",\"value\":\"s\"},{\"id\":\"decimals\","    \
    "\"value\":2},{\"id\":\"displayName\",\"value\":\"Free\"},{\"id\":\"links\",\"value\":[]}]}]},"        \
    "\"transformations\":[{\"id\":\"merge\"},{\"id\":\"organize\",\"options\":{\"excludeByName\":"         \
    "{\"Time\":true,\"job\":true,\"keep\":false},\"indexByName\":{\"mount\":0,\"Value #B\":1},"            \
    "\"renameByName\":{\"mount\":\"Mounted on\"}}},{\"id\":\"reduce\"},{\"id\":\"x\",\"disabled\":true}]}"

static void a_table_has_the_columns_that_the_file_arranges(void **state)
{
    CLEANUP(dashboard_unrefp) struct dashboard *d = read_panel(TABLE);
    const struct panel *panel = &d->panels[0];
    struct series_set set = {.n = 0};
    struct panel_table table;

    (void)state;
    add_series(&set, 0, LABELS("mount", "/", "job", "a", "dev", "sda"), 1, 1, 10);
    add_series(&set, 0, LABELS("mount", "/x", "job", "a", "dev", "sdb"), 1, 1, 20);
    add_series(&set, 1, LABELS("__name__", "b", "mount", "/", "job", "a", "dev", "sda"), 1, 1, 3);
    add_series(&set, 1, LABELS("mount", "/y", "job", "a", "dev", "sdc"), 1, 1, 4);
    panel_table_make(panel, &set, &table);
    CHECK(table.n_columns == 5 && table.n_rows == 3);
    assert_string_equal(table.columns[0].title, "Mounted on");
    assert_string_equal(table.columns[1].title, "Free");
    assert_string_equal(table.columns[1].unit, "s");
    CHECK(table.columns[1].decimals == 2 && table.columns[4].decimals == -1);
    assert_string_equal(table.columns[2].title, "__name__");
    assert_string_equal(table.columns[3].title, "dev");
    assert_string_equal(table.columns[4].title, "Value #A");
    /* The largest first; what has no value is the least and comes last or first with the order. */
    CHECK(isnan(panel_table_value(&table, 0, 1)) && panel_table_value(&table, 1, 1) == 4);
    CHECK(panel_table_value(&table, 2, 1) == 3 && panel_table_value(&table, 2, 4) == 10);
    panel_table_finish(&table);
    series_set_finish(&set);
    CHECK(panel->notes.n == 1 && dashboard_case_has_note(&panel->notes, "'reduce'"));
}

static void queries_are_joined_by_a_label(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = read_panel(
        "{\"type\":\"table\",\"targets\":[{\"refId\":\"A\",\"expr\":\"a\"},{\"refId\":\"B\","
        "\"expr\":\"b\"}],\"transformations\":[{\"id\":\"joinByField\",\"options\":{\"byField\":"
        "\"node\"}}]}");
    struct series_set set = {.n = 0};
    struct panel_table table;

    (void)state;
    add_series(&set, 0, LABELS("node", "n", "x", "1"), 1, 1, 10);
    add_series(&set, 1, LABELS("node", "n", "y", "2"), 1, 1, 20);
    panel_table_make(&d->panels[0], &set, &table);
    CHECK(table.n_rows == 1 && table.n_columns == 5);
    CHECK(panel_table_value(&table, 0, 3) == 10 && panel_table_value(&table, 0, 4) == 20);
    panel_table_finish(&table);
    series_set_finish(&set);
}

/* ---- Mappings, overrides ------------------------------------------------------------------------- */

static void values_have_words(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = read_panel(
        "{\"type\":\"stat\",\"targets\":[{\"expr\":\"up\"}],\"fieldConfig\":{\"defaults\":{\"mappings\":["
        "{\"type\":\"value\",\"options\":{\"0\":{\"text\":\"DOWN\",\"color\":\"red\"},\"x\":{\"text\":\"?\"}}},"
        "{\"type\":\"range\",\"options\":{\"from\":1,\"to\":2,\"result\":{\"text\":\"UP\",\"color\":\"green\"}}},"
        "{\"type\":\"range\",\"options\":{\"from\":9,\"to\":null,\"result\":{\"text\":\"MUCH\"}}},"
        "{\"type\":\"special\",\"options\":{\"match\":\"null+nan\",\"result\":{\"text\":\"GONE\"}}},"
        "{\"type\":1,\"value\":\"5\",\"text\":\"old\"},{\"type\":2,\"from\":\"6\",\"to\":\"7\",\"text\":\"range\"}],"
        "\"thresholds\":{\"steps\":[{\"color\":\"orange\",\"value\":null}]}}}}");
    const struct panel *panel = &d->panels[0];

    static const struct {
        double value;
        const char *text; /* NULL: none */
        enum threshold_level level;
    } cases[] = {
        {0, "DOWN", LEVEL_CRIT},   {1.5, "UP", LEVEL_OK},  {1e9, "MUCH", LEVEL_WARN},
        {3, NULL, LEVEL_WARN},     {5, "old", LEVEL_WARN}, {6.5, "range", LEVEL_WARN},
        {NAN, "GONE", LEVEL_NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct value_mapping *mapping = panel_mapping(panel, cases[i].value);

        CHECK((mapping != NULL) == (cases[i].text != NULL));
        if (mapping)
            assert_string_equal(mapping->text, cases[i].text);
        CHECK(panel_level(panel, cases[i].value) == cases[i].level);
    }
}

static void overrides_of_the_look_are_not_missed(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = read_panel(
        "{\"type\":\"timeseries\",\"targets\":[{\"expr\":\"up\"}],\"fieldConfig\":{\"overrides\":["
        "{\"matcher\":{\"id\":\"byName\",\"options\":\"a\"},\"properties\":[{\"id\":\"color\"},"
        "{\"id\":\"custom.lineWidth\"}]},"
        "{\"matcher\":{\"id\":\"byName\",\"options\":\"b\"},\"properties\":[{\"id\":\"unit\",\"value\":\"s\"}]}]}}");

    (void)state;
    CHECK(d->panels[0].notes.n == 1 &&
          dashboard_case_has_note(&d->panels[0].notes, "1 field override is"));
}

static void colours_as_numbers_mean_levels_too(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = read_panel(
        "{\"type\":\"stat\",\"targets\":[{\"expr\":\"up\"}],\"fieldConfig\":{\"defaults\":{\"thresholds\":{"
        "\"steps\":[{\"color\":\"rgba(50, 172, 45, 0.97)\",\"value\":null},{\"color\":\"rgb(237,129,40)\","
        "\"value\":1},{\"color\":\"rgba(245, 54, 54, 0.9)\",\"value\":2},{\"color\":\"rgb(900,1)\",\"value\":3}]}}}}");

    (void)state;
    CHECK(panel_level(&d->panels[0], 0) == LEVEL_OK && panel_level(&d->panels[0], 1) == LEVEL_WARN);
    CHECK(panel_level(&d->panels[0], 2) == LEVEL_CRIT &&
          panel_level(&d->panels[0], 3) == LEVEL_NONE);
}

/* ---- Panels of before Grafana 8 ------------------------------------------------------------------- */

static void old_panels_are_read_as_the_new_ones(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = read_panel(
        "{\"type\":\"graph\",\"targets\":[{\"expr\":\"x\"}],\"bars\":true,\"stack\":true,\"yaxes\":[{\"format\":"
        "\"s\",\"min\":\"0\",\"max\":null,\"logBase\":10},{}],\"thresholds\":[{\"op\":\"gt\",\"value\":5,"
        "\"colorMode\":\"critical\"},{\"op\":\"lt\",\"value\":1,\"colorMode\":\"critical\"}]},"
        "{\"type\":\"singlestat\",\"targets\":[{\"expr\":\"x\"}],\"format\":\"bytes\",\"valueName\":\"avg\","
        "\"thresholds\":\"10,20\",\"colorValue\":true,\"colors\":[\"#299c46\",\"#e5ac0e\",\"#bf1b00\"],"
        "\"valueMaps\":[{\"op\":\"=\",\"value\":\"1\",\"text\":\"OK\"}],\"postfix\":\" x\"},"
        "{\"type\":\"singlestat\",\"targets\":[{\"expr\":\"x\"}],\"gauge\":{\"show\":true,\"maxValue\":50}},"
        "{\"type\":\"table-old\",\"targets\":[{\"expr\":\"x\"}],\"styles\":[{}]}");
    const struct panel *graph = &d->panels[0], *stat = &d->panels[1];

    (void)state;
    CHECK(graph->type == PANEL_TIMESERIES && graph->min == 0 && isnan(graph->max));
    CHECK(graph->is_logarithmic && graph->are_thresholds_lines && graph->notes.n == 3);
    assert_string_equal(graph->unit, "s");
    CHECK(panel_level(graph, 4) == LEVEL_NONE && panel_level(graph, 5) == LEVEL_CRIT);
    CHECK(stat->type == PANEL_STAT && stat->calc == CALC_MEAN && stat->notes.n == 1);
    CHECK(panel_level(stat, 9) == LEVEL_OK && panel_level(stat, 10) == LEVEL_WARN);
    CHECK(panel_level(stat, 20) == LEVEL_CRIT && panel_mapping(stat, 1));
    CHECK(d->panels[2].type == PANEL_GAUGE && d->panels[2].min == 0 && d->panels[2].max == 50);
    CHECK(d->panels[3].type == PANEL_TABLE && d->panels[3].notes.n == 1);
}

/* ---- Lists of alerts ------------------------------------------------------------------------------ */

static void a_list_of_alerts_has_its_filter(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = read_panel(
        "{\"type\":\"alertlist\",\"options\":{\"alertName\":\"ML\",\"maxItems\":7,\"sortOrder\":4,"
        "\"stateFilter\":{\"firing\":true,\"pending\":false,\"normal\":true},\"viewMode\":\"stat\","
        "\"alertInstanceLabelFilter\":\"{a=\\\"b\\\", c!~\\\"d.*\\\"}\",\"groupBy\":[\"x\"]}},"
        "{\"type\":\"alertlist\",\"targets\":[]},"
        "{\"type\":\"alertlist\",\"options\":{\"alertInstanceLabelFilter\":\"{a=b}\"}}");
    const struct alertlist_options *alerts = &d->panels[0].alertlist;

    (void)state;
    assert_string_equal(alerts->name, "ML");
    CHECK(alerts->n_most == 7 && alerts->order == ALERT_ORDER_OLDEST && alerts->is_number_alone);
    CHECK(alerts->shows_firing && !alerts->shows_pending && alerts->n_matchers == 2);
    assert_string_equal(alerts->matchers[1].value, "d.*");
    CHECK(alerts->matchers[1].is_negated && alerts->matchers[1].is_pattern);
    CHECK(!alerts->matchers[0].is_negated && !alerts->matchers[0].is_pattern);
    CHECK(d->panels[0].notes.n == 2 && dashboard_case_has_note(&d->panels[0].notes, "groups"));
    CHECK(panel_is_drawn(&d->panels[1]) && d->panels[1].notes.n == 0);
    CHECK(d->panels[1].alertlist.shows_pending && d->panels[1].alertlist.n_most == 0);
    CHECK(dashboard_case_has_note(&d->panels[2].notes, "filter of labels"));
}

/* ---- Texts ---------------------------------------------------------------------------------------- */

static void expect_text(const char *options, const char *text)
{
    CLEANUP(freep) char *json = xprintf_dup("{\"type\":\"text\",\"options\":%s}", options);
    CLEANUP(dashboard_unrefp) struct dashboard *d = read_panel(json);

    CHECK(d->panels[0].text);
    assert_string_equal(d->panels[0].text, text);
}

static void texts_are_read_as_their_mode_says(void **state)
{
    (void)state;
    expect_text("{\"content\":\"# A\\nb\\nc **d** [e](http://f) ![g](h)\\n\\n- i\"}",
                "\x01"
                "A\nb c d e (http://f) g\n\n- i");
    expect_text("{\"content\":\"```\\nx  **y**\\n```\\nz <b>&lt;</b>\",\"mode\":\"markdown\"}",
                "    x  **y**\nz <");
    expect_text(
        "{\"content\":\"<p>You &amp;\\n me</p><ul><li>a</li><li>b</li></ul><!-- c -->\",\"mode\":\"html\"}",
        "You & me\n- a\n- b");
    expect_text("{\"content\":\"{\\n\\t\\\"a\\\": **1**\",\"mode\":\"code\"}", "{\n \"a\": **1**");
    expect_text("{\"content\":\"a \\u001b[31m b\"}", "a ?[31m b");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(buckets_are_told_apart_by_their_bounds),
        TEST(values_are_counted_in_ranges),
        TEST(series_without_bounds_are_rows),
        TEST(the_axis_of_a_heatmap_has_its_own_unit),
        TEST(a_table_has_the_columns_that_the_file_arranges),
        TEST(queries_are_joined_by_a_label),
        TEST(values_have_words),
        TEST(overrides_of_the_look_are_not_missed),
        TEST(colours_as_numbers_mean_levels_too),
        TEST(old_panels_are_read_as_the_new_ones),
        TEST(a_list_of_alerts_has_its_filter),
        TEST(texts_are_read_as_their_mode_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
