/* Each type of panel as the board draws it, at several sizes, in two encodings, with the states that data can
 * be in, against tests/golden/panels. TW_UPDATE_GOLDEN=1 writes the files instead; look at the difference
 * before it is committed. */

#include "unit/test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "console_case.h"
#include "golden.h"
#include "tui/view/view.h"

#include <math.h>

#define PATH_SIZE 4096
#define TEXT_MAX  ((size_t)1 << 20)
#define POINTS    60
#define STEP_MS   60000

/* ---- The panels ------------------------------------------------------------------------------------ */

#define TARGET(ref) "{\"refId\":\"" ref "\",\"expr\":\"x\",\"legendFormat\":\"\"}"
#define LIMITS                                                                                     \
    "\"thresholds\":{\"mode\":\"absolute\",\"steps\":[{\"color\":\"green\",\"value\":null},"       \
    "{\"color\":\"orange\",\"value\":0.3},{\"color\":\"red\",\"value\":0.5}]}"

static const struct {
    const char *name, *json;
} types[] = {
    {"timeseries", "\"type\":\"timeseries\",\"targets\":[" TARGET(
                       "A") "],\"fieldConfig\":{\"defaults\":"
                            "{\"max\":1," LIMITS ",\"custom\":{\"stacking\":{\"mode\":\"normal\"},"
                            "\"thresholdsStyle\":{\"mode\":\"dashed\"}}}}"},
    {"stat",
     "\"type\":\"stat\",\"targets\":[" TARGET("A") "],\"fieldConfig\":{\"defaults\":{" LIMITS "}}"},
    {"stat-mapped",
     "\"type\":\"stat\",\"targets\":[" TARGET(
         "A") "],\"fieldConfig\":{\"defaults\":{\"mappings\":[{\"type\":\"range\","
              "\"options\":{\"from\":0,\"to\":1,\"result\":{\"text\":\"UP\",\"color\":\"green\"}}},"
              "{\"type\":\"special\",\"options\":{\"match\":\"nan\",\"result\":{\"text\":\"DOWN\","
              "\"color\":\"red\"}}}]}}"},
    {"gauge", "\"type\":\"gauge\",\"targets\":[" TARGET(
                  "A") "],\"fieldConfig\":{\"defaults\":{\"unit\":\"percentunit\"," LIMITS "}}"},
    {"bargauge",
     "\"type\":\"bargauge\",\"targets\":[" TARGET("A") "],\"fieldConfig\":{\"defaults\":{\"unit\":"
                                                       "\"s\"," LIMITS "}}"},
    {"barchart", "\"type\":\"barchart\",\"targets\":[" TARGET("A") "]"},
    {"piechart",
     "\"type\":\"piechart\",\"targets\":[" TARGET("A") "],\"fieldConfig\":{\"defaults\":{\"unit\":"
                                                       "\"short\"}}"},
    {"heatmap",
     "\"type\":\"heatmap\",\"targets\":[{\"refId\":\"A\",\"expr\":\"x\",\"format\":\"heatmap\"}],"
     "\"options\":{\"yAxis\":{\"unit\":\"s\"}}"},
    {"heatmap-calculated",
     "\"type\":\"heatmap\",\"targets\":[" TARGET("A") "],\"options\":{\"calculate\":true}"},
    {"table",
     "\"type\":\"table\",\"targets\":[" TARGET("A") "," TARGET(
         "B") "],\"options\":{\"sortBy\":["
              "{\"displayName\":\"Load\",\"desc\":true}]},\"transformations\":[{\"id\":\"merge\"},"
              "{\"id\":\"organize\",\"options\":{\"excludeByName\":{\"Time\":true,\"job\":true},"
              "\"indexByName\":{\"feature\":0},\"renameByName\":{\"Value #A\":\"Load\"}}}],"
              "\"fieldConfig\":{\"defaults\":{" LIMITS
              "},\"overrides\":[{\"matcher\":{\"id\":\"byName\","
              "\"options\":\"Value #B\"},\"properties\":[{\"id\":\"unit\",\"value\":\"s\"},"
              "{\"id\":\"decimals\",\"value\":1}]}]}"},
    {"table-empty",
     "\"type\":\"table\",\"targets\":[" TARGET(
         "A") "],\"fieldConfig\":{\"defaults\":{\"noValue\":\"no alert is active\"}}"},
    {"text",
     "\"type\":\"text\",\"options\":{\"mode\":\"markdown\",\"content\":\"# What to do\\n\\n"
     "Look at **drift** first, then at the [runbook](https://x.org/r).\\n\\n- one\\n- two\\n\\n"
     "```\\nmake it\\n```\\n<b>Never</b> alone: \xe6\xbc\x82\xe7\xa7\xbb.\"}"},
    {"alertlist", "\"type\":\"alertlist\",\"options\":{\"maxItems\":20,\"sortOrder\":1}"},
    {"alertlist-filtered",
     "\"type\":\"alertlist\",\"options\":{\"maxItems\":2,\"alertName\":\"ml\",\"stateFilter\":{\"firing\":true,"
     "\"pending\":false},\"alertInstanceLabelFilter\":\"{severity=~\\\"crit.*\\\"}\",\"folder\":{\"id\":1}}"},
    {"timeline",
     "\"type\":\"state-timeline\",\"targets\":[" TARGET(
         "A") "],\"fieldConfig\":{\"defaults\":{\"mappings\":[{\"type\":\"value\",\"options\":"
              "{\"0\":{\"text\":\"DOWN\",\"color\":\"red\"},\"1\":{\"text\":\"UP\",\"color\":"
              "\"green\"}}}]}}"},
    {"not-drawn", "\"type\":\"nodeGraph\",\"targets\":[" TARGET("A") "]"},
};

