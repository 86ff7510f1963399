/* The alert that A, S, E and T are for, wherever they are pressed. */

#include "tui/state/ui_parts.h"

#include "tui/board/inspect.h"

#include <string.h>

/* ---- The rules that look at the open panel -------------------------------------------------------- */

static bool is_of_rule(const struct alert *alert, const struct prom_rule *rule)
{
    return alert->severity == rule->severity && strcmp(alert->name, rule->name) == 0;
}

static bool has_alert(const struct alert_board *board, const struct prom_rule *rule)
{
    for (size_t i = 0; i < board->n; i++)
        if (is_of_rule(&board->at[i], rule))
            return true;
    return false;
}

static const struct prom_rule *rule_of(const struct prom_rules *about, const struct alert *alert)
{
    for (size_t i = 0; i < about->n; i++)
        if (is_of_rule(alert, &about->at[i]))
            return &about->at[i];
    return NULL;
}

static void add(struct ui_panel_rules *rules,
                const struct prom_rule *rule,
                const struct alert *alert)
{
    rules->n_all++;
    if (rules->n < UI_PANEL_RULES_MAX)
        rules->at[rules->n++] = (struct ui_panel_rule){rule, alert};
}

static int find_selected(const struct ui_state *state, const struct ui_panel_rules *rules)
{
    for (size_t i = 0; state->panel_alert_id != 0 && i < rules->n; i++)
        if (rules->at[i].alert && rules->at[i].alert->id == state->panel_alert_id)
            return (int)i;
    return rules->n > 0 && rules->at[0].alert ? 0 : -1;
}

void ui_panel_rules(const struct ui_state *state,
                    const struct snapshot *snapshot,
                    const struct inspect_data *known,
                    struct ui_panel_rules *ret_rules)
{
    static const enum prom_rule_state order[] = {PROM_RULE_FIRING, PROM_RULE_PENDING,
                                                 PROM_RULE_INACTIVE, PROM_RULE_UNKNOWN};
    const struct alert_board *board = snapshot->alerts;
    const struct prom_rules *about = &known->rules.about;

    *ret_rules = (struct ui_panel_rules){.n = 0};
    for (size_t i = 0; i < board->n; i++)
        if (rule_of(about, &board->at[i]))
            add(ret_rules, rule_of(about, &board->at[i]), &board->at[i]);
    for (size_t o = 0; o < COUNT_OF(order); o++)
        for (size_t i = 0; i < about->n; i++)
            if (about->at[i].state == order[o] && !has_alert(board, &about->at[i]))
                add(ret_rules, &about->at[i], NULL);
    ret_rules->selected = find_selected(state, ret_rules);
}

/* False: nothing is known of the open panel alone. */
static bool rules_of_open_panel(const struct ui_state *state,
                                const struct snapshot *snapshot,
                                struct ui_panel_rules *ret_rules)
{
    struct ui_model model = {snapshot, state, {0, 0}};
    const struct inspect_data *known;
    size_t i;

    if (!ui_is_inspecting(state) || !ui_focused_panel(&model, &i))
        return false;
    known = ui_inspect_data(snapshot, i);
    if (!known)
        return false;
    ui_panel_rules(state, snapshot, known, ret_rules);
    return true;
}

void ui_panel_move_alert(struct ui_state *state, const struct snapshot *snapshot, int by)
{
    struct ui_panel_rules rules;
    int to;

    if (!rules_of_open_panel(state, snapshot, &rules) || rules.selected < 0)
        return;
    to = rules.selected + by;
    if (to >= 0 && to < (int)rules.n && rules.at[to].alert)
        state->panel_alert_id = rules.at[to].alert->id;
}

/* ---- From a board --------------------------------------------------------------------------------- */

/* Its rule names a metric of the panel. */
static bool looks_at(const struct alert *alert, const struct inspect_metrics *metrics)
{
    struct inspect_metrics named = {.n = 0};

    if (!alert->expr)
        return false;
    inspect_metrics_add(&named, alert->expr);
    return inspect_metrics_meet(&named, metrics);
}

static bool is_held_back(const struct alert *alert)
{
    return alert->state == ALERT_SILENCED || alert->state == ALERT_INHIBITED;
}

/* Of the focused panel the worst one that is held back, or is not; NULL: none is. */
static const struct alert *find_on_panel(const struct ui_state *state,
                                         const struct snapshot *snapshot,
                                         bool wants_held_back)
{
    struct ui_model model = {snapshot, state, {0, 0}};
    struct inspect_metrics metrics = {.n = 0};
    const struct panel *panel;
    size_t i;

    panel = ui_focused_panel(&model, &i);
    if (!panel)
        return NULL;
    inspect_metrics_of_panel(panel, &metrics);
    for (i = 0; i < snapshot->alerts->n; i++)
        if (is_held_back(&snapshot->alerts->at[i]) == wants_held_back &&
            looks_at(&snapshot->alerts->at[i], &metrics))
            return &snapshot->alerts->at[i];
    return NULL;
}

const struct alert *ui_alert_at_hand(const struct ui_state *state,
                                     const struct snapshot *snapshot,
                                     bool wants_held_back)
{
    struct ui_panel_rules rules;
    const struct alert *alert;

    if (state->view == VIEW_ALERTS)
        return ui_selected_alert(state, snapshot);
    if (ui_is_inspecting(state))
        return rules_of_open_panel(state, snapshot, &rules) && rules.selected >= 0
                   ? rules.at[rules.selected].alert
                   : NULL;
    if (ui_board_of(state->view) == N_BOARDS)
        return NULL;
    alert = find_on_panel(state, snapshot, wants_held_back);
    /* Else the one that stands on the strip. */
    return alert || wants_held_back || snapshot->alerts->n == 0 ? alert : &snapshot->alerts->at[0];
}
