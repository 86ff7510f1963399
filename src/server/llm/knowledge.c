#include "server/llm/knowledge.h"

#include "server/llm/knowledge_db.h"
#include "server/llm/knowledge_private.h"
#include "server/store/db.h"
#include "server/store/readers.h"

#include "common/alloc.h"

#include <stdio.h>
#include <string.h>

static char *maybe_dup(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

/* What the file holds now; *ret_snapshot is owned. */
static int read_file(const char *path,
                     struct knowledge_snapshot **ret_snapshot,
                     struct tw_error *err)
{
    CLEANUP(db_closep) struct db *db = NULL;
    struct tw_error why = {0};

    if (knowledge_db_open(path, &db, err) < 0)
        return -1;
    if (knowledge_snapshot_read(db, ret_snapshot, &why) < 0)
        return db_fail_damaged(path, &why, err);
    return 0;
}

int knowledge_open(const struct knowledge_options *options,
                   struct knowledge **ret_knowledge,
                   struct tw_error *err)
{
    struct knowledge_snapshot *snapshot = NULL;
    struct knowledge *knowledge;

    if (read_file(options->path, &snapshot, err) < 0)
        return -1;
    knowledge = xcalloc(1, sizeof(*knowledge));
    knowledge->folder = xstrdup(options->folder);
    knowledge->lists_folder = maybe_dup(options->lists_folder);
    knowledge->path = xstrdup(options->path);
    knowledge->readers = readers_new(knowledge->path, knowledge_view_sql, n_knowledge_view_sql);
    knowledge->current = snapshot;
    (void)pthread_mutex_init(&knowledge->lock, NULL);
    *ret_knowledge = knowledge;
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
