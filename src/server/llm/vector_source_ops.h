#ifndef TW_VECTOR_SOURCE_OPS_H
#define TW_VECTOR_SOURCE_OPS_H

/* What a kind of vector source has to be able to do; vector_source.h says what each call means. */

#include "server/llm/breaker.h"
#include "server/llm/vector_source.h"

#include <pthread.h>
#include <stdbool.h>

struct vector_source_ops {
    const char *name;
    bool is_remote; /* a query may fail for a while, and cost its timeout each time */
    int (*upsert)(void *self,
                  const struct vector_record *records,
                  size_t n_records,
                  struct tw_error *err);
    int (*delete)(void *self, const char *const *ids, size_t n_ids, struct tw_error *err);
    int (*query)(void *self,
                 const float *vector,
                 const char *kind,
                 size_t k,
                 struct vector_hit *ret_hits,
                 size_t *ret_n,
                 struct tw_error *err);
    int (*each)(void *self, vector_source_each_fn *each, void *ctx, struct tw_error *err);
    void (*stop)(void *self); /* NULL: no call waits */
    void (*free)(void *self);
};

/* Made by vector_source_new. */
struct vector_source {
    const struct vector_source_ops *ops;
    void *self;
    pthread_mutex_t lock; /* guards what follows; of a remote one */
    struct breaker breaker;
    struct tw_error last_failure;
};

/* Takes self over. */
struct vector_source *vector_source_new(const struct vector_source_ops *ops, void *self);

/* {"kind":...,"version":...} as metadata; what is NULL is left out. Owned by the caller. */
char *vector_record_metadata_dup(const struct vector_record *record);

#endif
