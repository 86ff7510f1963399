#include "tui/moment.h"
#include "tui/server_text.h"
#include "tui/table.h"
#include "tui/text_view.h"
#include "tui/ui_rows.h"
#include "tui/view.h"

#include "common/buffer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DETAILS_BYTES_MAX 65536

enum { COLUMN_SEVERITY, COLUMN_NAME, COLUMN_SERVICE, COLUMN_SINCE, COLUMN_VALUE, COLUMN_STATE };

static const struct table_column columns[] = {
    [COLUMN_SEVERITY] = {"SEV", 8, 0, false, false},
    [COLUMN_NAME] = {"ALERT", 14, 0, false, true},
    [COLUMN_SERVICE] = {"SERVICE", 12, 92, false, false},
    [COLUMN_SINCE] = {"SINCE", 7, 38, true, false},
    [COLUMN_VALUE] = {"VALUE", 7, 66, true, false},
    [COLUMN_STATE] = {"STATE", 16, 50, false, false},
};

/* With whose doing it is, as far as is known. */
static void format_state(const struct alert *alert, char out[80])
{
    const char *name = alert_state_name(alert->state);

    if (alert->simulation_id > 0)
        (void)snprintf(out, 80, "%s, sim %lld", name, (long long)alert->simulation_id);
    else if (alert->silence[0])
        (void)snprintf(out, 80, "%s %.7s", name, alert->silence);
    else
        (void)snprintf(out, 80, "%s", name);
}

static void put_severity(struct grid *grid, struct rect cell, const struct alert *alert)
{
    struct pen pen = pen_at(grid, cell);

    if (alert->state != ALERT_PENDING && alert->severity == ALERT_INFO)
        pen_put(&pen, style_of(ROLE_NORMAL), "info");
    else
        panel_put_state(&pen, view_severity_state(alert));
}

static void put_alert(const struct ui_model *model,
                      struct grid *grid,
                      const struct table *table,
                      int y,
                      const struct alert *alert)
{
    struct style style = style_of(panel_state_role(view_severity_state(alert)));
    struct style bad = style_with(ROLE_CRIT, STYLE_BOLD);
    char text[UNITS_SIZE], state[80], name[VIEW_ALERT_SIZE];

    put_severity(grid, table_cell(table, y, COLUMN_SEVERITY), alert);
    view_format_alert(alert, name);
    table_put(table, grid, y, COLUMN_NAME, style, name);
    table_put(table, grid, y, COLUMN_SERVICE, style_of(ROLE_NORMAL), alert->service);
    view_format_since(model, alert->active_at_ms, text);
    table_put(table, grid, y, COLUMN_SINCE, style_of(ROLE_NORMAL), text);
    (void)units_format(text, sizeof(text), "none", UNITS_AUTO, alert->value);
    table_put(table, grid, y, COLUMN_VALUE, style_of(ROLE_NORMAL),
              isnan(alert->value) ? "-" : text);
    format_state(alert, state);
    table_put(table, grid, y, COLUMN_STATE,
              alert->state == ALERT_UNDELIVERED ? bad : style_of(ROLE_NORMAL), state);
}

static void draw_empty(const struct ui_model *model, struct grid *grid, struct rect inside)
{
    const struct source *source = &model->snapshot->sources[SOURCE_PROMETHEUS];

    if (model->snapshot->alerts->has_prometheus)
        panel_put_message(grid, inside, PANEL_OK, "no alert is pending or firing");
    else
        panel_put_message(grid, inside,
                          view_state_of(source->state == DATA_OK ? DATA_NONE : source->state),
                          source->reason[0] ? source->reason : "prometheus has not answered yet");
}

/* What one of the two sides not answering means for the list. */
static void put_doubts(const struct ui_model *model, struct grid *grid, struct rect row)
{
    static const enum source_id sides[] = {SOURCE_PROMETHEUS, SOURCE_ALERTMANAGER};
    struct pen pen = pen_at(grid, row);

    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        const struct source *source = &model->snapshot->sources[sides[i]];

        if (!source->is_configured || source->state == DATA_OK)
            continue;
        pen_putf(&pen, style_with(view_role_of(source->state), STYLE_BOLD), "%s %s ",
                 source_name(sides[i]), data_state_name(source->state));
        pen_putf(&pen, style_of(ROLE_NORMAL), "%s  ", source->reason);
    }
}

