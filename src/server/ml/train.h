#ifndef TW_ML_TRAIN_H
#define TW_ML_TRAIN_H

/* Training: CSV rows in, model out. Deterministic: the same file gives the same model bits. Pure. */

#include "common/error.h"
#include "server/ml/model.h"

#include <stddef.h>
#include <stdint.h>

#define DATASET_ROWS_MIN 1000
#define DATASET_ROWS_MAX 1000000

struct dataset {
    size_t n_rows;
    double (*x)[N_FEATURES]; /* owned */
    uint8_t *label;          /* owned; index into the classes given to dataset_parse */
    char sha256[65];         /* of the CSV text */
};

/* CSV with a header naming the four features and `severity`, in any order, further columns ignored.
 * TW_INVALID names the line and the column: a missing column, a value that is no finite number or out
 * of its feature's range, a label that is none of the classes, one class only or a class with under 10
 * rows (what never occurs cannot be learned), under DATASET_ROWS_MIN or over DATASET_ROWS_MAX rows.
 * Quoted fields and CRLF are understood. Also for classes that are not 2..10 different names of 1..31
 * bytes. */
int dataset_parse(const char *text,
                  size_t len,
                  const char *const *classes,
                  int n_classes,
                  struct dataset **ret_dataset,
                  struct tw_error *err) MUST_CHECK;
void dataset_free(struct dataset *dataset);
DEFINE_CLEANUP(struct dataset *, dataset_free);

struct train_progress {
    int iteration;
    double objective, gradient_norm; /* infinity norm */
};

/* Called after every iteration, on the caller's thread. */
typedef void train_progress_fn(void *ctx, const struct train_progress *progress);

struct train_options {
    const char *const *classes; /* as for dataset_parse */
    int n_classes;
    double held_out_share; /* 0..0.5 of each class, kept for the metrics; 0 leaves the metrics 0 */
    int64_t now_ms;        /* written into the model; its day begins the version */
    train_progress_fn *progress; /* may be NULL */
    void *ctx;                   /* for progress */
};

/* Fits on a seeded, stratified split of the rows: the objective is scikit-learn's multinomial
 * LogisticRegression with C = 1 (sum of -log p, plus half the squared coefficients; intercepts free and
 * summing to 0), by Newton's method to gradient norm 1e-8. The reference is the training part, or
 * REFERENCE_ROWS_MAX rows of it drawn with a seed. TW_INVALID when the training part is under
 * REFERENCE_ROWS_MIN rows, TW_BROKEN when the gradient does not get there. */
int train_model(const struct dataset *dataset,
                const struct train_options *options,
                struct model **ret_model,
                struct tw_error *err) MUST_CHECK;

/* Fills the model's held-out metrics from rows that it was not fitted on; n_rows over 0. Log-loss
 * counts a probability under 2.2e-16 as that, as scikit-learn does. */
void train_measure(struct model *model,
                   const double (*x)[N_FEATURES],
                   const uint8_t *label,
                   size_t n_rows);

#endif
