#ifndef TW_METRICS_CELLS_H
#define TW_METRICS_CELLS_H

/* How metrics.c keeps what exposition.c reads. Private to this room. */

#include "server/metrics/metrics.h"

#include <stdatomic.h>
#include <stdint.h>

#define TRACE_ID_LEN 32

/* The latest observation of one bucket that had a trace. Whoever takes it may read or write it; who
 * finds it taken goes without, so nobody waits. */
struct exemplar {
    atomic_flag is_taken;
    char trace_id[TRACE_ID_LEN + 1]; /* "": none yet */
    double value;
    int64_t at_ms;
};

/* Text of a sample up to its value: `name{label="x"} `. Both formats write it the same. */
struct sample_prefix {
    uint32_t at, len; /* in metrics.text */
};

enum { CELL_SUM, CELL_FIRST_BUCKET };

/* One combination of label values. Counters and gauges have one cell; a histogram has CELL_SUM and,
 * from CELL_FIRST_BUCKET, how often a value fell into each bucket (not cumulative; n_edges + 1). */
struct series {
    _Atomic uint64_t *cells; /* a whole number for KIND_COUNTER and buckets, else a double's bits;
                                       NULL: there is no such series (a bin its feature has not) */
    struct exemplar *exemplars;     /* histograms: one per bucket */
    struct sample_prefix *prefixes; /* histograms: one per bucket, then _sum and _count */
    const double *edges;
    size_t n_edges;
};

struct family {
    unsigned n_values[METRIC_LABELS_MAX]; /* 1 where there is no label */
    size_t n_series;
    struct series *series; /* by label values, the last label's running fastest */
};

struct metrics {
    struct family families[N_METRICS];
    struct buffer text;
    double *edges[METRICS_FEATURES_MAX];
    void *cells, *exemplars, *prefixes; /* the memory the series point into */
};

/* What a cell of a gauge, level, sum or histogram's sum holds. */
double cell_number(const _Atomic uint64_t *cell);

#endif
