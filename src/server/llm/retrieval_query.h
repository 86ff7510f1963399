#ifndef TW_RETRIEVAL_QUERY_H
#define TW_RETRIEVAL_QUERY_H

/* A question's terms as expressions of FTS5's query language. Every word is quoted, so that no text becomes
 * an operator. Pure. */

#include "common/buffer.h"

#include <stddef.h>

struct terms;

#define RETRIEVAL_QUERY_BYTES ((size_t)64 * 1024) /* limit to give the buffer */

/* Chunks with any of the terms. "" when there are none. */
void retrieval_query_terms(const struct terms *terms, struct buffer *out);

/* Chunks with any of what may stand for a term; of a phrase all words. "" when there is nothing. */
void retrieval_query_synonyms(const struct terms *terms, struct buffer *out);

#endif
