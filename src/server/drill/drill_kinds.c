#include "server/drill/drill_kinds.h"

#include "server/drill/drill_predictions.h"
#include "server/drill/drill_questions.h"

#include <string.h>

static const struct drill_param baseline_params[] = {
    [BASELINE_PREDICTIONS] = {"predictions_per_second", DRILL_PARAM_NUMBER, 0, 100, 2},
    [BASELINE_CHATS] = {"chats_per_second", DRILL_PARAM_NUMBER, 0, 20, 0.2},
    [BASELINE_TRIAGES] = {"triages_per_second", DRILL_PARAM_NUMBER, 0, 20, 0.2},
    [BASELINE_FEEDBACK] = {"feedback_ratio", DRILL_PARAM_NUMBER, 0, 1, 0.5},
    [BASELINE_SEED] = {"seed", DRILL_PARAM_SEED, 0, 0, 0},
};

static const struct drill_param drift_params[] = {
    [DRIFT_DURATION] = {"duration_s", DRILL_PARAM_INT, 10, 3600, 120},
    [DRIFT_AMOUNT] = {"amount", DRILL_PARAM_NUMBER, 0, 1, 0.8},
    [DRIFT_RATE] = {"rate", DRILL_PARAM_NUMBER, 0.1, 200, 5},
    [DRIFT_FEATURES] = {"features", DRILL_PARAM_FEATURES, 0, 0, 0},
    [DRIFT_SEED] = {"seed", DRILL_PARAM_SEED, 0, 0, 0},
};

#define PARAMS(table) .params = (table), .n_params = COUNT_OF(table)

const struct drill_kind_info drill_kinds[N_DRILL_KINDS] = {
    [DRILL_BASELINE] =
        {"baseline", PARAMS(baseline_params),
         .streams = {{drill_fire_usual, DRILL_ARRIVALS_POISSON, BASELINE_PREDICTIONS},
                     {drill_fire_question, DRILL_ARRIVALS_POISSON, BASELINE_CHATS},
                     {drill_fire_ticket_text, DRILL_ARRIVALS_POISSON, BASELINE_TRIAGES}}},
    [DRILL_DRIFT] = {"drift", PARAMS(drift_params), .alert = "MLModelDriftHigh",
                     .alert_for_ms = INT64_C(300000),
                     .streams = {{drill_fire_drifted, DRILL_ARRIVALS_EVEN, DRIFT_RATE}}},
};

const char *drill_kind_name(enum drill_kind kind)
{
    return drill_kinds[kind].name;
}

const struct drill_kind_info *drill_kind_find(const char *name, size_t len)
{
    for (size_t k = 0; k < N_DRILL_KINDS; k++)
        if (strlen(drill_kinds[k].name) == len && memcmp(drill_kinds[k].name, name, len) == 0)
            return &drill_kinds[k];
    return NULL;
}

/* Index of the parameter, or n_params. */
static size_t find_param(const struct drill_kind_info *info, const char *name)
{
    size_t i = 0;

    while (i < info->n_params && strcmp(info->params[i].name, name) != 0)
        i++;
    return i;
}

int64_t drill_kind_duration_ms(const struct drill_kind_info *info,
                               const struct drill_params *params)
{
    size_t i = find_param(info, "duration_s");

    return i < info->n_params ? (int64_t)(params->value[i].number * 1000) : 0;
}

int64_t drill_kind_seed(const struct drill_kind_info *info, const struct drill_params *params)
{
    return (int64_t)params->value[find_param(info, "seed")].number;
}

void drill_kind_set_seed(const struct drill_kind_info *info,
                         struct drill_params *params,
                         int64_t seed)
{
    params->value[find_param(info, "seed")].number = (double)seed;
}