static bool has_doubts(const struct snapshot *snapshot)
{
    return snapshot->sources[SOURCE_PROMETHEUS].state != DATA_OK ||
           (snapshot->sources[SOURCE_ALERTMANAGER].is_configured &&
            snapshot->sources[SOURCE_ALERTMANAGER].state != DATA_OK);
}

static void draw_list(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct alert_board *alerts = model->snapshot->alerts;
    CLEANUP(ui_rows_finish)
    struct ui_rows rows = ui_rows_of(model->state, model->snapshot, VIEW_ALERTS);
    int n = (int)rows.n, top;
    char title[64];
    struct table table;
    struct rect inside;

    (void)snprintf(title, sizeof(title), "Alerts: %zu critical, %zu warning, %zu pending",
                   alerts->n_critical, alerts->n_warning, alerts->n_pending);
    inside = view_frame(grid, body, title, "Enter: runbook");
    if (has_doubts(model->snapshot) && alerts->n > 0)
        put_doubts(model, grid, layout_take_bottom(&inside, 1));
    if (alerts->n == 0) {
        draw_empty(model, grid, inside);
        return;
    }
    if (inside.height < 2)
        return;
    table_plan(&table, columns, COUNT_OF(columns), inside);
    table_put_titles(&table, grid, inside.y);
    if (n == 0)
        view_put_filtered_out(grid, inside);
    top = view_first_row(rows.selected, n, inside.height - 1);
    for (int row = 0; row < inside.height - 1 && top + row < n; row++) {
        put_alert(model, grid, &table, inside.y + 1 + row, &alerts->at[rows.at[top + row]]);
        if (top + row == rows.selected)
            view_select_row(grid, (struct rect){inside.x, inside.y + 1 + row, inside.width, 1});
    }
}

/* ---- One alert --------------------------------------------------------------------------------- */

static void write_facts(const struct ui_model *model, const struct alert *alert, struct buffer *out)
{
    char since[16], state[80], value[UNITS_SIZE];

    view_format_since(model, alert->active_at_ms, since);
    format_state(alert, state);
    (void)units_format(value, sizeof(value), "none", UNITS_AUTO, alert->value);
    (void)buffer_printf(out, "%c%s\n", TEXT_VIEW_TITLE,
                        alert->summary[0] ? alert->summary : alert->name);
    (void)buffer_printf(out, "%s, %s, for %s, value %s\n", alert_severity_name(alert->severity),
                        state, since, isnan(alert->value) ? "unknown" : value);
    (void)buffer_printf(out, "prometheus: %s   alertmanager: %s\n",
                        alert->is_in_prometheus ? "has it" : "does not have it",
                        alert->is_in_alertmanager ? "has it" : "does not have it");
    for (size_t i = 0; i < alert->labels.n; i++)
        (void)buffer_printf(out, "%s%s=%s", i > 0 ? "  " : "", alert->labels.at[i].name,
                            alert->labels.at[i].value);
    (void)buffer_puts(out, "\n\n");
}

static void write_runbook(const struct ui_state *state,
                          const struct alert *alert,
                          struct buffer *out)
{
    if (strcmp(state->runbook_name, alert->name) == 0 && state->runbook)
        text_view_write_markdown(state->runbook, out);
    else
        (void)buffer_printf(out, "There is no runbook %s.md beside this program.\n", alert->name);
}

static int draw_details(const struct ui_model *model,
                        struct grid *grid,
                        struct rect body,
                        const struct alert *alert)
{
    struct rect inside = view_frame(grid, body, alert->name, "Esc: back");
    struct buffer text;
    int top;

    buffer_init(&text, DETAILS_BYTES_MAX);
    write_facts(model, alert, &text);
    write_runbook(model->state, alert, &text);
    top = text_view_draw(grid, inside, buffer_text(&text), model->state->text_top);
    buffer_finish(&text);
    return top;
}

int view_alerts_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct alert *alert = ui_selected_alert(model->state, model->snapshot);

    if (model->state->is_alert_open && alert)
        return draw_details(model, grid, body, alert);
    draw_list(model, grid, body);
    return 0;
}
