#include "tui/commands.h"
#include "tui/operations.h"
#include "tui/sim_follow.h"

#include <math.h>

#define NUMBERS_MAX 6

/* The drills that inject a fault or ask odd questions. No bounds: the ranges are the server's to check, and it
 * names every field that is wrong. */

struct drill_values {
    struct global_values global;
    double duration_s, predictions_per_second, chats_per_second, queries, rate, per_second, share,
        burst, interval_s, delay_s, seed;
    const char *word, *until;
    bool is_json, waits_for_clear;
};

#define NUMBER(option, member, what, usual, text)                                                  \
    {                                                                                              \
        .name = (option), .type = OPTION_NUMBER, .argument = (what), .fallback = (usual),          \
        .offset = offsetof(struct drill_values, member), .help = (text)                            \
    }
#define WORD(option, member, words, usual, text)                                                   \
    {                                                                                              \
        .name = (option), .type = OPTION_CHOICE, .choices = (words), .fallback = (usual),          \
        .offset = offsetof(struct drill_values, member), .help = (text)                            \
    }
#define FLAG(option, member, text)                                                                 \
    {                                                                                              \
        .name = (option), .type = OPTION_FLAG, .offset = offsetof(struct drill_values, member),    \
        .help = (text)                                                                             \
    }
#define DURATION(usual) NUMBER("duration", duration_s, "SECONDS", (usual), "how long at least")
#define FOLLOW                                                                                     \
    WORD("until", until, "alert|duration|notified", "alert", "what ends it"),                      \
        FLAG("wait-clear", waits_for_clear,                                                        \
             "wait until the alert has cleared, for at most 30 minutes"),                          \
        FLAG("json", is_json, "one JSON object at the end")
#define SEED                                                                                       \
    {                                                                                              \
        .name = "seed", .type = OPTION_WHOLE, .argument = "N",                                     \
        .offset = offsetof(struct drill_values, seed), .help = "for the same traffic again"        \
    }

static const struct option_spec hallucination_specs[] = {
    NUMBER("queries", queries, "N", "50", "how many questions at least"),
    NUMBER("rate", rate, "X", "0.7", "share of the answers that are made up, 0 to 1"),
    NUMBER("per-second", per_second, "X", "2", "questions per second"),
    SEED,
    FOLLOW,
};

static const struct option_spec topic_shift_specs[] = {
    DURATION("300"),
    NUMBER("rate", rate, "PER_SECOND", "2", "questions per second"),
    NUMBER("share", share, "X", "0.9", "how many of them are from another domain, 0 to 1"),
    SEED,
    FOLLOW,
};

static const struct option_spec latency_specs[] = {
    DURATION("60"),
    NUMBER("burst", burst, "N", "20", "tickets that come at once"),
    NUMBER("interval", interval_s, "SECONDS", "5", "from one burst to the next"),
    NUMBER("delay", delay_s, "SECONDS", "12", "how much longer their answers take"),
    SEED,
    FOLLOW,
};

static const struct option_spec rag_specs[] = {
    DURATION("120"),
    WORD("mode",
         word,
         "empty-kb|no-context|vector-db-down|corrupted-embeddings",
         "empty-kb",
         "what fails in retrieval"),
    NUMBER("rate", rate, "PER_SECOND", "2", "questions per second"),
    SEED,
    FOLLOW,
};

static const struct option_spec outage_specs[] = {
    DURATION("180"),
    WORD("target", word, "ml-api|llm-rag-api", "ml-api", "what is down"),
    FOLLOW,
};

static const struct option_spec recovery_specs[] = {
    NUMBER("duration", duration_s, "SECONDS", "60", "how long"),
    NUMBER("predictions-per-second", predictions_per_second, "X", "20", "like those in training"),
    NUMBER("chats-per-second", chats_per_second, "X", "5", "questions that are answered"),
    SEED,
    FLAG("json", is_json, "one JSON object at the end"),
};

const struct option_list sim_recovery_options = {recovery_specs, COUNT_OF(recovery_specs)};
const struct option_list sim_hallucination_options = {hallucination_specs,
                                                      COUNT_OF(hallucination_specs)};
const struct option_list sim_topic_shift_options = {topic_shift_specs, COUNT_OF(topic_shift_specs)};
const struct option_list sim_latency_options = {latency_specs, COUNT_OF(latency_specs)};
const struct option_list sim_rag_options = {rag_specs, COUNT_OF(rag_specs)};
const struct option_list sim_outage_options = {outage_specs, COUNT_OF(outage_specs)};

/* Those of the numbers that were given. */
static int run(struct session *session,
               const struct drill_values *v,
               struct simulation_request *request,
               const struct simulation_number *all,
               size_t n_all)
{
    const struct sim_follow_options options = {v->is_json, v->waits_for_clear};
    struct simulation_number numbers[NUMBERS_MAX];

    for (size_t i = 0; i < n_all && request->n_numbers < NUMBERS_MAX; i++)
        if (!isnan(all[i].value))
            numbers[request->n_numbers++] = all[i];
    request->numbers = numbers;
    request->until = v->until;
    return sim_run_drill(session, request, &options);
}

int sim_hallucination_command(struct session *session,
                              const void *values,
                              const struct option_rest *rest)
{
    const struct drill_values *v = values;
    struct simulation_request request = {.kind = "hallucination"};
    const struct simulation_number numbers[] = {{"queries", v->queries},
                                                {"rate", v->rate},
                                                {"per_second", v->per_second},
                                                {"seed", v->seed}};

    (void)rest;
    return run(session, v, &request, numbers, COUNT_OF(numbers));
}

int sim_topic_shift_command(struct session *session,
                            const void *values,
                            const struct option_rest *rest)
{
    const struct drill_values *v = values;
    struct simulation_request request = {.kind = "topic-shift"};
    const struct simulation_number numbers[] = {
        {"duration_s", v->duration_s}, {"rate", v->rate}, {"share", v->share}, {"seed", v->seed}};

    (void)rest;
    return run(session, v, &request, numbers, COUNT_OF(numbers));
}

int sim_latency_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct drill_values *v = values;
    struct simulation_request request = {.kind = "latency"};
    const struct simulation_number numbers[] = {{"duration_s", v->duration_s},
                                                {"burst", v->burst},
                                                {"interval_s", v->interval_s},
                                                {"delay_s", v->delay_s},
                                                {"seed", v->seed}};

    (void)rest;
    return run(session, v, &request, numbers, COUNT_OF(numbers));
}

int sim_rag_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct drill_values *v = values;
    struct simulation_request request = {.kind = "rag", .word_name = "mode", .word = v->word};
    const struct simulation_number numbers[] = {
        {"duration_s", v->duration_s}, {"rate", v->rate}, {"seed", v->seed}};

    (void)rest;
    return run(session, v, &request, numbers, COUNT_OF(numbers));
}

int sim_outage_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct drill_values *v = values;
    struct simulation_request request = {.kind = "outage", .word_name = "target", .word = v->word};
    const struct simulation_number numbers[] = {{"duration_s", v->duration_s}};

    (void)rest;
    return run(session, v, &request, numbers, COUNT_OF(numbers));
}

int sim_recovery_command(struct session *session,
                         const void *values,
                         const struct option_rest *rest)
{
    const struct drill_values *v = values;
    struct simulation_request request = {.kind = "recovery"};
    const struct simulation_number numbers[] = {
        {"duration_s", v->duration_s},
        {"predictions_per_second", v->predictions_per_second},
        {"chats_per_second", v->chats_per_second},
        {"seed", v->seed}};

    (void)rest;
    return run(session, v, &request, numbers, COUNT_OF(numbers));
}
