#ifndef TW_RETRIEVAL_DENSE_H
#define TW_RETRIEVAL_DENSE_H

/* The side of retrieval that goes by meaning: the question's vector, and what is near it in the index. It may
 * wait for the network, so it comes before anything of the knowledge base's file is held. */

#include "common/error.h"
#include "server/llm/retrieval.h"
#include "server/llm/vector_source.h"

struct knowledge;

#define DENSE_SENTENCES_MAX 64
#define DENSE_CHUNKS_MAX    64

struct retrieval_dense {
    bool is_on;     /* there are hits to be used */
    bool was_asked; /* the index was, in earnest */
    float *vector;  /* the question's, also where nothing is searched; owned; NULL: no encoder */
    size_t dim;
    struct vector_hit *sentences, *chunks; /* nearest first; owned */
    size_t n_sentences, n_chunks;
    enum retrieval_degraded degraded;
    char detail[256]; /* why */
};

/* Never fails: what goes wrong degrades. */
void retrieval_dense_init(struct retrieval_dense *dense,
                          struct knowledge *knowledge,
                          const struct retrieval_request *request);
void retrieval_dense_finish(struct retrieval_dense *dense); /* zeroed is fine */

/* Turns the side off, with why. */
void retrieval_dense_degrade(struct retrieval_dense *dense,
                             enum retrieval_degraded degraded,
                             const char *detail);

#endif
