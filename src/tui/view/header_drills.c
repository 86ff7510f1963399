#include "tui/text/moment.h"
#include "tui/view/view_parts.h"

#include <stdio.h>
#include <string.h>

#define WEIGHT    93 /* before all but PAUSED and a window that is not now */
#define ITEM_SIZE 96

/* What is broken on purpose right now: a game day, drills, and faults that no drill owns. */
struct broken {
    bool has_gameday;
    size_t n_drills, n_faults;
    int64_t most_left_ms;
    char full[LINE_TEXT_SIZE]; /* all of them, as far as they fit */
    char brief[ITEM_SIZE];     /* the first one */
};

/* " 1m59s"; "" when it is over, or has no end. */
static void format_left(int64_t left_ms, char out[MOMENT_SPAN_SIZE + 1])
{
    char span[MOMENT_SPAN_SIZE];

    out[0] = '\0';
    if (left_ms < 1000)
        return;
    moment_format_span(left_ms, span);
    (void)snprintf(out, MOMENT_SPAN_SIZE + 1, " %s", span);
}

static void add_item(struct broken *broken, const char *what, const char *name, int64_t left_ms)
{
    size_t used = strlen(broken->full);
    char left[MOMENT_SPAN_SIZE + 1];

    format_left(left_ms, left);
    (void)snprintf(broken->full + used, sizeof(broken->full) - used, "%s%s %s%s%s",
                   used > 0 ? ", " : "", what, name, left, left[0] ? " left" : "");
    if (!broken->brief[0])
        (void)snprintf(broken->brief, sizeof(broken->brief), "%s %.60s%s", what, name, left);
    if (left_ms > broken->most_left_ms)
        broken->most_left_ms = left_ms;
}

static void add_drills(const struct ui_model *model, struct broken *broken)
{
    const struct simulations *runs = &model->snapshot->operations->simulations;

    for (size_t i = 0; i < runs->n; i++) {
        char name[ITEM_SIZE];

        if (!ui_is_drill_running(&runs->at[i]))
            continue;
        (void)snprintf(name, sizeof(name), "%s %lld", runs->at[i].kind, (long long)runs->at[i].id);
        add_item(broken, "DRILL", name,
                 runs->at[i].ends_by_ms - view_now_of_ms(model, SOURCE_OPERATIONS));
        broken->n_drills++;
    }
}

/* Its drills are its own: in short it stands for them. */
static void add_gameday(const struct ui_model *model, struct broken *broken)
{
    const struct gameday_glance *gameday = ui_running_gameday(model->snapshot);
    char name[ITEM_SIZE];

    if (!gameday)
        return;
    (void)snprintf(name, sizeof(name), "%.20s %lld/%lld", gameday->kind, (long long)gameday->at,
                   (long long)gameday->n_steps);
    add_item(broken, "GAME DAY", name, 0);
    broken->has_gameday = true;
}

/* A drill's own fault ends with it and is not told twice. */
static bool is_of_drill(const struct snapshot *snapshot, const struct active_fault *fault)
{
    const struct simulations *runs = &snapshot->operations->simulations;

    for (size_t i = 0; i < runs->n; i++)
        if (fault->simulation_id > 0 && runs->at[i].id == fault->simulation_id &&
            ui_is_drill_running(&runs->at[i]))
            return true;
    return false;
}

static void add_faults(const struct ui_model *model, struct broken *broken)
{
    const struct active_faults *faults = &model->snapshot->operations->faults;

    for (size_t i = 0; i < faults->n; i++) {
        int64_t left_ms = view_fault_left_ms(model, &faults->at[i]);

        if (is_of_drill(model->snapshot, &faults->at[i]))
            continue;
        add_item(broken, "FAULT", faults->at[i].name, left_ms);
        broken->n_faults++;
    }
}

static void format_brief(struct broken *broken)
{
    char left[MOMENT_SPAN_SIZE + 1], drills[32] = "", faults[32] = "";

    if (broken->has_gameday || broken->n_drills + broken->n_faults < 2)
        return;
    format_left(broken->most_left_ms, left);
    if (broken->n_drills > 0)
        (void)snprintf(drills, sizeof(drills), "%zu drill%s", broken->n_drills,
                       broken->n_drills == 1 ? "" : "s");
    if (broken->n_faults > 0)
        (void)snprintf(faults, sizeof(faults), "%s%zu fault%s", drills[0] ? " " : "",
                       broken->n_faults, broken->n_faults == 1 ? "" : "s");
    (void)snprintf(broken->brief, sizeof(broken->brief), "%s%s%s", drills, faults, left);
}

/* Silence is no "none": what was heard last is told as such, and nothing heard as unknown. */
void header_add_drills(const struct ui_model *model, struct line *line)
{
    const struct operations_data *operations = model->snapshot->operations;
    const struct source *source = &model->snapshot->sources[SOURCE_OPERATIONS];
    bool is_doubtful =
        source->state != DATA_OK || !operations->has_simulations || !operations->has_faults;
    struct style style = style_with(is_doubtful ? ROLE_STALE : ROLE_WARN, STYLE_BOLD);
    struct broken broken = {0};
    struct line_part *part;

    if (!source->is_configured)
        return;
    add_gameday(model, &broken);
    add_drills(model, &broken);
    add_faults(model, &broken);
    format_brief(&broken);
    if (broken.has_gameday || broken.n_drills + broken.n_faults > 0) {
        part =
            line_add(line, WEIGHT, style, "%s%s", broken.full, is_doubtful ? " as last heard" : "");
        line_brief(part, "%s%s", broken.brief, is_doubtful ? "?" : "");
        part->is_divided = true;
    } else if (is_doubtful) {
        part = line_add(line, WEIGHT, style, "drills unknown");
        line_brief(part, "drills?");
        part->is_divided = true;
    }
}
