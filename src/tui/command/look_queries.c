#include "tui/command/look_queries.h"

#include <string.h>

/* Answers that others sent to be scored are not ours to judge. */
#define OF_ANSWERS(quantile, metric)                                                               \
    "histogram_quantile(" quantile ", sum by (le) (rate(" metric                                   \
    "_bucket{source!=\"external\"}[5m])))"
#define P95(metric) "histogram_quantile(0.95, sum by (le) (rate(" metric "_bucket[5m])))"
#define OUR_JOBS    "{job=~\"ml-api|llm-rag-api|operations|prometheus|alertmanager\"}"

/* Replicas are taken together: the worst drift, the lowest accuracy, the sum of the traffic. */
const struct look_query_info look_queries[N_LOOK_QUERIES] = {
    [LOOK_DRIFT] = {"drift", "max(ml_data_drift_score)"},
    [LOOK_DRIFT_SAMPLES] = {"samples", "max(ml_drift_samples_analyzed)"},
    [LOOK_PREDICTIONS_PER_S] = {"predictions", "sum(rate(ml_predictions_total[1m]))"},
    [LOOK_LATENCY_P95_S] = {"p95", "histogram_quantile(0.95, sum by (le) "
                                   "(rate(ml_prediction_latency_seconds_bucket[5m])))"},
    [LOOK_ERROR_RATIO] = {"errors",
                          "sum(rate(ml_prediction_errors_total{error_type!=\"validation\"}[5m]))"
                          " / sum(rate(ml_predictions_total[5m]))"},
    [LOOK_REALIZED_ACCURACY] = {"realized", "min(ml_realized_accuracy)"},
    [LOOK_MODEL_ACCURACY] = {"trained", "max(ml_model_accuracy)"},
    [LOOK_FEEDBACK_LABELS] = {"labels", "sum(ml_feedback_window_labels)"},
    [LOOK_RELEVANCE] = {"relevance", OF_ANSWERS("0.5", "llm_relevance_score")},
    [LOOK_GROUNDEDNESS] = {"groundedness", OF_ANSWERS("0.5", "llm_groundedness_score")},
    [LOOK_HALLUCINATION] = {"hallucination", OF_ANSWERS("0.9", "llm_hallucination_score")},
    [LOOK_AVERAGE_QUALITY] = {"quality", "min(llm_avg_quality_score)"},
    [LOOK_EMBEDDING_DRIFT] = {"embedding_drift", "max(llm_embedding_drift_score)"},
    [LOOK_ABSTENTION] = {"abstained", "sum(rate(llm_requests_total{status=\"abstained\"}[5m]))"
                                      " / sum(rate(llm_requests_total{status!=\"invalid\"}[5m]))"},
    [LOOK_CHAT_P95_S] = {"chat_p95", P95("llm_request_latency_seconds")},
    [LOOK_TRIAGE_P95_S] = {"triage_p95", P95("triage_latency_seconds")},
    [LOOK_KB_DOCUMENTS] = {"documents", "max(llm_knowledge_base_size)"},
    [LOOK_KB_CHUNKS] = {"chunks", "max(llm_knowledge_base_chunks)"},
    [LOOK_QUERY_AGES +
        LOOK_AGE_DRIFT] = {"drift_age", "time() - max(timestamp(ml_data_drift_score))"},
    [LOOK_QUERY_AGES + LOOK_AGE_PREDICTIONS] = {"predictions_age",
                                                "time() - max(timestamp(ml_predictions_total))"},
    [LOOK_QUERY_AGES +
        LOOK_AGE_FEEDBACK] = {"feedback_age", "time() - max(timestamp(ml_realized_accuracy))"},
    [LOOK_QUERY_AGES + LOOK_AGE_LLM] = {"llm_age", "time() - max(timestamp(llm_requests_total))"},
    [LOOK_QUERY_AGES +
        LOOK_AGE_TRIAGE] = {"triage_age", "time() - max(timestamp(triage_requests_total))"},
    [LOOK_QUERY_AGES + LOOK_AGE_UP] = {"up_age", "time() - max(timestamp(up" OUR_JOBS "))"},
    [LOOK_QUERY_FEATURES] = {"features", "max by (feature_name) (ml_feature_drift)"},
    [LOOK_QUERY_UP] = {"up", "up" OUR_JOBS},
    [LOOK_QUERY_ENCODER] = {"encoder", "max by (encoder) (tidewatch_build_info)"},
};

const struct look_reading_info look_readings[N_LOOK_READINGS] = {
    [LOOK_DRIFT] = {"drift_score", LOOK_AGE_DRIFT},
    [LOOK_DRIFT_SAMPLES] = {"drift_samples", LOOK_AGE_PREDICTIONS},
    [LOOK_PREDICTIONS_PER_S] = {"predictions_per_s", LOOK_AGE_PREDICTIONS},
    [LOOK_LATENCY_P95_S] = {"latency_p95_s", LOOK_AGE_PREDICTIONS},
    [LOOK_ERROR_RATIO] = {"error_ratio", LOOK_AGE_PREDICTIONS},
    [LOOK_REALIZED_ACCURACY] = {"realized_accuracy", LOOK_AGE_FEEDBACK},
    [LOOK_MODEL_ACCURACY] = {"model_accuracy", LOOK_AGE_PREDICTIONS},
    [LOOK_FEEDBACK_LABELS] = {"feedback_labels", LOOK_AGE_PREDICTIONS},
    [LOOK_RELEVANCE] = {"relevance_median", LOOK_AGE_LLM},
    [LOOK_GROUNDEDNESS] = {"groundedness_median", LOOK_AGE_LLM},
    [LOOK_HALLUCINATION] = {"hallucination_p90", LOOK_AGE_LLM},
    [LOOK_AVERAGE_QUALITY] = {"average_quality", LOOK_AGE_LLM},
    [LOOK_EMBEDDING_DRIFT] = {"embedding_drift", LOOK_AGE_LLM},
    [LOOK_ABSTENTION] = {"abstained_ratio", LOOK_AGE_LLM},
    [LOOK_CHAT_P95_S] = {"chat_p95_s", LOOK_AGE_LLM},
    [LOOK_TRIAGE_P95_S] = {"triage_p95_s", LOOK_AGE_TRIAGE},
    [LOOK_KB_DOCUMENTS] = {"knowledge_documents", LOOK_AGE_LLM},
    [LOOK_KB_CHUNKS] = {"knowledge_chunks", LOOK_AGE_LLM},
};

void look_write_query(enum look_query query, struct buffer *out)
{
    /* A source label that no series has is "", which the empty pattern matches. */
    (void)buffer_printf(out, "label_replace(%s, \"tw\", \"%s\", \"\", \"\")",
                        look_queries[query].expr, look_queries[query].tag);
}

void look_write_joint_query(struct buffer *out)
{
    for (int query = 0; query < N_LOOK_QUERIES; query++) {
        (void)buffer_puts(out, query ? " or " : "");
        look_write_query((enum look_query)query, out);
    }
}

enum look_query look_query_of(const char *tag)
{
    int query = 0;

    while (query < N_LOOK_QUERIES && strcmp(look_queries[query].tag, tag) != 0)
        query++;
    return (enum look_query)query;
}
