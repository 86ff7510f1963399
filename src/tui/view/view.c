#include "tui/view/view.h"

#include "tui/text/moment.h"

#include <stdio.h>
#include <string.h>

const struct view_ops views[N_VIEWS] = {
    [VIEW_OVERVIEW] = {IN_BOARD, view_board_draw},
    [VIEW_DRIFT] = {IN_DRIFT, view_drift_draw},
    [VIEW_QUALITY] = {IN_BOARD, view_board_draw},
    [VIEW_LATENCY] = {IN_BOARD, view_board_draw},
    [VIEW_ALERTS] = {IN_ALERTS, view_alerts_draw},
    [VIEW_REQUESTS] = {IN_REQUESTS, view_requests_draw},
    [VIEW_SIMULATIONS] = {IN_SIMULATIONS, view_simulations_draw},
    [VIEW_EVENTS] = {IN_EVENTS, view_events_draw},
    [VIEW_SOURCES] = {IN_SOURCES, view_sources_draw},
};

/* ---- Shared ------------------------------------------------------------------------------------ */

enum panel_state view_state_of(enum data_state state)
{
    switch (state) {
    case DATA_OK:
        return PANEL_OK;
    case DATA_PARTIAL:
        return PANEL_PARTIAL;
    case DATA_STALE:
        return PANEL_STALE;
    case DATA_ERROR:
        return PANEL_ERROR;
    case DATA_NONE:
        break;
    }
    return PANEL_NO_DATA;
}

enum role view_role_of(enum data_state state)
{
    return panel_state_role(view_state_of(state));
}

enum panel_state view_severity_state(const struct alert *alert)
{
    if (alert->state == ALERT_PENDING)
        return PANEL_PENDING;
    switch (alert->severity) {
    case ALERT_CRITICAL:
        return PANEL_CRIT;
    case ALERT_WARNING:
        return PANEL_WARN;
    case ALERT_INFO:
        break;
    }
    return PANEL_OK;
}

int64_t view_server_now_ms(const struct ui_model *model)
{
    const struct snapshot *snapshot = model->snapshot;

    return snapshot->now_ms + (model->at.mono_ms - snapshot->made_mono_ms);
}

int64_t view_now_of_ms(const struct ui_model *model, enum source_id source)
{
    const struct source *sources = model->snapshot->sources;

    return view_server_now_ms(model) - sources[SOURCE_PROMETHEUS].skew_ms + sources[source].skew_ms;
}

int64_t view_fault_left_ms(const struct ui_model *model, const struct active_fault *fault)
{
    int64_t left_ms =
        fault->left_ms - (model->at.mono_ms - model->snapshot->operations->faults_mono_ms);

    return left_ms > 0 ? left_ms : 0;
}

/* No parts of a second: they would be other ones in each frame. */
static void format_whole_span(int64_t span_ms, char out[MOMENT_SPAN_SIZE])
{
    if (span_ms < 1000)
        (void)snprintf(out, MOMENT_SPAN_SIZE, "0s");
    else
        moment_format_span(span_ms, out);
}

void view_format_since(const struct ui_model *model, int64_t at_ms, char out[16])
{
    if (at_ms <= 0)
        (void)snprintf(out, 16, "-");
    else
        format_whole_span(view_server_now_ms(model) - at_ms, out);
}

/* Labels that rules and scrapes put on every alert alike. */
static bool is_usual_label(const char *name)
{
    static const char *const usual[] = {"alertname",  "severity", "service", "signal",  "job",
                                        "alertgroup", "instance", "monitor", "cluster", "replica"};

    for (size_t i = 0; i < COUNT_OF(usual); i++)
        if (strcmp(usual[i], name) == 0)
            return true;
    return false;
}

void view_format_alert(const struct alert *alert, char out[VIEW_ALERT_SIZE])
{
    size_t used = (size_t)snprintf(out, VIEW_ALERT_SIZE, "%s", alert->name);

    for (size_t i = 0; i < alert->labels.n && used < VIEW_ALERT_SIZE; i++)
        if (!is_usual_label(alert->labels.at[i].name))
            used += (size_t)snprintf(out + used, VIEW_ALERT_SIZE - used, " %s",
                                     alert->labels.at[i].value);
}

void view_format_silence_left(const struct ui_model *model,
                              const struct silence *silence,
                              char out[MOMENT_SPAN_SIZE])
{
    int64_t left_ms = silence->ends_at_ms - view_now_of_ms(model, SOURCE_ALERTMANAGER);

    moment_format_span(left_ms < 1000 ? 1000 : left_ms, out);
}

void view_format_hold(const struct ui_model *model,
                      const struct alert *alert,
                      char out[VIEW_HOLD_SIZE])
{
    const struct silence *silence = ui_silence_of(model->snapshot, alert);
    char left[MOMENT_SPAN_SIZE];

    if (silence) {
        view_format_silence_left(model, silence, left);
        (void)snprintf(out, VIEW_HOLD_SIZE, "silenced by %.60s, %s left", silence->by, left);
    } else if (alert->silences[0][0]) {
        (void)snprintf(out, VIEW_HOLD_SIZE, "silenced by %.8s", alert->silences[0]);
    } else if (alert->inhibited_by[0]) {
        (void)snprintf(out, VIEW_HOLD_SIZE, "inhibited by %s", alert->inhibited_by);
    } else {
        (void)snprintf(out, VIEW_HOLD_SIZE, "not silenced");
    }
}

