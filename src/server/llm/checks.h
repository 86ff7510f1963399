#ifndef TW_CHECKS_H
#define TW_CHECKS_H

/* What contradicts the evidence in a sentence whose words it covers: numbers, names, negations, opposites. A
 * part of the evaluator. Pure. */

#include "server/llm/coverage.h"
#include "server/llm/fit.h"

enum check {
    CHECK_NUMBER_ABSENT = 1 << 0,  /* stands nowhere in the evidence */
    CHECK_NUMBER_SWAPPED = 1 << 1, /* stands elsewhere; another number of the same kind fits here */
    CHECK_NAME_ABSENT = 1 << 2,
    CHECK_NAME_SWAPPED = 1 << 3,
    CHECK_NEGATION = 1 << 4, /* denied here and not there, or the other way round */
    CHECK_ANTONYM = 1 << 5,
    CHECK_MODIFIER = 1 << 6, /* another manager, desk, team ... than there */
};

#define CHECKS 7

/* "number-absent", ... of 1 << i. */
extern const char *const check_names[CHECKS];

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

/* Of a sentence of the answer; flags of enum check. */
unsigned checks_find(struct checks *checks, size_t sentence, const struct coverage_window *window);

#endif
