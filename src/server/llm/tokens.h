#ifndef TW_TOKENS_H
#define TW_TOKENS_H

/* About how many tokens a text is to a language model, where its provider does not say. Pure. */

#include <stddef.h>

/* A word of ASCII letters is one token per started eight letters, a number one per started two digits,
 * every other visible ASCII character one, blanks none but for line breaks, which are one per run; text
 * beyond ASCII is one per started three bytes of a run. */
size_t tokens_estimate(const char *text, size_t len);

#endif
