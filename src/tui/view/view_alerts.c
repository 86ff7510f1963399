#include "tui/draw/table.h"
#include "tui/draw/text_view.h"
#include "tui/state/ui_rows.h"
#include "tui/text/moment.h"
#include "tui/text/server_text.h"
#include "tui/view/view.h"

#include "common/buffer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DETAILS_BYTES_MAX 65536
#define NAME_CELLS        34
#define SUMMARY_FROM      60 /* cells of the column of names */

/* From this width on who holds an alert back, or made it, has a column. */
#define BY_WIDTH 106

enum {
    COLUMN_SEVERITY,
    COLUMN_NAME,
    COLUMN_SERVICE,
    COLUMN_SINCE,
    COLUMN_VALUE,
    COLUMN_STATE,
    COLUMN_BY
};

static const struct table_column columns[] = {
    [COLUMN_SEVERITY] = {"SEV", 8, 0, false, false},
    [COLUMN_NAME] = {"ALERT", 14, 0, false, true},
    [COLUMN_SERVICE] = {"SERVICE", 12, 92, false, false},
    [COLUMN_SINCE] = {"SINCE", 7, 38, true, false},
    [COLUMN_VALUE] = {"VALUE", 7, 66, true, false},
    [COLUMN_STATE] = {"STATE", 16, 50, false, false},
    [COLUMN_BY] = {"BY", 12, BY_WIDTH, false, false},
};

/* Whose doing it is: of the silence that holds it back, or of the drill inside of which it began. */
static void format_by(const struct ui_model *model, const struct alert *alert, char out[80])
{
    const struct silence *silence = ui_silence_of(model->snapshot, alert);

    if (silence)
        (void)snprintf(out, 80, "%.60s", silence->by);
    else if (alert->simulation_id > 0)
        (void)snprintf(out, 80, "sim %lld", (long long)alert->simulation_id);
    else
        (void)snprintf(out, 80, "-");
}

/* with_drill: where nothing else says inside of which one it began. */
static void format_state(const struct ui_model *model,
                         const struct alert *alert,
                         bool with_drill,
                         char out[80])
{
    const char *name = alert_state_name(alert->state);
    const struct silence *silence = ui_silence_of(model->snapshot, alert);
    char left[MOMENT_SPAN_SIZE];

    if (silence) {
        view_format_silence_left(model, silence, left);
        (void)snprintf(out, 80, "%s %s", name, left);
    } else if (with_drill && alert->simulation_id > 0) {
        (void)snprintf(out, 80, "%s, sim %lld", name, (long long)alert->simulation_id);
    } else if (alert->silences[0][0]) {
        (void)snprintf(out, 80, "%s %.7s", name, alert->silences[0]);
    } else {
        (void)snprintf(out, 80, "%s", name);
    }
}

/* Where there is room, with what it means beside it: nobody knows all names at night. */
static void put_name(
    struct grid *grid, struct rect cell, struct style style, const char *name, const char *summary)
{
    int cells = cell.width >= SUMMARY_FROM ? NAME_CELLS : cell.width;

    (void)grid_put_cut(grid, cell.x, cell.y, cells, style, name);
    if (cell.width > cells)
        (void)grid_put_cut(grid, cell.x + cells + 2, cell.y, cell.width - cells - 2,
                           style_of(ROLE_DIM), summary);
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
    bool has_by = table_cell(table, y, COLUMN_BY).width > 0;
    char text[UNITS_SIZE], state[80], by[80], name[VIEW_ALERT_SIZE];

    put_severity(grid, table_cell(table, y, COLUMN_SEVERITY), alert);
    view_format_alert(alert, name);
    put_name(grid, table_cell(table, y, COLUMN_NAME), style, name, alert->summary);
    table_put(table, grid, y, COLUMN_SERVICE, style_of(ROLE_NORMAL), alert->service);
    view_format_since(model, alert->active_at_ms, text);
    table_put(table, grid, y, COLUMN_SINCE, style_of(ROLE_NORMAL), text);
    (void)units_format(text, sizeof(text), "none", UNITS_AUTO, alert->value);
    table_put(table, grid, y, COLUMN_VALUE, style_of(ROLE_NORMAL),
              isnan(alert->value) ? "-" : text);
    format_state(model, alert, !has_by, state);
    table_put(table, grid, y, COLUMN_STATE,
              alert->state == ALERT_UNDELIVERED ? bad : style_of(ROLE_NORMAL), state);
    format_by(model, alert, by);
    table_put(table, grid, y, COLUMN_BY,
              style_of(alert->simulation_id > 0 ? ROLE_MARK : ROLE_NORMAL), by);
}

