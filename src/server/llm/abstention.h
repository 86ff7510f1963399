#ifndef TW_ABSTENTION_H
#define TW_ABSTENTION_H

/* Does an answer say that it does not know? A part of the evaluator. Pure. */

#include "server/llm/material.h"

/* Of the answer that was added to the material. */
bool abstention_is(const struct material *material);

#endif