/* Beside the states of console_case.h: how many series there are. */
enum amount { ONE, FEW, MANY };

static const struct {
    const char *name;
    enum case_state state;
    enum amount amount;
} states[] = {
    {"one", CASE_OK, ONE},      {"few", CASE_OK, FEW},      {"many", CASE_OK, MANY},
    {"stale", CASE_STALE, FEW}, {"error", CASE_ERROR, FEW}, {"nan", CASE_NAN, FEW},
    {"empty", CASE_EMPTY, FEW}, {"huge", CASE_HUGE, MANY},
};

static const struct {
    int width, height;
} sizes[] = {{100, 22}, {46, 12}, {38, 8}, {20, 5}, {12, 3}};

/* ---- Their data ------------------------------------------------------------------------------------ */

static struct dashboard *read_panel(const char *json)
{
    CLEANUP(freep)
    char *text = xprintf_dup("{\"panels\":[{\"id\":1,\"title\":\"A panel\",%s}]}", json);
    struct dashboard *dashboard = NULL;
    struct tw_error err;

    if (dashboard_read(text, strlen(text), &dashboard, &err) < 0)
        fail_msg("%s", err.message);
    return dashboard;
}

static void add_label(struct labels *labels, const char *name, char *owned_value)
{
    labels->at = xrealloc_array(labels->at, labels->n + 1, sizeof(*labels->at));
    labels->at[labels->n++] = (struct label){xstrdup(name), owned_value};
}

/* Of buckets: cumulated, a hump that climbs. */
static double bucket_at(size_t s, size_t n, size_t p)
{
    double middle = (double)n * (0.3 + 0.4 * (double)p / POINTS);
    double sum = 0;

    for (size_t i = 0; i <= s; i++)
        sum += 40 * exp(-((double)i - middle) * ((double)i - middle) / 3) > 0.5
                   ? 40 * exp(-((double)i - middle) * ((double)i - middle) / 3)
                   : 0;
    return sum;
}

static double value_at(const char *type, enum case_state state, size_t s, size_t n, size_t p)
{
    if (state == CASE_NAN || (p >= 20 && p < 23))
        return (double)NAN;
    if (state == CASE_HUGE)
        return p % 3 ? 1e308 : p % 2 ? -1e308 : (double)INFINITY;
    if (strcmp(type, "heatmap") == 0)
        return bucket_at(s, n, p);
    if (strcmp(type, "timeline") == 0)
        return (p / 15 + s) % 3 != 0;
    return 0.08 + 0.13 * (double)(s % 5) + 0.05 * sin((double)p / 6 + (double)s);
}

static char *bound_dup(size_t s, size_t n)
{
    return s + 1 == n ? xstrdup("+Inf") : xprintf_dup("%g", 0.005 * pow(2, (double)s));
}

static void add_series(
    struct panel_data *data, const char *type, enum case_state state, size_t s, size_t n)
{
    struct series *series = &data->set.at[data->set.n++];
    bool is_second = strcmp(type, "table") == 0 && s % 2 == 1;
    size_t entity = strcmp(type, "table") == 0 ? s / 2 : s;

