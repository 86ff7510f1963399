#ifndef TW_ML_FIT_H
#define TW_ML_FIT_H

/* Multinomial logistic regression by Newton's method, for train.c. Pure. */

#include "common/error.h"
#include "server/ml/features.h"
#include "server/ml/train.h"

#include <stddef.h>
#include <stdint.h>

#define FIT_WEIGHTS (N_FEATURES + 1) /* of one class: coefficients, then the intercept */

struct fit_problem {
    size_t n_rows;
    const double (*z)[N_FEATURES]; /* standardised */
    const uint8_t *label;
    int n_classes;
    train_progress_fn *progress; /* may be NULL */
    void *ctx;
};

/* The minimum of sum_i -log p_i + ||coef||^2 / 2 with intercepts summing to 0. TW_BROKEN when the
 * gradient's infinity norm does not come under 1e-8. */
int fit_minimise(const struct fit_problem *problem,
                 double weights[CLASSES_MAX][FIT_WEIGHTS],
                 struct tw_error *err) MUST_CHECK;

#endif