static void draw_empty(const struct ui_model *model, struct grid *grid, struct rect inside)
{
    const struct alert_board *alerts = model->snapshot->alerts;
    const struct source *source =
        &model->snapshot->sources[alerts->without_rules ? SOURCE_ALERTMANAGER : SOURCE_PROMETHEUS];

    if (alert_board_is_known(alerts))
        panel_put_message(grid, inside, PANEL_OK,
                          alerts->without_rules ? "Alertmanager has no alert"
                                                : "no alert is pending or firing");
    else
        panel_put_message(grid, inside,
                          view_state_of(source->state == DATA_OK ? DATA_NONE : source->state),
                          source->reason[0]       ? source->reason
                          : alerts->without_rules ? "alertmanager has not answered yet"
                                                  : "prometheus has not answered yet");
}

/* What one of the two sides not answering, or having nothing to answer, means for the list. */
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
    if (model->snapshot->alerts->without_rules)
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM),
                           model->snapshot->alerts->without_rules);
}

static bool has_doubts(const struct snapshot *snapshot)
{
    return snapshot->alerts->without_rules ||
           snapshot->sources[SOURCE_PROMETHEUS].state != DATA_OK ||
           (snapshot->sources[SOURCE_ALERTMANAGER].is_configured &&
            snapshot->sources[SOURCE_ALERTMANAGER].state != DATA_OK);
}

/* Alerts, and before the first of a group its title, as -1 - its row. */
struct lines {
    int n, selected;
    int at[4 * ALERT_BOARD_MAX];
};

static bool begins_group(const struct ui_model *model, const struct alert_list *list, size_t i)
{
    const struct alert *at = model->snapshot->alerts->at;
    enum alert_grouping grouping = model->state->alerts.grouping;

    return grouping != GROUP_NONE &&
           (i == 0 || strcmp(alert_group_of(&at[list->at[i]], grouping),
                             alert_group_of(&at[list->at[i - 1]], grouping)) != 0);
}

static void lay_out(const struct ui_model *model,
                    const struct alert_list *list,
                    struct lines *lines)
{
    int selected = ui_alert_row(model->state, model->snapshot);

    lines->n = 0;
    lines->selected = -1;
    for (size_t i = 0; i < list->n; i++) {
        if (begins_group(model, list, i))
            lines->at[lines->n++] = -1 - (int)i;
        if ((int)i == selected)
            lines->selected = lines->n;
        lines->at[lines->n++] = (int)i;
    }
}

static void put_line(const struct ui_model *model,
                     struct grid *grid,
                     const struct table *table,
                     const struct alert_list *list,
                     struct rect row,
                     int line)
{
    const struct alert *at = model->snapshot->alerts->at;

    if (line >= 0) {
        put_alert(model, grid, table, row.y, &at[list->at[line]]);
        return;
    }
    (void)grid_put_cut(grid, row.x, row.y, row.width, style_with(ROLE_TITLE, STYLE_BOLD),
                       alert_group_of(&at[list->at[-1 - line]], model->state->alerts.grouping));
}

static void format_title(const struct ui_model *model,
                         const struct alert_list *list,
                         char *out,
                         size_t size)
{
    const struct alert_board *alerts = model->snapshot->alerts;
    const struct alert_choice *choice = &model->state->alerts;
    const char *grouping = alert_grouping_name(choice->grouping);
    int used;

    if (choice->show == SHOW_ALL)
        used = snprintf(out, size, "Alerts: %zu critical, %zu warning, %zu pending",
                        alerts->n_critical, alerts->n_warning, alerts->n_pending);
    else
        used = snprintf(out, size, "Alerts: %s, %zu of %zu", alert_choice_name(choice), list->n,
                        alerts->n);
    if (grouping[0] && used > 0 && (size_t)used < size)
        (void)snprintf(out + used, size - (size_t)used, ", by %s", grouping);
}

static void draw_lines(const struct ui_model *model,
                       struct grid *grid,
                       struct rect inside,
                       const struct alert_list *list)
{
    struct lines lines;
    struct table table;
    int top;

    if (inside.height < 2)
        return;
    lay_out(model, list, &lines);
    table_plan(&table, columns, COUNT_OF(columns), inside);
    table_put_titles(&table, grid, inside.y);
    top = view_first_row(lines.selected, lines.n, inside.height - 1);
    for (int y = 0; y < inside.height - 1 && top + y < lines.n; y++) {
        struct rect row = {inside.x, inside.y + 1 + y, inside.width, 1};

        put_line(model, grid, &table, list, row, lines.at[top + y]);
        if (lines.at[top + y] >= 0)
            grid_add_item(grid, row, lines.at[top + y]);
        if (top + y == lines.selected)
            view_select_row(grid, row);
    }
}

static void draw_list(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct alert_board *alerts = model->snapshot->alerts;
    struct alert_list list;
    struct rect inside;
    char title[128];

    ui_rows_alerts(model->state, alerts, &list);
    format_title(model, &list, title, sizeof(title));
    inside = view_frame(grid, body, title, "Enter: runbook");
    if (has_doubts(model->snapshot) && (alerts->n > 0 || alerts->without_rules))
        put_doubts(model, grid, layout_take_bottom(&inside, 1));
    if (alerts->n == 0)
        draw_empty(model, grid, inside);
    else if (list.n == 0 && model->state->filters[VIEW_ALERTS][0])
        view_put_filtered_out(grid, inside);
    else if (list.n == 0)
        panel_put_message(grid, inside, PANEL_NO_DATA,
                          "none of the alerts is such a one; f shows others");
    else
        draw_lines(model, grid, inside, &list);
}

