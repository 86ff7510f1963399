#ifndef TW_API_VECTOR_BODY_H
#define TW_API_VECTOR_BODY_H

/* Bodies of the calls on records, decoded: what the client sent column by column becomes items. Pure.
 * All fill the reply's status when they fail: 422 for a wrong type, 400 for a wrong value. */

#include "server/http/http.h"
#include "server/llm/vectors.h"

struct where;

/* What an add, upsert or update carries. */
struct vector_batch {
    struct vectors_item *items; /* their texts and vectors belong to the batch */
    size_t n, dim;              /* dim: 0 when there is no vector */
    struct buffer texts;        /* with NULs between them */
    struct buffer vectors;      /* floats */
};

/* needs_vectors: every item must have one. */
int vector_batch_read(const char *text,
                      bool needs_vectors,
                      struct vector_batch *ret_batch,
                      struct reply *reply,
                      struct tw_error *err) MUST_CHECK;
void vector_batch_finish(struct vector_batch *batch); /* zeroed is fine */

enum vector_include {
    INCLUDE_DISTANCES,
    INCLUDE_DOCUMENTS,
    INCLUDE_EMBEDDINGS,
    INCLUDE_METADATAS,
    INCLUDE_URIS,
    N_INCLUDES
};

extern const char *const vector_include_names[N_INCLUDES];

/* What a query, get or delete asks. */
struct vector_question {
    struct vectors_filter filter; /* belongs to the question */
    bool has_ids;                 /* also when the list is empty */
    enum vector_include include[N_INCLUDES];
    size_t n_includes; /* in the client's order, each once */
    size_t limit;      /* n_results of a query; SIZE_MAX: none given */
    size_t offset;
    float *vectors; /* of a query: n_vectors of dim */
    size_t n_vectors, dim;
    const char **ids; /* what the filter points to, like the rest here */
    struct buffer texts, floats;
    struct where *where, *where_document;
};

enum vector_call { VECTOR_QUERY, VECTOR_GET, VECTOR_DELETE };

int vector_question_read(const char *text,
                         enum vector_call call,
                         struct vector_question *ret_question,
                         struct reply *reply,
                         struct tw_error *err) MUST_CHECK;
void vector_question_finish(struct vector_question *question); /* zeroed is fine */

bool vector_includes(const struct vector_question *question, enum vector_include include);

#endif
