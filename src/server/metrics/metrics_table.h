#ifndef TW_METRICS_TABLE_H
#define TW_METRICS_TABLE_H

/* Every series the server has. A metric is one line of METRICS, a label one line of METRIC_LABELS.
 *
 * To add a metric: write its line (the enumerator is METRIC_ and the name in capitals) and update it
 * where it happens; it is in the exposition from the first scrape, and in docs/metrics.md by
 * `ninja -C build metrics-reference`. Names are a contract with other people's dashboards and rules:
 * add, never rename. Tests check the rules of naming. */

#include "common/cleanup.h"

#include <stddef.h>

enum metric_kind {
    KIND_COUNTER,   /* events: whole numbers that only grow; starts at 0 */
    KIND_SUM,       /* a counter in floating point, or one that its owner counts; starts at 0 */
    KIND_GAUGE,     /* a value; absent until it is known */
    KIND_LEVEL,     /* a gauge that is known to be 0 at the start: things under way */
    KIND_INFO,      /* a gauge that is always 1: what there is to know stands in its labels */
    KIND_HISTOGRAM, /* how often a value fell under each bound, and the sum of the values */
};

/* Which listener's /metrics shows it: bit n is listener n of server/http. Process-wide series are on
 * one listener only, or a sum over the scrape jobs would count them twice. */
enum metrics_listener {
    LISTENER_ML = 1 << 0,
    LISTENER_LLM = 1 << 1,
    LISTENER_VECTOR = 1 << 2,
    LISTENER_OPS = 1 << 3,
};

#define LISTENER_EACH (LISTENER_ML | LISTENER_LLM | LISTENER_OPS)

/* ---- Labels ------------------------------------------------------------------------------------ */

/* Fixed values, as enumerator and text. The enumerator is the index that metrics_add and its like
 * take. */
#define PREDICTION_STATUS_VALUES(_)                                                                \
    _(PREDICTION_SUCCESS, "success")                                                               \
    _(PREDICTION_ERROR, "error")
#define ERROR_TYPE_VALUES(_)                                                                       \
    _(ERROR_TYPE_VALIDATION, "validation")                                                         \
    _(ERROR_TYPE_OVERLOAD, "overload")                                                             \
    _(ERROR_TYPE_INTERNAL, "internal")
#define FEEDBACK_VALUES(_)                                                                         \
    _(FEEDBACK_WRONG, "false")                                                                     \
    _(FEEDBACK_CORRECT, "true")
#define CODE_VALUES(_)                                                                             \
    _(CODE_2XX, "2xx")                                                                             \
    _(CODE_3XX, "3xx")                                                                             \
    _(CODE_4XX, "4xx")                                                                             \
    _(CODE_5XX, "5xx")
#define REJECT_REASON_VALUES(_)                                                                    \
    _(REJECT_TOO_LARGE, "too_large")                                                               \
    _(REJECT_TIMEOUT, "timeout")                                                                   \
    _(REJECT_BAD_HOST, "bad_host")                                                                 \
    _(REJECT_UNAUTHORIZED, "unauthorized")                                                         \
    _(REJECT_FORBIDDEN, "forbidden")                                                               \
    _(REJECT_OVERLOAD, "overload")                                                                 \
    _(REJECT_NOT_FOUND, "not_found")                                                               \
    _(REJECT_METHOD, "method")                                                                     \
    _(REJECT_MEDIA_TYPE, "media_type")                                                             \
    _(REJECT_MALFORMED, "malformed")                                                               \
    _(REJECT_INVALID, "invalid")                                                                   \
    _(REJECT_RATE_LIMITED, "rate_limited")
#define JOB_OUTCOME_VALUES(_)                                                                      \
    _(JOB_OUTCOME_DONE, "done")                                                                    \
    _(JOB_OUTCOME_LATE, "late")                                                                    \
    _(JOB_OUTCOME_REFUSED, "refused")
#define SIMULATED_OUTCOME_VALUES(_)                                                                \
    _(SIMULATED_OK, "ok")                                                                          \
    _(SIMULATED_FAILED, "failed")
#define LLM_STATUS_VALUES(_)                                                                       \
    _(LLM_SUCCESS, "success")                                                                      \
    _(LLM_ERROR, "error")                                                                          \
    _(LLM_TIMEOUT, "timeout")                                                                      \
    _(LLM_ABSTAINED, "abstained")                                                                  \
    _(LLM_INVALID, "invalid")
#define EVALUATOR_VALUES(_)                                                                        \
    _(EVALUATOR_LEXICAL, "lexical-1")                                                              \
    _(EVALUATOR_JUDGE, "judge")
#define ANSWER_SOURCE_VALUES(_)                                                                    \
    _(SOURCE_CHAT, "chat")                                                                         \
    _(SOURCE_TRIAGE, "triage")                                                                     \
    _(SOURCE_EXTERNAL, "external")
