#ifndef TW_LLM_HASHED_TEXT_H
#define TW_LLM_HASHED_TEXT_H

/* The encoder's stand-in where there are no weights: character n-grams (3 to 5, word ends marked) of the
 * folded words, hashed with a sign into a fixed number of cells (Weinberger et al. 2009, arXiv:0902.2206).
 * It sees spelling, not meaning. Pure. */

#include <stddef.h>

#define HASHED_TEXT_WIDTH     ((size_t)384)
#define HASHED_TEXT_BYTES_MAX 16384 /* what is beyond is not read */

/* Of unit length; all zero for a text without words. Any bytes are a text. */
void hashed_text_embed(const char *text, size_t len, float ret_vector[HASHED_TEXT_WIDTH]);

#endif
