#ifndef TW_KNOWLEDGE_H
#define TW_KNOWLEDGE_H

/* The knowledge base: documents of a folder, cut into chunks, with an index of their words in a file of
 * its own and vectors in a vector source. Loading brings all of it in step with the folder; while it works,
 * readers keep the version before it. Every function may be called by any thread, but load and free. */

#include "common/error.h"
#include "common/hash.h"
#include "server/llm/knowledge_snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct encoder;
struct knowledge;
struct vector_source;

struct knowledge_options {
    const char *folder; /* of the documents */
    const char
        *lists_folder; /* where a list that is not in the folder is taken from; NULL: nowhere */
    const char *path;  /* of the file, "knowledge.db" in the state folder */
    struct encoder *encoder;       /* borrowed; NULL: none. One that is not semantic: no vectors */
    struct vector_source *vectors; /* borrowed; NULL: no vectors */
    bool has_damaged_vectors;      /* some of them failed their checksum and are left out */
};

/* Opens what the last load left, or an empty base. Reads neither folder nor documents. TW_BROKEN a damaged
 * or foreign file, with what to do. Copies the options' texts. */
int knowledge_open(const struct knowledge_options *options,
                   struct knowledge **ret_knowledge,
                   struct tw_error *err) MUST_CHECK;
void knowledge_free(struct knowledge *knowledge); /* nobody may be in a call; NULL is fine */
DEFINE_CLEANUP(struct knowledge *, knowledge_free);

/* Reads the folder: files that changed, came or went, by hash; others are not touched. Works on the
 * caller's thread, seconds to minutes, and fills the progress. A file that cannot be a document is passed
 * over and counted. With vectors: while there was no earlier version, words are searched as soon as they
 * are in; else all changes come at once. That vectors cannot be stored is no failure (the progress says
 * it): the dense side is off until a load succeeds.
 * TW_BUSY another load is at work, or this one was cancelled; TW_NOT_FOUND no such folder; TW_INVALID a
 * faulty list or too many files; TW_BROKEN the folder or the file cannot be read or written. After a failure
 * the version before it stands. */
int knowledge_load(struct knowledge *knowledge, struct tw_error *err) MUST_CHECK;

/* The load at work ends with TW_BUSY within a file or a batch of vectors. None is fine. */
void knowledge_cancel(struct knowledge *knowledge);

enum knowledge_phase {
    KNOWLEDGE_IDLE, /* nothing was loaded since the start */
    KNOWLEDGE_READING,
    KNOWLEDGE_COUNTING,  /* words */
    KNOWLEDGE_EMBEDDING, /* vectors */
    KNOWLEDGE_DONE,
    KNOWLEDGE_FAILED,
    N_KNOWLEDGE_PHASES
};

const char *knowledge_phase_name(enum knowledge_phase phase); /* "reading" */

/* Of the load at work, or the last one. */
struct knowledge_progress {
    enum knowledge_phase phase;
    size_t n_files;   /* seen in the folder */
    size_t n_read;    /* of them, read so far */
    size_t n_changed; /* new or other than before */
    size_t n_removed; /* documents whose file is gone or refused */
    size_t n_refused; /* files that cannot be documents */
    size_t n_chunks;  /* written */
    size_t n_vectors; /* written */
    size_t n_vectors_due;
    int64_t started_at_ms, ended_at_ms; /* Unix time; 0: not yet */
    char error[256];                    /* why it failed; "" when it did not */
    char first_refusal[256];            /* "'x.md': byte 3 is not UTF-8" */
    char vectors_error[256];            /* why the dense side is off */
};

void knowledge_read_progress(struct knowledge *knowledge, struct knowledge_progress *ret_progress);

struct knowledge_stats {
    size_t n_documents;
    uint64_t n_chunks, n_words;
    int64_t loaded_at_ms;        /* 0: never */
    char version[HASH_HEX_SIZE]; /* "" before the first load */
    char encoder[64];            /* "" without one */
    char vectors[32];            /* the source's name; "" without one */
    enum knowledge_dense dense;
    char index_error[256]; /* why the last search of the vectors failed; "" when it did not */
    uint64_t n_found;      /* searches that found vectors of these texts, since the start */
};

void knowledge_read_stats(struct knowledge *knowledge, struct knowledge_stats *ret_stats);

/* How the last search of the vectors went: why it failed, or "" when it found some of these texts. */
void knowledge_note_search(struct knowledge *knowledge, const char *why);
void knowledge_forgive_index(
    struct knowledge *knowledge); /* it answers again; that is all we know */

/* Calls each for every document, by path; the document is borrowed for the call. false ends the walk. */
typedef bool knowledge_each_fn(void *ctx, const struct knowledge_document *document);
void knowledge_each_document(struct knowledge *knowledge, knowledge_each_fn *each, void *ctx);

/* The version that readers get, for its lexicon; give it back with knowledge_snapshot_unref. */
struct knowledge_snapshot *knowledge_obtain_snapshot(struct knowledge *knowledge);

#endif
