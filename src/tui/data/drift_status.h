#ifndef TW_DRIFT_STATUS_H
#define TW_DRIFT_STATUS_H

/* The ML API's GET /drift/status: what moved, feature by feature, with the cells of its histogram.
 * Pure. A number that the answer does not have is NaN. Texts are fit for a terminal. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

#define DRIFT_FEATURES_MAX   64
#define DRIFT_CELLS_MAX      64
#define DRIFT_CLASSES_MAX    10
#define DRIFT_SCORE_LIMIT    0.5  /* of MLModelDriftHigh */
#define DRIFT_SEVERITY_SHOWN 0.25 /* from here on a feature is listed: PSI of about 0.1 */

/* Values in (above, up_to]; the outer cells are open: -infinity, +infinity. */
struct drift_cell {
    double above, up_to;
    double before, after; /* share of the reference's and of the window's rows, 0..1 */
    double psi;           /* its part of the feature's */
};

struct drift_feature_status {
    char name[64];
    char unit[24]; /* "words"; "" for none */
    bool is_detected;
    double severity; /* 0..1 */
    double psi, psi_critical;
    double ks, ks_p;
    double wasserstein_sd, js_distance;
    double mean_before, mean_after, mean_shift_sd;
    double logit_shift; /* what this mean's shift alone does to ln(P(highest) / P(lowest)) */
    char explanation[512];
    size_t n_cells;
    struct drift_cell cells[DRIFT_CELLS_MAX]; /* ascending */
};

struct drift_class_status {
    char name[32];
    double share_before, share_after; /* of the predictions, 0..1 */
};

struct drift_status {
    int64_t at_ms;               /* of the check; 0: none yet */
    int64_t n_samples, n_needed; /* in the window; for a score */
    int64_t n_votes, n_lost;
    bool has_score; /* else too few samples, and nothing below holds */
    double score;   /* 0..1, against the training data */
    bool is_detected;
    double detected_ratio;
    bool is_judged_by_usual; /* flags go by the usual for this hour, not by the training data */
    double usual_score;      /* against that; NaN: there is none */
    double prediction_drift; /* Cramer's V of the predicted classes */
    size_t n_classes;
    struct drift_class_status classes[DRIFT_CLASSES_MAX];
    size_t n_features;
    struct drift_feature_status *features; /* owned; against the training data */
};

/* Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int drift_status_read(const struct fetch_reply *reply,
                      struct drift_status *ret_status,
                      struct tw_error *err) MUST_CHECK;
void drift_status_finish(struct drift_status *status);

#endif
