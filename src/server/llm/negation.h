#ifndef TW_NEGATION_H
#define TW_NEGATION_H

/* Which words of a sentence are denied. A part of the evaluator. Pure. */

#include "server/llm/material.h"

/* Sets is_cue, is_negated and is_denying of the sentence's tokens, whose clauses are numbered.
 * "no later than" and "not only" are no negations, and "not ... until" is none that could be compared. */
void negation_mark(struct material *material, const struct material_sentence *sentence);

#endif
