#ifndef TW_QUALITY_H
#define TW_QUALITY_H

/* The mean quality of the last scored answers. Pure; the caller locks. */

#include <stddef.h>

#define QUALITY_ANSWERS 50

struct quality { /* zeroed is empty */
    double scores[QUALITY_ANSWERS];
    size_t n, next;
};

/* (relevance + groundedness + 1 - hallucination) / 3; an answer with a score that is not known is passed
 * over. */
void quality_put(struct quality *quality,
                 double relevance,
                 double groundedness,
                 double hallucination);

/* 0..1; NaN before the first. */
double quality_mean(const struct quality *quality);

#endif
