/* Dashboard files from anywhere: read, filled in, asked for, chosen from, drawn, named. */

#include "clean.h"
#include "common/alloc.h"
#include "tui/board/dashboard.h"
#include "tui/board/query_plan.h"
#include "tui/board/variable_query.h"
#include "tui/view/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void name_lines(const struct panel *panel)
{
    struct label label = {(char[]){"job"}, (char[]){"ml-api"}};
    struct labels labels = {.n = 1, .at = &label};

    for (size_t t = 0; t < panel->n_targets; t++) {
        char *name = target_legend_dup(&panel->targets[t], &labels, "value");

        FUZZ_EXPECT(name[0] != '\0');
        expect_clean(name);
        expect_clean(panel->targets[t].ref_id);
        expect_clean(panel->targets[t].reason);
        FUZZ_EXPECT(!panel->targets[t].is_asked || !panel->targets[t].reason[0]);
        free(name);
    }
}

static void look_at(const struct panel *panel)
{
    expect_clean(panel->title);
    expect_clean(panel->row);
    expect_clean(panel->reason);
    expect_clean(panel->unit);
    expect_clean(panel->description);
    for (size_t i = 0; i < panel->notes.n && i < DASHBOARD_NOTES_MAX; i++)
        expect_clean(panel->notes.text[i]);
    for (size_t i = 0; i < panel->n_mappings; i++)
        expect_clean(panel->mappings[i].text);
    for (size_t i = 0; i < panel->table.n_columns; i++) {
        expect_clean(panel->table.columns[i].name);
        expect_clean(panel->table.columns[i].title);
    }
    if (panel->text) /* lines, and the mark of a title */
        for (const char *at = panel->text; *at; at++)
            FUZZ_EXPECT((unsigned char)*at >= 0x20 || *at == '\n' || *at == '\x01');
    for (size_t i = 1; i < panel->n_thresholds; i++)
        FUZZ_EXPECT(panel->thresholds[i - 1].from <= panel->thresholds[i].from);
    FUZZ_EXPECT(panel_mapping(panel, (double)NAN) || panel_level(panel, (double)NAN) == LEVEL_NONE);
    FUZZ_EXPECT(panel->w >= 1 && panel->w <= 24 && panel->h >= 1 && panel->x >= 0);
    FUZZ_EXPECT(panel_is_drawn(panel) || panel->reason[0]);
    name_lines(panel);
}

static void look_at_all(const struct dashboard *dashboard)
{
    expect_clean(dashboard->title);
    expect_clean(dashboard->uid);
    FUZZ_EXPECT(dashboard->n_panels <= DASHBOARD_PANELS_MAX);
    for (size_t i = 0; i < dashboard->notes.n && i < DASHBOARD_NOTES_MAX; i++)
        expect_clean(dashboard->notes.text[i]);
    for (size_t i = 0; i < dashboard->n_variables; i++) {
        expect_clean(dashboard->variables[i].shown);
        FUZZ_EXPECT(dashboard->variables[i].n_values > 0);
        FUZZ_EXPECT(dashboard->variables[i].n_options <= DASHBOARD_VALUES_MAX);
        for (size_t k = 0; k < dashboard->variables[i].n_options; k++)
            expect_clean(dashboard->variables[i].options[k].text);
    }
    for (size_t i = 0; i < dashboard->n_panels; i++)
        look_at(&dashboard->panels[i]);
}

static void ask(struct dashboard *dashboard)
{
    struct query_plan *plan = query_plan_new(dashboard);
    struct plan_round round = {
        .mode = PLAN_LINES, .times = {0, 3600000, 30000, 10000}, .want = {0, 30000, 121}};

    query_plan_ask(plan, &round, 0);
    for (struct plan_chunk *chunk = plan_chunks_take(&round.chunks); chunk;
         chunk = plan_chunks_take(&round.chunks)) {
        FUZZ_EXPECT(chunk->n > 0 && !chunk->expr.failed);
        query_plan_refused(plan, &round, chunk, "bad", 0, 0.5);
        plan_chunk_free(chunk);
    }
    plan_chunks_finish(&round.chunks);
    query_plan_free(plan);
}

/* ---- Variables ----------------------------------------------------------------------------------- */

/* Every variable that is awaited is answered. Each answer asks for less, but for a choice. */
static struct dashboard *answer_all(struct dashboard *owned_dashboard)
{
    static const char *const names[] = {"a", "b", "", "node\"1\\", "\xff\x1b[31m", "$x ${y} [[z]]"};
    const struct dashboard_variable *awaited;
    size_t n = 0;

