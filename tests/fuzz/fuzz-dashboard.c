/* Dashboard files from anywhere: read, filled in, drawn apart, named. */

#include "common/alloc.h"
#include "common/utf8.h"
#include "fuzz.h"
#include "tui/dashboard.h"
#include "tui/query_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is shown must not be able to steer a terminal. */
static void expect_clean(const char *text)
{
    FUZZ_EXPECT(utf8_is_valid(text, strlen(text)));
    for (; *text; text++)
        FUZZ_EXPECT((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void name_lines(const struct panel *panel)
{
    struct label label = {(char[]){"job"}, (char[]){"ml-api"}};
    struct labels labels = {1, &label};

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
    for (size_t i = 1; i < panel->n_thresholds; i++)
        FUZZ_EXPECT(panel->thresholds[i - 1].from <= panel->thresholds[i].from);
    FUZZ_EXPECT(panel_level(panel, (double)NAN) == LEVEL_NONE);
    FUZZ_EXPECT(panel->w >= 1 && panel->w <= 24 && panel->h >= 1 && panel->x >= 0);
    FUZZ_EXPECT(panel_is_drawn(panel) || panel->reason[0]);
    name_lines(panel);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dashboard *dashboard = NULL;

    if (dashboard_read((const char *)data, size, &dashboard, NULL) < 0)
        return 0;
    expect_clean(dashboard->title);
    expect_clean(dashboard->uid);
    FUZZ_EXPECT(dashboard->n_panels <= DASHBOARD_PANELS_MAX);
    for (size_t i = 0; i < dashboard->n_variables; i++)
        expect_clean(dashboard->variables[i].shown);
    for (size_t i = 0; i < dashboard->n_panels; i++)
        look_at(&dashboard->panels[i]);
    ask(dashboard);
    dashboard_unref(dashboard);
    return 0;
}
