#include "server/llm/knowledge_snapshot.h"

#include "server/llm/knowledge_db.h"
#include "server/llm/lexicon.h"
#include "server/store/db.h"

#include "common/alloc.h"

#include <stdio.h>
#include <string.h>

static void snapshot_free(struct knowledge_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n_documents; i++) {
        free(snapshot->documents[i].path);
        free(snapshot->documents[i].title);
    }
    free(snapshot->documents);
    lexicon_free(snapshot->lexicon);
    free(snapshot);
}

struct knowledge_snapshot *knowledge_snapshot_ref(struct knowledge_snapshot *snapshot)
{
    (void)atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void knowledge_snapshot_unref(struct knowledge_snapshot *snapshot)
{
    if (snapshot && atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) == 1)
        snapshot_free(snapshot);
}

static int read_documents(struct db *db, struct knowledge_snapshot *snapshot, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *rows = NULL;
    size_t capacity = 0;
    int row;

    if (db_prepare(db,
                   "SELECT id, path, title, hash, bytes, first_chunk, n_chunks, n_words "
                   "FROM documents ORDER BY path",
                   &rows, err) < 0)
        return -1;
    while ((row = statement_step(rows, err)) > 0) {
        struct knowledge_document *document;

        if (snapshot->n_documents == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            snapshot->documents =
                xrealloc_array(snapshot->documents, capacity, sizeof(*snapshot->documents));
        }
        document = &snapshot->documents[snapshot->n_documents++];
        *document = (struct knowledge_document){
            .id = statement_int(rows, 0),
            .path = xstrdup(statement_text(rows, 1)),
            .title = xstrdup(statement_text(rows, 2)),
            .bytes = statement_int(rows, 4),
            .first_chunk = statement_int(rows, 5),
            .n_chunks = (uint32_t)statement_int(rows, 6),
            .n_words = (uint32_t)statement_int(rows, 7),
        };
        (void)snprintf(document->hash, sizeof(document->hash), "%s", statement_text(rows, 3));
        snapshot->n_chunks += document->n_chunks;
        snapshot->n_words += document->n_words;
    }
    return row;
}

static int read_lists(struct db *db, struct lexicon *lexicon, struct tw_error *err)
{
    CLEANUP(freep) char *generic = NULL;
    CLEANUP(freep) char *synonyms = NULL;

    if (knowledge_db_read_fact(db, KNOWLEDGE_FACT_GENERIC, &generic, err) < 0 ||
        knowledge_db_read_fact(db, KNOWLEDGE_FACT_SYNONYMS, &synonyms, err) < 0 ||
        lexicon_add_generic(lexicon, generic, strlen(generic), err) < 0)
        return -1;
    return lexicon_add_synonyms(lexicon, synonyms, strlen(synonyms), err);
}

static int read_terms(struct db *db, struct knowledge_snapshot *snapshot, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *rows = NULL;
    int row;

    if (db_prepare(db, "SELECT stem, chunks FROM terms", &rows, err) < 0)
        return -1;
    while ((row = statement_step(rows, err)) > 0)
        lexicon_restore_stem(snapshot->lexicon, statement_text(rows, 0),
                             (uint32_t)statement_int(rows, 1));
    lexicon_restore_chunks(snapshot->lexicon, snapshot->n_chunks);
    return row;
}

static int read_facts(struct db *db, struct knowledge_snapshot *snapshot, struct tw_error *err)
{
    CLEANUP(freep) char *version = NULL;

    if (knowledge_db_read_number(db, KNOWLEDGE_FACT_GENERATION, &snapshot->generation, err) < 0 ||
        knowledge_db_read_number(db, KNOWLEDGE_FACT_LOADED_AT, &snapshot->loaded_at_ms, err) < 0 ||
        knowledge_db_read_fact(db, KNOWLEDGE_FACT_VERSION, &version, err) < 0)
        return -1;
    (void)snprintf(snapshot->version, sizeof(snapshot->version), "%s", version);
    return 0;
}

int knowledge_snapshot_read(struct db *db,
                            struct knowledge_snapshot **ret_snapshot,
                            struct tw_error *err)
{
    CLEANUP(knowledge_snapshot_unrefp)
    struct knowledge_snapshot *snapshot = xcalloc(1, sizeof(*snapshot));

    atomic_init(&snapshot->references, 1);
    snapshot->lexicon = lexicon_new();
    if (read_facts(db, snapshot, err) < 0 || read_documents(db, snapshot, err) < 0 ||
        read_lists(db, snapshot->lexicon, err) < 0 || read_terms(db, snapshot, err) < 0)
        return -1;
    *ret_snapshot = TAKE(snapshot);
    return 0;
}

void knowledge_snapshot_lose_vectors(struct knowledge_snapshot *snapshot)
{
    int ready = KNOWLEDGE_DENSE_READY;

    /* Only that: a load that is at work will say how it ended. */
    (void)atomic_compare_exchange_strong(&snapshot->dense, &ready, KNOWLEDGE_DENSE_LOST);
}

const struct knowledge_document *knowledge_snapshot_find(const struct knowledge_snapshot *snapshot,
                                                         const char *path,
                                                         size_t len)
{
    size_t low = 0, high = snapshot->n_documents;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct knowledge_document *document = &snapshot->documents[middle];
        int order = strncmp(document->path, path, len);

        if (order == 0 && document->path[len] == '\0')
            return document;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
