#include "server/llm/retrieval_dense.h"

#include "server/llm/encoder.h"
#include "server/llm/knowledge_private.h"
#include "server/llm/knowledge_vectors.h"

#include "common/alloc.h"
#include "common/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void retrieval_dense_degrade(struct retrieval_dense *dense,
                             enum retrieval_degraded degraded,
                             const char *detail)
{
    dense->is_on = false;
    dense->degraded = degraded;
    (void)snprintf(dense->detail, sizeof(dense->detail), "%s", detail);
}

static int embed(struct retrieval_dense *dense,
                 struct encoder *encoder,
                 const char *question,
                 struct tw_error *err)
{
    size_t len = strlen(question);

    dense->dim = encoder_dim(encoder);
    dense->vector = xcalloc(dense->dim, sizeof(*dense->vector));
    return encoder_embed(encoder, &question, &len, 1, ENCODER_REQUEST, dense->vector, err);
}

/* Whether the index can be asked; else degraded, or just off. */
static bool can_search(struct retrieval_dense *dense, struct knowledge *knowledge)
{
    CLEANUP(knowledge_snapshot_unrefp)
    struct knowledge_snapshot *snapshot = knowledge_obtain_snapshot(knowledge);

    switch ((enum knowledge_dense)atomic_load(&snapshot->dense)) {
    case KNOWLEDGE_DENSE_OFF:
        return false;
    case KNOWLEDGE_DENSE_PENDING:
        retrieval_dense_degrade(dense, RETRIEVAL_LOADING, "the vectors are still to be made");
        return false;
    case KNOWLEDGE_DENSE_READY:
        return snapshot->n_chunks > 0;
    case KNOWLEDGE_DENSE_DAMAGED:
        retrieval_dense_degrade(dense, RETRIEVAL_CHECKSUM,
                                "vectors failed their checksum: load the knowledge base");
        return false;
    case KNOWLEDGE_DENSE_FAILED:
        retrieval_dense_degrade(dense, RETRIEVAL_INDEX_UNREACHABLE,
                                "the last load could not bring its vectors into the index");
        return false;
    case KNOWLEDGE_DENSE_LOST:
        retrieval_dense_degrade(dense, RETRIEVAL_INDEX_UNREACHABLE,
                                "the index has lost its vectors: a load brings them");
        return false;
    }
    return false;
}

/* A direction that no text has: as good as an index whose vectors are not those of the texts. */
static void corrupt(const struct retrieval_dense *dense, float *vector)
{
    struct random_state rng;
    double squares = 0;
    uint32_t seed; /* another direction for each question */

    memcpy(&seed, dense->vector, sizeof(seed));
    random_seed(&rng, seed);
    for (size_t i = 0; i < dense->dim; i++) {
        vector[i] = (float)random_normal(&rng, 0, 1);
        squares += (double)vector[i] * (double)vector[i];
    }
    for (size_t i = 0; i < dense->dim; i++)
        vector[i] /= (float)sqrt(squares);
}

static int query(struct retrieval_dense *dense,
                 struct vector_source *vectors,
                 const float *vector,
                 struct tw_error *err)
{
    dense->sentences = xcalloc(DENSE_SENTENCES_MAX, sizeof(*dense->sentences));
    dense->chunks = xcalloc(DENSE_CHUNKS_MAX, sizeof(*dense->chunks));
    if (vector_source_query(vectors, vector, KNOWLEDGE_VECTOR_SENTENCE, DENSE_SENTENCES_MAX,
                            dense->sentences, &dense->n_sentences, err) < 0)
        return -1;
    return vector_source_query(vectors, vector, KNOWLEDGE_VECTOR_CHUNK, DENSE_CHUNKS_MAX,
                               dense->chunks, &dense->n_chunks, err);
}

/* Only the embedded index can be damaged and say so; a server is there or not. */
static enum retrieval_degraded reason_of(const struct vector_source *vectors,
                                         const struct tw_error *why)
{
    return why->code == TW_BROKEN && strcmp(vector_source_name(vectors), "embedded") == 0
               ? RETRIEVAL_CHECKSUM
               : RETRIEVAL_INDEX_UNREACHABLE;
}

static void search(struct retrieval_dense *dense,
                   struct knowledge *knowledge,
                   const struct retrieval_faults *faults)
{
    CLEANUP(freep) float *vector = xcalloc(dense->dim, sizeof(*vector));
    struct tw_error why = {0};

    memcpy(vector, dense->vector, dense->dim * sizeof(*vector));
    if (faults->is_corrupted)
        corrupt(dense, vector);
    dense->was_asked = !faults->is_dense_down;
    if (faults->is_dense_down)
        retrieval_dense_degrade(dense, RETRIEVAL_INDEX_UNREACHABLE, "simulated");
    else if (query(dense, knowledge->vectors, vector, &why) < 0)
        retrieval_dense_degrade(dense, reason_of(knowledge->vectors, &why), why.message);
    else
        dense->is_on = true;
}

void retrieval_dense_init(struct retrieval_dense *dense,
                          struct knowledge *knowledge,
                          const struct retrieval_request *request)
{
    struct tw_error why = {0};

    *dense = (struct retrieval_dense){0};
    if (!knowledge->encoder)
        return;
    if (embed(dense, knowledge->encoder, request->question, &why) < 0) {
        free(TAKE(dense->vector));
        dense->dim = 0;
        if (knowledge->vectors)
            retrieval_dense_degrade(dense, RETRIEVAL_INDEX_UNREACHABLE, why.message);
        return;
    }
    if (!(request->sides_off & RETRIEVAL_DENSE) && can_search(dense, knowledge))
        search(dense, knowledge, &request->faults);
}

void retrieval_dense_finish(struct retrieval_dense *dense)
{
    free(dense->vector);
    free(dense->sentences);
    free(dense->chunks);
    *dense = (struct retrieval_dense){0};
}
