#include "server/llm/vectors.h"

#include "common/alloc.h"
#include "server/llm/vectors_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* ---- Life cycle --------------------------------------------------------------------------------- */

int vectors_open(const char *path, struct vectors **ret_vectors, struct tw_error *err)
{
    CLEANUP(vectors_closep) struct vectors *vectors = xcalloc(1, sizeof(*vectors));

    (void)pthread_mutex_init(&vectors->writer, NULL);
    (void)pthread_mutex_init(&vectors->catalog, NULL);
    if (vectors_file_open(path, &vectors->file, err) < 0 || vectors_load(vectors, path, err) < 0)
        return -1;
    *ret_vectors = TAKE(vectors);
    return 0;
}

void vectors_close(struct vectors *vectors)
{
    if (!vectors)
        return;
    for (size_t i = 0; i < vectors->n_collections; i++)
        vectors_collection_release(vectors->collections[i]);
    for (size_t i = 0; i < vectors->n_databases; i++)
        vectors_database_finish(&vectors->databases[i]);
    for (size_t i = 0; i < vectors->n_tenants; i++)
        free(vectors->tenants[i]);
    free(vectors->collections);
    free(vectors->databases);
    free(vectors->tenants);
    vectors_file_close(vectors->file);
    (void)pthread_mutex_destroy(&vectors->catalog);
    (void)pthread_mutex_destroy(&vectors->writer);
    free(vectors);
}

void vectors_read_stats(struct vectors *vectors, struct vectors_stats *ret_stats)
{
    (void)pthread_mutex_lock(&vectors->catalog);
    ret_stats->n_collections = vectors->n_collections;
    (void)pthread_mutex_unlock(&vectors->catalog);
    ret_stats->n_records = vectors->n_records;
    ret_stats->n_damaged = vectors->n_damaged;
    ret_stats->bytes = vectors->bytes;
}

