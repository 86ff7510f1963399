#include "dashboard_case.h"

#include "common/alloc.h"

#include <math.h>

static struct dashboard *load_shipped(const char *name)
{
    CLEANUP(freep)
    char *path =
        xprintf_dup("%s/assets/grafana/dashboards/%s.json", getenv("TW_SOURCE_ROOT"), name);
    struct dashboard *d = NULL;

    assert_int_equal(dashboard_load(path, &d, NULL), 0);
    return d;
}

static void what_is_shipped_is_drawn_whole(void **state)
{
    static const struct {
        const char *name;
        size_t n_panels;
    } shipped[] = {
        {"overview", 23}, {"ml-service", 27}, {"llm-quality", 26}, {"pipeline-health", 37}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(shipped); i++) {
        CLEANUP(dashboard_unrefp) struct dashboard *d = load_shipped(shipped[i].name);

        assert_string_equal(d->uid, shipped[i].name);
        CHECK(d->n_panels == shipped[i].n_panels && d->notes.n == 0 && d->refresh_ms == 10000);
        for (size_t p = 0; p < d->n_panels; p++)
            if (!panel_is_drawn(&d->panels[p]) || d->panels[p].notes.n > 0)
                fail_msg("%s: %s%s", d->panels[p].title, d->panels[p].reason,
                         d->panels[p].notes.text[0]);
    }
}

/* Marks of simulations stand in every chart, whoever asks for them. */
static void annotations_that_the_console_has_anyway_are_not_missed(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = dashboard_case_read(
        "{\"panels\":[],\"annotations\":{\"list\":["
        "{\"name\":\"a\",\"expr\":\"tidewatch_simulation_active > 0\"},"
        "{\"name\":\"b\",\"expr\":\"changes(process_start_time_seconds[1m]) > 0\"}]}}");

    (void)state;
    CHECK(d->notes.n == 1 && dashboard_case_has_note(&d->notes, "1 of its annotation"));
}

/* On a screen of 80x24 four panels are seen: they are what to look at first. */
static void the_overview_begins_with_what_matters_most(void **state)
{
    static const char *const first[] = {"Data drift", "Hallucination p90", "Average quality",
                                        "Triage latency p95"};
    CLEANUP(dashboard_unrefp) struct dashboard *d = load_shipped("overview");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(first); i++)
        assert_string_equal(d->panels[i].title, first[i]);
    CHECK(d->range_ms == 900000);
    CHECK(d->panels[0].min == 0 && d->panels[0].max == 1 && d->panels[0].decimals == 2);
    CHECK(d->panels[0].are_thresholds_lines && d->panels[0].n_thresholds == 3);
    CHECK(panel_level(&d->panels[0], 0.29) == LEVEL_OK);
    CHECK(panel_level(&d->panels[0], 0.3) == LEVEL_WARN);
    CHECK(panel_level(&d->panels[0], 0.5) == LEVEL_CRIT);
    CHECK(panel_level(&d->panels[1], 0.71) == LEVEL_CRIT);
    CHECK(panel_level(&d->panels[2], 0.1) == LEVEL_NONE); /* no alert judges it */
    CHECK(panel_level(&d->panels[3], 10) == LEVEL_CRIT);
    CHECK(panel_level(&d->panels[0], (double)NAN) == LEVEL_NONE);
}

