#ifndef TW_KNOWLEDGE_VECTORS_H
#define TW_KNOWLEDGE_VECTORS_H

/* The vectors of a knowledge base: of each chunk as a whole (kind "chunk", id "vpn.md#4") and of each of
 * its sentences (kind "sentence", id "vpn.md#4/2", counted from 1 as text_sentences gives them), each with the
 * document's title before it; in step with the texts by version. */

#include "common/error.h"

#include <stddef.h>

struct db;
struct encoder;
struct vector_source;

#define KNOWLEDGE_VECTOR_CHUNK    "chunk"
#define KNOWLEDGE_VECTOR_SENTENCE "sentence"

/* Part of the version of a vector, besides the encoder's name and the text. */
#define KNOWLEDGE_VECTOR_RULES "vectors-1"

/* Called after each batch with the vectors due as far as is known, and those of them that are there; an
 * error ends the work. */
typedef int knowledge_vectors_progress_fn(void *ctx,
                                          size_t n_due,
                                          size_t n_there,
                                          struct tw_error *err);

struct knowledge_vectors_sync {
    struct db *db; /* chunks are read from its transaction, or from what is committed */
    struct encoder *encoder;
    struct vector_source *vectors;
    knowledge_vectors_progress_fn *progress;
    void *ctx;
};

/* Makes the vectors that are missing or of another version, and removes those of no chunk. Minutes when all
 * are to be made; memory does not grow with the texts, but by 32 bytes with each vector. */
int knowledge_vectors_bring_in_step(const struct knowledge_vectors_sync *sync,
                                    struct tw_error *err) MUST_CHECK;

#endif
