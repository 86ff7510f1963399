#ifndef TW_ML_REALIZED_H
#define TW_ML_REALIZED_H

/* How right the model turned out to be: the last labels that came back, whose predictions they answer,
 * and what follows from them. Pure; the caller provides for one thread at a time. */

#include "server/ml/features.h"

#include <stdbool.h>
#include <stdint.h>

#define REALIZED_WINDOW     500
#define REALIZED_BINS       10 /* of confidence, for the calibration error */
#define REALIZED_LABELS_MIN 20 /* fewer make no figure */

struct realized_label {
    int64_t sequence; /* of the prediction */
    uint8_t predicted_class, true_class;
    float confidence;
    uint16_t replica; /* that made the prediction: sequences are its own */
};

struct realized {
    struct realized_label labels[REALIZED_WINDOW]; /* a ring */
    int n, next;
};

struct realized_report {
    int n_labels;
    double accuracy;            /* NaN under REALIZED_LABELS_MIN labels */
    double calibration_error;   /* expected calibration error: mean over bins, weighted by size, of
                                 |accuracy - confidence| (Naeini et al., 2015); NaN as above */
    double recall[CLASSES_MAX]; /* NaN for a class no label names */
};

/* Takes a label in. A second label for the same prediction in the window replaces the first. Returns
 * false when it only replaced. */
bool realized_add(struct realized *realized, const struct realized_label *label);

void realized_report(const struct realized *realized,
                     int n_classes,
                     struct realized_report *ret_report);

#endif