static void what_cannot_be_drawn_keeps_its_place_with_its_reason(void **state)
{
    static const struct {
        const char *panel, *reason;
    } cases[] = {
        {"{\"type\":\"nodeGraph\"}", "type 'nodeGraph'"},
        {"{\"type\":\"bargauge\"}", "no query"},
        {"{\"type\":\"heatmap\",\"targets\":[{\"refId\":\"A\",\"datasource\":{\"type\":\"loki\"}}]}",
         "asks loki"},
        {"{\"type\":\"text\",\"options\":{\"content\":\" \\n\"}}", "no text"},
        {"{\"libraryPanel\":{\"uid\":\"x\"}}", "library panel"},
        {"{\"title\":\"x\"}", "no panel type"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *text = xprintf_dup("{\"panels\":[%s]}", cases[i].panel);
        CLEANUP(dashboard_unrefp) struct dashboard *d = dashboard_case_read(text);

        CHECK(d->n_panels == 1 && !panel_is_drawn(&d->panels[0]));
        if (!strstr(d->panels[0].reason, cases[i].reason))
            fail_msg("'%s' does not say '%s'", d->panels[0].reason, cases[i].reason);
    }
}

static void fields_that_change_the_picture_are_said(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = dashboard_case_read(
        "{\"time\":{\"from\":\"now/d\",\"to\":\"now\"},\"annotations\":{\"list\":[{\"name\":\"x\"}]},"
        "\"panels\":[{\"type\":\"stat\",\"transformations\":[{\"id\":\"reduce\"}],"
        "\"timeShift\":\"1h\",\"repeat\":\"job\",\"options\":{\"reduceOptions\":{\"calcs\":[\"p99\"]}},"
        "\"fieldConfig\":{\"overrides\":[{}],\"defaults\":{\"mappings\":[{\"type\":\"regex\",\"options\":{}}],\"displayName\":\"n\","
        "\"thresholds\":{\"mode\":\"percentage\",\"steps\":[{\"value\":null},{\"value\":50}]},"
        "\"custom\":{\"drawStyle\":\"bars\",\"stacking\":{\"mode\":\"normal\"},"
        "\"scaleDistribution\":{\"type\":\"symlog\"},\"transform\":\"negative-Y\"}}},"
        "\"targets\":[{\"refId\":\"A\",\"expr\":\"x{a=\\\"$nope\\\"}\"},{\"refId\":\"B\","
        "\"datasource\":{\"type\":\"loki\"},\"expr\":\"{}\"}]}]}");
    static const char *const notes[] = {
        "transformations", "time shift", "repeats", "p99",      "override",
        "mappings",        "display",    "percent", "bars",     "stacks",
        "symlog",          "negative-Y", "$nope",   "asks loki"};

    (void)state;
    CHECK(dashboard_case_has_note(&d->notes, "time range") &&
          dashboard_case_has_note(&d->notes, "annotation"));
    for (size_t i = 0; i < COUNT_OF(notes); i++)
        if (!dashboard_case_has_note(&d->panels[0].notes, notes[i]))
            fail_msg("not said: %s", notes[i]);
    CHECK(panel_is_drawn(&d->panels[0]) && !d->panels[0].targets[1].is_asked);
}

static void panels_come_in_reading_order_rows_opened(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = dashboard_case_read(
        "{\"panels\":["
        "{\"type\":\"text\",\"title\":\"d\",\"gridPos\":{\"x\":0,\"y\":9,\"w\":1,\"h\":1}},"
        "{\"type\":\"row\",\"title\":\"R\",\"collapsed\":true,\"gridPos\":{\"y\":5},\"panels\":["
        "{\"type\":\"text\",\"title\":\"c\",\"gridPos\":{\"x\":0,\"y\":40}},"
        "{\"type\":\"text\",\"title\":\"b\",\"gridPos\":{\"x\":0,\"y\":6}}]},"
        "{\"type\":\"row\",\"title\":\"S\",\"gridPos\":{\"y\":8},\"panels\":[]},"
        "{\"type\":\"text\",\"title\":\"z\",\"gridPos\":{\"x\":12,\"y\":0}},"
        "{\"type\":\"text\",\"title\":\"a\",\"gridPos\":{\"x\":0,\"y\":0}}]}");
    static const char *const titles[] = {"a", "z", "b", "c", "d"};

    (void)state;
    CHECK(d->n_panels == 5);
    for (size_t i = 0; i < COUNT_OF(titles); i++)
        assert_string_equal(d->panels[i].title, titles[i]);
    assert_string_equal(d->panels[1].row, "");
    assert_string_equal(d->panels[2].row, "R");
    CHECK(d->panels[2].is_row_collapsed && !d->panels[4].is_row_collapsed);
    assert_string_equal(d->panels[4].row, "S");
    CHECK(d->panels[4].w == 1 && d->panels[4].y == 9);
}

#define VARIABLES                                                                                    \
    "{\"templating\":{\"list\":["                                                                    \
    "{\"name\":\"one\",\"type\":\"query\",\"current\":{\"value\":\"a\\\\b\"}},"                      \
    "{\"name\":\"two\",\"type\":\"custom\",\"multi\":true,\"current\":{\"value\":[\"x.y\",\"z\"]}}," \
    "{\"name\":\"all\",\"type\":\"query\",\"includeAll\":true,\"current\":{\"value\":[\"$__all\"]}," \
    "\"options\":[{\"value\":\"$__all\"},{\"value\":\"p\"},{\"value\":\"q\"}]},"                     \
    "{\"name\":\"any\",\"type\":\"query\",\"includeAll\":true,\"current\":{\"value\":\"$__all\"}},"  \
    "{\"name\":\"own\",\"type\":\"query\",\"includeAll\":true,\"allValue\":\"a.+\","                 \
    "\"current\":{\"value\":\"$__all\"}},"                                                           \
    "{\"name\":\"first\",\"type\":\"custom\",\"query\":\"One : 1, Two : 2\"},"                       \
    "{\"name\":\"auto\",\"type\":\"interval\",\"current\":{\"value\":\"$__auto_interval_auto\"}},"   \
    "{\"name\":\"ds\",\"type\":\"datasource\",\"query\":\"prometheus\"}]},"                          \
    "\"panels\":[{\"type\":\"stat\",\"title\":\"of $two\",\"targets\":[{\"expr\":\"up\"}]}]}"

static void variables_are_filled_in(void **state)
{
    static const struct {
        const char *text, *filled;
    } cases[] = {
        {"rate(x[$__rate_interval])", "rate(x[120s])"},
        {"x[$__interval] ${__interval_ms}", "x[30s] 30000"},
        {"x[$__range] [[__range_s]] $__range_ms", "x[3600s] 3600 3600000"},
        {"$__from $__to", "1795466400000 1795470000000"},
        {"x{a=\"$one\"}", "x{a=\"a\\\\b\"}"},
        {"x{a=~\"$two\"}", "x{a=~\"(x\\\\.y|z)\"}"},
        {"x{a=~\"${two:pipe}\"}", "x{a=~\"x.y|z\"}"},
        {"${two:csv}", "x.y,z"},
        {"x{a=~\"[[all]]\"}", "x{a=~\"(p|q)\"}"},
        {"x{a=~\"$any\"}", "x{a=~\".*\"}"},
        {"x{a=~\"$own\"}", "x{a=~\"a.+\"}"},
        {"$first", "1"},
        {"x[$auto]", "x[30s]"},
        {"label_replace(x,\"a\",\"$1\",\"b\",\"(.*)$\")",
         "label_replace(x,\"a\",\"$1\",\"b\",\"(.*)$\")"},
        {"$unknown ${unknown} ${broken $ [[ ]]", "$unknown ${unknown} ${broken $ [[ ]]"},
    };
    static const struct dashboard_times times = {1795466400000, 1795470000000, 30000, 30000};
    CLEANUP(dashboard_unrefp) struct dashboard *d = dashboard_case_read(VARIABLES);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer out;

        buffer_init(&out, 2 * DASHBOARD_EXPR_MAX);
        assert_int_equal(dashboard_fill_in(d, cases[i].text, &times, &out, NULL), 0);
        assert_string_equal(buffer_text(&out), cases[i].filled);
        buffer_finish(&out);
    }
    assert_string_equal(d->panels[0].title, "of x.y + z");
    CHECK(d->notes.n == 0);
}

