#ifndef TW_VECTOR_SOURCE_H
#define TW_VECTOR_SOURCE_H

/* One collection of unit vectors, searched by cosine: kept in the embedded store, or on a Chroma server.
 * Retrieval sees no difference. Any thread; calls to a Chroma server wait for the network, so never on a
 * listener's thread. Errors: TW_INVALID a wrong argument, TW_BUSY a timeout or an overloaded server,
 * TW_BROKEN unreachable, damaged (a vector that fails its checksum), or an answer that makes no sense. */

#include "common/error.h"

#include <stddef.h>

struct vector_source;
struct vectors; /* the embedded store, vectors.h */

/* All borrowed. */
struct vector_record {
    const char *id;       /* unique in the collection, 1..255 bytes */
    const float *vector;  /* dim numbers */
    const char *document; /* the text, or NULL */
    const char
        *kind; /* metadata "kind": what a query may be limited to, e.g. "chunk", "sentence" */
    const char *version; /* metadata "version": hash of what the vector was made from */
};

struct vector_hit {
    char id[256];
    double distance; /* 1 - cosine, 0..2, ascending */
};

/* The collection is made if it does not exist; one with another dimension is emptied and made anew. */
int vector_source_open_embedded(struct vectors *vectors,
                                const char *collection,
                                size_t dim,
                                struct vector_source **ret_source,
                                struct tw_error *err) MUST_CHECK;

struct chroma_options {
    const char *url; /* "http://127.0.0.1:8000" */
    const char *tenant, *database;
    const char *token; /* NULL: none; never logged */
    long timeout_ms;   /* of one exchange */
};

/* Opens even when the server is down: every later call tries again. */
int vector_source_open_chroma(const struct chroma_options *options,
                              const char *collection,
                              size_t dim,
                              struct vector_source **ret_source,
                              struct tw_error *err) MUST_CHECK;
void vector_source_free(struct vector_source *source); /* NULL is fine */

/* Any thread: calls that wait for a Chroma server, and later ones, fail within 0.2 s. */
void vector_source_stop(struct vector_source *source);
DEFINE_CLEANUP(struct vector_source *, vector_source_free);

const char *vector_source_name(const struct vector_source *source); /* "embedded", "chroma" */

/* All or none of one call when embedded; in batches on a server. Replaces records of the same id. */
int vector_source_upsert(struct vector_source *source,
                         const struct vector_record *records,
                         size_t n_records,
                         struct tw_error *err) MUST_CHECK;

/* Unknown ids are ignored. */
int vector_source_delete(struct vector_source *source,
                         const char *const *ids,
                         size_t n_ids,
                         struct tw_error *err) MUST_CHECK;

/* The at most k nearest of a kind (NULL: any), nearest first, equal ones by id. A Chroma server that failed
 * three times in a row is not asked for 5 s: TW_BROKEN at once; then one query probes it. */
int vector_source_query(struct vector_source *source,
                        const float *vector,
                        const char *kind,
                        size_t k,
                        struct vector_hit *ret_hits,
                        size_t *ret_n,
                        struct tw_error *err) MUST_CHECK;

/* Calls each for every record, in no order, with its id and version; for bringing a collection in step. */
typedef void vector_source_each_fn(void *ctx, const char *id, const char *version);
int vector_source_each(struct vector_source *source,
                       vector_source_each_fn *each,
                       void *ctx,
                       struct tw_error *err) MUST_CHECK;

#endif
