#include "tui/data/clock_skew.h"
#include "tui/draw/line.h"
#include "tui/text/moment.h"
#include "tui/text/server_text.h"
#include "tui/view/view_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TITLE_BRIEF_SIZE 25 /* bytes of a dashboard's title where there is little room */

static const char *brief_name(enum source_id id)
{
    static const char *const names[N_SOURCES] = {"prom", "am", "api", "ml"};

    return names[id];
}

/* What it calls itself, where that is not what the place is called. */
static void name_source(const struct ui_model *model,
                        enum source_id id,
                        const char **ret_name,
                        const char **ret_brief)
{
    static const struct {
        const char *flavour, *brief;
    } flavours[] = {{"victoriametrics", "vm"}, {"thanos", "thanos"}, {"mimir", "mimir"}};

    *ret_name = source_name(id);
    *ret_brief = brief_name(id);
    for (size_t i = 0; id == SOURCE_PROMETHEUS && i < COUNT_OF(flavours); i++)
        if (strcmp(model->snapshot->sources[id].flavour, flavours[i].flavour) == 0) {
            *ret_name = flavours[i].flavour;
            *ret_brief = flavours[i].brief;
        }
}

/* Ages and windows go by the servers' clocks; that these are not ours is worth a word all the same. */
static void add_skew(const struct ui_model *model, struct line *line)
{
    const struct source *worst = &model->snapshot->sources[0];
    char text[CLOCK_SKEW_TEXT_SIZE];
    const char *name, *brief;
    struct line_part *part;
    enum source_id id = 0;

    for (enum source_id i = 1; i < SOURCE_ML; i++)
        if (clock_skew_is_worse(model->snapshot->sources[i].skew_ms, worst->skew_ms)) {
            worst = &model->snapshot->sources[i];
            id = i;
        }
    if (!worst->is_configured || llabs(worst->skew_ms) < CLOCK_SKEW_TOLD_MS)
        return;
    clock_skew_format(worst->skew_ms, text);
    name_source(model, id, &name, &brief);
    part = line_add(line, 92, style_with(ROLE_WARN, STYLE_BOLD), "%s's clock is %s", name, text);
    line_brief(part, "%s clock %s", brief, text);
}

static void add_source(const struct ui_model *model, struct line *line, enum source_id id)
{
    const struct source *source = &model->snapshot->sources[id];
    bool is_bad = source->state != DATA_OK;
    struct age age = {.ms = source_age_ms(source, model->at.mono_ms),
                      .is_late = source->state == DATA_STALE};
    const char *word = data_state_name(source->state), *name, *brief;
    struct style style =
        is_bad ? style_with(view_role_of(source->state), STYLE_BOLD) : style_of(ROLE_NORMAL);
    char text[24];
    struct line_part *part;

    if (!source->is_configured || (id == SOURCE_ML && !is_bad))
        return;
    (void)units_format_age(text, sizeof(text), age);
    name_source(model, id, &name, &brief);
    if (age.ms < 0) {
        part = line_add(line, is_bad ? 80 : 60, style, "%s %s", name, word);
        line_brief(part, "%s %s", brief, word);
        return;
    }
    part = line_add(line, is_bad ? 80 : 60, style, "%s %s %s", name, word, text);
    line_brief(part, "%s %s %s", brief, word, text);
}

static void add_pace(const struct ui_model *model, struct line *line)
{
    const struct ui_state *state = model->state;
    int64_t refresh_ms = state->refresh_ms > 0 ? state->refresh_ms : model->snapshot->refresh_ms;
    char span[MOMENT_SPAN_SIZE];
    struct line_part *part;

    if (state->place->is_replay) {
        moment_format_clock(model->at.now_ms, span);
        part = line_add(line, 97, style_with(ROLE_WARN, STYLE_REVERSE | STYLE_BOLD),
                        " REPLAY %s%s%s ", span, state->place->is_replay_over ? " end" : "",
                        state->is_paused ? " PAUSED" : "");
        line_brief(part, "REPLAY %s%s%s", span, state->place->is_replay_over ? " end" : "",
                   state->is_paused ? " PAUSED" : "");
    } else if (state->is_paused) {
        moment_format_clock(state->paused_at.now_ms, span);
        part = line_add(line, 95, style_with(ROLE_WARN, STYLE_REVERSE | STYLE_BOLD),
                        " PAUSED since %s ", span);
        line_brief(part, "PAUSED %s", span);
    } else {
        moment_format_span(refresh_ms, span);
        part = line_add(line, 58, style_of(ROLE_OK), "LIVE %s", span);
    }
    part->is_divided = true;
    if (state->place->is_recording)
        (void)line_add(line, 57, style_with(ROLE_ACCENT, STYLE_BOLD), "%s",
                       state->place->has_recording_ended ? "REC ended" : "REC");
}

/* "1h", not "1h00m". */
static void format_range(int64_t range_ms, char out[MOMENT_SPAN_SIZE])
{
    int64_t minutes = range_ms % 60000 == 0 ? range_ms / 60000 : 0;

    if (minutes % 1440 == 0 && minutes > 0)
        (void)snprintf(out, MOMENT_SPAN_SIZE, "%dd", (int)(minutes / 1440 % 10000));
    else if (minutes % 60 == 0 && minutes > 0)
        (void)snprintf(out, MOMENT_SPAN_SIZE, "%dh", (int)(minutes / 60 % 10000));
    else if (minutes > 0 && minutes < 60)
        (void)snprintf(out, MOMENT_SPAN_SIZE, "%dm", (int)minutes);
    else
        moment_format_span(range_ms, out);
}