int view_first_row(int selected, int n, int height)
{
    int first = selected - height / 2;

    if (first > n - height)
        first = n - height;
    return first < 0 ? 0 : first;
}

struct rect view_box(
    struct grid *grid, struct rect rect, const char *title, const char *note, bool is_focused)
{
    struct rect inside = panel_draw_plain(grid, rect, title, note, is_focused);

    inside.x++;
    inside.width -= 2;
    return inside;
}

struct rect view_frame(struct grid *grid, struct rect body, const char *title, const char *note)
{
    if (layout_frame(grid->width, grid->height).mode == LAYOUT_FULL)
        return view_box(grid, body, title, note, true);
    return body;
}

void view_put_no_list(const struct ui_model *model,
                      struct grid *grid,
                      struct rect inside,
                      bool has_answered,
                      const char *text)
{
    const struct source *source = &model->snapshot->sources[SOURCE_OPERATIONS];

    if (has_answered)
        panel_put_message(grid, inside, PANEL_NO_DATA, text);
    else
        panel_put_message(grid, inside,
                          view_state_of(source->state == DATA_OK ? DATA_NONE : source->state),
                          source->reason[0] ? source->reason : "the backend has not answered yet");
}

void view_put_filtered_out(struct grid *grid, struct rect inside)
{
    panel_put_message(grid, inside, PANEL_NONE, "nothing passes the filter; Esc takes it off");
}

void view_select_row(struct grid *grid, struct rect row)
{
    grid_set_background(grid, row, ROLE_SELECTION);
    grid_add_flags(grid, row, STYLE_BOLD);
}

/* ---- The screen -------------------------------------------------------------------------------- */

/* On a screen of one line a question must still be seen before its key is pressed. */
static void draw_one_line(const struct ui_model *model, struct grid *grid, struct rect row)
{
    if (model->state->is_prompt_open)
        prompt_draw(model, grid, row);
    else if (model->state->overlay == OVERLAY_CONFIRM)
        (void)grid_put_cut(grid, row.x, row.y, row.width, style_with(ROLE_WARN, STYLE_REVERSE),
                           model->state->confirm.what == UI_QUIT ? "quit? y, Esc"
                                                                 : "do it? y, Esc");
    else if (model->state->overlay == OVERLAY_FORM || model->state->overlay == OVERLAY_SILENCE)
        (void)grid_put_cut(grid, row.x, row.y, row.width, style_of(ROLE_WARN),
                           "form: too small, Esc");
    else if (model->state->overlay == OVERLAY_COPY || model->state->overlay == OVERLAY_SAVE)
        (void)grid_put_cut(grid, row.x, row.y, row.width, style_of(ROLE_WARN),
                           model->state->overlay == OVERLAY_COPY    ? "copy q c t v, Esc"
                           : model->state->view == VIEW_SIMULATIONS ? "write x j t, Esc"
                                                                    : "write c j t, Esc");
    else
        header_draw_line(model, grid, row);
}

static int draw_overlay(const struct ui_model *model, struct grid *grid, struct rect body, int top)
{
    switch (model->state->overlay) {
    case OVERLAY_HELP:
        return help_draw(model, grid, body);
    case OVERLAY_ANSWER:
        return answer_draw(model, grid, body);
    case OVERLAY_PAGE:
        return page_draw(model, grid, body);
    case OVERLAY_PICKER:
        picker_draw(model, grid, body);
        break;
    case OVERLAY_FORM:
        form_draw(model, grid, body);
        break;
    case OVERLAY_SILENCE:
        silence_form_draw(model, grid, body);
        break;
    case OVERLAY_CONFIRM:
        confirm_draw(model, grid, body);
        break;
    case OVERLAY_COPY:
    case OVERLAY_SAVE:
        choices_draw(model, grid, body);
        break;
    case OVERLAY_NONE:
        break;
    }
    return top;
}

/* On a small screen a box is worth more than the rows around it, and a question worth all of them: the
 * whole request must be seen. */
static struct rect overlay_body(const struct ui_model *model,
                                const struct grid *grid,
                                const struct layout_frame *frame)
{
    struct rect body = frame->body;

    if (frame->mode == LAYOUT_STRIPS && model->state->overlay == OVERLAY_CONFIRM)
        return grid_rect(grid);
    if (frame->mode == LAYOUT_STRIPS) {
        body.y -= frame->alerts.height;
        body.height += frame->alerts.height + frame->simulations.height;
    }
    return body;
}

int view_draw_screen(const struct ui_model *model, struct grid *grid)
{
    struct layout_frame frame = layout_frame(grid->width, grid->height);
    int text_top = 0;

    grid_clear(grid);
    if (frame.mode == LAYOUT_LINE) {
        draw_one_line(model, grid, frame.header);
        return text_top;
    }
    header_draw(model, grid, frame.header);
    alert_strip_draw(model, grid, frame.alerts);
    simulation_strip_draw(model, grid, frame.simulations);
    if (model->state->overlay != OVERLAY_HELP && model->state->overlay != OVERLAY_ANSWER &&
        model->state->overlay != OVERLAY_PAGE)
        text_top = views[model->state->view].draw(model, grid, frame.body);
    footer_draw(model, grid, frame.footer);
    if (model->state->overlay != OVERLAY_NONE)
        grid_drop_items(grid);
    text_top = draw_overlay(model, grid, overlay_body(model, grid, &frame), text_top);
    if (model->state->is_prompt_open)
        prompt_draw(model, grid, frame.footer);
    return text_top;
}
