#ifndef TW_METRICS_H
#define TW_METRICS_H

/* Every series the server has, as atomics indexed by enum: updating one takes no lock and no
 * allocation, from any thread. The table is metrics_table.h; a metric is one line there. Text is made at
 * the scrape. */

#include "common/buffer.h"
#include "server/metrics/metrics_table.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

struct metrics;

#define METRICS_FEATURES_MAX 8

/* The values of one label: distinct, valid UTF-8. */
struct label_values {
    size_t n;
    const char *const *values;
};

/* Copied by metrics_new. */
struct metrics_options {
    /* By enum label, for those that are GIVEN in the table. A metric one of whose labels has no values
     * has no series and is left out of the exposition; updating it is a bug. */
    struct label_values values[N_LABELS];
    /* By value of LABEL_FEATURE: the ascending bounds of ml_feature_value's buckets, without +Inf. */
    const double *feature_edges[METRICS_FEATURES_MAX];
    size_t n_feature_edges[METRICS_FEATURES_MAX];
};

struct metrics *metrics_new(const struct metrics_options *options);
void metrics_free(struct metrics *metrics); /* NULL is fine */
DEFINE_CLEANUP(struct metrics *, metrics_free);

/* Which series: LABELS(indices of the label values in the table's order), or NO_LABELS. An index out
 * of range, or an update that the metric's kind does not know, is a bug (assert). */

/* KIND_COUNTER. */
void metrics_add(struct metrics *m, enum metric metric, const unsigned *labels, uint64_t by);

/* KIND_SUM (by >= 0), KIND_LEVEL, KIND_GAUGE (from 0 if it was absent). */
void metrics_add_number(struct metrics *m, enum metric metric, const unsigned *labels, double by);

/* KIND_GAUGE, KIND_LEVEL. KIND_SUM: the running total as its owner counts it; one that is lower than
 * before is ignored, so that two scrapes at once cannot make it fall. */
void metrics_set(struct metrics *m, enum metric metric, const unsigned *labels, double value);

/* KIND_GAUGE: absent, as it was at the start. The same as setting it to METRIC_ABSENT. */
void metrics_clear(struct metrics *m, enum metric metric, const unsigned *labels);
#define METRIC_ABSENT ((double)NAN) /* ask with isnan */

/* KIND_HISTOGRAM. A value that is not finite is ignored. The sum is a double: any range, and each
 * addition rounds to 2^-53 of it. trace_id: 32 hexadecimal digits for an exemplar (anything else: none),
 * or NULL; with it the clock is read, and of two writers at once one goes without. */
void metrics_observe(struct metrics *m,
                     enum metric metric,
                     const unsigned *labels,
                     double value,
                     const char *trace_id);

/* Current value, for tests and status routes: of a histogram the number of observations, of a gauge
 * that is absent METRIC_ABSENT. */
double metrics_value(const struct metrics *m, enum metric metric, const unsigned *labels);

#define LABELS(...) ((const unsigned[3]){__VA_ARGS__})
#define NO_LABELS   ((const unsigned[3]){0})

enum exposition { EXPOSITION_TEXT, EXPOSITION_OPENMETRICS };

/* What a scrape's Accept header (NULL: none) asks for: OpenMetrics only if it is named, with a quality
 * that is over 0 and not below text's. Never fails: what cannot be read asks for nothing. */
enum exposition exposition_choose(const char *accept);
const char *exposition_content_type(enum exposition format);

/* Writes the series of one listener, or of several (enum metrics_listener; a replica without an
 * operations listener shows its series on the one it has). Any thread. About 100 bytes a line. */
void metrics_expose(const struct metrics *m,
                    unsigned listeners,
                    enum exposition format,
                    struct buffer *out);

#endif
