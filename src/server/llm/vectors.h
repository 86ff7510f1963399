#ifndef TW_VECTORS_H
#define TW_VECTORS_H

/* The embedded vector store: tenants hold databases, databases hold collections, collections hold records
 * of one dimension. All of it is in memory; SQLite keeps it over a restart, with a checksum per record.
 *
 * Any thread may call. Changes go one after the other, to the disk first; a read waits for none of that,
 * only for the moment in which a change that is on disk is shown to readers, all of it at once.
 *
 * Errors: TW_INVALID what was given is wrong or over a limit, TW_NOT_FOUND, TW_BUSY the store is full or
 * memory has run out, TW_BROKEN the disk. After a failure nothing has changed. */

#include "common/error.h"
#include "server/llm/vector_index.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schema;
struct vectors;
struct vectors_collection;
struct where;

#define VECTORS_ID_MAX          255          /* bytes of a record's id */
#define VECTORS_NAME_MIN        3            /* of tenants, databases, collections */
#define VECTORS_NAME_MAX        512          /* of a collection; 255 of the others */
#define VECTORS_TEXT_MAX        (1U << 20)   /* bytes of a document */
#define VECTORS_URI_MAX         4096         /* bytes */
#define VECTORS_RECORDS_MAX     1000000      /* of a collection */
#define VECTORS_COLLECTIONS_MAX 1000         /* of the store; as many tenants and databases */
#define VECTORS_BYTES_MAX       (2ULL << 30) /* of memory for all records */
#define VECTORS_FUNCTION_MAX    16384        /* bytes of a client's embedding function */
#define VECTORS_UUID_SIZE       37

#define VECTORS_DEFAULT_TENANT   "default_tenant"
#define VECTORS_DEFAULT_DATABASE "default_database"

/* The file is made if it does not exist, with the default tenant and database in it. Records whose
 * checksum does not fit are left out and counted. TW_BROKEN for a file that is none of ours or damaged. */
int vectors_open(const char *path, struct vectors **ret_vectors, struct tw_error *err) MUST_CHECK;
void vectors_close(
    struct vectors *vectors); /* every collection is released by then; NULL is fine */
DEFINE_CLEANUP(struct vectors *, vectors_close);

extern const struct schema vectors_schema; /* of the file, for its backup */

struct vectors_stats {
    size_t n_collections, n_records;
    size_t n_damaged; /* records of the file that were left out and not replaced since */
    uint64_t bytes;   /* of memory for records */
};

void vectors_read_stats(struct vectors *vectors, struct vectors_stats *ret_stats);

/* ---- Tenants and databases ----------------------------------------------------------------------- */

struct vectors_database {
    char *name;
    char uuid[VECTORS_UUID_SIZE];
};

struct vectors_databases {
    struct vectors_database *at;
    size_t n;
};

/* *ret_is_new: false when there is one already, which is no failure. */
int vectors_add_tenant(struct vectors *vectors,
                       const char *tenant,
                       bool *ret_is_new,
                       struct tw_error *err) MUST_CHECK;
bool vectors_has_tenant(struct vectors *vectors, const char *tenant);
int vectors_add_database(struct vectors *vectors,
                         const char *tenant,
                         const char *database,
                         bool *ret_is_new,
                         struct tw_error *err) MUST_CHECK;
bool vectors_has_database(struct vectors *vectors,
                          const char *tenant,
                          const char *database,
                          char ret_uuid[VECTORS_UUID_SIZE]); /* NULL: not wanted */
void vectors_list_databases(struct vectors *vectors,
                            const char *tenant,
                            struct vectors_databases *ret_databases);
void vectors_databases_finish(struct vectors_databases *databases);

/* With all of its collections. */
int vectors_delete_database(struct vectors *vectors,
                            const char *tenant,
                            const char *database,
                            struct tw_error *err) MUST_CHECK;

/* ---- Collections --------------------------------------------------------------------------------- */

/* What other clients ask for and are told; the search here is exact and needs none of it. */
struct vectors_hnsw {
    int ef_construction, ef_search, max_neighbors;
};

#define VECTORS_HNSW_DEFAULTS ((struct vectors_hnsw){100, 100, 16})

struct vectors_definition {
    const char *tenant, *database, *name; /* the first two exist */
    const char *metadata;                 /* in the form of metadata.h, or NULL */
    const char *embedding_function;       /* JSON that clients keep for themselves, or NULL */
    enum vector_space space;
    struct vectors_hnsw hnsw;
};

/* How a collection is at this moment; owned texts. */
struct vectors_collection_info {
    char uuid[VECTORS_UUID_SIZE];
    char *tenant, *database, *name, *metadata,
        *embedding_function; /* the last two: NULL for none */
    enum vector_space space;
    struct vectors_hnsw hnsw;
    size_t dim; /* 0: there was no record yet */
};

