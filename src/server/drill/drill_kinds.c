#include "server/drill/drill_kinds.h"

#include "server/drill/drill_predictions.h"
#include "server/drill/drill_questions.h"
#include "server/drill/drill_run.h"

#include <string.h>

#define FAST_DIVISOR    20   /* what fast alerts divide every time of a rule by ... */
#define FAST_FOR_MIN_MS 2000 /* ... `for` down to this */

/* Of "rag", in the order of its modes. */
static const enum fault rag_faults[] = {FAULT_EMPTY_KB, FAULT_NO_CONTEXT, FAULT_VECTOR_DB_DOWN,
                                        FAULT_CORRUPTED_EMBEDDINGS};

static const char *const rag_modes[] = {"empty-kb", "no-context", "vector-db-down",
                                        "corrupted-embeddings", NULL};
static const char *const outage_targets[] = {"ml-api", "llm-rag-api", NULL}; /* enum fault_target */

#define SEED                                                                                       \
    {                                                                                              \
        "seed", DRILL_PARAM_SEED, 0, 0, 0, NULL                                                    \
    }
#define DURATION(usual)                                                                            \
    {                                                                                              \
        DRILL_DURATION_S, DRILL_PARAM_INT, 10, 3600, (usual), NULL                                 \
    }

static const struct drill_param baseline_params[] = {
    [BASELINE_PREDICTIONS] = {"predictions_per_second", DRILL_PARAM_NUMBER, 0, 100, 2, NULL},
    [BASELINE_CHATS] = {"chats_per_second", DRILL_PARAM_NUMBER, 0, 20, 0.2, NULL},
    [BASELINE_TRIAGES] = {"triages_per_second", DRILL_PARAM_NUMBER, 0, 20, 0.2, NULL},
    [BASELINE_FEEDBACK] = {"feedback_ratio", DRILL_PARAM_NUMBER, 0, 1, 0.5, NULL},
    [BASELINE_SEED] = SEED,
};

static const struct drill_param drift_params[] = {
    [DRIFT_DURATION] = DURATION(120),
    [DRIFT_AMOUNT] = {"amount", DRILL_PARAM_NUMBER, 0, 1, 0.8, NULL},
    [DRIFT_RATE] = {"rate", DRILL_PARAM_NUMBER, 0.1, 200, 5, NULL},
    [DRIFT_FEATURES] = {"features", DRILL_PARAM_FEATURES, 0, 0, 0, NULL},
    [DRIFT_SEED] = SEED,
};

static const struct drill_param hallucination_params[] = {
    [HALLUCINATION_QUERIES] = {"queries", DRILL_PARAM_INT, 1, 5000, 50, NULL},
    [HALLUCINATION_RATE] = {"rate", DRILL_PARAM_NUMBER, 0, 1, 0.7, NULL},
    [HALLUCINATION_PER_SECOND] = {"per_second", DRILL_PARAM_NUMBER, 0.1, 20, 2, NULL},
    [HALLUCINATION_SEED] = SEED,
};

static const struct drill_param topic_shift_params[] = {
    [TOPIC_SHIFT_DURATION] = DURATION(300),
    [TOPIC_SHIFT_RATE] = {"rate", DRILL_PARAM_NUMBER, 0.1, 20, 2, NULL},
    [TOPIC_SHIFT_SHARE] = {"share", DRILL_PARAM_NUMBER, 0, 1, 0.9, NULL},
    [TOPIC_SHIFT_SEED] = SEED,
};

static const struct drill_param latency_params[] = {
    [LATENCY_DURATION] = DURATION(60),
    [LATENCY_BURST] = {"burst", DRILL_PARAM_INT, 1, 40, 20, NULL},
    [LATENCY_INTERVAL] = {"interval_s", DRILL_PARAM_NUMBER, 1, 60, 5, NULL},
    [LATENCY_DELAY] = {"delay_s", DRILL_PARAM_NUMBER, 0, FAULT_DELAY_MAX_MS / 1000.0, 12, NULL},
    [LATENCY_SEED] = SEED,
};

static const struct drill_param rag_params[] = {
    [RAG_DURATION] = DURATION(120),
    [RAG_MODE] = {"mode", DRILL_PARAM_CHOICE, 0, 0, 0, rag_modes},
    [RAG_RATE] = {"rate", DRILL_PARAM_NUMBER, 0.1, 20, 2, NULL},
    [RAG_SEED] = SEED,
};

static const struct drill_param outage_params[] = {
    [OUTAGE_DURATION] = DURATION(180),
    [OUTAGE_TARGET] = {"target", DRILL_PARAM_CHOICE, 0, 0, 0, outage_targets},
};

static const struct drill_param recovery_params[] = {
    [RECOVERY_DURATION] = DURATION(60),
    [RECOVERY_PREDICTIONS] = {"predictions_per_second", DRILL_PARAM_NUMBER, 0, 100, 20, NULL},
    [RECOVERY_CHATS] = {"chats_per_second", DRILL_PARAM_NUMBER, 0, 20, 5, NULL},
    [RECOVERY_SEED] = SEED,
};

/* ---- Faults and what they bring about ------------------------------------------------------------ */

static void hallucination_fault(const struct drill_params *params, struct fault_order *ret_order)
{
    ret_order->fault = FAULT_FABRICATE;
    ret_order->rate = params->value[HALLUCINATION_RATE].number;
}

static void latency_fault(const struct drill_params *params, struct fault_order *ret_order)
{
    ret_order->fault = FAULT_DELAY;
    ret_order->delay_ms = (int64_t)(params->value[LATENCY_DELAY].number * 1000);
}

