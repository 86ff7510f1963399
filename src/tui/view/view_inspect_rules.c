/* The alert rules that look at what the panel shows. */

#include "tui/text/moment.h"
#include "tui/view/view_inspect_parts.h"

#include <stdio.h>
#include <string.h>

/* The rule's longest active alert, as Prometheus and Alertmanager have it; NULL: none is active. */
static const struct alert *find_alert(const struct inspect_view *view, const struct prom_rule *rule)
{
    const struct alert_board *board = view->model->snapshot->alerts;

    for (size_t i = 0; i < board->n; i++)
        if (strcmp(board->at[i].name, rule->name) == 0)
            return &board->at[i];
    return NULL;
}

/* Firing ones first, then pending ones; of those alike as the server has them. Rank r; NULL: there are not as
 * many. */
static const struct prom_rule *rule_of_rank(const struct inspect_view *view, size_t rank)
{
    static const enum prom_rule_state order[] = {PROM_RULE_FIRING, PROM_RULE_PENDING,
                                                 PROM_RULE_INACTIVE, PROM_RULE_UNKNOWN};
    const struct prom_rules *about = &view->known->rules.about;

    for (size_t o = 0; o < COUNT_OF(order); o++)
        for (size_t i = 0; i < about->n; i++)
            if (about->at[i].state == order[o] && rank-- == 0)
                return &about->at[i];
    return NULL;
}

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

/* "CRIT MLModelDriftHigh firing 4m12s  > 0.5 for 5m  ml-api" */
static void put_rule(const struct inspect_view *view, struct pen *pen, const struct prom_rule *rule)
{
    const struct alert *alert = find_alert(view, rule);
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

    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "ALERT ");
    write_no_rules(view, why, sizeof(why));
    if (why[0]) {
        (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM), why);
        return;
    }
    if (view->known->rules.about.n > 1)
        (void)snprintf(more, sizeof(more), "  +%zu", view->known->rules.about.n - 1);
    pen.end -= (int)strlen(more);
    put_rule(view, &pen, rule_of_rank(view, 0));
    pen.end += (int)strlen(more);
    pen_put(&pen, style_of(ROLE_ACCENT), more);
}

void inspect_rules_draw_box(const struct inspect_view *view, struct grid *grid, struct rect rect)
{
    struct rect inside = panel_draw_plain(grid, rect, "Alerts on this metric", "a: list", false);
    char why[SOURCE_REASON_SIZE];
    const struct prom_rule *rule;

    inside.x++;
    inside.width -= 2;
    write_no_rules(view, why, sizeof(why));
    if (why[0]) {
        (void)panel_put_wrapped(grid, inside, style_of(ROLE_DIM), why);
        return;
    }
    for (int row = 0; row < inside.height && (rule = rule_of_rank(view, (size_t)row)); row++) {
        struct pen pen = pen_at(grid, (struct rect){inside.x, inside.y + row, inside.width, 1});
        size_t n_more = view->known->rules.about.n - (size_t)row;

        if (row == inside.height - 1 && n_more > 1)
            pen_putf(&pen, style_of(ROLE_ACCENT), "%zu more", n_more);
        else
            put_rule(view, &pen, rule);
    }
}
