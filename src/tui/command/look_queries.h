#ifndef TW_LOOK_QUERIES_H
#define TW_LOOK_QUERIES_H

/* What a look asks of Prometheus: one table, sent as one joint query whose parts are told apart by the
 * label "tw"; part by part when the joint one fails, so that one bad expression costs one line. */

#include "common/buffer.h"

#include <stddef.h>

enum look_reading_id {
    LOOK_DRIFT,             /* 0..1 */
    LOOK_DRIFT_SAMPLES,     /* predictions in the window */
    LOOK_PREDICTIONS_PER_S, /* over 1m */
    LOOK_LATENCY_P95_S,     /* over 5m, as MLLatencyHigh has it */
    LOOK_ERROR_RATIO,       /* over 5m, validation left out, as MLErrorRateHigh has it */
    LOOK_REALIZED_ACCURACY, /* over the last labels */
    LOOK_MODEL_ACCURACY,    /* on held-out rows, when trained */
    LOOK_FEEDBACK_LABELS,   /* in the window of the realised accuracy */

    /* Of the LLM side: over 5m, external answers left out, as the alerts have it. */
    LOOK_RELEVANCE,       /* median */
    LOOK_GROUNDEDNESS,    /* median */
    LOOK_HALLUCINATION,   /* p90 */
    LOOK_AVERAGE_QUALITY, /* of the last answers */
    LOOK_EMBEDDING_DRIFT, /* 0..1 */
    LOOK_ABSTENTION,      /* share of the questions */
    LOOK_CHAT_P95_S,
    LOOK_TRIAGE_P95_S,
    LOOK_KB_DOCUMENTS,
    LOOK_KB_CHUNKS,
    N_LOOK_READINGS,
};

#define LOOK_FIRST_QUALITY LOOK_RELEVANCE

enum look_age_id {
    LOOK_AGE_DRIFT,
    LOOK_AGE_PREDICTIONS,
    LOOK_AGE_FEEDBACK,
    LOOK_AGE_LLM,
    LOOK_AGE_TRIAGE,
    LOOK_AGE_UP,
    N_LOOK_AGES
};

/* Readings first, then ages, then lists. */
enum look_query {
    LOOK_QUERY_AGES = N_LOOK_READINGS,
    LOOK_QUERY_FEATURES = LOOK_QUERY_AGES + N_LOOK_AGES,
    LOOK_QUERY_UP,
    LOOK_QUERY_ENCODER,
    N_LOOK_QUERIES,
};

struct look_query_info {
    const char *tag;
    const char *expr;
};

extern const struct look_query_info look_queries[N_LOOK_QUERIES];

/* The age that a reading goes by, and its name for JSON and messages. */
struct look_reading_info {
    const char *name;
    enum look_age_id age;
};

extern const struct look_reading_info look_readings[N_LOOK_READINGS];

void look_write_query(enum look_query query, struct buffer *out);
void look_write_joint_query(struct buffer *out);

/* The query with that tag, or N_LOOK_QUERIES. */
enum look_query look_query_of(const char *tag);

#endif