static void rag_fault(const struct drill_params *params, struct fault_order *ret_order)
{
    ret_order->fault = rag_faults[(size_t)params->value[RAG_MODE].number];
}

static void outage_fault(const struct drill_params *params, struct fault_order *ret_order)
{
    ret_order->fault = FAULT_OUTAGE;
    ret_order->target = (enum fault_target)params->value[OUTAGE_TARGET].number;
}

static struct drill_expectation rag_expect(const struct drill_params *params)
{
    enum fault fault = rag_faults[(size_t)params->value[RAG_MODE].number];

    if (fault == FAULT_EMPTY_KB || fault == FAULT_NO_CONTEXT)
        return (struct drill_expectation){"LLMAbstentionHigh", INT64_C(300000)};
    return (struct drill_expectation){"LLMRetrievalDegraded", INT64_C(120000)};
}

#define PARAMS(table) .params = (table), .n_params = COUNT_OF(table)
#define EVENLY(fire, rate_param)                                                                   \
    {                                                                                              \
        {                                                                                          \
            (fire), DRILL_ARRIVALS_EVEN, (rate_param), false, 0                                    \
        }                                                                                          \
    }

const struct drill_kind_info drill_kinds[N_DRILL_KINDS] = {
    [DRILL_BASELINE] =
        {"baseline", PARAMS(baseline_params),
         .streams = {{drill_fire_usual, DRILL_ARRIVALS_POISSON, BASELINE_PREDICTIONS, false, 0},
                     {drill_fire_question, DRILL_ARRIVALS_POISSON, BASELINE_CHATS, false, 0},
                     {drill_fire_ticket_text, DRILL_ARRIVALS_POISSON, BASELINE_TRIAGES, false, 0}}},
    [DRILL_DRIFT] = {"drift", PARAMS(drift_params),
                     .expects = {"MLModelDriftHigh", INT64_C(300000)},
                     .streams = EVENLY(drill_fire_drifted, DRIFT_RATE)},
    [DRILL_HALLUCINATION] = {"hallucination", PARAMS(hallucination_params),
                             .expects = {"LLMHallucinationCritical", INT64_C(300000)},
                             .streams = EVENLY(drill_fire_any_question, HALLUCINATION_PER_SECOND),
                             .fault = hallucination_fault},
    [DRILL_TOPIC_SHIFT] = {"topic-shift", PARAMS(topic_shift_params),
                           .expects = {"LLMEmbeddingDriftHigh", INT64_C(600000)},
                           .streams = EVENLY(drill_fire_shifted_question, TOPIC_SHIFT_RATE)},
    /* As many under way as bursts of the usual size need (20 each 5 s for 12 s), and fewer than the server
     * takes at once, so that a burst is slow instead of being refused. */
    [DRILL_LATENCY] = {"latency", PARAMS(latency_params),
                       .expects = {"PipelineLatencyHigh", INT64_C(300000)},
                       .streams = {{drill_fire_ticket_text, DRILL_ARRIVALS_EVEN, LATENCY_INTERVAL,
                                    true, LATENCY_BURST}},
                       .in_flight_max = DRILL_IN_FLIGHT_MAX, .fault = latency_fault},
    [DRILL_RAG] = {"rag", PARAMS(rag_params), .expects = {"LLMAbstentionHigh", INT64_C(300000)},
                   .streams = EVENLY(drill_fire_question, RAG_RATE), .fault = rag_fault,
                   .expect = rag_expect},
    [DRILL_OUTAGE] = {"outage", PARAMS(outage_params), .expects = {"APIDown", INT64_C(60000)},
                      .fault = outage_fault},
    /* Ordinary traffic that fills the windows of a drill again, faster than the baseline would. */
    [DRILL_RECOVERY] =
        {"recovery", PARAMS(recovery_params),
         .streams = {{drill_fire_ordinary, DRILL_ARRIVALS_EVEN, RECOVERY_PREDICTIONS, false, 0},
                     {drill_fire_question, DRILL_ARRIVALS_EVEN, RECOVERY_CHATS, false, 0}}},
};

struct drill_expectation drill_kind_expect(const struct drill_kind_info *info,
                                           const struct drill_params *params)
{
    return info->expect ? info->expect(params) : info->expects;
}

int64_t drill_fast_ms(int64_t ms, int64_t least_ms)
{
    return ms / FAST_DIVISOR > least_ms ? ms / FAST_DIVISOR : least_ms;
}

int64_t drill_expectation_for_ms(const struct drill_expectation *expects, bool fast_alerts)
{
    return fast_alerts ? drill_fast_ms(expects->for_ms, FAST_FOR_MIN_MS) : expects->for_ms;
}

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

bool drill_kind_has(const struct drill_kind_info *info, const char *param)
{
    return find_param(info, param) < info->n_params;
}

int64_t drill_kind_duration_ms(const struct drill_kind_info *info,
                               const struct drill_params *params)
{
    size_t i = find_param(info, DRILL_DURATION_S);

    if (info == &drill_kinds[DRILL_HALLUCINATION])
        return (int64_t)(1000 * params->value[HALLUCINATION_QUERIES].number /
                         params->value[HALLUCINATION_PER_SECOND].number);
    return i < info->n_params ? (int64_t)(params->value[i].number * 1000) : 0;
}

int64_t drill_kind_seed(const struct drill_kind_info *info, const struct drill_params *params)
{
    size_t i = find_param(info, "seed");

    return i < info->n_params ? (int64_t)params->value[i].number : 0;
}

void drill_kind_set_seed(const struct drill_kind_info *info,
                         struct drill_params *params,
                         int64_t seed)
{
    params->value[find_param(info, "seed")].number = (double)seed;
}
