#ifndef TW_ABSTENTION_H
#define TW_ABSTENTION_H

/* Does an answer say that it does not know? "I don't know", "the articles do not mention that", "there is no
 * information on ..." in many wordings; a "do not" in an answer that gives one is something else. A part of the
 * evaluator. Pure. */

#include "server/llm/material.h"

/* Of the answer that was added to the material, by its first sentences: what follows is where else to ask. An
 * answer that says something first and then what it does not know is none. */
bool abstention_is(const struct material *material, const char *answer);

#endif
