#include "server/ml/realized.h"

#include <math.h>
#include <stddef.h>

static bool is_of_same(const struct realized_label *a, const struct realized_label *b)
{
    return a->sequence == b->sequence && a->replica == b->replica;
}

bool realized_add(struct realized *realized, const struct realized_label *label)
{
    for (int i = 0; i < realized->n; i++) {
        if (is_of_same(&realized->labels[i], label)) {
            realized->labels[i] = *label;
            return false;
        }
    }
    realized->labels[realized->next] = *label;
    realized->next = (realized->next + 1) % REALIZED_WINDOW;
    if (realized->n < REALIZED_WINDOW)
        realized->n++;
    return true;
}

static double calibration_error(const struct realized *realized)
{
    double hits[REALIZED_BINS] = {0}, confidence[REALIZED_BINS] = {0}, error = 0;

    for (int i = 0; i < realized->n; i++) {
        const struct realized_label *label = &realized->labels[i];
        int bin = (int)((double)label->confidence * REALIZED_BINS);

        bin = bin < 0 ? 0 : bin >= REALIZED_BINS ? REALIZED_BINS - 1 : bin;
        hits[bin] += label->predicted_class == label->true_class;
        confidence[bin] += (double)label->confidence;
    }
    for (int bin = 0; bin < REALIZED_BINS; bin++)
        error += fabs(hits[bin] - confidence[bin]);
    return error / realized->n;
}

void realized_report(const struct realized *realized,
                     int n_classes,
                     struct realized_report *ret_report)
{
    double of_class[CLASSES_MAX] = {0}, found[CLASSES_MAX] = {0}, right = 0;

    for (int i = 0; i < realized->n; i++) {
        const struct realized_label *label = &realized->labels[i];
        bool is_right = label->predicted_class == label->true_class;

        right += is_right;
        of_class[label->true_class] += 1;
        found[label->true_class] += is_right;
    }
    *ret_report = (struct realized_report){.n_labels = realized->n};
    ret_report->accuracy = (double)NAN;
    ret_report->calibration_error = (double)NAN;
    if (realized->n >= REALIZED_LABELS_MIN) {
        ret_report->accuracy = right / realized->n;
        ret_report->calibration_error = calibration_error(realized);
    }
    for (int c = 0; c < CLASSES_MAX; c++)
        ret_report->recall[c] =
            c < n_classes && of_class[c] > 0 ? found[c] / of_class[c] : (double)NAN;
}
