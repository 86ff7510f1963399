#include "server/metrics/metrics_table.h"

/* Seconds. The alert's 0.1 is an edge. */
static const double ml_latency_edges[] = {25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3,
                                          10e-3, 25e-3, 50e-3,  0.1,    0.25,   0.5,  1};

/* Seconds. Answers from memory take some 0.1 ms, jobs up to their deadline. */
static const double http_duration_edges[] = {
    100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 5, 30};

/* Seconds, from a lexical answer to a slow model. The alerts' 5 and 10 are edges. */
static const double llm_latency_edges[] = {1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1,
                                           0.25, 0.5,    1,    2.5,   5,     7.5,   10,
                                           12.5, 15,     20,   30,    60};

/* Scores. The alerts' 0.5 and 0.7 are edges. */
static const double score_edges[] = {0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5,
                                     0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1};

#define METRIC_ROW(enumerator, its_kind, shown, its_labels, its_buckets, shown_by, text)           \
    [enumerator] = {.name = (shown),                                                               \
                    .help = (text),                                                                \
                    .buckets = {its_buckets},                                                      \
                    .kind = (its_kind),                                                            \
                    .labels = {its_labels},                                                        \
                    .listeners = (shown_by)},
const struct metric_info metric_table[N_METRICS] = {METRICS(METRIC_ROW)};

#define VALUE_TEXT(name, text) text,
#define LABEL_ROW(name, shown, values)                                                             \
    [name] = {shown, (const char *const[]){values(VALUE_TEXT) NULL}},
const struct label_info label_table[N_LABELS] = {METRIC_LABELS(LABEL_ROW)};
