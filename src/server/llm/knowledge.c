#include "server/llm/knowledge.h"

#include "server/llm/encoder.h"
#include "server/llm/knowledge_db.h"
#include "server/llm/knowledge_private.h"
#include "server/llm/vector_source.h"
#include "server/store/db.h"
#include "server/store/readers.h"

#include "common/alloc.h"

#include <stdio.h>
#include <string.h>

static char *maybe_dup(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

/* What the file says of the vectors is believed until a search or a load finds otherwise. */
static int find_dense(struct knowledge *knowledge,
                      struct db *db,
                      bool has_damaged,
                      struct tw_error *err)
{
    CLEANUP(freep) char *wanted = NULL;
    CLEANUP(freep) char *there = NULL;
    enum knowledge_dense dense = KNOWLEDGE_DENSE_PENDING;

    if (!knowledge->vectors)
        return 0; /* KNOWLEDGE_DENSE_OFF */
    if (knowledge_db_read_fact(db, KNOWLEDGE_FACT_VECTORS, &there, err) < 0)
        return -1;
    wanted = knowledge_vectors_fact_dup(knowledge, knowledge->current->version);
    if (strcmp(there, wanted) == 0)
        dense = has_damaged ? KNOWLEDGE_DENSE_DAMAGED : KNOWLEDGE_DENSE_READY;
    atomic_init(&knowledge->current->dense, (int)dense);
    return 0;
}

static int read_file(struct knowledge *knowledge, bool has_damaged_vectors, struct tw_error *err)
{
    CLEANUP(db_closep) struct db *db = NULL;
    struct tw_error why = {0};

    if (knowledge_db_open_to_read(knowledge->path, &db, err) < 0)
        return -1;
    if (knowledge_snapshot_read(db, &knowledge->current, &why) < 0 ||
        find_dense(knowledge, db, has_damaged_vectors, &why) < 0)
        return db_fail_damaged(knowledge->path, &why, err);
    return 0;
}

int knowledge_open(const struct knowledge_options *options,
                   struct knowledge **ret_knowledge,
                   struct tw_error *err)
{
    CLEANUP(knowledge_freep) struct knowledge *knowledge = xcalloc(1, sizeof(*knowledge));

    (void)pthread_mutex_init(&knowledge->lock, NULL);
    knowledge->folder = xstrdup(options->folder);
    knowledge->lists_folder = maybe_dup(options->lists_folder);
    knowledge->path = xstrdup(options->path);
    knowledge->encoder = options->encoder;
    if (options->encoder)
        (void)snprintf(knowledge->encoder_name, sizeof(knowledge->encoder_name), "%s",
                       encoder_name(options->encoder));
    /* Vectors of spelling would only say again what the words say. */
    if (options->encoder && encoder_is_semantic(options->encoder))
        knowledge->vectors = options->vectors;
    if (read_file(knowledge, options->has_damaged_vectors, err) < 0)
        return -1;
    knowledge->readers = readers_new(knowledge->path, knowledge_view_sql, n_knowledge_view_sql);
    *ret_knowledge = TAKE(knowledge);
    return 0;
}

void knowledge_free(struct knowledge *knowledge)
{
    if (!knowledge)
        return;
    readers_free(knowledge->readers);
    knowledge_snapshot_unref(knowledge->current);
    (void)pthread_mutex_destroy(&knowledge->lock);
    free(knowledge->folder);
    free(knowledge->lists_folder);
    free(knowledge->path);
    free(knowledge);
}

void knowledge_cancel(struct knowledge *knowledge)
{
    atomic_store_explicit(&knowledge->is_cancelled, true, memory_order_relaxed);
}

struct knowledge_snapshot *knowledge_obtain_snapshot(struct knowledge *knowledge)
{
    struct knowledge_snapshot *snapshot;

    (void)pthread_mutex_lock(&knowledge->lock);
    snapshot = knowledge_snapshot_ref(knowledge->current);
    (void)pthread_mutex_unlock(&knowledge->lock);
    return snapshot;
}

struct knowledge_snapshot *knowledge_obtain_generation(struct knowledge *knowledge,
                                                       int64_t generation)
{
    struct knowledge_snapshot *snapshot = NULL;

    (void)pthread_mutex_lock(&knowledge->lock);
    if (knowledge->current->generation == generation)
        snapshot = knowledge_snapshot_ref(knowledge->current);
    else if (knowledge->next && knowledge->next->generation == generation)
        snapshot = knowledge_snapshot_ref(knowledge->next);
    (void)pthread_mutex_unlock(&knowledge->lock);
    return snapshot;
}

void knowledge_read_progress(struct knowledge *knowledge, struct knowledge_progress *ret_progress)
{
    (void)pthread_mutex_lock(&knowledge->lock);
    *ret_progress = knowledge->progress;
    (void)pthread_mutex_unlock(&knowledge->lock);
}

void knowledge_note_search(struct knowledge *knowledge, const char *why)
{
    (void)pthread_mutex_lock(&knowledge->lock);
    (void)snprintf(knowledge->index_error, sizeof(knowledge->index_error), "%s", why);
    knowledge->n_found += *why == '\0';
    (void)pthread_mutex_unlock(&knowledge->lock);
}

void knowledge_forgive_index(struct knowledge *knowledge)
{
    (void)pthread_mutex_lock(&knowledge->lock);
    knowledge->index_error[0] = '\0';
    (void)pthread_mutex_unlock(&knowledge->lock);
}

void knowledge_read_stats(struct knowledge *knowledge, struct knowledge_stats *ret_stats)
{
    CLEANUP(knowledge_snapshot_unrefp)
    struct knowledge_snapshot *snapshot = knowledge_obtain_snapshot(knowledge);

    *ret_stats = (struct knowledge_stats){
        .n_documents = snapshot->n_documents,
        .n_chunks = snapshot->n_chunks,
        .n_words = snapshot->n_words,
        .loaded_at_ms = snapshot->loaded_at_ms,
        .dense = (enum knowledge_dense)atomic_load(&snapshot->dense),
    };
    memcpy(ret_stats->version, snapshot->version, sizeof(ret_stats->version));
    memcpy(ret_stats->encoder, knowledge->encoder_name, sizeof(ret_stats->encoder));
    if (knowledge->vectors)
        (void)snprintf(ret_stats->vectors, sizeof(ret_stats->vectors), "%s",
                       vector_source_name(knowledge->vectors));
    (void)pthread_mutex_lock(&knowledge->lock);
    memcpy(ret_stats->index_error, knowledge->index_error, sizeof(ret_stats->index_error));
    ret_stats->n_found = knowledge->n_found;
    (void)pthread_mutex_unlock(&knowledge->lock);
}

void knowledge_each_document(struct knowledge *knowledge, knowledge_each_fn *each, void *ctx)
{
    CLEANUP(knowledge_snapshot_unrefp)
    struct knowledge_snapshot *snapshot = knowledge_obtain_snapshot(knowledge);

    for (size_t i = 0; i < snapshot->n_documents; i++)
        if (!each(ctx, &snapshot->documents[i]))
            return;
}

const char *knowledge_phase_name(enum knowledge_phase phase)
{
    static const char *const names[N_KNOWLEDGE_PHASES] = {
        [KNOWLEDGE_IDLE] = "idle",         [KNOWLEDGE_READING] = "reading",
        [KNOWLEDGE_COUNTING] = "counting", [KNOWLEDGE_EMBEDDING] = "embedding",
        [KNOWLEDGE_DONE] = "done",         [KNOWLEDGE_FAILED] = "failed",
    };

    return names[phase];
}