    series->target = is_second;
    series->name =
        state == CASE_HUGE
            ? xprintf_dup("%zu-a-name-that-no-panel-has-room-for-\xe6\xbc\x82\xe7\xa7\xbb", s)
            : xprintf_dup("feature %zu", s);
    series->last = (double)NAN;
    series->is_nan = state == CASE_NAN;
    series->values = xcalloc(POINTS, sizeof(double));
    for (size_t p = 0; p < POINTS; p++)
        series->values[p] = value_at(type, state, s, n, p);
    if (strncmp(type, "heatmap", 7) == 0)
        add_label(&series->labels, "le", bound_dup(s, n));
    add_label(&series->labels, "feature", xprintf_dup("feature_%zu", entity));
    add_label(&series->labels, "job", xstrdup("ml-api"));
    add_label(&series->labels, "instance", xprintf_dup("10.0.0.%zu:9100", entity));
}

static void set_data(struct panel_data *data,
                     const char *type,
                     enum case_state state,
                     enum amount amount)
{
    size_t n = amount == ONE ? 1 : amount == MANY ? SERIES_MAX : 6;

    series_set_finish(&data->set);
    if (strncmp(type, "heatmap", 7) == 0 && amount == FEW)
        n = 9;
    data->set.grid = (struct time_grid){
        .start_ms = CASE_NOW_MS / STEP_MS * STEP_MS - (POINTS - 1) * STEP_MS,
        .step_ms = STEP_MS,
        .n = POINTS,
    };
    if (state == CASE_ERROR || state == CASE_EMPTY)
        return;
    data->set.at = xcalloc(n, sizeof(*data->set.at));
    while (data->set.n < n)
        add_series(data, type, state, data->set.n, n);
    data->set.n_refused = state == CASE_HUGE ? 936 : 0;
}

/* The snapshot's first panel is this one. */
static struct snapshot *snapshot_of(size_t type, size_t state)
{
    struct snapshot *snapshot = case_new(states[state].state);

    dashboard_unref(snapshot->dashboard);
    snapshot->dashboard = read_panel(types[type].json);
    if (panel_is_of_queries(&snapshot->dashboard->panels[0]))
        set_data(snapshot->panels[0], types[type].name, states[state].state, states[state].amount);
    return snapshot;
}

/* ---- Golden files ---------------------------------------------------------------------------------- */

static void draw(struct buffer *out, const struct snapshot *snapshot, enum encoding encoding)
{
    static const struct ui_place place = {
        .environment = "local", .operations_url = "", .no_token = ""};
    struct ui_state state;
    struct ui_model model = {snapshot, &state, {CASE_MONO_MS, CASE_NOW_MS}};
    struct grid grid;

    ui_state_init(&state, &place);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        grid_init(&grid, sizes[i].width, sizes[i].height, encoding);
        board_panel_draw(&model, &grid, grid_rect(&grid), 0, i == 1, 0);
        (void)buffer_printf(out, "==== %dx%d\n", sizes[i].width, sizes[i].height);
        grid_write_text(&grid, out);
        if (i == 1 && encoding == ENCODING_UTF8) {
            (void)buffer_puts(out, "---- styles\n");
            grid_write_styles(&grid, out);
        }
        grid_finish(&grid);
    }
    for (int width = 60; width >= 40; width -= 20) {
        grid_init(&grid, width, 1, encoding);
        board_panel_draw_strip(&model, &grid, grid_rect(&grid), 0, false);
        (void)buffer_printf(out, "==== %dx1\n", width);
        grid_write_text(&grid, out);
        grid_finish(&grid);
    }
    ui_state_finish(&state);
}

static void check(size_t type, size_t state, enum encoding encoding)
{
    CLEANUP(buffer_finish) struct buffer drawn;
    struct snapshot *snapshot = snapshot_of(type, state);
    char path[PATH_SIZE];

    buffer_init(&drawn, TEXT_MAX);
    (void)snprintf(path, sizeof(path), "%s/tests/golden/panels/%s.%s.%s.txt",
                   getenv("TW_SOURCE_ROOT"), types[type].name, states[state].name,
                   encoding == ENCODING_UTF8 ? "utf8" : "ascii");
    draw(&drawn, snapshot, encoding);
    case_free(snapshot);
    golden_check(path, &drawn);
}

