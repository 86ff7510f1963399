#include "server/ml/model.h"

#include <math.h>
#include <stdlib.h>

/* softmax(coef z + intercept), z standardised; the largest logit is taken off first, so that no exp
 * overflows. */
void model_predict(const struct model *model, const double *x, struct prediction *ret_prediction)
{
    double z[N_FEATURES], *p = ret_prediction->probability, top, sum = 0;
    int best = 0;

    for (int f = 0; f < N_FEATURES; f++)
        z[f] = (x[f] - model->mean[f]) / model->scale[f];
    for (int c = 0; c < model->n_classes; c++) {
        p[c] = model->intercept[c];
        for (int f = 0; f < N_FEATURES; f++)
            p[c] += model->coef[c][f] * z[f];
        if (p[c] > p[best])
            best = c;
    }
    top = p[best];
    for (int c = 0; c < model->n_classes; c++)
        sum += p[c] = exp(p[c] - top);
    for (int c = 0; c < CLASSES_MAX; c++)
        p[c] = c < model->n_classes ? p[c] / sum : 0;
    ret_prediction->class_index = best;
    ret_prediction->confidence = p[best];
}

void model_free(struct model *model)
{
    if (!model)
        return;
    reference_finish(&model->reference);
    free(model);
}
