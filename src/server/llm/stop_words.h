#ifndef TW_STOP_WORDS_H
#define TW_STOP_WORDS_H

/* English words that carry no topic: articles, pronouns, prepositions, auxiliaries. Negations are among
 * them, because they are judged apart from what is covered (negation.h). Pure. */

#include <stdbool.h>

bool stop_words_has(const char *form); /* lower-cased, as text_words gives it */

#endif
