#ifndef TW_VECTORS_PRIVATE_H
#define TW_VECTORS_PRIVATE_H

/* What the files of the vector store share. vectors.h says what it does.
 *
 * A record never changes: an update makes another and puts it in its place, so that a reader may keep
 * what it has got after it has let go of the lock. The same with a vector and its slot. */

#include "server/llm/vectors.h"

#include <pthread.h>
#include <stdatomic.h>

struct vectors_file;

struct record {
    atomic_uint refs;
    uint32_t slot;    /* of its vector; while the record is in a collection */
    int64_t sequence; /* of the id's first writing, over all collections */
    size_t bytes;     /* all of this struct */
    const char *id, *document, *uri, *metadata; /* in text; the last three may be NULL */
    char text[];
};

/* Copies. NULL: no memory. */
struct record *record_new(const char *id,
                          const char *document,
                          const char *uri,
                          const char *metadata);
struct record *record_retain(struct record *record);
void record_release(struct record *record); /* NULL is fine */
DEFINE_CLEANUP(struct record *, record_release);

/* Over all that is stored of it: FNV-1a, in which one wrong byte always shows. */
int64_t record_checksum(const struct record *record, const float *vector, size_t dim);

struct vectors_collection {
    struct vectors *owner;
    atomic_uint refs;
    int64_t row; /* in the file */
    char uuid[VECTORS_UUID_SIZE];
    char *tenant, *database;
    enum vector_space space;

    /* Under the catalog's lock. */
    char *name, *metadata, *embedding_function;
    struct vectors_hnsw hnsw;

    /* Changed by a writer, who holds the lock below alone for it; others read under it. */
    pthread_rwlock_t lock;
    bool is_deleted;
    size_t dim;                 /* 0: not known yet, then there is no index */
    struct vector_index *index; /* stage and drop of what is not shown need no lock */
    struct record **records;    /* by slot; NULL where there is none */
    size_t n_slots;
    void *by_id; /* of tsearch */
    size_t n_records;

    /* Writer only. */
    char **damaged; /* ids of the file that were left out */
    size_t n_damaged;
};

struct database {
    char *tenant, *name;
    char uuid[VECTORS_UUID_SIZE];
};

/* Locks in the order in which they are taken: writer, catalog, a collection's. The writer's is the one that
 * is held while the disk works: it is what makes changes go one after the other. */
struct vectors {
    pthread_mutex_t writer; /* the file and everything marked as the writer's; every change */
    struct vectors_file *file;
    int64_t last_sequence, last_row;

    pthread_mutex_t catalog; /* the lists below, changed by a writer only */
    char **tenants;
    size_t n_tenants;
    struct database *databases;
    size_t n_databases;
    struct vectors_collection **collections;
    size_t n_collections;

    atomic_ullong bytes;
    atomic_size_t n_records, n_damaged;
};

/* Parts of the catalog's changes, for a writer. */
struct database *vectors_find_database(const struct vectors *vectors,
                                       const char *tenant,
                                       const char *name);
void vectors_database_finish(struct database *database);
bool vectors_is_in(const struct vectors_collection *collection,
                   const char *tenant,
                   const char *database);
/* Takes it off the list, when the file has let it go. */
void vectors_forget_collection(struct vectors_collection *collection);
/* Random, version 4 of RFC 9562. */
int vectors_make_uuid(char out[VECTORS_UUID_SIZE], struct tw_error *err) MUST_CHECK;
int vectors_fail_full(const char *what, struct tw_error *err);
/* Ends a transaction of the file: commit if result is 0, else roll back. */
int vectors_end_change(struct vectors *vectors, int result, struct tw_error *err) MUST_CHECK;

/* A collection without records, with one reference. */
struct vectors_collection *vectors_collection_new(struct vectors *owner);

/* Room for n more vectors in the index (which may be one that is not the collection's yet) and records. */
bool vectors_collection_reserve(struct vectors_collection *collection,
                                struct vector_index *index,
                                size_t n);

/* NULL: no such record. Under the collection's lock, or as the writer. */
struct record *vectors_collection_find(const struct vectors_collection *collection, const char *id);

/* Puts the record (owned; its slot holds a vector) in or in place of `was`. Alone. */
void vectors_collection_put(struct vectors_collection *collection,
                            struct record *owned_record,
                            struct record *was);
void vectors_collection_remove(struct vectors_collection *collection, struct record *record);

/* Memory that one record takes. */
size_t vectors_record_bytes(const struct vectors_collection *collection,
                            const struct record *record);

/* The records of a filter, in their order; borrowed. Under the collection's lock, or as the writer. */
int vectors_select(struct vectors_collection *collection,
                   const struct vectors_filter *filter,
                   struct record ***ret_records,
                   size_t *ret_n,
                   struct tw_error *err) MUST_CHECK;

/* Reads what the file holds. Before any other thread. */
int vectors_load(struct vectors *vectors, const char *path, struct tw_error *err) MUST_CHECK;

/* A vector's numbers are such that no arithmetic on them overflows. */
bool vectors_is_sound(const float *vector, size_t dim);

#endif
