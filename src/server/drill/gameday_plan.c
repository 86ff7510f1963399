#include "server/drill/gameday_plan.h"

#include <string.h>

#define MINUTE_MS INT64_C(60000)

/* Of prom/alertmanager.yml; in fast alerts as the server renders them. */
#define GROUP_WAIT_MS          INT64_C(10000)
#define GROUP_INTERVAL_MS      (5 * MINUTE_MS)
#define FAST_GROUP_WAIT_MS     INT64_C(1000)
#define FAST_GROUP_INTERVAL_MS INT64_C(5000)
#define FAST_RANGE_LEAST_MS    INT64_C(15000)

/* A scrape, an evaluation and a poll come one after the other (27 s, and 3 s with fast alerts), on a machine
 * that may be busy. */
#define LAG_MS      MINUTE_MS
#define FAST_LAG_MS INT64_C(30000)

#define PREDICTIONS "{\"duration_s\":900,\"chats_per_second\":0}"
#define CHATS       "{\"duration_s\":900,\"predictions_per_second\":0}"

static const struct gameday_plan plans[] = {
    {"drift", DRILL_DRIFT, "{}", PREDICTIONS, 60000, 30000, 0},
    {"hallucination", DRILL_HALLUCINATION, "{}", NULL, 60000, 0, 5 * MINUTE_MS},
    {"topic-shift", DRILL_TOPIC_SHIFT, "{}", CHATS, 150000, 90000, 0},
    {"latency", DRILL_LATENCY, "{}", NULL, 45000, 15000, 5 * MINUTE_MS},
    {"rag empty-kb", DRILL_RAG, "{\"mode\":\"empty-kb\"}", NULL, 120000, 0, 5 * MINUTE_MS},
    {"rag no-context", DRILL_RAG, "{\"mode\":\"no-context\"}", NULL, 120000, 0, 5 * MINUTE_MS},
    {"rag vector-db-down", DRILL_RAG, "{\"mode\":\"vector-db-down\"}", NULL, 15000, 0,
     2 * MINUTE_MS},
    {"rag corrupted-embeddings", DRILL_RAG, "{\"mode\":\"corrupted-embeddings\"}", NULL, 15000, 0,
     2 * MINUTE_MS},
    {"outage ml-api", DRILL_OUTAGE, "{\"target\":\"ml-api\"}", NULL, 0, 0, 0},
    {"outage llm-rag-api", DRILL_OUTAGE, "{\"target\":\"llm-rag-api\"}", NULL, 0, 0, 0},
};

_Static_assert(COUNT_OF(plans) <= GAMEDAY_STEPS_MAX, "a game day of all kinds has room");

size_t gameday_plan_find(const char *kind, const struct gameday_plan *ret_plans[GAMEDAY_STEPS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(plans); i++)
        if (strcmp(kind, "all") == 0 || strcmp(kind, drill_kind_name(plans[i].kind)) == 0)
            ret_plans[n++] = &plans[i];
    return n;
}

struct drill_expectation gameday_plan_expect(const struct gameday_plan *plan)
{
    const struct drill_kind_info *info = &drill_kinds[plan->kind];
    CLEANUP(json_freep) struct json *json = NULL;
    struct field_errors errors = {0};
    struct drill_params params = {0};

    if (json_parse(plan->params, strlen(plan->params), &json, NULL) == 0)
        drill_params_read(info->params, info->n_params, json, &params, &errors);
    return drill_kind_expect(info, &params);
}

void gameday_plan_limits(const struct gameday_plan *plan,
                         bool fast_alerts,
                         struct gameday_limits *ret_limits)
{
    const struct drill_expectation expects = gameday_plan_expect(plan);
    int64_t lag_ms = fast_alerts ? FAST_LAG_MS : LAG_MS;
    int64_t wait_ms = fast_alerts ? FAST_GROUP_WAIT_MS : GROUP_WAIT_MS;
    int64_t interval_ms = fast_alerts ? FAST_GROUP_INTERVAL_MS : GROUP_INTERVAL_MS;
    int64_t range_ms = plan->range_ms;

    if (fast_alerts && range_ms > 0)
        range_ms = drill_fast_ms(range_ms, FAST_RANGE_LEAST_MS);
    *ret_limits = (struct gameday_limits){
        .detect_ms = plan->rise_ms + drill_expectation_for_ms(&expects, fast_alerts) + lag_ms,
        .notify_ms = wait_ms + interval_ms + lag_ms,
        .clear_ms = plan->fall_ms + range_ms + lag_ms,
        .resolve_ms = interval_ms + lag_ms,
    };
}