static void every_panel_is_as_it_was(void **unused)
{
    (void)unused;
    for (size_t type = 0; type < COUNT_OF(types); type++)
        for (size_t state = 0; state < COUNT_OF(states); state++) {
            check(type, state, ENCODING_UTF8);
            check(type, state, ENCODING_ASCII);
        }
}

/* ---- What no golden can show ------------------------------------------------------------------------ */

static void expect_inside(const char *name, const struct snapshot *snapshot, int width, int height)
{
    static const struct ui_place place = {
        .environment = "local", .operations_url = "", .no_token = ""};
    struct rect rect = {2, 2, width, height};
    struct ui_state state;
    struct ui_model model = {snapshot, &state, {CASE_MONO_MS, CASE_NOW_MS}};
    struct grid grid;

    ui_state_init(&state, &place);
    grid_init(&grid, width + 4, height + 4, ENCODING_ASCII);
    board_panel_draw(&model, &grid, rect, 0, false, 0);
    for (int y = 0; y < grid.height; y++)
        for (int x = 0; x < grid.width; x++) {
            bool is_inside = x >= 2 && x < width + 2 && y >= 2 && y < height + 2;

            CHECK(grid_at(&grid, x, y)->code < 0x7f);
            if (!is_inside && grid_at(&grid, x, y)->code != ' ')
                fail_msg("%s at %dx%d: drawn over its edge at %d,%d", name, width, height, x, y);
        }
    grid_finish(&grid);
    ui_state_finish(&state);
}

static void every_panel_stays_in_its_frame_at_every_size(void **unused)
{
    static const int widths[] = {1, 2, 3, 4, 5, 6, 8, 11, 17, 18, 19, 24, 33, 60, 61, 79, 140};
    static const int heights[] = {1, 2, 3, 4, 5, 6, 7, 9, 16, 40};

    (void)unused;
    for (size_t type = 0; type < COUNT_OF(types); type++)
        for (size_t state = 0; state < COUNT_OF(states); state++) {
            struct snapshot *snapshot = snapshot_of(type, state);

            for (size_t w = 0; w < COUNT_OF(widths); w++)
                for (size_t h = 0; h < COUNT_OF(heights); h++)
                    expect_inside(types[type].name, snapshot, widths[w], heights[h]);
            case_free(snapshot);
        }
}

/* The screen of the panel from row `top` on; the row that it begins with. */
static int draw_from(const struct snapshot *snapshot,
                     int top,
                     enum panel_zoom zoom,
                     struct buffer *out)
{
    static const struct ui_place place = {
        .environment = "local", .operations_url = "", .no_token = ""};
    struct ui_state state;
    struct ui_model model = {snapshot, &state, {CASE_MONO_MS, CASE_NOW_MS}};
    struct grid grid;

    ui_state_init(&state, &place);
    state.text_top = top;
    state.zoom = zoom;
    grid_init(&grid, 60, 12, ENCODING_ASCII);
    top = board_panel_draw(&model, &grid, grid_rect(&grid), 0, true, 0);
    grid_write_text(&grid, out);
    grid_finish(&grid);
    ui_state_finish(&state);
    return top;
}

static void expect_all_reached(const char *type, struct snapshot *snapshot, enum panel_zoom zoom)
{
    CLEANUP(buffer_finish) struct buffer seen;
    int top = 0, before;
    char name[32];

    buffer_init(&seen, TEXT_MAX);
    do {
        before = top;
        top = draw_from(snapshot, top + 1, zoom, &seen);
    } while (top > before);
    CHECK(draw_from(snapshot, 0, zoom, &seen) == 0);
    CHECK(draw_from(snapshot, 1 << 20, zoom, &seen) == top); /* never beyond the last */
    for (size_t s = 0; s < snapshot->panels[0]->set.n / (strcmp(type, "table") == 0 ? 2 : 1); s++) {
        (void)snprintf(name, sizeof(name),
                       strcmp(type, "table") == 0 ? "feature_%zu " : "feature %zu ", s);
        if (!strstr(buffer_text(&seen), name))
            fail_msg("%s: '%s' is on no screen", type, name);
    }
    CHECK(strstr(buffer_text(&seen), " above, ") && strstr(buffer_text(&seen), " more"));
}

