#include "common/alloc.h"
#include "common/json_check.h"
#include "common/json_scan.h"
#include "server/llm/metadata.h"
#include "server/llm/vectors_file.h"
#include "server/store/db.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What the file says is checked like anything from outside: somebody may have edited it. */

typedef int take_row_fn(struct vectors *vectors, struct statement *row, struct tw_error *err);

static int each_row(struct vectors *vectors,
                    const char *sql,
                    take_row_fn *take,
                    struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *statement = NULL;
    int row;

    if (db_prepare(vectors_file_db(vectors->file), sql, &statement, err) < 0)
        return -1;
    while ((row = statement_step(statement, err)) > 0)
        if (take(vectors, statement, err) < 0)
            return -1;
    return row;
}

static int fail_row(struct tw_error *err, const char *what)
{
    return tw_fail(err, TW_BROKEN, "a %s of it makes no sense", what);
}

/* ---- Catalog ------------------------------------------------------------------------------------ */

static int take_tenant(struct vectors *vectors, struct statement *row, struct tw_error *err)
{
    const char *name = statement_text(row, 0);

    if (!name || vectors->n_tenants == VECTORS_COLLECTIONS_MAX)
        return fail_row(err, "tenant");
    vectors->tenants =
        xrealloc_array(vectors->tenants, vectors->n_tenants + 1, sizeof(*vectors->tenants));
    vectors->tenants[vectors->n_tenants++] = xstrdup(name);
    return 0;
}

static int take_database(struct vectors *vectors, struct statement *row, struct tw_error *err)
{
    const char *tenant = statement_text(row, 0), *name = statement_text(row, 1),
               *uuid = statement_text(row, 2);
    struct database *database;

    if (!tenant || !name || !uuid || vectors->n_databases == VECTORS_COLLECTIONS_MAX)
        return fail_row(err, "database");
    vectors->databases =
        xrealloc_array(vectors->databases, vectors->n_databases + 1, sizeof(*vectors->databases));
    database = &vectors->databases[vectors->n_databases++];
    *database = (struct database){.tenant = xstrdup(tenant), .name = xstrdup(name)};
    (void)snprintf(database->uuid, sizeof(database->uuid), "%s", uuid);
    return 0;
}

static bool is_object(const char *text, size_t max_bytes, size_t depth)
{
    return !text || (strlen(text) <= max_bytes && *text == '{' &&
                     json_check(text, strlen(text), depth, NULL) == 0);
}

static bool is_metadata(const char *text)
{
    return is_object(text, METADATA_BYTES_MAX, 2);
}

static int int_of(struct statement *row, int column)
{
    int64_t value = statement_int(row, column);

    return value < 0 || value > INT_MAX ? 0 : (int)value;
}

static int take_collection(struct vectors *vectors, struct statement *row, struct tw_error *err)
{
    const char *uuid = statement_text(row, 1), *tenant = statement_text(row, 2),
               *database = statement_text(row, 3), *name = statement_text(row, 4),
               *metadata = statement_text(row, 5), *function = statement_text(row, 11);
    int64_t space = statement_int(row, 6), dim = statement_int(row, 7);
    struct vectors_collection *collection;

    if (!uuid || !tenant || !database || !name || !is_metadata(metadata) ||
        !is_object(function, VECTORS_FUNCTION_MAX, JSON_DEPTH_MAX) || space < 0 ||
        space >= N_VECTOR_SPACES || dim < 0 || dim > VECTOR_DIM_MAX ||
        vectors->n_collections == VECTORS_COLLECTIONS_MAX)
        return fail_row(err, "collection");
    collection = vectors_collection_new(vectors);
    collection->row = statement_int(row, 0);
    (void)snprintf(collection->uuid, sizeof(collection->uuid), "%s", uuid);
    collection->tenant = xstrdup(tenant);
    collection->database = xstrdup(database);
    collection->name = xstrdup(name);
    collection->metadata = metadata ? xstrdup(metadata) : NULL;
    collection->embedding_function = function ? xstrdup(function) : NULL;
    collection->space = (enum vector_space)space;
    collection->hnsw = (struct vectors_hnsw){int_of(row, 8), int_of(row, 9), int_of(row, 10)};
    collection->dim = (size_t)dim;
    if (dim > 0)
        collection->index = vector_index_new(collection->space, collection->dim);
    vectors->collections = xrealloc_array(vectors->collections, vectors->n_collections + 1,
                                          sizeof(struct vectors_collection *));
    vectors->collections[vectors->n_collections++] = collection;
    vectors->last_row = collection->row;
    return 0;
}

