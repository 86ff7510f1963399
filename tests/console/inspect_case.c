#include "inspect_case.h"

#include "common/alloc.h"

#include <stdio.h>
#include <string.h>

#define MINUTE INT64_C(60000)

/* As the panel's lines, at a part of the height: the server knows an hour ago and a week ago, and of the day
 * before nothing but in a state in which all is well. */
static void set_compare(const struct panel_data *panel,
                        enum compare_id id,
                        bool is_there,
                        struct inspect_compare *compare)
{
    static const double parts[N_COMPARES] = {2, 3, 4};

    *compare = (struct inspect_compare){.is_known = true};
    if (!is_there)
        return;
    series_set_copy(&panel->set, &compare->set);
    for (size_t s = 0; s < compare->set.n; s++)
        for (size_t i = 0; i < compare->set.grid.n; i++)
            compare->set.at[s].values[i] /= parts[id];
}

static void set_cost(const struct panel_data *panel, struct inspect_cost *cost)
{
    *cost = (struct inspect_cost){
        .is_known = true,
        .grid = panel->set.grid,
        .n_requests = 1,
        .n_series = panel->set.n,
        .n_points = panel->set.n * panel->set.grid.n,
        .n_nan = 6,
        .n_bytes = 9120,
        .elapsed_us = 12300,
        .n_samples = 4840,
    };
}

static void set_exemplars(enum case_state state, struct inspect_exemplars *exemplars)
{
    static const struct prom_exemplar some[] = {
        {CASE_NOW_MS - 30 * MINUTE, 0.31, "00f067aa0ba902b74bf92f3577b34da6", 1},
        {CASE_NOW_MS - 2 * MINUTE, 0.93, "4bf92f3577b34da6a3ce929d0e0e4736", 0},
        {CASE_NOW_MS - 40000, 0.88, "a3ce929d0e0e47364bf92f3577b34da6", 0},
    };
    static const char labels[][120] = {"evaluator=lexical source=chat le=0.95",
                                       "evaluator=lexical source=chat le=0.35"};
    struct prom_exemplars *found = &exemplars->found;

    exemplars->is_known = true;
    exemplars->storage = state == CASE_EMPTY ? PROM_STORAGE_OFF : PROM_STORAGE_ON;
    exemplars->from_ms = CASE_NOW_MS - 60 * MINUTE;
    exemplars->to_ms = CASE_NOW_MS;
    if (state == CASE_EMPTY || state == CASE_NAN)
        return;
    found->n = COUNT_OF(some);
    found->at = xcalloc(COUNT_OF(some), sizeof(*found->at));
    memcpy(found->at, some, sizeof(some));
    found->n_labels = COUNT_OF(labels);
    found->labels = xcalloc(COUNT_OF(labels), sizeof(found->labels[0]));
    memcpy(found->labels, labels, sizeof(labels));
}

static void add_rule(struct prom_rules *rules, const struct prom_rule *like)
{
    rules->at = xrealloc_array(rules->at, rules->n + 1, sizeof(*rules->at));
    rules->at[rules->n] = *like;
    rules->at[rules->n++].query = xstrdup("up");
}

static void set_rules(enum case_state state, struct inspect_rules *rules)
{
    static const struct prom_rule some[] = {
        {.name = "MLFeatureDrift",
         .is_alert = true,
         .condition = "ml_feature_drift and on (job, instance) ml_drift_detected == 1",
         .service = "ml-api",
         .severity = ALERT_INFO,
         .state = PROM_RULE_INACTIVE,
         .for_ms = 30 * MINUTE},
        {.name = "MLModelDriftHigh",
         .is_alert = true,
         .condition = "> 0.5",
         .service = "ml-api",
         .severity = ALERT_CRITICAL,
         .state = PROM_RULE_FIRING,
         .for_ms = 5 * MINUTE},
        {.name = "HighScrapeDuration",
         .is_alert = true,
         .condition = "> 0.5",
         .severity = ALERT_WARNING,
         .state = PROM_RULE_INACTIVE,
         .last_error = "many-to-many matching not allowed"},
    };

    rules->is_known = true;
    for (size_t i = 0; state != CASE_EMPTY && i < COUNT_OF(some); i++)
        add_rule(&rules->about, &some[i]);
    for (size_t i = 0; state == CASE_HUGE && i < 40; i++)
        add_rule(&rules->about, &some[i % COUNT_OF(some)]);
}

static struct inspect_data *new_data(const struct snapshot *snapshot,
                                     enum case_state state,
                                     const struct inspect_want *want)
{
    struct inspect_data *data = inspect_data_new(want);
    const struct panel_data *panel = snapshot->panels[want->panel];

    if (state == CASE_ERROR) {
        (void)snprintf(data->cost.reason, sizeof(data->cost.reason), "no answer in 3 s");
        memcpy(data->exemplars.reason, data->cost.reason, sizeof(data->cost.reason));
        memcpy(data->rules.reason, data->cost.reason, sizeof(data->cost.reason));
        for (int id = 0; id < N_COMPARES; id++)
            memcpy(data->compare[id].reason, data->cost.reason, sizeof(data->cost.reason));
        return data;
    }
    set_cost(panel, &data->cost);
    set_exemplars(state, &data->exemplars);
    set_rules(state, &data->rules);
    for (int id = 0; id < N_COMPARES; id++)
        if (id != COMPARE_WEEK || inspect_compare_of(want->compare_ms) == COMPARE_WEEK)
            set_compare(panel, (enum compare_id)id, id != COMPARE_DAY || state == CASE_OK,
                        &data->compare[id]);
    return data;
}

void case_answer_inspect(struct snapshot *snapshot,
                         enum case_state state,
                         const struct inspect_want *want)
{
    if (snapshot->inspect)
        part_unref(&snapshot->inspect->part);
    snapshot->inspect = want->is_on ? new_data(snapshot, state, want) : NULL;
}
