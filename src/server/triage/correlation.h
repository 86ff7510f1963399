#ifndef TW_TRIAGE_CORRELATION_H
#define TW_TRIAGE_CORRELATION_H

/* Whether two figures of the same request rise and fall together: Spearman's rank correlation over the last
 * pairs, that is Pearson's of the ranks, where equal values share the mean of theirs. Pure; the caller
 * locks. */

#include <stddef.h>

#define CORRELATION_PAIRS     200
#define CORRELATION_PAIRS_MIN 100

/* Zeroed it is empty. */
struct correlation {
    double x[CORRELATION_PAIRS], y[CORRELATION_PAIRS];
    size_t n, next; /* pairs held, and the place of the next one */
};

/* A pair with a side that is not finite is passed over. The oldest falls out of a full ring. */
void correlation_put(struct correlation *c, double x, double y);

/* -1..1; NAN under CORRELATION_PAIRS_MIN pairs, or when all of one side are equal. */
double correlation_value(const struct correlation *c);

#endif
