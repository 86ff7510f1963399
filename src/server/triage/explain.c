#include "server/triage/explain.h"

#define NAMED 2

static double share_of(const struct model *model, const double *x, int class_index, int feature)
{
    double z = (x[feature] - model->mean[feature]) / model->scale[feature], mean = 0;

    for (int c = 0; c < model->n_classes; c++)
        mean += model->coef[c][feature] / model->n_classes;
    return (model->coef[class_index][feature] - mean) * z;
}

/* The largest share over 0 that is not taken yet, or N_FEATURES. */
static int largest(const double *shares, const bool *is_taken)
{
    int best = N_FEATURES;

    for (int f = 0; f < N_FEATURES; f++)
        if (!is_taken[f] && shares[f] > 0 && (best == N_FEATURES || shares[f] > shares[best]))
            best = f;
    return best;
}

void triage_explain(const struct model *model,
                    const double *x,
                    const struct prediction *prediction,
                    struct buffer *out)
{
    bool is_taken[N_FEATURES] = {false};
    double shares[N_FEATURES];

    for (int f = 0; f < N_FEATURES; f++)
        shares[f] = share_of(model, x, prediction->class_index, f);
    (void)buffer_printf(out, "Severity %s with confidence %.2f",
                        model->classes[prediction->class_index], prediction->confidence);
    for (int named = 0; named < NAMED; named++) {
        int f = largest(shares, is_taken);

        if (f == N_FEATURES)
            break;
        is_taken[f] = true;
        (void)buffer_printf(out, "%s %s %.4g", named == 0 ? ", most of all for" : " and",
                            features[f].name, x[f]);
    }
    (void)buffer_puts(out, ".");
}