/* What to change of a collection; NULL: nothing. */
struct vectors_changes {
    const char *name, *metadata, *embedding_function;
    const int *ef_search;
};

/* The collection of that name, made if there is none. A collection that a function gives is to be
 * released; it stays usable until then, but answers TW_NOT_FOUND once it is deleted. */
int vectors_add_collection(struct vectors *vectors,
                           const struct vectors_definition *definition,
                           struct vectors_collection **ret_collection,
                           bool *ret_is_new,
                           struct tw_error *err) MUST_CHECK;
int vectors_find_collection(struct vectors *vectors,
                            const char *tenant,
                            const char *database,
                            const char *name,
                            struct vectors_collection **ret_collection,
                            struct tw_error *err) MUST_CHECK;
int vectors_find_collection_by_uuid(struct vectors *vectors,
                                    const char *tenant,
                                    const char *database,
                                    const char *uuid,
                                    struct vectors_collection **ret_collection,
                                    struct tw_error *err) MUST_CHECK;
void vectors_collection_release(struct vectors_collection *collection); /* NULL is fine */
DEFINE_CLEANUP(struct vectors_collection *, vectors_collection_release);

/* Those of a database in the order in which they were made; owned array of collections to release. */
struct vectors_collections {
    struct vectors_collection **at;
    size_t n;
};

void vectors_list_collections(struct vectors *vectors,
                              const char *tenant,
                              const char *database,
                              struct vectors_collections *ret_collections);
void vectors_collections_finish(struct vectors_collections *collections);

void vectors_collection_read_info(struct vectors_collection *collection,
                                  struct vectors_collection_info *ret_info);
void vectors_collection_info_finish(struct vectors_collection_info *info);

/* *ret_is_taken: nothing was changed, as another collection of the database has that name. */
int vectors_change_collection(struct vectors_collection *collection,
                              const struct vectors_changes *changes,
                              bool *ret_is_taken,
                              struct tw_error *err) MUST_CHECK;
int vectors_delete_collection(struct vectors_collection *collection,
                              struct tw_error *err) MUST_CHECK;

/* ---- Writing records ----------------------------------------------------------------------------- */

enum vectors_mode {
    VECTORS_ADD,    /* ids that exist are ignored */
    VECTORS_UPSERT, /* ids that exist are updated */
    VECTORS_UPDATE, /* ids that do not exist are ignored */
};

/* All borrowed. Of a record that exists, what is NULL here stays, and metadata is merged key by key. */
struct vectors_item {
    const char *id;
    const float *vector;  /* needed for a new record */
    const char *document; /* valid UTF-8 */
    const char *uri;
    const char *metadata; /* in the form of metadata.h; null removes a key */
};

/* All or none, in order: a later item sees what an earlier one has done. dim: of the vectors, which must
 * be the collection's, or makes it so when it has none. */
int vectors_write(struct vectors_collection *collection,
                  enum vectors_mode mode,
                  const struct vectors_item *items,
                  size_t n_items,
                  size_t dim,
                  struct tw_error *err) MUST_CHECK;

/* ---- Reading records ----------------------------------------------------------------------------- */

/* Which records: all, unless something is set. */
struct vectors_filter {
    const char *const *ids; /* NULL: any; unknown ones are ignored */
    size_t n_ids;
    const struct where *where, *where_document; /* NULL: any */
};

/* Borrowed from the rows. */
struct vectors_row {
    const char *id, *document, *uri, *metadata; /* the last three NULL for none */
    const float *vector;                        /* NULL unless asked for */
    float distance;                             /* of a query */
};

/* What was read, as it was then. */
struct vectors_rows {
    struct vectors_row *at;
    size_t n;
    struct record **owned_records;
    float *owned_vectors;
};

struct vectors_query {
    const float *vector;
    size_t dim; /* of it */
    size_t k;
    struct vectors_filter filter;
    bool wants_vectors;
};

/* The at most k nearest, nearest first, equal ones by id. */
int vectors_query(struct vectors_collection *collection,
                  const struct vectors_query *query,
                  struct vectors_rows *ret_rows,
                  struct tw_error *err) MUST_CHECK;

struct vectors_get {
    struct vectors_filter filter;
    size_t offset, limit; /* SIZE_MAX: all */
    bool wants_vectors;
};

/* In the order in which they were first written. */
int vectors_get(struct vectors_collection *collection,
                const struct vectors_get *get,
                struct vectors_rows *ret_rows,
                struct tw_error *err) MUST_CHECK;
void vectors_rows_finish(struct vectors_rows *rows); /* zeroed is fine */

size_t vectors_count(struct vectors_collection *collection);

/* Of the first `limit` that match. *ret_n: how many were deleted. */
int vectors_delete(struct vectors_collection *collection,
                   const struct vectors_filter *filter,
                   size_t limit,
                   size_t *ret_n,
                   struct tw_error *err) MUST_CHECK;

#endif
