#ifndef TW_FAKE_VECTORS_H
#define TW_FAKE_VECTORS_H

/* A source of vectors in memory that fails as it is told, and calls back before it stores. */

#include "server/llm/vector_source.h"

#include <stdbool.h>

struct fake_record {
    char id[256], kind[32], version[72];
    float *vector;
};

struct fake_vectors {
    size_t dim;
    const char *name;       /* "embedded" or "chroma" */
    enum tw_code fails;     /* TW_OK: it works */
    struct fake_record *at; /* owned */
    size_t n, n_upserted, n_deleted;
    void (*before_upsert)(void *ctx); /* NULL: none */
    void *ctx;
};

/* The source that stands for it; free it before the fake is finished. */
struct vector_source *fake_vectors_source(struct fake_vectors *fake);
void fake_vectors_finish(struct fake_vectors *fake);

bool fake_vectors_has(const struct fake_vectors *fake, const char *id);

#endif