/* ---- One alert --------------------------------------------------------------------------------- */

static void write_silence(const struct ui_model *model, const char *id, struct buffer *out)
{
    const struct silences_data *data = model->snapshot->silences;
    const struct silence *silence = data ? silences_find(&data->silences, id) : NULL;
    char left[MOMENT_SPAN_SIZE];

    (void)buffer_printf(out, "silenced by %.8s", id);
    if (silence) {
        view_format_silence_left(model, silence, left);
        (void)buffer_printf(out, " of %s, %s left: %s (", silence->by, left, silence->comment);
        matchers_write(&silence->matchers, out);
        (void)buffer_putc(out, ')');
    }
    (void)buffer_putc(out, '\n');
}

/* Who holds it back, and who is told. */
static void write_delivery(const struct ui_model *model,
                           const struct alert *alert,
                           struct buffer *out)
{
    size_t n_kept = alert->n_silences < AM_SILENCES_MAX ? alert->n_silences : AM_SILENCES_MAX;

    (void)buffer_printf(out, "prometheus: %s   alertmanager: %s",
                        alert->is_in_prometheus                  ? "has it"
                        : model->snapshot->alerts->without_rules ? "tells of none"
                                                                 : "does not have it",
                        alert->is_in_alertmanager ? "has it" : "does not have it");
    if (alert->receivers[0])
        (void)buffer_printf(out, ", for %s", alert->receivers);
    (void)buffer_putc(out, '\n');
    for (size_t i = 0; i < n_kept && alert->silences[i][0]; i++)
        write_silence(model, alert->silences[i], out);
    if (alert->n_silences > n_kept)
        (void)buffer_printf(out, "and by %zu more silences\n", alert->n_silences - n_kept);
    if (n_kept > 0 && model->snapshot->silences_reason[0])
        (void)buffer_printf(out, "silences as they were: %s\n", model->snapshot->silences_reason);
    if (alert->inhibited_by[0])
        (void)buffer_printf(out, "inhibited by %s\n", alert->inhibited_by);
}

static void write_rule(const struct alert *alert, struct buffer *out)
{
    char span[MOMENT_SPAN_SIZE];

    if (!alert->expr) {
        (void)buffer_puts(out, "rule: not known\n");
        return;
    }
    moment_format_span(alert->for_ms, span);
    (void)buffer_printf(out, "rule: %s", alert->expr);
    if (alert->for_ms > 0)
        (void)buffer_printf(out, "   for %s", span);
    (void)buffer_putc(out, '\n');
    if (alert->rule_error[0])
        (void)buffer_printf(out, "its newest evaluation failed: %s\n", alert->rule_error);
}

static void write_labels(const struct alert *alert, struct buffer *out)
{
    for (size_t i = 0; i < alert->labels.n; i++)
        (void)buffer_printf(out, "%s%s=%s", i > 0 ? "  " : "", alert->labels.at[i].name,
                            alert->labels.at[i].value);
    (void)buffer_putc(out, '\n');
    for (size_t i = 0; i < alert->annotations.n; i++) /* the summary is the title */
        if (strcmp(alert->annotations.at[i].name, "summary") != 0)
            (void)buffer_printf(out, "%s: %s\n", alert->annotations.at[i].name,
                                alert->annotations.at[i].value);
}

static void write_facts(const struct ui_model *model, const struct alert *alert, struct buffer *out)
{
    char since[16], clock[MOMENT_SPAN_SIZE], state[80], value[UNITS_SIZE];

    view_format_since(model, alert->active_at_ms, since);
    moment_format_clock(alert->active_at_ms, clock);
    format_state(model, alert, true, state);
    (void)units_format(value, sizeof(value), "none", UNITS_AUTO, alert->value);
    (void)buffer_printf(out, "%c%s\n", TEXT_VIEW_TITLE,
                        alert->summary[0] ? alert->summary : alert->name);
    (void)buffer_printf(out, "%s, %s", alert_severity_name(alert->severity), state);
    if (alert->active_at_ms > 0)
        (void)buffer_printf(out, ", for %s (since %s)", since, clock);
    (void)buffer_printf(out, ", value %s\n", isnan(alert->value) ? "unknown" : value);
    write_delivery(model, alert, out);
    write_rule(alert, out);
    write_labels(alert, out);
    (void)buffer_putc(out, '\n');
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

    if (!model->state->is_alert_open) {
        draw_list(model, grid, body);
        return 0;
    }
    if (alert)
        return draw_details(model, grid, body, alert);
    panel_put_message(grid, view_frame(grid, body, model->state->runbook_name, "Esc: back"),
                      PANEL_OK, "it is no longer pending or firing");
    return 0;
}