static void lines_are_named_by_their_legend(void **state)
{
    char job[] = "job", api[] = "ml-api", name[] = "__name__", up[] = "up";
    struct label at[] = {{name, up}, {job, api}};
    struct labels labels = {.n = 2, .at = at}, none = {0};
    struct target target = {.legend = "{{job}} of {{ __name__ }}{{nope}}"};
    CLEANUP(freep) char *format = target_legend_dup(&target, &labels, "A");
    CLEANUP(freep) char *broken = NULL, *automatic = NULL, *bare = NULL;

    (void)state;
    assert_string_equal(format, "ml-api of up");
    (void)snprintf(target.legend, sizeof(target.legend), "a {{job");
    broken = target_legend_dup(&target, &labels, "A");
    assert_string_equal(broken, "a {{job");
    (void)snprintf(target.legend, sizeof(target.legend), "__auto");
    automatic = target_legend_dup(&target, &labels, "A");
    assert_string_equal(automatic, "up job=ml-api");
    bare = target_legend_dup(&target, &none, "A");
    assert_string_equal(bare, "A");
}

static void colours_mean_levels(void **state)
{
    static const struct {
        const char *colour;
        enum threshold_level level;
    } cases[] = {
        {"green", LEVEL_OK},
        {"semi-dark-red", LEVEL_CRIT},
        {"light-orange", LEVEL_WARN},
        {"yellow", LEVEL_WARN},
        {"blue", LEVEL_NONE},
        {"transparent", LEVEL_NONE},
        {"#EAB839", LEVEL_WARN},
        {"#E02F44", LEVEL_CRIT},
        {"#73BF69", LEVEL_OK},
        {"#EF843C", LEVEL_WARN},
        {"#5794F2", LEVEL_NONE},
        {"#888888", LEVEL_NONE},
        {"#f00", LEVEL_CRIT},
        {"#E02F44FF", LEVEL_CRIT},
        {"#", LEVEL_NONE},
        {"#zzzzzz", LEVEL_NONE},
        {"", LEVEL_NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep)
        char *text = xprintf_dup(
            "{\"panels\":[{\"type\":\"stat\",\"fieldConfig\":{\"defaults\":{\"thresholds\":"
            "{\"steps\":[{\"color\":\"%s\",\"value\":null}]}}}}]}",
            cases[i].colour);
        CLEANUP(dashboard_unrefp) struct dashboard *d = dashboard_case_read(text);

        if (panel_level(&d->panels[0], 1) != cases[i].level)
            fail_msg("%s: %d", cases[i].colour, (int)panel_level(&d->panels[0], 1));
    }
}