/* ---- Names -------------------------------------------------------------------------------------- */

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_collection_name(const char *name)
{
    size_t len = strnlen(name, VECTORS_NAME_MAX + 1);

    if (len < VECTORS_NAME_MIN || len > VECTORS_NAME_MAX || !is_alphanumeric(name[0]) ||
        !is_alphanumeric(name[len - 1]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_alphanumeric(name[i]) && !strchr("._-", name[i]))
            return false;
    return true;
}

static int check_collection_name(const char *name, struct tw_error *err)
{
    if (is_collection_name(name))
        return 0;
    return tw_fail(
        err, TW_INVALID,
        "Validation error: name: Expected a name containing 3-512 characters from "
        "[a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]. Got: %.60s",
        name);
}

int vectors_make_uuid(char out[VECTORS_UUID_SIZE], struct tw_error *err)
{
    unsigned char b[16];

    if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
        return tw_fail_errno(err, TW_BROKEN, errno, "no random numbers");
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    (void)snprintf(out, VECTORS_UUID_SIZE,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                   b[14], b[15]);
    return 0;
}

/* The lists, under the catalog's lock or as the writer. */

bool vectors_is_in(const struct vectors_collection *collection,
                   const char *tenant,
                   const char *database)
{
    return strcmp(collection->tenant, tenant) == 0 && strcmp(collection->database, database) == 0;
}

static struct vectors_collection *find_collection(const struct vectors *vectors,
                                                  const char *tenant,
                                                  const char *database,
                                                  const char *name)
{
    for (size_t i = 0; i < vectors->n_collections; i++)
        if (vectors_is_in(vectors->collections[i], tenant, database) &&
            strcmp(vectors->collections[i]->name, name) == 0)
            return vectors->collections[i];
    return NULL;
}

static struct vectors_collection *retain(struct vectors_collection *collection)
{
    atomic_fetch_add_explicit(&collection->refs, 1, memory_order_relaxed);
    return collection;
}

int vectors_fail_full(const char *what, struct tw_error *err)
{
    return tw_fail(err, TW_BUSY, "there are %d %s already", VECTORS_COLLECTIONS_MAX, what);
}

int vectors_end_change(struct vectors *vectors, int result, struct tw_error *err)
{
    if (result == 0)
        result = vectors_file_commit(vectors->file, err);
    if (result < 0)
        vectors_file_rollback(vectors->file);
    return result;
}

/* Replaces *slot by a copy of text, unless that is NULL. */
static void replace_text(char **slot, const char *text)
{
    if (!text)
        return;
    free(*slot);
    *slot = xstrdup(text);
}

/* ---- Collections -------------------------------------------------------------------------------- */

static int put_collection(struct vectors *vectors,
                          const struct vectors_collection *collection,
                          struct tw_error *err)
{
    struct collection_row row = collection_row_of(collection);

    if (vectors_file_begin(vectors->file, err) < 0)
        return -1;
    return vectors_end_change(vectors, vectors_file_put_collection(vectors->file, &row, err), err);
}

/* The new collection, with a reference for the caller. */
static int add_collection(struct vectors *vectors,
                          const struct vectors_definition *definition,
                          struct vectors_collection **ret_collection,
                          struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;

    if (!vectors_find_database(vectors, definition->tenant, definition->database))
        return tw_fail(err, TW_NOT_FOUND, "Database [%.100s] not found. Are you sure it exists?",
                       definition->database);
    if (check_collection_name(definition->name, err) < 0)
        return -1;
    if (vectors->n_collections == VECTORS_COLLECTIONS_MAX)
        return vectors_fail_full("collections", err);
    collection = vectors_collection_new(vectors);
    collection->row = vectors->last_row + 1;
    collection->tenant = xstrdup(definition->tenant);
    collection->database = xstrdup(definition->database);
    collection->name = xstrdup(definition->name);
    replace_text(&collection->metadata, definition->metadata);
    replace_text(&collection->embedding_function, definition->embedding_function);
    collection->space = definition->space;
    collection->hnsw = definition->hnsw;
    if (vectors_make_uuid(collection->uuid, err) < 0 ||
        put_collection(vectors, collection, err) < 0)
        return -1;
    vectors->last_row++;
    (void)pthread_mutex_lock(&vectors->catalog);
    vectors->collections = xrealloc_array(vectors->collections, vectors->n_collections + 1,
                                          sizeof(struct vectors_collection *));
    vectors->collections[vectors->n_collections++] = retain(collection);
    (void)pthread_mutex_unlock(&vectors->catalog);
    *ret_collection = TAKE(collection);
    return 0;
}

int vectors_add_collection(struct vectors *vectors,
                           const struct vectors_definition *definition,
                           struct vectors_collection **ret_collection,
                           bool *ret_is_new,
                           struct tw_error *err)
{
    struct vectors_collection *found;
    int result = 0;

    (void)pthread_mutex_lock(&vectors->writer);
    found = find_collection(vectors, definition->tenant, definition->database, definition->name);
    *ret_is_new = !found;
    if (found)
        *ret_collection = retain(found);
    else
        result = add_collection(vectors, definition, ret_collection, err);
    (void)pthread_mutex_unlock(&vectors->writer);
    return result;
}

int vectors_find_collection(struct vectors *vectors,
                            const char *tenant,
                            const char *database,
                            const char *name,
                            struct vectors_collection **ret_collection,
                            struct tw_error *err)
{
    struct vectors_collection *found;

    (void)pthread_mutex_lock(&vectors->catalog);
    found = find_collection(vectors, tenant, database, name);
    if (found)
        *ret_collection = retain(found);
    (void)pthread_mutex_unlock(&vectors->catalog);
    return found ? 0 : tw_fail(err, TW_NOT_FOUND, "Collection [%.200s] does not exist", name);
}

int vectors_find_collection_by_uuid(struct vectors *vectors,
                                    const char *tenant,
                                    const char *database,
                                    const char *uuid,
                                    struct vectors_collection **ret_collection,
                                    struct tw_error *err)
{
    struct vectors_collection *found = NULL;

    (void)pthread_mutex_lock(&vectors->catalog);
    for (size_t i = 0; i < vectors->n_collections && !found; i++)
        if (vectors_is_in(vectors->collections[i], tenant, database) &&
            strcasecmp(vectors->collections[i]->uuid, uuid) == 0)
            found = retain(vectors->collections[i]);
    (void)pthread_mutex_unlock(&vectors->catalog);
    if (!found)
        return tw_fail(err, TW_NOT_FOUND, "Collection [%.40s] does not exist.", uuid);
    *ret_collection = found;
    return 0;
}

void vectors_list_collections(struct vectors *vectors,
                              const char *tenant,
                              const char *database,
                              struct vectors_collections *ret_collections)
{
    *ret_collections = (struct vectors_collections){0};
    (void)pthread_mutex_lock(&vectors->catalog);
    ret_collections->at = xcalloc(vectors->n_collections + 1, sizeof(struct vectors_collection *));
    for (size_t i = 0; i < vectors->n_collections; i++)
        if (vectors_is_in(vectors->collections[i], tenant, database))
            ret_collections->at[ret_collections->n++] = retain(vectors->collections[i]);
    (void)pthread_mutex_unlock(&vectors->catalog);
}

void vectors_collections_finish(struct vectors_collections *collections)
{
    for (size_t i = 0; i < collections->n; i++)
        vectors_collection_release(collections->at[i]);
    free(collections->at);
    *collections = (struct vectors_collections){0};
}

void vectors_collection_read_info(struct vectors_collection *collection,
                                  struct vectors_collection_info *ret_info)
{
    *ret_info = (struct vectors_collection_info){.tenant = xstrdup(collection->tenant),
                                                 .database = xstrdup(collection->database),
                                                 .space = collection->space};
    memcpy(ret_info->uuid, collection->uuid, sizeof(ret_info->uuid));
    (void)pthread_mutex_lock(&collection->owner->catalog);
    ret_info->name = xstrdup(collection->name);
    replace_text(&ret_info->metadata, collection->metadata);
    replace_text(&ret_info->embedding_function, collection->embedding_function);
    ret_info->hnsw = collection->hnsw;
    (void)pthread_mutex_unlock(&collection->owner->catalog);
    (void)pthread_rwlock_rdlock(&collection->lock);
    ret_info->dim = collection->dim;
    (void)pthread_rwlock_unlock(&collection->lock);
}

void vectors_collection_info_finish(struct vectors_collection_info *info)
{
    free(info->tenant);
    free(info->database);
    free(info->name);
    free(info->metadata);
    free(info->embedding_function);
    *info = (struct vectors_collection_info){0};
}

static int change_collection(struct vectors_collection *collection,
                             const struct vectors_changes *changes,
                             struct tw_error *err)
{
    struct vectors *vectors = collection->owner;
    struct collection_row row = collection_row_of(collection);

    row.name = changes->name ? changes->name : row.name;
    row.metadata = changes->metadata ? changes->metadata : row.metadata;
    if (changes->embedding_function)
        row.embedding_function = changes->embedding_function;
    if (changes->ef_search)
        row.hnsw.ef_search = *changes->ef_search;
    if (vectors_file_begin(vectors->file, err) < 0 ||
        vectors_end_change(vectors, vectors_file_put_collection(vectors->file, &row, err), err) < 0)
        return -1;
    (void)pthread_mutex_lock(&vectors->catalog);
    replace_text(&collection->name, changes->name);
    replace_text(&collection->metadata, changes->metadata);
    replace_text(&collection->embedding_function, changes->embedding_function);
    collection->hnsw = row.hnsw;
    (void)pthread_mutex_unlock(&vectors->catalog);
    return 0;
}

int vectors_change_collection(struct vectors_collection *collection,
                              const struct vectors_changes *changes,
                              bool *ret_is_taken,
                              struct tw_error *err)
{
    struct vectors *vectors = collection->owner;
    const struct vectors_collection *other = NULL;
    int result = 0;

    (void)pthread_mutex_lock(&vectors->writer);
    if (changes->name)
        other = find_collection(vectors, collection->tenant, collection->database, changes->name);
    *ret_is_taken = other && other != collection;
    if (collection->is_deleted)
        result = tw_fail(err, TW_NOT_FOUND, "the collection has been deleted");
    else if (!*ret_is_taken && changes->name)
        result = check_collection_name(changes->name, err);
    if (result == 0 && !*ret_is_taken)
        result = change_collection(collection, changes, err);
    (void)pthread_mutex_unlock(&vectors->writer);
    return result;
}

/* ---- Deleting ----------------------------------------------------------------------------------- */

void vectors_forget_collection(struct vectors_collection *collection)
{
    struct vectors *vectors = collection->owner;
    size_t at = 0;

    (void)pthread_rwlock_wrlock(&collection->lock);
    collection->is_deleted = true;
    for (size_t i = 0; i < collection->n_slots; i++)
        if (collection->records[i])
            vectors->bytes -= vectors_record_bytes(collection, collection->records[i]);
    vectors->n_records -= collection->n_records;
    vectors->n_damaged -= collection->n_damaged;
    (void)pthread_rwlock_unlock(&collection->lock);

    (void)pthread_mutex_lock(&vectors->catalog);
    while (vectors->collections[at] != collection)
        at++;
    memmove(vectors->collections + at, vectors->collections + at + 1,
            (--vectors->n_collections - at) * sizeof(struct vectors_collection *));
    (void)pthread_mutex_unlock(&vectors->catalog);
    vectors_collection_release(collection);
}

int vectors_delete_collection(struct vectors_collection *collection, struct tw_error *err)
{
    struct vectors *vectors = collection->owner;
    int result = 0;

    (void)pthread_mutex_lock(&vectors->writer);
    if (collection->is_deleted)
        result = tw_fail(err, TW_NOT_FOUND, "the collection has been deleted");
    if (result == 0)
        result = vectors_file_begin(vectors->file, err);
    if (result == 0)
        result = vectors_end_change(
            vectors, vectors_file_delete_collection(vectors->file, collection->row, err), err);
    if (result == 0)
        vectors_forget_collection(collection);
    (void)pthread_mutex_unlock(&vectors->writer);
    return result;
}
