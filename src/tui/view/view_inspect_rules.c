/* The alert rules that look at what the panel shows, and their alerts, on one of which the keys act. */

#include "tui/text/glyph.h"
#include "tui/text/moment.h"
#include "tui/view/view_inspect_parts.h"

#include <stdio.h>
#include <string.h>

static enum panel_state state_of(const struct prom_rule *rule, const struct alert *alert)
{
    static const enum panel_state of_severity[] = {
        [ALERT_INFO] = PANEL_OK, [ALERT_WARNING] = PANEL_WARN, [ALERT_CRITICAL] = PANEL_CRIT};

    if (alert)
        return view_severity_state(alert);
    if (rule->state == PROM_RULE_PENDING)
        return PANEL_PENDING;
    return rule->state == PROM_RULE_FIRING ? of_severity[rule->severity] : PANEL_OK;
}

#define FOR_SIZE 24

/* "5m", "1m30s": as rules are written. */
static void format_for(int64_t for_ms, char out[FOR_SIZE])
{
    if (for_ms % 3600000 == 0)
        (void)snprintf(out, FOR_SIZE, "%lldh", (long long)(for_ms / 3600000));
    else if (for_ms % 60000 == 0)
        (void)snprintf(out, FOR_SIZE, "%lldm", (long long)(for_ms / 60000));
    else
        moment_format_span(for_ms, out);
}

static void put_hold(const struct inspect_view *view, struct pen *pen, const struct alert *alert)
{
    bool is_loud = alert->state == ALERT_FIRING || alert->state == ALERT_UNDELIVERED;
    char hold[VIEW_HOLD_SIZE];

    view_format_hold(view->model, alert, hold);
    pen_putf(pen, style_of(is_loud ? ROLE_WARN : ROLE_NORMAL), "  %s", hold);
}

/* "CRIT MLModelDriftHigh firing 4m12s  > 0.5 for 5m  not silenced  ml-api" */
static void put_rule(const struct inspect_view *view,
                     struct pen *pen,
                     const struct ui_panel_rule *row)
{
    const struct prom_rule *rule = row->rule;
    const struct alert *alert = row->alert;
    enum panel_state state = state_of(rule, alert);
    char span[FOR_SIZE], since[16] = "";

    panel_put_state(pen, state);
    pen_skip(pen, 1);
    pen_putf(pen, style_with(ROLE_TITLE, STYLE_BOLD), "%s ", rule->name);
    if (alert)
        view_format_since(view->model, alert->active_at_ms, since);
    pen_putf(pen, style_of(panel_state_role(state)), "%s%s%s",
             alert ? alert_state_name(alert->state) : prom_rule_state_name(rule->state),
             alert ? " " : "", since);
    pen_putf(pen, style_of(ROLE_NORMAL), "  %s", rule->condition);
    if (rule->for_ms > 0) {
        format_for(rule->for_ms, span);
        pen_putf(pen, style_of(ROLE_NORMAL), " for %s", span);
    }
    if (alert)
        put_hold(view, pen, alert);
    if (rule->last_error[0])
        pen_putf(pen, style_of(ROLE_CRIT), "  does not evaluate: %s", rule->last_error);
    else if (rule->service[0])
        pen_putf(pen, style_of(ROLE_DIM), "  %s", rule->service);
}

/* Why no rule is shown; "" when there is one. */
static void write_no_rules(const struct inspect_view *view, char *out, size_t size)
{
    const struct inspect_rules *rules = view->known ? &view->known->rules : NULL;

    const char *lack = view->model->snapshot->sources[SOURCE_PROMETHEUS].lacks[PROM_PART_RULES];

    out[0] = '\0';
    if (lack)
        (void)snprintf(out, size, "%s", lack);
    else if (rules && !rules->is_known && rules->reason[0])
        (void)snprintf(out, size, "%s", rules->reason);
    else if (!rules || !rules->is_known)
        (void)snprintf(out, size, "not answered yet");
    else if (rules->about.n == 0)
        (void)snprintf(out, size, "no rule looks at what this panel shows");
}

void inspect_rules_draw_line(const struct inspect_view *view, struct grid *grid, struct rect row)
{
    struct pen pen = pen_at(grid, row);
    char why[SOURCE_REASON_SIZE], more[24] = "";
    struct ui_panel_rules rules;
    size_t at;

    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "ALERT ");
    write_no_rules(view, why, sizeof(why));
    if (why[0]) {
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM), why);
        return;
    }
    ui_panel_rules(view->model->state, view->model->snapshot, view->known, &rules);
    at = rules.selected > 0 ? (size_t)rules.selected : 0;
    if (rules.n_all > 1)
        (void)snprintf(more, sizeof(more), "  +%zu", rules.n_all - 1);
    pen.end -= (int)strlen(more);
    put_rule(view, &pen, &rules.at[at]);
    pen.end += (int)strlen(more);
    pen_put(&pen, style_of(ROLE_ACCENT), more);
}

/* What the keys do with the selected one; nothing where they do nothing. */
static const char *keys_note(const struct inspect_view *view, const struct ui_panel_rules *rules)
{
    const struct ui_place *place = view->model->state->place;

    if (rules->selected < 0 || place->is_read_only || !place->alertmanager_url[0])
        return "a: list";
    return rules->n > 1 && rules->at[1].alert ? "n: next  A: ack 15m  S: silence"
                                              : "A: ack 15m  S: silence";
}

static void put_row(const struct inspect_view *view,
                    struct grid *grid,
                    struct rect rect,
                    const struct ui_panel_rules *rules,
                    size_t i)
{
    struct pen pen = pen_at(grid, rect);

    if ((int)i == rules->selected)
        pen_glyph(&pen, style_of(ROLE_FOCUS), GLYPH_SELECTED);
    pen_to(&pen, rect.x + 2);
    put_rule(view, &pen, &rules->at[i]);
}

void inspect_rules_draw_box(const struct inspect_view *view, struct grid *grid, struct rect rect)
{
    struct ui_panel_rules rules = {.selected = -1};
    char why[SOURCE_REASON_SIZE];
    struct rect inside;
    int top, shown;

    write_no_rules(view, why, sizeof(why));
    if (!why[0])
        ui_panel_rules(view->model->state, view->model->snapshot, view->known, &rules);
    inside = panel_draw_plain(grid, rect, "Alerts on this metric", keys_note(view, &rules), false);
    inside.x++;
    inside.width -= 2;
    if (why[0]) {
        (void)panel_put_wrapped(grid, inside, style_of(ROLE_DIM), why);
        return;
    }
    top = view_first_row(rules.selected, (int)rules.n, inside.height);
    shown = (int)rules.n - top < inside.height ? (int)rules.n - top : inside.height;
    for (int row = 0; row < shown; row++) {
        struct rect line = {inside.x, inside.y + row, inside.width, 1};
        size_t n_more = rules.n_all - (size_t)(top + row);

        (void)snprintf(why, sizeof(why), "%zu more", n_more);
        if (row == inside.height - 1 && n_more > 1 && top + row != rules.selected)
            (void)grid_put_cut(grid, line.x, line.y, line.width, style_of(ROLE_ACCENT), why);
        else
            put_row(view, grid, line, &rules, (size_t)(top + row));
    }
}