static void every_row_of_a_long_panel_is_reached(void **unused)
{
    static const char *const names[] = {"stat",     "gauge", "bargauge", "barchart",
                                        "piechart", "table", "timeline", "timeseries"};

    (void)unused;
    for (size_t type = 0; type < COUNT_OF(types); type++)
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            struct snapshot *snapshot;

            if (strcmp(types[type].name, names[i]) != 0)
                continue;
            snapshot = snapshot_of(type, 2 /* many */);
            expect_all_reached(names[i], snapshot, ZOOM_PANEL);
            case_free(snapshot);
        }
}

static void a_list_of_alerts_goes_on_beyond_what_the_file_shows(void **unused)
{
    CLEANUP(buffer_finish) struct buffer first, last;
    struct snapshot *snapshot = case_new(CASE_OK);

    (void)unused;
    buffer_init(&first, TEXT_MAX);
    buffer_init(&last, TEXT_MAX);
    dashboard_unref(snapshot->dashboard);
    snapshot->dashboard = read_panel("\"type\":\"alertlist\",\"options\":{\"maxItems\":1,"
                                     "\"alertName\":\"ml\",\"sortOrder\":1}");
    CHECK(draw_from(snapshot, 0, ZOOM_NONE, &first) == 0);
    CHECK(strstr(buffer_text(&first), "MLAccuracyLow") && strstr(buffer_text(&first), "2 more"));
    CHECK(!strstr(buffer_text(&first), "MLModelDriftHigh"));
    CHECK(draw_from(snapshot, 9, ZOOM_NONE, &last) == 2);
    CHECK(strstr(buffer_text(&last), "MLModelDriftHigh") && strstr(buffer_text(&last), "2 above"));
    case_free(snapshot);
}

static void a_long_text_is_scrolled_to_its_end(void **unused)
{
    CLEANUP(buffer_finish) struct buffer first, last;
    struct snapshot *snapshot = case_new(CASE_OK);

    (void)unused;
    buffer_init(&first, TEXT_MAX);
    buffer_init(&last, TEXT_MAX);
    dashboard_unref(snapshot->dashboard);
    snapshot->dashboard = read_panel(
        "\"type\":\"text\",\"options\":{\"mode\":\"markdown\",\"content\":\"- a\\n- b\\n- c\\n"
        "- d\\n- e\\n- f\\n- g\\n- h\\n- i\\n- j\\n- k\\n- the last\"}");
    CHECK(draw_from(snapshot, 0, ZOOM_NONE, &first) == 0);
    CHECK(strstr(buffer_text(&first), "more lines") && !strstr(buffer_text(&first), "the last"));
    CHECK(draw_from(snapshot, 1 << 20, ZOOM_NONE, &last) > 0);
    CHECK(strstr(buffer_text(&last), "lines above") && strstr(buffer_text(&last), "the last"));
    case_free(snapshot);
}

/* "1 4 more below" was what a note of which the text about other panels left one cell. */
static void what_others_need_of_a_border_is_left_to_them(void **unused)
{
    static const struct ui_place place = {
        .environment = "local", .operations_url = "", .no_token = ""};
    struct snapshot *snapshot = snapshot_of(0 /* timeseries */, 1 /* few */);
    struct rect rect = {0, 0, 50, 10};
    struct ui_state state;
    struct ui_model model = {snapshot, &state, {CASE_MONO_MS, CASE_NOW_MS}};
    CLEANUP(buffer_finish) struct buffer drawn;
    struct grid grid;

    (void)unused;
    buffer_init(&drawn, TEXT_MAX);
    ui_state_init(&state, &place);
    grid_init(&grid, rect.width, rect.height, ENCODING_ASCII);
    board_panel_draw(&model, &grid, rect, 0, false, 20);
    grid_write_text(&grid, &drawn);
    CHECK(strstr(buffer_text(&drawn), "differs: e -"));
    for (int x = rect.width - 20; x < rect.width - 1; x++)
        CHECK(grid_at(&grid, x, rect.height - 1)->code == '-');
    grid_finish(&grid);
    ui_state_finish(&state);
    case_free(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_panel_is_as_it_was),
        TEST(every_panel_stays_in_its_frame_at_every_size),
        TEST(every_row_of_a_long_panel_is_reached),
        TEST(a_list_of_alerts_goes_on_beyond_what_the_file_shows),
        TEST(a_long_text_is_scrolled_to_its_end),
        TEST(what_others_need_of_a_border_is_left_to_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