#define DEGRADED_REASON_VALUES(_)                                                                  \
    _(DEGRADED_UNREACHABLE, "index_unreachable")                                                   \
    _(DEGRADED_CHECKSUM, "checksum")                                                               \
    _(DEGRADED_DISAGREEMENT, "disagreement")                                                       \
    _(DEGRADED_LOADING, "loading")
#define FALLBACK_VALUES(_)                                                                         \
    _(FALLBACK_TO_MODEL, "model")                                                                  \
    _(FALLBACK_TO_EXTRACTIVE, "extractive")
#define TOKEN_TYPE_VALUES(_)                                                                       \
    _(TOKENS_INPUT, "input")                                                                       \
    _(TOKENS_OUTPUT, "output")
#define ESTIMATED_VALUES(_)                                                                        \
    _(TOKENS_COUNTED, "false")                                                                     \
    _(TOKENS_ESTIMATED, "true")
#define JUDGE_OUTCOME_VALUES(_)                                                                    \
    _(JUDGE_SCORED, "scored")                                                                      \
    _(JUDGE_UNREADABLE, "unreadable")                                                              \
    _(JUDGE_FAILED, "failed")                                                                      \
    _(JUDGE_OVER_BUDGET, "over_budget")
#define TRIAGE_STATUS_VALUES(_)                                                                    \
    _(TRIAGE_SUCCESS, "success")                                                                   \
    _(TRIAGE_DEGRADED, "degraded")                                                                 \
    _(TRIAGE_ERROR, "error")                                                                       \
    _(TRIAGE_INVALID, "invalid")
#define GIVEN(_) /* the values come from metrics_options */

#define METRIC_ENUM(name, text) name,

enum prediction_status { PREDICTION_STATUS_VALUES(METRIC_ENUM) };

enum error_type { ERROR_TYPE_VALUES(METRIC_ENUM) };

enum feedback_outcome { FEEDBACK_VALUES(METRIC_ENUM) }; /* = is_correct */

enum code_class { CODE_VALUES(METRIC_ENUM) }; /* = status / 100 - 2 */

enum reject_reason { REJECT_REASON_VALUES(METRIC_ENUM) };

enum job_outcome { JOB_OUTCOME_VALUES(METRIC_ENUM) };

enum llm_status { LLM_STATUS_VALUES(METRIC_ENUM) };

enum evaluator_name { EVALUATOR_VALUES(METRIC_ENUM) };

enum answer_source { ANSWER_SOURCE_VALUES(METRIC_ENUM) }; /* = enum answer_kind */

enum degraded_reason { DEGRADED_REASON_VALUES(METRIC_ENUM) };

enum fallback { FALLBACK_VALUES(METRIC_ENUM) };

enum token_type { TOKEN_TYPE_VALUES(METRIC_ENUM) };

enum tokens_estimated { ESTIMATED_VALUES(METRIC_ENUM) }; /* = is_estimated */

enum judge_outcome { JUDGE_OUTCOME_VALUES(METRIC_ENUM) };

enum triage_status { TRIAGE_STATUS_VALUES(METRIC_ENUM) };

enum simulated_outcome { SIMULATED_OUTCOME_VALUES(METRIC_ENUM) };

#undef METRIC_ENUM

/* Names in place of a label's own. */
#define LABEL_COMPOSITE                                                                            \
    NULL /* each value is several pairs, ready: listener="ml",route="/predict" */

