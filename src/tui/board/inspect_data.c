#include "tui/board/inspect_data.h"

#include "common/alloc.h"
#include "tui/board/inspect.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)

bool inspect_want_equals(const struct inspect_want *a, const struct inspect_want *b)
{
    return a->is_on == b->is_on && a->dashboard == b->dashboard && a->panel == b->panel &&
           a->compare_ms == b->compare_ms && a->cursor_ms == b->cursor_ms;
}

int64_t inspect_compare_ms(enum compare_id id)
{
    static const int64_t offsets[N_COMPARES] = {HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS};

    return offsets[id];
}

enum compare_id inspect_compare_of(int64_t compare_ms)
{
    int id = 0;

    while (id < N_COMPARES && inspect_compare_ms((enum compare_id)id) != compare_ms)
        id++;
    return (enum compare_id)id;
}

/* ---- A part of a snapshot ---------------------------------------------------------------------- */

static void destroy(struct part *part)
{
    struct inspect_data *data = (struct inspect_data *)part;

    for (int id = 0; id < N_COMPARES; id++)
        series_set_finish(&data->compare[id].set);
    prom_exemplars_finish(&data->exemplars.found);
    prom_rules_finish(&data->rules.about);
    free(data);
}

struct inspect_data *inspect_data_new(const struct inspect_want *want)
{
    struct inspect_data *data = xcalloc(1, sizeof(*data));

    part_init(&data->part, destroy);
    data->dashboard = want->dashboard;
    data->panel = want->panel;
    return data;
}

static void copy_rules(const struct prom_rules *from, struct prom_rules *ret_copy)
{
    ret_copy->n = from->n;
    ret_copy->at = xcalloc(from->n + 1, sizeof(*from->at));
    for (size_t i = 0; i < from->n; i++) {
        ret_copy->at[i] = from->at[i];
        ret_copy->at[i].query = xstrdup(from->at[i].query);
    }
}

struct inspect_data *inspect_data_copy(const struct inspect_data *from)
{
    struct inspect_data *data = xcalloc(1, sizeof(*data));

    memcpy(data, from, sizeof(*data));
    part_init(&data->part, destroy);
    for (int id = 0; id < N_COMPARES; id++)
        series_set_copy(&from->compare[id].set, &data->compare[id].set);
    prom_exemplars_copy(&from->exemplars.found, &data->exemplars.found);
    copy_rules(&from->rules.about, &data->rules.about);
    return data;
}

/* ---- Rules -------------------------------------------------------------------------------------- */

/* What the rule's query names, and what stands behind the recorded metrics in it: one step is as far as
 * ours go. */
static void metrics_of_rule(const struct prom_rules *all,
                            const struct prom_rule *rule,
                            struct inspect_metrics *ret_metrics)
{
    size_t n_own;

    ret_metrics->n = 0;
    inspect_metrics_add(ret_metrics, rule->query);
    n_own = ret_metrics->n;
    for (size_t m = 0; m < n_own; m++)
        for (size_t i = 0; i < all->n; i++)
            if (!all->at[i].is_alert && strcmp(all->at[i].name, ret_metrics->names[m]) == 0)
                inspect_metrics_add(ret_metrics, all->at[i].query);
}

void inspect_rules_take(struct prom_rules *all,
                        const struct panel *panel,
                        struct prom_rules *ret_about)
{
    struct inspect_metrics of_panel, of_rule;

    inspect_metrics_of_panel(panel, &of_panel);
    *ret_about = (struct prom_rules){.at = xcalloc(all->n + 1, sizeof(*all->at))};
    for (size_t i = 0; i < all->n; i++) {
        if (!all->at[i].is_alert)
            continue;
        metrics_of_rule(all, &all->at[i], &of_rule);
        if (!inspect_metrics_meet(&of_panel, &of_rule))
            continue;
        ret_about->at[ret_about->n] = all->at[i];
        ret_about->at[ret_about->n++].query = xstrdup(all->at[i].query);
    }
    prom_rules_finish(all);
}

/* ---- Exemplars ---------------------------------------------------------------------------------- */

void inspect_exemplar_span(const struct time_grid *window,
                           int64_t cursor_ms,
                           int64_t *ret_from_ms,
                           int64_t *ret_to_ms)
{
    int64_t end_ms = time_grid_end_ms(window), half_ms = INSPECT_EXEMPLAR_SPAN_MS / 2;
    int64_t at_ms = cursor_ms >= 0 ? cursor_ms : end_ms;

    *ret_from_ms = window->start_ms;
    *ret_to_ms = end_ms + window->step_ms;
    if (end_ms - window->start_ms <= INSPECT_EXEMPLAR_SPAN_MS)
        return;
    at_ms -= at_ms % half_ms;
    *ret_from_ms = at_ms - half_ms > window->start_ms ? at_ms - half_ms : window->start_ms;
    if (at_ms + 2 * half_ms < *ret_to_ms)
        *ret_to_ms = at_ms + 2 * half_ms;
}
