#ifndef TW_KNOWLEDGE_SNAPSHOT_H
#define TW_KNOWLEDGE_SNAPSHOT_H

/* What a version of the knowledge base keeps in memory: its documents and its lexicon, without the texts.
 * Immutable but for how its vectors stand, counted by reference; any thread. */

#include "common/error.h"
#include "common/hash.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct lexicon;

struct knowledge_document {
    char *path;  /* below the folder */
    char *title; /* the file's name where the document has none */
    char hash[HASH_HEX_SIZE];
    int64_t id;
    int64_t first_chunk; /* rowid; those of a document follow one another */
    uint32_t n_chunks, n_words;
    int64_t bytes;
};

/* How the dense side of retrieval stands. */
enum knowledge_dense {
    KNOWLEDGE_DENSE_OFF,     /* no semantic encoder, or no index given */
    KNOWLEDGE_DENSE_PENDING, /* vectors are being made */
    KNOWLEDGE_DENSE_READY,   /* all vectors of this version are in the index */
    KNOWLEDGE_DENSE_DAMAGED, /* some failed their checksum; the next load makes them anew */
    KNOWLEDGE_DENSE_FAILED,  /* they could not be brought there; the next load tries again */
    KNOWLEDGE_DENSE_LOST,    /* they were there, and are not any more; the next load brings them */
};

struct knowledge_snapshot {
    _Atomic unsigned references;
    _Atomic int dense;  /* enum knowledge_dense */
    int64_t generation; /* ascending; 0 before the first load */
    int64_t loaded_at_ms;
    char version[HASH_HEX_SIZE]; /* of documents and lists; "" before the first load */
    struct lexicon *lexicon;
    struct knowledge_document *documents; /* ascending by path */
    size_t n_documents;
    uint64_t n_chunks, n_words;
};

/* What the connection's transaction sees. */
int knowledge_snapshot_read(struct db *db,
                            struct knowledge_snapshot **ret_snapshot,
                            struct tw_error *err) MUST_CHECK;

struct knowledge_snapshot *knowledge_snapshot_ref(struct knowledge_snapshot *snapshot);
void knowledge_snapshot_unref(struct knowledge_snapshot *snapshot); /* NULL is fine */
DEFINE_CLEANUP(struct knowledge_snapshot *, knowledge_snapshot_unref);

/* A search found that the index does not hold the vectors that it was said to hold. */
void knowledge_snapshot_lose_vectors(struct knowledge_snapshot *snapshot);

/* NULL: no such document. */
const struct knowledge_document *knowledge_snapshot_find(const struct knowledge_snapshot *snapshot,
                                                         const char *path,
                                                         size_t len);

#endif