/* Enumerator, name, values. Two labels may share a name where their values differ by metric. */
#define METRIC_LABELS(_)                                                                           \
    /* The model's classes. */                                                                     \
    _(LABEL_SEVERITY, "severity", GIVEN)                                                           \
    /* The classes and, for predictions that failed before there was one, "none". */               \
    _(LABEL_PREDICTED_SEVERITY, "severity", GIVEN)                                                 \
    _(LABEL_PREDICTION_STATUS, "status", PREDICTION_STATUS_VALUES)                                 \
    _(LABEL_ERROR_TYPE, "error_type", ERROR_TYPE_VALUES)                                           \
    _(LABEL_MODEL_NAME, "model_name", GIVEN)                                                       \
    _(LABEL_MODEL_VERSION, "version", GIVEN)                                                       \
    _(LABEL_MODEL_ACCURACY, "accuracy", GIVEN)                                                     \
    _(LABEL_FEATURE, "feature_name", GIVEN)                                                        \
    /* The features and "overall". */                                                              \
    _(LABEL_DRIFT_SUBJECT, "feature_name", GIVEN)                                                  \
    /* The cells between a feature's edges; made by metrics_new, always behind LABEL_FEATURE. */   \
    /* Written as two pairs: bin is the upper edge, above the lower one. */                        \
    _(LABEL_FEATURE_BIN, "bin", GIVEN)                                                             \
    _(LABEL_FEEDBACK, "correct", FEEDBACK_VALUES)                                                  \
    _(LABEL_LISTENER, "listener", GIVEN)                                                           \
    /* Every route belongs to one listener, so the two are one dimension. */                       \
    _(LABEL_ROUTE, LABEL_COMPOSITE, GIVEN)                                                         \
    _(LABEL_CODE, "code", CODE_VALUES)                                                             \
    _(LABEL_REJECT_REASON, "reason", REJECT_REASON_VALUES)                                         \
    _(LABEL_SIMULATION, "kind", GIVEN)                                                             \
    _(LABEL_SIMULATED_OUTCOME, "outcome", SIMULATED_OUTCOME_VALUES)                                \
    _(LABEL_FAULT, "fault", GIVEN)                                                                 \
    _(LABEL_JOB_OUTCOME, "outcome", JOB_OUTCOME_VALUES)                                            \
    _(LABEL_LLM_STATUS, "status", LLM_STATUS_VALUES)                                               \
    _(LABEL_EVALUATOR, "evaluator", EVALUATOR_VALUES)                                              \
    _(LABEL_ANSWER_SOURCE, "source", ANSWER_SOURCE_VALUES)                                         \
    _(LABEL_DEGRADED_REASON, "reason", DEGRADED_REASON_VALUES)                                     \
    _(LABEL_FALLBACK, "to", FALLBACK_VALUES)                                                       \
    /* The configured names, and "extractive". */                                                  \
    _(LABEL_LLM_MODEL, "model", GIVEN)                                                             \
    _(LABEL_TOKEN_TYPE, "type", TOKEN_TYPE_VALUES)                                                 \
    _(LABEL_ESTIMATED, "estimated", ESTIMATED_VALUES)                                              \
    _(LABEL_JUDGE_OUTCOME, "outcome", JUDGE_OUTCOME_VALUES)                                        \
    _(LABEL_TRIAGE_STATUS, "status", TRIAGE_STATUS_VALUES)                                         \
    _(LABEL_BUILD_VERSION, "version", GIVEN)                                                       \
    _(LABEL_BUILD_ENCODER, "encoder", GIVEN)

#define METRIC_ENUM(name, shown, values) name,

enum label { LABEL_NONE, METRIC_LABELS(METRIC_ENUM) N_LABELS };

#undef METRIC_ENUM

/* ---- Metrics ----------------------------------------------------------------------------------- */

/* One argument each of a line, as the list that stands between braces. */
#define NO_LABEL           LABEL_NONE
#define BY(...)            __VA_ARGS__
#define NO_BUCKETS         0, NULL
#define BUCKETS(edges)     COUNT_OF(edges), (edges)
#define BUCKETS_OF_FEATURE 0, NULL /* metrics_options.feature_edges */

