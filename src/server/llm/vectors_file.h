#ifndef TW_VECTORS_FILE_H
#define TW_VECTORS_FILE_H

/* The vector store's SQLite file. One thread at a time. A change stands between begin and commit; the
 * errors are db.h's. */

#include "server/llm/vectors_private.h"

struct db;
struct vectors_file;

int vectors_file_open(const char *path,
                      struct vectors_file **ret_file,
                      struct tw_error *err) MUST_CHECK;
void vectors_file_close(struct vectors_file *file); /* NULL is fine */
struct db *vectors_file_db(struct vectors_file *file);

int vectors_file_begin(struct vectors_file *file, struct tw_error *err) MUST_CHECK;
int vectors_file_commit(struct vectors_file *file, struct tw_error *err) MUST_CHECK;
void vectors_file_rollback(struct vectors_file *file);

int vectors_file_put_tenant(struct vectors_file *file,
                            const char *tenant,
                            struct tw_error *err) MUST_CHECK;
int vectors_file_put_database(struct vectors_file *file,
                              const struct database *database,
                              struct tw_error *err) MUST_CHECK;
/* With everything in it. */
int vectors_file_delete_database(struct vectors_file *file,
                                 const struct database *database,
                                 struct tw_error *err) MUST_CHECK;

/* Made anew, or as it is with other values. */
struct collection_row {
    const struct vectors_collection *collection;
    const char *name, *metadata, *embedding_function;
    size_t dim;
    struct vectors_hnsw hnsw;
};

/* The values that the collection has. */
struct collection_row collection_row_of(const struct vectors_collection *collection);
int vectors_file_put_collection(struct vectors_file *file,
                                const struct collection_row *row,
                                struct tw_error *err) MUST_CHECK;
int vectors_file_delete_collection(struct vectors_file *file,
                                   int64_t row,
                                   struct tw_error *err) MUST_CHECK;

/* In place of one of the same sequence, or of the same id in the collection. */
int vectors_file_put_record(struct vectors_file *file,
                            int64_t collection_row,
                            const struct record *record,
                            const float *vector,
                            size_t dim,
                            struct tw_error *err) MUST_CHECK;
int vectors_file_delete_record(struct vectors_file *file,
                               int64_t sequence,
                               struct tw_error *err) MUST_CHECK;

#endif
