#ifndef TW_ML_DRIFT_H
#define TW_ML_DRIFT_H

/* A window of predictions against a reference: what changed, how much, and whether it is more than
 * chance. Pure; drift_monitor.h keeps the window and turns single comparisons into flags. */

#include "common/buffer.h"
#include "common/cleanup.h"
#include "common/json_write.h"
#include "server/ml/drift_statistics.h"
#include "server/ml/model.h"
#include "server/ml/reference.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRIFT_SAMPLES_MIN 100 /* with fewer there is no score */

/* One feature: the reference is "before", the window "after". */
struct drift_feature {
    double severity; /* s_j, 0..1 */
    double psi, psi_critical;
    double ks, ks_p;
    double wasserstein_sd; /* in the reference's standard deviations, as mean_shift_sd */
    double js_distance;    /* 0..1, on the PSI cells */
    double mean_before, mean_after, mean_shift_sd;
    /* By how much the change of this feature's mean alone moves ln(P(highest class) / P(lowest class)):
     * (coef[highest] - coef[lowest]) (mean_after - mean_before) / scale. Over 0: towards the highest. */
    double logit_shift;
    bool is_over; /* of this one comparison; the flag with its two votes is in the report */
    size_t n_edges;
    double edges[PSI_EDGES_MAX]; /* cells are (edges[k-1], edges[k]], the outer ones open */
    uint32_t before[PSI_CELLS_MAX], after[PSI_CELLS_MAX]; /* rows; n_edges + 1 cells */
};

struct drift_comparison {
    uint32_t n_before; /* rows of the reference */
    double score;      /* 0..1 */
    struct drift_feature feature[N_FEATURES];
    struct drift_classes classes; /* of the predictions */
    double class_share_before[CLASSES_MAX], class_share_after[CLASSES_MAX];
};

struct drift_report {
    int64_t at_ms;    /* of the check that made it; 0: none yet */
    size_t n_samples; /* in the window */
    bool
        has_score; /* n_samples >= DRIFT_SAMPLES_MIN; else nothing below but n_votes and n_lost holds */
    struct drift_comparison training; /* against the model's reference */
    bool has_usual;
    struct drift_comparison usual; /* against the usual for this hour, if has_usual */
    bool detected[N_FEATURES];     /* flags, from usual if has_usual, else from training */
    int n_detected;
    double detected_ratio; /* n_detected / N_FEATURES */
    bool is_detected;      /* any feature */
    uint64_t n_votes;      /* since start or reset */
    uint64_t n_lost;       /* records that overran the ring before a check, since start */
};

/* The predictions compared, feature by feature in ascending order. */
struct drift_window {
    size_t n, capacity;
    double *sorted[N_FEATURES]; /* ascending after drift_window_sort; owned */
    uint32_t class_counts[CLASSES_MAX];
};

struct drift_window *drift_window_new(size_t capacity);
void drift_window_free(struct drift_window *window);
DEFINE_CLEANUP(struct drift_window *, drift_window_free);

void drift_window_clear(struct drift_window *window);
void drift_window_add(struct drift_window *window, const double *x, int class_index);
void drift_window_sort(struct drift_window *window);

/* PSI >= max(0.1, critical value) or (KS p < tail and D >= 0.1). */
bool drift_is_over(const struct drift_feature *feature, double tail);

/* The window must be sorted and hold at least one row. Features are judged, and critical values taken, at
 * alpha / N_FEATURES, so that alpha is the chance that any of them is over. */
void drift_compare(const struct model *model,
                   const struct reference *reference,
                   const struct drift_window *window,
                   double alpha,
                   struct drift_comparison *ret_comparison);

/* The term of the feature's PSI that a cell (0..n_edges) carries. */
double drift_cell_psi(const struct drift_feature *feature, size_t cell);

/* For people, in about 200 bytes: mean before and after, the cells that carry most of the PSI, and what
 * it does to the decision. */
void drift_explain(const struct drift_feature *feature, enum feature which, struct buffer *out);

/* The report as a JSON object, for GET /drift/status. What is not known is null. */
void drift_report_write(const struct drift_report *report,
                        const struct model *model,
                        struct json_writer *w);

#endif