/* ---- Records ------------------------------------------------------------------------------------ */

static struct vectors_collection *find_row(const struct vectors *vectors, int64_t row)
{
    for (size_t i = 0; i < vectors->n_collections; i++)
        if (vectors->collections[i]->row == row)
            return vectors->collections[i];
    return NULL;
}

static void note_damaged(struct vectors *vectors,
                         struct vectors_collection *collection,
                         const char *id)
{
    vectors->n_damaged++;
    if (!collection || !id)
        return;
    collection->damaged =
        xrealloc_array(collection->damaged, collection->n_damaged + 1, sizeof(char *));
    collection->damaged[collection->n_damaged++] = xstrdup(id);
}

/* The row's vector, if the whole row is what was written once; NULL otherwise. */
static const float *sound_vector(const struct vectors_collection *collection,
                                 const struct record *record,
                                 struct statement *row,
                                 float *scratch)
{
    size_t len, id_len = strlen(record->id);
    const void *blob = statement_blob(row, 7, &len);

    if (!collection->index || id_len == 0 || id_len > VECTORS_ID_MAX ||
        len != collection->dim * sizeof(float))
        return NULL;
    memcpy(scratch, blob, len); /* SQLite promises no alignment */
    if (record_checksum(record, scratch, collection->dim) != statement_int(row, 3) ||
        !vectors_is_sound(scratch, collection->dim) || !is_metadata(record->metadata))
        return NULL;
    return scratch;
}

static int take_record(struct vectors *vectors, struct statement *row, struct tw_error *err)
{
    struct vectors_collection *collection = find_row(vectors, statement_int(row, 1));
    const char *id = statement_text(row, 2);
    CLEANUP(record_releasep) struct record *record = NULL;
    float scratch[VECTOR_DIM_MAX];
    const float *vector;

    vectors->last_sequence = statement_int(row, 0);
    if (!collection || !id) {
        note_damaged(vectors, collection, id);
        return 0;
    }
    record = record_new(id, statement_text(row, 6), statement_text(row, 4), statement_text(row, 5));
    if (!record)
        return tw_fail(err, TW_BUSY, "no memory for its records");
    record->sequence = vectors->last_sequence;
    vector = sound_vector(collection, record, row, scratch);
    if (!vector) {
        note_damaged(vectors, collection, id);
        return 0;
    }
    if (!vectors_collection_reserve(collection, collection->index, 1))
        return tw_fail(err, TW_BUSY, "no memory for its records");
    record->slot = vector_index_stage(collection->index, vector);
    vectors_collection_put(collection, TAKE(record), NULL);
    return 0;
}

int vectors_load(struct vectors *vectors, const char *path, struct tw_error *err)
{
    static const struct {
        const char *sql;
        take_row_fn *take;
    } tables[] = {
        {"SELECT name FROM tenants ORDER BY name", take_tenant},
        {"SELECT tenant, name, uuid FROM databases ORDER BY rowid", take_database},
        {"SELECT id, uuid, tenant, database, name, metadata, space, dim, ef_construction, ef_search,"
         " max_neighbors, embedding_function FROM collections ORDER BY id",
         take_collection},
        {"SELECT sequence, collection, id, checksum, uri, metadata, document, vector FROM records"
         " ORDER BY sequence",
         take_record},
    };
    struct tw_error why = {0};

    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (each_row(vectors, tables[i].sql, tables[i].take, &why) < 0)
            return why.code == TW_BROKEN
                       ? db_fail_damaged(path, &why, err)
                       : tw_fail(err, why.code, "cannot read '%.120s': %.100s", path, why.message);
    return 0;
}