/* Enumerator, kind, name, labels, buckets (arrays of metrics_table.c), listeners, help. */
#define METRICS(_)                                                                                 \
    _(METRIC_ML_PREDICTIONS_TOTAL, KIND_COUNTER, "ml_predictions_total",                           \
      BY(LABEL_PREDICTED_SEVERITY, LABEL_PREDICTION_STATUS), NO_BUCKETS, LISTENER_ML,              \
      "Predictions answered (success) or failed (error), by the severity predicted.")              \
    _(METRIC_ML_PREDICTION_LATENCY_SECONDS, KIND_HISTOGRAM, "ml_prediction_latency_seconds",       \
      NO_LABEL, BUCKETS(ml_latency_edges), LISTENER_ML,                                            \
      "Time from the request's headers to its answer, for predictions.")                           \
    _(METRIC_ML_PREDICTION_ERRORS_TOTAL, KIND_COUNTER, "ml_prediction_errors_total",               \
      BY(LABEL_ERROR_TYPE), NO_BUCKETS, LISTENER_ML,                                               \
      "Prediction requests that got no prediction: bad input (validation), no capacity "           \
      "(overload), a fault of ours (internal).")                                                   \
    _(METRIC_ML_MODEL_INFO, KIND_INFO, "ml_model_info",                                            \
      BY(LABEL_MODEL_NAME, LABEL_MODEL_VERSION, LABEL_MODEL_ACCURACY), NO_BUCKETS, LISTENER_ML,    \
      "The model that answers; always 1.")                                                         \
    _(METRIC_ML_MODEL_ACCURACY, KIND_GAUGE, "ml_model_accuracy", NO_LABEL, NO_BUCKETS,             \
      LISTENER_ML, "Accuracy measured on the rows held out of the training.")                      \
    _(METRIC_ML_DATA_DRIFT_SCORE, KIND_GAUGE, "ml_data_drift_score", NO_LABEL, NO_BUCKETS,         \
      LISTENER_ML,                                                                                 \
      "How far the latest predictions' inputs are from the training data, 0 to 1; over 0.5 "       \
      "raises MLModelDriftHigh.")                                                                  \
    _(METRIC_ML_FEATURE_DRIFT, KIND_GAUGE, "ml_feature_drift", BY(LABEL_FEATURE), NO_BUCKETS,      \
      LISTENER_ML,                                                                                 \
      "Drift of one feature, 0 to 1: its PSI beyond what chance explains, on a bounded scale.")    \
    _(METRIC_ML_FEATURE_PSI, KIND_GAUGE, "ml_feature_psi", BY(LABEL_FEATURE), NO_BUCKETS,          \
      LISTENER_ML, "Population stability index of one feature against the training data.")         \
    _(METRIC_ML_FEATURE_KS_STATISTIC, KIND_GAUGE, "ml_feature_ks_statistic", BY(LABEL_FEATURE),    \
      NO_BUCKETS, LISTENER_ML,                                                                     \
      "Kolmogorov-Smirnov distance of one feature from the training data, 0 to 1.")                \
    _(METRIC_ML_FEATURE_WASSERSTEIN_SD, KIND_GAUGE, "ml_feature_wasserstein_sd",                   \
      BY(LABEL_FEATURE), NO_BUCKETS, LISTENER_ML,                                                  \
      "Wasserstein distance of one feature, in standard deviations of the training data.")         \
    _(METRIC_ML_FEATURE_JS_DISTANCE, KIND_GAUGE, "ml_feature_js_distance", BY(LABEL_FEATURE),      \
      NO_BUCKETS, LISTENER_ML, "Jensen-Shannon distance of one feature's cells, 0 to 1.")          \
    _(METRIC_ML_FEATURE_MEAN_SHIFT_SD, KIND_GAUGE, "ml_feature_mean_shift_sd", BY(LABEL_FEATURE),  \
      NO_BUCKETS, LISTENER_ML,                                                                     \
      "Mean of one feature less its training mean, in standard deviations of the "                 \
      "training data.")                                                                            \
    _(METRIC_ML_FEATURE_LOGIT_SHIFT, KIND_GAUGE, "ml_feature_logit_shift", BY(LABEL_FEATURE),      \
      NO_BUCKETS, LISTENER_ML,                                                                     \
      "How far one feature's shift has moved the model's logit of the highest severity.")          \
    _(METRIC_ML_DRIFT_DETECTED, KIND_GAUGE, "ml_drift_detected", BY(LABEL_DRIFT_SUBJECT),          \
      NO_BUCKETS, LISTENER_ML, "1 where drift is significant in two votes in a row, else 0.")      \
    _(METRIC_ML_DRIFTED_FEATURES_RATIO, KIND_GAUGE, "ml_drifted_features_ratio", NO_LABEL,         \
      NO_BUCKETS, LISTENER_ML, "Share of the features with drift detected, 0 to 1.")               \
    _(METRIC_ML_DRIFT_SAMPLES_ANALYZED, KIND_GAUGE, "ml_drift_samples_analyzed", NO_LABEL,         \
      NO_BUCKETS, LISTENER_ML, "Predictions in the window that drift is measured on.")             \
    _(METRIC_ML_PREDICTION_DRIFT_SCORE, KIND_GAUGE, "ml_prediction_drift_score", NO_LABEL,         \
      NO_BUCKETS, LISTENER_ML,                                                                     \
      "Shift of the predicted severities against the training data: Cramer's V, 0 to 1.")          \
    _(METRIC_ML_FEATURE_VALUE, KIND_HISTOGRAM, "ml_feature_value", BY(LABEL_FEATURE),              \
      BUCKETS_OF_FEATURE, LISTENER_ML,                                                             \
      "Values of one feature in predictions, by the cells of its PSI.")                            \
    _(METRIC_ML_FEATURE_REFERENCE_RATIO, KIND_GAUGE, "ml_feature_reference_ratio",                 \
      BY(LABEL_FEATURE, LABEL_FEATURE_BIN), NO_BUCKETS, LISTENER_ML,                               \
      "Share of the training data in the cell over above and up to bin, which is "                 \
      "ml_feature_value's le; half a row is added to every cell, as in the PSI.")                  \
    _(METRIC_ML_REALIZED_ACCURACY, KIND_GAUGE, "ml_realized_accuracy", NO_LABEL, NO_BUCKETS,       \
      LISTENER_ML, "Share of correct predictions among the last labels from feedback.")            \
    _(METRIC_ML_REALIZED_RECALL, KIND_GAUGE, "ml_realized_recall", BY(LABEL_SEVERITY), NO_BUCKETS, \
      LISTENER_ML,                                                                                 \
      "Share of the tickets of one true severity that were predicted so, among the "               \
      "last labels.")                                                                              \
    _(METRIC_ML_REALIZED_CALIBRATION_ERROR, KIND_GAUGE, "ml_realized_calibration_error", NO_LABEL, \
      NO_BUCKETS, LISTENER_ML,                                                                     \
      "Expected calibration error among the last labels: confidence against hit rate, 0 to 1.")    \
    _(METRIC_ML_FEEDBACK_WINDOW_LABELS, KIND_LEVEL, "ml_feedback_window_labels", NO_LABEL,         \
      NO_BUCKETS, LISTENER_ML, "Labels that the realized figures are computed from.")              \
    _(METRIC_ML_FEEDBACK_TOTAL, KIND_COUNTER, "ml_feedback_total", BY(LABEL_FEEDBACK), NO_BUCKETS, \
      LISTENER_ML, "Labels received as feedback, by whether the prediction was correct.")          \
    _(METRIC_LLM_REQUESTS_TOTAL, KIND_COUNTER, "llm_requests_total", BY(LABEL_LLM_STATUS),         \
      NO_BUCKETS, LISTENER_LLM,                                                                    \
      "Questions to the LLM side, those of triages too, by how they ended.")                       \
    _(METRIC_LLM_REQUEST_LATENCY_SECONDS, KIND_HISTOGRAM, "llm_request_latency_seconds", NO_LABEL, \
      BUCKETS(llm_latency_edges), LISTENER_LLM,                                                    \
      "Time to answer a question: retrieval, generation and evaluation.")                          \
    _(METRIC_LLM_RETRIEVAL_LATENCY_SECONDS, KIND_HISTOGRAM, "llm_retrieval_latency_seconds",       \
      NO_LABEL, BUCKETS(llm_latency_edges), LISTENER_LLM,                                          \
      "Time to find the passages for a question.")                                                 \
    _(METRIC_LLM_GENERATION_LATENCY_SECONDS, KIND_HISTOGRAM, "llm_generation_latency_seconds",     \
      NO_LABEL, BUCKETS(llm_latency_edges), LISTENER_LLM, "Time to write an answer.")              \
    _(METRIC_LLM_EVALUATION_LATENCY_SECONDS, KIND_HISTOGRAM, "llm_evaluation_latency_seconds",     \
      NO_LABEL, BUCKETS(llm_latency_edges), LISTENER_LLM, "Time to score an answer.")              \
    _(METRIC_LLM_TIME_TO_FIRST_TOKEN_SECONDS, KIND_HISTOGRAM, "llm_time_to_first_token_seconds",   \
      NO_LABEL, BUCKETS(llm_latency_edges), LISTENER_LLM,                                          \
      "Time from the start of generation to the first text of the answer.")                        \
    _(METRIC_LLM_RELEVANCE_SCORE, KIND_HISTOGRAM, "llm_relevance_score",                           \
      BY(LABEL_EVALUATOR, LABEL_ANSWER_SOURCE), BUCKETS(score_edges), LISTENER_LLM,                \
      "How far the best passage covers the question's specific terms, 0 to 1; 0 when "             \
      "nothing was found.")                                                                        \
    _(METRIC_LLM_GROUNDEDNESS_SCORE, KIND_HISTOGRAM, "llm_groundedness_score",                     \
      BY(LABEL_EVALUATOR, LABEL_ANSWER_SOURCE), BUCKETS(score_edges), LISTENER_LLM,                \
      "Mean support of the sentences of an answer by its passages, 0 to 1; not for "               \
      "abstentions.")                                                                              \
    _(METRIC_LLM_HALLUCINATION_SCORE, KIND_HISTOGRAM, "llm_hallucination_score",                   \
      BY(LABEL_EVALUATOR, LABEL_ANSWER_SOURCE), BUCKETS(score_edges), LISTENER_LLM,                \
      "Share of the sentences of an answer without support, 0 to 1; not for abstentions.")         \
    _(METRIC_LLM_ANSWER_RELEVANCE_SCORE, KIND_HISTOGRAM, "llm_answer_relevance_score",             \
      BY(LABEL_EVALUATOR, LABEL_ANSWER_SOURCE), BUCKETS(score_edges), LISTENER_LLM,                \
      "How far an answer covers its question, 0 to 1; not for abstentions.")                       \
    _(METRIC_LLM_AVG_QUALITY_SCORE, KIND_GAUGE, "llm_avg_quality_score", NO_LABEL, NO_BUCKETS,     \
      LISTENER_LLM,                                                                                \
      "Mean of (relevance + groundedness + 1 - hallucination) / 3 over the last 50 "               \
      "scored answers.")                                                                           \
    _(METRIC_LLM_EMBEDDING_DRIFT_SCORE, KIND_GAUGE, "llm_embedding_drift_score", NO_LABEL,         \
      NO_BUCKETS, LISTENER_LLM,                                                                    \
      "Share of the last questions that lie farther from the reference than its own questions "    \
      "from each other: about the share on unseen topics.")                                        \
    _(METRIC_LLM_EMBEDDING_MMD_SQUARED, KIND_GAUGE, "llm_embedding_mmd_squared", NO_LABEL,         \
      NO_BUCKETS, LISTENER_LLM,                                                                    \
      "Squared maximum mean discrepancy of the last questions and the reference, "                 \
      "linear kernel.")                                                                            \
    _(METRIC_LLM_QUERY_DIVERSITY, KIND_GAUGE, "llm_query_diversity", NO_LABEL, NO_BUCKETS,         \
      LISTENER_LLM, "Mean pairwise cosine distance of the last questions.")                        \
    _(METRIC_LLM_KNOWLEDGE_BASE_SIZE, KIND_GAUGE, "llm_knowledge_base_size", NO_LABEL, NO_BUCKETS, \
      LISTENER_LLM, "Documents of the knowledge base.")                                            \
    _(METRIC_LLM_KNOWLEDGE_BASE_CHUNKS, KIND_GAUGE, "llm_knowledge_base_chunks", NO_LABEL,         \
      NO_BUCKETS, LISTENER_LLM, "Chunks of the knowledge base.")                                   \
    _(METRIC_LLM_UNSUPPORTED_NUMBERS_TOTAL, KIND_COUNTER, "llm_unsupported_numbers_total",         \
      BY(LABEL_ANSWER_SOURCE), NO_BUCKETS, LISTENER_LLM,                                           \
      "Sentences of answers with a number that their passages do not have there.")                 \
    _(METRIC_LLM_UNSUPPORTED_SENTENCES_TOTAL, KIND_COUNTER, "llm_unsupported_sentences_total",     \
      BY(LABEL_ANSWER_SOURCE), NO_BUCKETS, LISTENER_LLM, "Sentences of answers without support.")  \
    _(METRIC_LLM_ABSTENTIONS_TOTAL, KIND_COUNTER, "llm_abstentions_total",                         \
      BY(LABEL_ANSWER_SOURCE), NO_BUCKETS, LISTENER_LLM,                                           \
      "Questions answered with the admission that the knowledge base does not say.")               \
    _(METRIC_LLM_RETRIEVAL_DEGRADED_TOTAL, KIND_COUNTER, "llm_retrieval_degraded_total",           \
      BY(LABEL_DEGRADED_REASON), NO_BUCKETS, LISTENER_LLM,                                         \
      "Searches that had to do without their dense half, by reason.")                              \
    _(METRIC_LLM_FALLBACKS_TOTAL, KIND_COUNTER, "llm_fallbacks_total", BY(LABEL_FALLBACK),         \
      NO_BUCKETS, LISTENER_LLM,                                                                    \
      "Answers that the first choice of generator did not write, by who did.")                     \
    _(METRIC_LLM_TOKENS_TOTAL, KIND_COUNTER, "llm_tokens_total",                                   \
      BY(LABEL_LLM_MODEL, LABEL_TOKEN_TYPE, LABEL_ESTIMATED), NO_BUCKETS, LISTENER_LLM,            \
      "Tokens read and written by models, as the provider counts them or else estimated.")         \
    _(METRIC_LLM_COST_USD_TOTAL, KIND_SUM, "llm_cost_usd_total", BY(LABEL_LLM_MODEL), NO_BUCKETS,  \
      LISTENER_LLM, "Cost of the tokens by the configured prices, in US dollars.")                 \
    _(METRIC_LLM_COST_BUDGET_USD_PER_DAY, KIND_GAUGE, "llm_cost_budget_usd_per_day", NO_LABEL,     \
      NO_BUCKETS, LISTENER_LLM, "Budget for a day in US dollars, where one is configured.")        \
    _(METRIC_LLM_JUDGE_ANSWERS_TOTAL, KIND_COUNTER, "llm_judge_answers_total",                     \
      BY(LABEL_JUDGE_OUTCOME), NO_BUCKETS, LISTENER_LLM,                                           \
      "Answers that were sampled for the judge, by what came of it.")                              \
    _(METRIC_LLM_EVALUATOR_AGREEMENT, KIND_GAUGE, "llm_evaluator_agreement", NO_LABEL, NO_BUCKETS, \
      LISTENER_LLM,                                                                                \
      "Share of the sentences that the judge and the evaluator call supported or "                 \
      "unsupported alike, over the last 100 judged answers.")                                      \
    _(METRIC_TRIAGE_REQUESTS_TOTAL, KIND_COUNTER, "triage_requests_total",                         \
      BY(LABEL_PREDICTED_SEVERITY, LABEL_TRIAGE_STATUS), NO_BUCKETS, LISTENER_ML,                  \
      "Tickets triaged, by severity and by how it ended.")                                         \
    _(METRIC_TRIAGE_LATENCY_SECONDS, KIND_HISTOGRAM, "triage_latency_seconds", NO_LABEL,           \
      BUCKETS(llm_latency_edges), LISTENER_ML, "Time to triage a ticket.")                         \
    _(METRIC_TRIAGE_ML_LLM_CORRELATION, KIND_GAUGE, "triage_ml_llm_correlation", NO_LABEL,         \
      NO_BUCKETS, LISTENER_ML,                                                                     \
      "Spearman correlation of the model's confidence and the answer's groundedness "              \
      "over the last 200 triages, -1 to 1.")                                                       \
    _(METRIC_HTTP_REQUESTS_TOTAL, KIND_COUNTER, "http_requests_total",                             \
      BY(LABEL_ROUTE, LABEL_CODE), NO_BUCKETS, LISTENER_OPS,                                       \
      "HTTP requests answered, by class of status.")                                               \
    _(METRIC_HTTP_REQUEST_DURATION_SECONDS, KIND_HISTOGRAM, "http_request_duration_seconds",       \
      BY(LABEL_ROUTE), BUCKETS(http_duration_edges), LISTENER_OPS,                                 \
      "Time from a request's headers to the end of its answer.")                                   \
    _(METRIC_HTTP_REQUESTS_IN_FLIGHT, KIND_LEVEL, "http_requests_in_flight", BY(LABEL_LISTENER),   \
      NO_BUCKETS, LISTENER_OPS, "HTTP requests under way.")                                        \
    _(METRIC_HTTP_REQUEST_REJECTED_TOTAL, KIND_COUNTER, "http_request_rejected_total",             \
      BY(LABEL_LISTENER, LABEL_REJECT_REASON), NO_BUCKETS, LISTENER_OPS,                           \
      "HTTP requests refused, by reason.")                                                         \
    _(METRIC_TIDEWATCH_SIMULATION_ACTIVE, KIND_LEVEL, "tidewatch_simulation_active",               \
      BY(LABEL_SIMULATION), NO_BUCKETS, LISTENER_OPS, "Simulations that run now.")                 \
    _(METRIC_TIDEWATCH_SIMULATION_PROGRESS_RATIO, KIND_GAUGE,                                      \
      "tidewatch_simulation_progress_ratio", BY(LABEL_SIMULATION), NO_BUCKETS, LISTENER_OPS,       \
      "Progress of the running simulation, 0 to 1; absent when none of its kind runs.")            \
    _(METRIC_TIDEWATCH_FAULT_ACTIVE, KIND_LEVEL, "tidewatch_fault_active", BY(LABEL_FAULT),        \
      NO_BUCKETS, LISTENER_OPS, "Whether an injected fault is on (1) or off (0).")                 \
    _(METRIC_TIDEWATCH_SIMULATION_REQUESTS_TOTAL, KIND_COUNTER,                                    \
      "tidewatch_simulation_requests_total", BY(LABEL_SIMULATION, LABEL_SIMULATED_OUTCOME),        \
      NO_BUCKETS, LISTENER_OPS,                                                                    \
      "Requests that simulations sent: answered with success (ok), or not (failed).")              \
    _(METRIC_TIDEWATCH_STORE_QUEUE_LENGTH, KIND_GAUGE, "tidewatch_store_queue_length", NO_LABEL,   \
      NO_BUCKETS, LISTENER_OPS, "Rows that wait for the store's writer.")                          \
    _(METRIC_TIDEWATCH_STORE_QUEUE_CAPACITY, KIND_GAUGE, "tidewatch_store_queue_capacity",         \
      NO_LABEL, NO_BUCKETS, LISTENER_OPS, "Rows that the store's queue can hold.")                 \
    _(METRIC_TIDEWATCH_STORE_ROWS_WRITTEN_TOTAL, KIND_SUM, "tidewatch_store_rows_written_total",   \
      NO_LABEL, NO_BUCKETS, LISTENER_OPS, "Rows committed to disk.")                               \
    _(METRIC_TIDEWATCH_STORE_ROWS_DROPPED_TOTAL, KIND_SUM, "tidewatch_store_rows_dropped_total",   \
      NO_LABEL, NO_BUCKETS, LISTENER_OPS,                                                          \
      "Rows lost because the queue was full or a commit failed.")                                  \
    _(METRIC_TIDEWATCH_STORE_COMMITS_TOTAL, KIND_SUM, "tidewatch_store_commits_total", NO_LABEL,   \
      NO_BUCKETS, LISTENER_OPS, "Transactions committed.")                                         \
    _(METRIC_TIDEWATCH_STORE_FAILED_COMMITS_TOTAL, KIND_SUM,                                       \
      "tidewatch_store_failed_commits_total", NO_LABEL, NO_BUCKETS, LISTENER_OPS,                  \
      "Transactions that failed.")                                                                 \
    _(METRIC_TIDEWATCH_STORE_COMMIT_SECONDS_TOTAL, KIND_SUM,                                       \
      "tidewatch_store_commit_seconds_total", NO_LABEL, NO_BUCKETS, LISTENER_OPS,                  \
      "Time spent in transactions.")                                                               \
    _(METRIC_TIDEWATCH_STORE_LAST_COMMIT_SECONDS, KIND_GAUGE,                                      \
      "tidewatch_store_last_commit_seconds", NO_LABEL, NO_BUCKETS, LISTENER_OPS,                   \
      "Time the latest transaction took.")                                                         \
    _(METRIC_TIDEWATCH_STORE_PREDICTIONS, KIND_GAUGE, "tidewatch_store_predictions", NO_LABEL,     \
      NO_BUCKETS, LISTENER_OPS, "Predictions in the store, as last looked at.")                    \
    _(METRIC_TIDEWATCH_STORE_FILE_BYTES, KIND_GAUGE, "tidewatch_store_file_bytes", NO_LABEL,       \
      NO_BUCKETS, LISTENER_OPS, "Size of the database with its write-ahead log.")                  \
    _(METRIC_TIDEWATCH_TLS_CERTIFICATE_NOT_AFTER_SECONDS, KIND_GAUGE,                              \
      "tidewatch_tls_certificate_not_after_seconds", NO_LABEL, NO_BUCKETS, LISTENER_OPS,           \
      "When the certificate that listeners show expires, Unix time; absent without TLS.")          \
    _(METRIC_TIDEWATCH_JOBS_QUEUED, KIND_GAUGE, "tidewatch_jobs_queued", NO_LABEL, NO_BUCKETS,     \
      LISTENER_OPS, "Requests that wait for a job worker.")                                        \
    _(METRIC_TIDEWATCH_JOBS_RUNNING, KIND_GAUGE, "tidewatch_jobs_running", NO_LABEL, NO_BUCKETS,   \
      LISTENER_OPS, "Requests that a job worker works on.")                                        \
    _(METRIC_TIDEWATCH_JOBS_PARKED, KIND_GAUGE, "tidewatch_jobs_parked", NO_LABEL, NO_BUCKETS,     \
      LISTENER_OPS, "Requests that a fault puts off, on a timer and without a worker.")            \
    _(METRIC_TIDEWATCH_JOBS_QUEUE_CAPACITY, KIND_GAUGE, "tidewatch_jobs_queue_capacity", NO_LABEL, \
      NO_BUCKETS, LISTENER_OPS, "Requests that the job queue can hold.")                           \
    _(METRIC_TIDEWATCH_JOBS_WORKERS, KIND_GAUGE, "tidewatch_jobs_workers", NO_LABEL, NO_BUCKETS,   \
      LISTENER_OPS, "Job workers.")                                                                \
    _(METRIC_TIDEWATCH_JOBS_TOTAL, KIND_COUNTER, "tidewatch_jobs_total", BY(LABEL_JOB_OUTCOME),    \
      NO_BUCKETS, LISTENER_OPS,                                                                    \
      "Requests given to the job queue: run (done), past their deadline when their turn came "     \
      "(late), refused because it was full (refused).")                                            \
    _(METRIC_TIDEWATCH_BUILD_INFO, KIND_INFO, "tidewatch_build_info",                              \
      BY(LABEL_BUILD_VERSION, LABEL_BUILD_ENCODER), NO_BUCKETS, LISTENER_EACH,                     \
      "The program that answers; always 1.")                                                       \
    _(METRIC_PROCESS_CPU_SECONDS_TOTAL, KIND_SUM, "process_cpu_seconds_total", NO_LABEL,           \
      NO_BUCKETS, LISTENER_OPS, "User and system CPU time spent.")                                 \
    _(METRIC_PROCESS_RESIDENT_MEMORY_BYTES, KIND_GAUGE, "process_resident_memory_bytes", NO_LABEL, \
      NO_BUCKETS, LISTENER_OPS, "Resident memory size.")                                           \
    _(METRIC_PROCESS_VIRTUAL_MEMORY_BYTES, KIND_GAUGE, "process_virtual_memory_bytes", NO_LABEL,   \
      NO_BUCKETS, LISTENER_OPS, "Virtual memory size.")                                            \
    _(METRIC_PROCESS_OPEN_FDS, KIND_GAUGE, "process_open_fds", NO_LABEL, NO_BUCKETS, LISTENER_OPS, \
      "Open file descriptors.")                                                                    \
    _(METRIC_PROCESS_MAX_FDS, KIND_GAUGE, "process_max_fds", NO_LABEL, NO_BUCKETS, LISTENER_OPS,   \
      "Most file descriptors that may be open.")                                                   \
    _(METRIC_PROCESS_START_TIME_SECONDS, KIND_GAUGE, "process_start_time_seconds", NO_LABEL,       \
      NO_BUCKETS, LISTENER_OPS, "When the process started, Unix time.")                            \
    _(METRIC_PROCESS_THREADS, KIND_GAUGE, "process_threads", NO_LABEL, NO_BUCKETS, LISTENER_OPS,   \
      "Threads of the process.")

#define METRIC_ENUM(name, kind, shown, labels, buckets, listeners, help) name,

enum metric { METRICS(METRIC_ENUM) N_METRICS };

#undef METRIC_ENUM

/* ---- The tables as data ------------------------------------------------------------------------ */

#define METRIC_LABELS_MAX 3

struct metric_buckets {
    size_t n;            /* bounds, without +Inf */
    const double *edges; /* ascending */
};

struct metric_info {
    const char *name;
    const char *help;              /* one line, without quotes and backslashes */
    struct metric_buckets buckets; /* n = 0 for BUCKETS_OF_FEATURE and what is no histogram */
    enum metric_kind kind;
    enum label labels[METRIC_LABELS_MAX]; /* LABEL_NONE behind the last */
    unsigned listeners;                   /* bits of enum metrics_listener */
};

struct label_info {
    const char *name;          /* NULL: LABEL_COMPOSITE */
    const char *const *values; /* NULL-terminated; empty for GIVEN */
};

extern const struct metric_info metric_table[N_METRICS];
extern const struct label_info label_table[N_LABELS];

#endif