/* One panel of a type, with a limit at 80; `rest` is of fieldConfig.defaults. */
static struct dashboard *limited_panel(const char *type, const char *rest)
{
    CLEANUP(freep)
    char *text =
        xprintf_dup("{\"panels\":[{\"type\":\"%s\",\"fieldConfig\":{\"defaults\":{%s"
                    "\"thresholds\":{\"steps\":[{\"color\":\"green\",\"value\":null},"
                    "{\"color\":\"red\",\"value\":80}]}}},\"targets\":[{\"expr\":\"up\"}]}]}",
                    type, rest);

    return dashboard_case_read(text);
}

/* Grafana writes "green, red from 80 on" into every panel that nobody gave limits. */
static void thresholds_that_grafana_does_not_show_judge_nothing(void **state)
{
    static const struct {
        const char *type, *rest;
        enum threshold_level level;
    } cases[] = {
        {"timeseries", "", LEVEL_NONE},
        {"timeseries", "\"custom\":{\"thresholdsStyle\":{\"mode\":\"off\"}},", LEVEL_NONE},
        {"timeseries", "\"custom\":{\"thresholdsStyle\":{\"mode\":\"area\"}},", LEVEL_CRIT},
        {"timeseries", "\"color\":{\"mode\":\"palette-classic\"},", LEVEL_NONE},
        {"timeseries", "\"color\":{\"mode\":\"thresholds\"},", LEVEL_CRIT},
        {"graph", "", LEVEL_NONE},
        {"stat", "", LEVEL_CRIT},
        {"stat", "\"color\":{\"mode\":\"thresholds\"},", LEVEL_CRIT},
        {"stat", "\"color\":{\"mode\":\"fixed\"},", LEVEL_NONE},
        {"gauge", "\"color\":{\"mode\":\"fixed\"},", LEVEL_CRIT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(dashboard_unrefp)
        struct dashboard *d = limited_panel(cases[i].type, cases[i].rest);

        if (panel_level(&d->panels[0], 174) != cases[i].level)
            fail_msg("%s %s: %d", cases[i].type, cases[i].rest,
                     (int)panel_level(&d->panels[0], 174));
    }
}

static void percent_steps_stand_between_min_and_max(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = dashboard_case_read(
        "{\"panels\":[{\"type\":\"gauge\",\"fieldConfig\":{\"defaults\":{\"min\":10,\"max\":20,"
        "\"thresholds\":{\"mode\":\"percentage\",\"steps\":[{\"color\":\"green\",\"value\":null},"
        "{\"color\":\"red\",\"value\":80}]}}},\"options\":{\"reduceOptions\":{\"calcs\":[\"max\"]}},"
        "\"targets\":[{\"expr\":\"up\",\"instant\":true}]}]}");

    (void)state;
    CHECK(panel_level(&d->panels[0], 17.9) == LEVEL_OK);
    CHECK(panel_level(&d->panels[0], 18) == LEVEL_CRIT);
    CHECK(d->panels[0].calc == CALC_MAX && d->panels[0].targets[0].is_instant);
}

static void what_is_too_much_is_bounded_and_said(void **state)
{
    struct buffer text;
    CLEANUP(dashboard_unrefp) struct dashboard *d = NULL;
    struct dashboard *none = NULL;
    struct tw_error err;
    CLEANUP(freep) char *large = xcalloc(DASHBOARD_BYTES_MAX + 2, 1);

    (void)state;
    buffer_init(&text, DASHBOARD_BYTES_MAX);
    (void)buffer_puts(&text, "{\"panels\":[");
    for (int i = 0; i < DASHBOARD_PANELS_MAX + 7; i++) {
        (void)buffer_printf(&text, "%s{\"type\":\"stat\",\"targets\":[", i ? "," : "");
        for (int k = 0; k < DASHBOARD_TARGETS_MAX + 1; k++)
            (void)buffer_printf(&text, "%s{\"expr\":\"up\"}", k ? "," : "");
        (void)buffer_puts(&text, "]}");
    }
    (void)buffer_puts(&text, "]}");
    d = dashboard_case_read(buffer_text(&text));
    CHECK(d->n_panels == DASHBOARD_PANELS_MAX && dashboard_case_has_note(&d->notes, "7 panels"));
    CHECK(d->panels[0].n_targets == DASHBOARD_TARGETS_MAX);
    CHECK(dashboard_case_has_note(&d->panels[0].notes, "only 20 of 21"));
    buffer_finish(&text);
    memset(large, ' ', DASHBOARD_BYTES_MAX + 1);
    CHECK(dashboard_read(large, DASHBOARD_BYTES_MAX + 1, &none, &err) == -1);
    CHECK(err.code == TW_INVALID);
}

static void what_is_no_dashboard_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "{}",
                                      "null",
                                      "{\"panels\":{}}",
                                      "{\"rows\":[]}",
                                      "{\"panels\":[],\"panels\":[]}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct dashboard *d = NULL;
        struct tw_error err = {0};

        if (dashboard_read(bad[i], strlen(bad[i]), &d, &err) == 0 || err.code != TW_INVALID)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void hostile_text_cannot_steer_the_terminal(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = dashboard_case_read(
        "{\"uid\":\"\\u001b[2J\",\"title\":\"a\\u001b]0;x\\u0007b\\u202ec\",\"panels\":["
        "{\"type\":\"timeseries\",\"title\":\"\\u009b31m\",\"targets\":["
        "{\"refId\":\"\\u001bA\",\"expr\":\"up{a=\\\"\\u001b\\\"}\"},"
        "{\"refId\":\"B\",\"expr\":\"up\\n# comment\\n\"}]},"
        "{\"type\":\"\\u001bc\"}]}");

    (void)state;
    assert_string_equal(d->title, "a?]0;x?b?c");
    assert_string_equal(d->panels[0].title, "?31m");
    assert_string_equal(d->panels[0].targets[0].ref_id, "?A");
    CHECK(!d->panels[0].targets[0].is_asked && d->panels[0].targets[1].is_asked);
    CHECK(strstr(d->panels[0].targets[0].reason, "control characters") != NULL);
    CHECK(strchr(d->panels[1].reason, 0x1b) == NULL);
}

static void a_missing_file_is_named(void **state)
{
    struct dashboard *d = NULL;
    struct tw_error err = {0};

    (void)state;
    CHECK(dashboard_load("/nowhere/x.json", &d, &err) == -1);
    CHECK(strstr(err.message, "/nowhere/x.json") != NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_is_shipped_is_drawn_whole),
        TEST(annotations_that_the_console_has_anyway_are_not_missed),
        TEST(the_overview_begins_with_what_matters_most),
        TEST(what_cannot_be_drawn_keeps_its_place_with_its_reason),
        TEST(fields_that_change_the_picture_are_said),
        TEST(panels_come_in_reading_order_rows_opened),
        TEST(variables_are_filled_in),
        TEST(lines_are_named_by_their_legend),
        TEST(colours_mean_levels),
        TEST(thresholds_that_grafana_does_not_show_judge_nothing),
        TEST(percent_steps_stand_between_min_and_max),
        TEST(what_is_too_much_is_bounded_and_said),
        TEST(what_is_no_dashboard_is_refused),
        TEST(hostile_text_cannot_steer_the_terminal),
        TEST(a_missing_file_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
