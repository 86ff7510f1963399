#include "tui/data/sim_kinds.h"

#include "common/cleanup.h"
#include "tui/data/prom.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SEED_MAX 9007199254740992.0 /* 2^53, as the server has it */
#define MINUTES  INT64_C(60000)     /* in ms */

#define NUMBER(field, word, what, measure, usual, least, most, text)                               \
    {                                                                                              \
        .name = (field), .type = SIM_NUMBER, .option = (word), .argument = (what),                 \
        .unit = (measure), .fallback = (usual), .min = (least), .max = (most), .help = (text)      \
    }
#define WHOLE(field, word, what, measure, usual, least, most, text)                                \
    {                                                                                              \
        .name = (field), .type = SIM_WHOLE, .option = (word), .argument = (what),                  \
        .unit = (measure), .fallback = (usual), .min = (least), .max = (most), .help = (text)      \
    }
#define CHOICE(field, words, usual, text)                                                          \
    {                                                                                              \
        .name = (field), .type = SIM_CHOICE, .option = (field), .unit = "", .choices = (words),    \
        .fallback = (usual), .help = (text)                                                        \
    }
#define DURATION(usual)                                                                            \
    WHOLE("duration_s", "duration", "SECONDS", "s", usual, 10, 3600, "how long at least")
#define SEED WHOLE("seed", "seed", "N", "", NULL, 0, SEED_MAX, "for the same traffic again")

static const struct sim_param baseline_params[] = {
    NUMBER("predictions_per_second",
           "predictions-per-second",
           "X",
           "",
           "2",
           0,
           100,
           "like those in training"),
    NUMBER("chats_per_second",
           "chats-per-second",
           "X",
           "",
           "0.2",
           0,
           20,
           "questions that the knowledge base answers"),
    NUMBER(
        "triages_per_second", "triages-per-second", "X", "", "0.2", 0, 20, "tickets with a text"),
    NUMBER("feedback_ratio",
           "feedback-ratio",
           "X",
           "",
           "0.5",
           0,
           1,
           "share whose true severity is told later"),
    SEED,
};

static const struct sim_param drift_params[] = {
    DURATION("120"),
    NUMBER("amount", "amount", "X", "", "0.8", 0, 1, "how far the features move, 0 to 1"),
    NUMBER("rate", "rate", "PER_SECOND", "/s", "5", 0.1, 200, "predictions per second"),
    {.name = "features",
     .type = SIM_FEATURES,
     .option = "features",
     .argument = "A,B",
     .unit = "",
     .fallback = "all",
     .help = "which features move"},
    SEED,
};

static const struct sim_param hallucination_params[] = {
    WHOLE("queries", "queries", "N", "", "50", 1, 5000, "how many questions at least"),
    NUMBER("rate", "rate", "X", "", "0.7", 0, 1, "share of the answers that are made up, 0 to 1"),
    NUMBER("per_second", "per-second", "X", "/s", "2", 0.1, 20, "questions per second"),
    SEED,
};

static const struct sim_param topic_shift_params[] = {
    DURATION("300"),
    NUMBER("rate", "rate", "PER_SECOND", "/s", "2", 0.1, 20, "questions per second"),
    NUMBER(
        "share", "share", "X", "", "0.9", 0, 1, "how many of them are from another domain, 0 to 1"),
    SEED,
};

static const struct sim_param latency_params[] = {
    DURATION("60"),
    WHOLE("burst", "burst", "N", "", "20", 1, 40, "tickets that come at once"),
    NUMBER("interval_s", "interval", "SECONDS", "s", "5", 1, 60, "from one burst to the next"),
    NUMBER("delay_s", "delay", "SECONDS", "s", "12", 0, 30, "how much longer their answers take"),
    SEED,
};

static const struct sim_param rag_params[] = {
    DURATION("120"),
    CHOICE("mode",
           "empty-kb|no-context|vector-db-down|corrupted-embeddings",
           "empty-kb",
           "what fails in retrieval"),
    NUMBER("rate", "rate", "PER_SECOND", "/s", "2", 0.1, 20, "questions per second"),
    SEED,
};

static const struct sim_param outage_params[] = {
    DURATION("180"),
    CHOICE("target", "ml-api|llm-rag-api", "ml-api", "what is down"),
};

static const struct sim_param recovery_params[] = {
    WHOLE("duration_s", "duration", "SECONDS", "s", "60", 10, 3600, "how long"),
    NUMBER("predictions_per_second",
           "predictions-per-second",
           "X",
           "",
           "20",
           0,
           100,
           "like those in training"),
    NUMBER("chats_per_second",
           "chats-per-second",
           "X",
           "",
           "5",
           0,
           20,
           "questions that the knowledge base answers"),
    SEED,
};

/* In the order of the modes. */
static const struct sim_alert rag_alerts[] = {
    {"LLMAbstentionHigh", 5 * MINUTES},
    {"LLMAbstentionHigh", 5 * MINUTES},
    {"LLMRetrievalDegraded", 2 * MINUTES},
    {"LLMRetrievalDegraded", 2 * MINUTES},
};