static void add_window(const struct ui_model *model, struct line *line)
{
    const struct snapshot *snapshot = model->snapshot;
    char range[MOMENT_SPAN_SIZE], step[MOMENT_SPAN_SIZE] = "", end[MOMENT_SPAN_SIZE];
    struct line_part *part;
    size_t i;

    format_range(ui_range_ms(model->state, snapshot), range);
    if (ui_focused_panel(model, &i) && snapshot->panels[i]->set.grid.n > 0)
        format_range(snapshot->panels[i]->set.grid.step_ms, step);
    part = line_add(line, 45, style_of(ROLE_NORMAL), "range %s%s%s", range, step[0] ? " step " : "",
                    step);
    line_brief(part, "%s", range);
    if (model->state->end_ms > 0) {
        moment_format_clock(model->state->end_ms, end);
        part = line_add(line, 90, style_with(ROLE_WARN, STYLE_BOLD), "until %s  0: now", end);
        line_brief(part, "until %.5s", end);
    }
}

static void add_switches(const struct ui_model *model, struct line *line)
{
    const struct operations_data *operations = model->snapshot->operations;
    struct line_part *part;

    if (!operations->has_health)
        return;
    if (operations->health.tells_fast_alerts && operations->health.is_fast_alerts) {
        part = line_add(line, 55, style_of(ROLE_PENDING), "fast alerts");
        line_brief(part, "fast");
    }
}

static void add_place(const struct ui_model *model, struct line *line)
{
    const struct ui_place *place = model->state->place;
    struct style badge = style_of(ROLE_ACCENT);
    bool is_said = place->is_production && strcasecmp(place->environment, "prod") == 0;

    if (place->is_production)
        badge = (struct style){.fg = ROLE_NORMAL, .bg = ROLE_PROD, .flags = STYLE_BOLD};
    (void)line_add(line, 48, style_with(ROLE_TITLE, STYLE_BOLD), "tidewatch");
    (void)line_add(line, place->is_production ? 96 : 40, badge, "[%s%s%s]",
                   !place->is_production ? ""
                   : is_said             ? "PROD"
                                         : "PROD ",
                   is_said ? "" : place->environment, place->is_read_only ? " read-only" : "");
}

/* A dashboard that was opened from a file is what the screen is about: only how the servers are outweighs its
 * title. The overview as it is shipped needs none. */
static void add_view(const struct ui_model *model, struct line *line)
{
    const struct ui_place *place = model->state->place;
    const struct dashboard *overview = place->boards[BOARD_OVERVIEW];
    const char *name = view_titles[model->state->view].name;
    char brief[TITLE_BRIEF_SIZE];
    struct line_part *part;

    if (model->state->view != VIEW_OVERVIEW) {
        part = line_add(line, 35, style_of(ROLE_TITLE), "view: %s", name);
        line_brief(part, "%s", name);
    } else if (place->is_overview_of_file && overview && overview->title[0]) {
        part = line_add(line, 59, style_with(ROLE_TITLE, STYLE_BOLD), "%s", overview->title);
        if (server_text_copy(brief, sizeof(brief), overview->title, strlen(overview->title)) <
            strlen(overview->title))
            line_brief(part, "%s..", brief);
    }
}

void header_draw(const struct ui_model *model, struct grid *grid, struct rect row)
{
    struct line line = {.n = 0};
    char clock[MOMENT_SPAN_SIZE];
    struct line_part *part;

    add_place(model, &line);
    for (enum source_id id = 0; id < N_SOURCES; id++)
        add_source(model, &line, id);
    add_skew(model, &line);
    header_add_drills(model, &line);
    add_pace(model, &line);
    add_window(model, &line);
    add_switches(model, &line);
    add_view(model, &line);
    /* No seconds: they would send bytes every second and tell nothing. */
    moment_format_clock(view_server_now_ms(model), clock);
    part = line_add(&line, 30, style_of(ROLE_DIM), "%.5s UTC", clock);
    line_brief(part, "%.5sZ", clock);
    part->is_right = true;
    line_draw(grid, row, &line);
}

/* All that a screen too small for anything else says: what is worst, in a few words. */
void header_draw_line(const struct ui_model *model, struct grid *grid, struct rect row)
{
    const struct snapshot *snapshot = model->snapshot;
    const struct alert_board *alerts = snapshot->alerts;
    struct line line = {.n = 0};

    if (alerts->n_critical > 0)
        (void)line_add(&line, 99, style_with(ROLE_CRIT, STYLE_BOLD), "%zu CRIT",
                       alerts->n_critical);
    if (alerts->n_warning > 0)
        (void)line_add(&line, 98, style_with(ROLE_WARN, STYLE_BOLD), "%zu WARN", alerts->n_warning);
    if (alerts->n_critical + alerts->n_warning == 0 && alert_board_is_known(alerts))
        (void)line_add(&line, 70, style_of(ROLE_OK), "no alerts");
    for (enum source_id id = 0; id < SOURCE_ML; id++)
        if (snapshot->sources[id].is_configured && snapshot->sources[id].state != DATA_OK)
            (void)line_add(&line, 97 - (int)id,
                           style_with(view_role_of(snapshot->sources[id].state), STYLE_BOLD),
                           "%s %s", brief_name(id), data_state_name(snapshot->sources[id].state));
    if (alerts->n > 0 && alerts->n_critical > 0)
        (void)line_add(&line, 60, style_of(ROLE_NORMAL), "%s", alerts->at[0].name);
    header_add_drills(model, &line);
    if (model->state->place->is_replay)
        (void)line_add(&line, 95, style_with(ROLE_WARN, STYLE_REVERSE), "REPLAY");
    if (model->state->is_paused)
        (void)line_add(&line, 90, style_with(ROLE_WARN, STYLE_REVERSE), "PAUSED");
    (void)line_add(&line, 10, style_of(ROLE_TITLE), "tidewatch");
    line_draw(grid, row, &line);
}
