#ifndef TW_KNOWLEDGE_PRIVATE_H
#define TW_KNOWLEDGE_PRIVATE_H

/* What knowledge.c, knowledge_load.c and knowledge_view.c share. */

#include "server/llm/knowledge.h"

#include <pthread.h>
#include <stdatomic.h>

struct db;
struct readers;

/* A reader's transaction may begin on either side of a commit. So the loader makes the new snapshot known
 * before it commits, and a reader takes the one that its transaction's generation names: nobody waits, and
 * nothing is locked over the disk. */
struct knowledge {
    char *folder, *lists_folder, *path;
    struct encoder *encoder;       /* NULL: none */
    struct vector_source *vectors; /* NULL: the dense side is off */
    char encoder_name[64];         /* "" without one */
    struct readers *readers;
    _Atomic bool is_cancelled;
    pthread_mutex_t lock; /* guards all below */
    bool is_loading;
    struct knowledge_snapshot *current;
    struct knowledge_snapshot *next; /* about to be committed; else NULL */
    struct knowledge_progress progress;
    char index_error[256]; /* of the last search of the vectors; "": it went well */
    uint64_t n_found;      /* searches that did */
};

extern const char *const knowledge_view_sql[];
extern const size_t n_knowledge_view_sql;

/* The snapshot of that generation, or NULL. The caller owns a reference. */
struct knowledge_snapshot *knowledge_obtain_generation(struct knowledge *knowledge,
                                                       int64_t generation);

/* What the fact "vectors" says when the index holds the vectors of that version. */
char *knowledge_vectors_fact_dup(const struct knowledge *knowledge, const char *version);

#endif
