#include "server/triage/correlation.h"

#include <math.h>

void correlation_put(struct correlation *c, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return;
    c->x[c->next] = x;
    c->y[c->next] = y;
    c->next = (c->next + 1) % CORRELATION_PAIRS;
    if (c->n < CORRELATION_PAIRS)
        c->n++;
}

/* Twice the rank of each value, less its mean n + 1: whole numbers, so that sums of products are exact. */
static void centred_ranks(const double *values, size_t n, int *ret_ranks)
{
    for (size_t i = 0; i < n; i++) {
        ret_ranks[i] = 0;
        for (size_t j = 0; j < n; j++)
            ret_ranks[i] += (values[j] < values[i]) - (values[j] > values[i]);
    }
}

double correlation_value(const struct correlation *c)
{
    int x[CORRELATION_PAIRS], y[CORRELATION_PAIRS];
    double xx = 0, yy = 0, xy = 0;

    if (c->n < CORRELATION_PAIRS_MIN)
        return (double)NAN;
    centred_ranks(c->x, c->n, x);
    centred_ranks(c->y, c->n, y);
    for (size_t i = 0; i < c->n; i++) {
        xx += x[i] * x[i];
        yy += y[i] * y[i];
        xy += x[i] * y[i];
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}
