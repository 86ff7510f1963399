#ifndef TW_OPERATORS_H
#define TW_OPERATORS_H

/* The small words that turn a statement without being its content: they deny, limit, order in time, oblige, allow.
 * A part of the evaluator. Pure. */

#include "server/llm/material.h"

enum operator{
    OPERATOR_DENY = 1 << 0,   /* "not", "refused", "no longer" */
    OPERATOR_LIMIT = 1 << 1,  /* "only", "unless", "not without" */
    OPERATOR_EXTEND = 1 << 2, /* "even", "also", "not only" */
    OPERATOR_ALL = 1 << 3,    /* "every", "always" */
    OPERATOR_BEFORE = 1 << 4,
    OPERATOR_AFTER = 1 << 5,
    OPERATOR_MORE = 1 << 6, /* "at least", "over", "exceeds" */
    OPERATOR_LESS = 1 << 7, /* "at most", "under", "within" */
    OPERATOR_MUST = 1 << 8,
    OPERATOR_MAY = 1 << 9,
    OPERATOR_SOME = 1 << 10, /* "sometimes", "partly" */
};

#define OPERATORS 11

/* Sets the operators of the sentence's tokens, whose denials are marked. */
void operators_mark(struct material *material, const struct material_sentence *sentence);

/* What excludes these. */
unsigned operators_opposites(unsigned operators);

#endif