    while ((awaited = dashboard_awaited(owned_dashboard))) {
        struct buffer path;
        struct dashboard *next;

        FUZZ_EXPECT(n++ <= DASHBOARD_VARIABLES_MAX);
        buffer_init(&path, VARIABLE_PATH_MAX);
        (void)variable_query_write_path(awaited->query, 0, 1000, &path);
        buffer_finish(&path);
        next = dashboard_take_options(owned_dashboard, awaited->name, names,
                                      sizeof(names) / sizeof(names[0]), NULL);
        FUZZ_EXPECT(dashboard_is_kin(owned_dashboard, next));
        dashboard_unref(owned_dashboard);
        owned_dashboard = next;
    }
    return owned_dashboard;
}

static struct dashboard *choose_each(struct dashboard *owned_dashboard)
{
    static const char *const value = "b";

    for (size_t i = 0; i < owned_dashboard->n_variables; i++) {
        struct dashboard *next = NULL;

        if (dashboard_choose(owned_dashboard, owned_dashboard->variables[i].name, &value, 1, &next,
                             NULL) < 0)
            continue;
        dashboard_unref(owned_dashboard);
        owned_dashboard = next;
    }
    return owned_dashboard;
}

/* ---- Drawing ------------------------------------------------------------------------------------- */

#define POINTS 7
#define SERIES 3

/* The same three series for every panel. */
static void set_series(struct panel_data *data, const struct panel *panel)
{
    static const char *const bounds[SERIES] = {"0.1", "1", "+Inf"};

    data->set.grid = (struct time_grid){1000, 1000, POINTS};
    for (size_t s = 0; s < SERIES; s++) {
        struct label label = {(char[]){"le"}, strdup(bounds[s])};
        struct labels labels = {.n = 1, .at = &label};
        struct series *series = series_set_obtain(
            &data->set, panel->n_targets > 0 ? s % panel->n_targets : 0, &labels, bounds[s]);

        for (size_t p = 0; p < POINTS; p++)
            series->values[p] = p == 3 ? (double)NAN : (double)(s * p);
        free(label.value);
    }
}

static void draw_panel(const struct ui_model *model, size_t i, enum encoding encoding)
{
    static const int sizes[][2] = {{60, 12}, {17, 5}, {4, 3}, {40, 1}};

    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct grid grid;

        grid_init(&grid, sizes[s][0], sizes[s][1], encoding);
        if (sizes[s][1] == 1)
            board_panel_draw_strip(model, &grid, grid_rect(&grid), i, false);
        else
            board_panel_draw(model, &grid, grid_rect(&grid), i, false, 0);
        grid_finish(&grid);
    }
}

static void draw_all(struct dashboard *dashboard)
{
    static const struct ui_place place = {.environment = "", .operations_url = "", .no_token = ""};
    struct alert alert = {.name = "a", .service = "s"};
    struct alert_board alerts = {.n = 1, .at = &alert, .has_prometheus = true};
    struct operations_data operations = {.n_marks = 0};
    struct panel_data data = {.good_mono_ms = 0};
    struct panel_data **panels = xcalloc(dashboard->n_panels, sizeof(struct panel_data *));
    struct snapshot snapshot = {.dashboard = dashboard,
                                .n_panels = dashboard->n_panels,
                                .panels = panels,
                                .alerts = &alerts,
                                .operations = &operations};
    struct ui_state state;
    struct ui_model model = {&snapshot, &state, {1000, 1000}};

    ui_state_init(&state, &place);
    snapshot.sources[SOURCE_PROMETHEUS].state = DATA_OK;
    for (size_t i = 0; i < dashboard->n_panels; i++)
        panels[i] = &data;
    for (size_t i = 0; i < dashboard->n_panels && i < 20; i++) {
        set_series(&data, &dashboard->panels[i]);
        data.state = DATA_OK;
        draw_panel(&model, i, ENCODING_UTF8);
        draw_panel(&model, i, ENCODING_ASCII);
        series_set_finish(&data.set);
        data.state = DATA_NONE;
        draw_panel(&model, i, ENCODING_UTF8);
    }
    ui_state_finish(&state);
    free(panels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dashboard *dashboard = NULL;

    if (dashboard_read((const char *)data, size, &dashboard, NULL) < 0)
        return 0;
    look_at_all(dashboard);
    dashboard = answer_all(dashboard);
    dashboard = answer_all(choose_each(dashboard));
    look_at_all(dashboard);
    ask(dashboard);
    draw_all(dashboard);
    dashboard_unref(dashboard);
    return 0;
}
