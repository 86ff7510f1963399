#ifndef TW_POLARITY_H
#define TW_POLARITY_H

/* Does a sentence deny where its evidence does not? Weaker than a check: a paraphrase says "stays free" for "nobody may
 * use it". A part of the evaluator. Pure. */

#include "server/llm/coverage.h"

/* The share of the sentence's content that its window holds, but only in clauses that deny where its own does not, or
 * the other way round. 0..1 */
double polarity_mismatch(const struct material *material,
                         const struct likenesses *likenesses,
                         size_t sentence,
                         const struct coverage_window *window);

#endif
