#ifndef TW_REGRET_H
#define TW_REGRET_H

/* Does a sentence of an answer say that something is not known, or not told where answers come from? A part of the
 * evaluator. Pure. */

#include "server/llm/material.h"

/* The words of the sentence. */
struct regret_words {
    const struct material *material;
    const struct material_token *tokens;
    size_t n;
};

/* "I could not find that", "the articles are silent on it", "no information on permits". */
bool regret_is(const struct regret_words *words);

/* "The articles stop at ...", "permits are not mentioned": a sentence, or a clause of it, that denies or limits only that
 * something is said or known, and else holds only what the question says. A regret, unless the evidence says this. */
bool regret_is_beyond_sources(const struct regret_words *words);

#endif