#define PARAMS(table) .params = (table), .n_params = COUNT_OF(table)

const struct sim_kind sim_kinds[N_SIM_KINDS] = {
    [SIM_BASELINE] = {"baseline", "ordinary traffic", PARAMS(baseline_params)},
    [SIM_DRIFT] = {"drift", "the features of predictions move", PARAMS(drift_params),
                   .alert = {"MLModelDriftHigh", 5 * MINUTES}},
    [SIM_HALLUCINATION] = {"hallucination", "answers are made up", PARAMS(hallucination_params),
                           .alert = {"LLMHallucinationCritical", 5 * MINUTES}},
    [SIM_TOPIC_SHIFT] = {"topic-shift", "questions of another domain", PARAMS(topic_shift_params),
                         .alert = {"LLMEmbeddingDriftHigh", 10 * MINUTES}},
    [SIM_LATENCY] = {"latency", "bursts of slow triages", PARAMS(latency_params),
                     .alert = {"PipelineLatencyHigh", 5 * MINUTES}},
    [SIM_RAG] = {"rag", "retrieval fails", PARAMS(rag_params),
                 .alert = {"LLMAbstentionHigh", 5 * MINUTES}, .alert_of_choice = rag_alerts},
    [SIM_OUTAGE] = {"outage", "an API is off its port", PARAMS(outage_params),
                    .alert = {"APIDown", 1 * MINUTES}},
    [SIM_RECOVERY] = {"recovery", "ordinary traffic, fast", PARAMS(recovery_params)},
};

const struct sim_kind *sim_kind_find(const char *name)
{
    for (size_t i = 0; i < N_SIM_KINDS; i++)
        if (strcmp(sim_kinds[i].name, name) == 0)
            return &sim_kinds[i];
    return NULL;
}

const char *sim_kind_article(const struct sim_kind *kind)
{
    return strchr("aeiou", kind->name[0]) ? "an" : "a";
}

/* ---- Choices ----------------------------------------------------------------------------------- */

int sim_choice_count(const char *choices)
{
    int n = 1;

    for (const char *at = choices; *at; at++)
        n += *at == '|';
    return n;
}

/* The i-th word, which ends at a bar or at the end. */
static const char *choice_at(const char *choices, int i)
{
    for (; i > 0; i--) {
        choices += strcspn(choices, "|");
        choices += *choices == '|';
    }
    return choices;
}

int sim_choice_find(const char *choices, const char *word)
{
    size_t len = strlen(word);

    for (int i = 0; i < sim_choice_count(choices); i++) {
        const char *at = choice_at(choices, i);

        if (strcspn(at, "|") == len && memcmp(at, word, len) == 0)
            return i;
    }
    return -1;
}

void sim_choice_copy(const char *choices, int i, char out[SIM_WORD_SIZE])
{
    const char *at = choice_at(choices, i);

    (void)snprintf(out, SIM_WORD_SIZE, "%.*s", (int)strcspn(at, "|"), at);
}

/* ---- Runs -------------------------------------------------------------------------------------- */

const struct sim_alert *sim_kind_alert(const struct sim_kind *kind, int choice)
{
    return kind->alert_of_choice && choice >= 0 ? &kind->alert_of_choice[choice] : &kind->alert;
}

/* NaN: the kind has no such parameter. */
static double number_of(const struct sim_kind *kind,
                        const struct sim_values *values,
                        const char *name)
{
    double fallback = (double)NAN;

    for (size_t i = 0; i < kind->n_params; i++) {
        if (strcmp(kind->params[i].name, name) != 0)
            continue;
        if (!isnan(values->numbers[i]))
            return values->numbers[i];
        if (kind->params[i].fallback && prom_number(kind->params[i].fallback, &fallback))
            return fallback;
    }
    return (double)NAN;
}

int64_t sim_kind_duration_ms(const struct sim_kind *kind, const struct sim_values *values)
{
    double seconds = number_of(kind, values, "duration_s");

    if (isnan(seconds))
        seconds = number_of(kind, values, "queries") / number_of(kind, values, "per_second");
    return isfinite(seconds) && seconds < 1e9 ? (int64_t)(seconds * 1000) : 0;
}

struct simulation_request sim_kind_request(const struct sim_kind *kind,
                                           const struct sim_values *values,
                                           struct simulation_number numbers[SIM_PARAMS_MAX])
{
    struct simulation_request request = {.kind = kind->name, .numbers = numbers};

    for (size_t i = 0; i < kind->n_params; i++) {
        const struct sim_param *param = &kind->params[i];

        switch (param->type) {
        case SIM_NUMBER:
        case SIM_WHOLE:
            if (!isnan(values->numbers[i]))
                numbers[request.n_numbers++] =
                    (struct simulation_number){param->name, values->numbers[i]};
            break;
        case SIM_CHOICE:
            request.word_name = param->name;
            request.word = values->words[i];
            break;
        case SIM_FEATURES:
            request.features = values->words[i];
            break;
        }
    }
    return request;
}
