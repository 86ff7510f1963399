#ifndef TW_CHECKS_H
#define TW_CHECKS_H

/* What contradicts the evidence in a sentence whose words it covers: numbers, names, negations, opposites. A
 * part of the evaluator. Pure. */

#include "server/llm/check.h"
#include "server/llm/coverage.h"
#include "server/llm/fit.h"

/* Made once per evaluation. */
struct checks {
    const struct material *material;
    struct fit fit;
    uint32_t *named,
        *sided; /* tokens of the evidence that may stand for a name; that have an opposite */
    size_t n_named, n_sided;
};

void checks_init(struct checks *checks,
                 const struct material *material,
                 const struct likenesses *likenesses);
void checks_finish(struct checks *checks); /* zeroed is fine */

/* Of a sentence of the answer; flags of enum check. Where there are none, the doubt, 0..1, tells how nearly there was
 * one, and how much the sentence denies that its evidence does not, or the other way round. */
unsigned checks_find(struct checks *checks,
                     size_t sentence,
                     const struct coverage_window *window,
                     double *ret_doubt);

#endif
