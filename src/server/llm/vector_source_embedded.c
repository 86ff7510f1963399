#include "common/alloc.h"
#include "common/json_scan.h"
#include "common/json_write.h"
#include "server/llm/metadata.h"
#include "server/llm/vector_source_ops.h"
#include "server/llm/vectors.h"
#include "server/llm/where.h"

#include <stdio.h>
#include <string.h>

struct embedded {
    struct vectors *vectors;
    char *collection;
    size_t dim;
};

static int make_collection(const struct embedded *source,
                           struct vectors_collection **ret_collection,
                           struct tw_error *err)
{
    const struct vectors_definition definition = {
        .tenant = VECTORS_DEFAULT_TENANT,
        .database = VECTORS_DEFAULT_DATABASE,
        .name = source->collection,
        .space = VECTOR_COSINE,
        .hnsw = VECTORS_HNSW_DEFAULTS,
    };
    bool is_new;

    if (vectors_add_tenant(source->vectors, definition.tenant, &is_new, err) < 0 ||
        vectors_add_database(source->vectors, definition.tenant, definition.database, &is_new,
                             err) < 0)
        return -1;
    return vectors_add_collection(source->vectors, &definition, ret_collection, &is_new, err);
}

/* Looked up for each call and made when it is gone: a client of the vector API may have deleted it. As a
 * rule it is there, and then nothing waits for a change under way. */
static int find_collection(const struct embedded *source,
                           struct vectors_collection **ret_collection,
                           struct tw_error *err)
{
    if (vectors_find_collection(source->vectors, VECTORS_DEFAULT_TENANT, VECTORS_DEFAULT_DATABASE,
                                source->collection, ret_collection, NULL) == 0)
        return 0;
    return make_collection(source, ret_collection, err);
}

static int embedded_upsert(void *self,
                           const struct vector_record *records,
                           size_t n_records,
                           struct tw_error *err)
{
    const struct embedded *source = self;
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    CLEANUP(freep) struct vectors_item *items = xcalloc(n_records + 1, sizeof(*items));
    CLEANUP(freep) char **metadatas = xcalloc(n_records + 1, sizeof(char *));
    int result = find_collection(source, &collection, err);

    for (size_t i = 0; i < n_records && result == 0; i++) {
        metadatas[i] = vector_record_metadata_dup(&records[i]);
        if (!metadatas[i])
            result = tw_fail(err, TW_INVALID, "kind and version are too long");
        items[i] = (struct vectors_item){.id = records[i].id,
                                         .vector = records[i].vector,
                                         .document = records[i].document,
                                         .metadata = metadatas[i]};
    }
    if (result == 0)
        result = vectors_write(collection, VECTORS_UPSERT, items, n_records, source->dim, err);
    for (size_t i = 0; i < n_records; i++)
        free(metadatas[i]);
    return result;
}

static int embedded_delete(void *self, const char *const *ids, size_t n_ids, struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    const struct vectors_filter filter = {.ids = ids, .n_ids = n_ids};
    size_t n_deleted;

    if (n_ids == 0)
        return 0;
    if (find_collection(self, &collection, err) < 0)
        return -1;
    return vectors_delete(collection, &filter, SIZE_MAX, &n_deleted, err);
}

/* {"kind": kind} as a filter. */
static int make_filter(const char *kind, struct where **ret_where, struct tw_error *err)
{
    struct vector_record record = {.kind = kind};
    CLEANUP(freep) char *text = vector_record_metadata_dup(&record);
    CLEANUP(json_freep) struct json *json = NULL;

    if (!text)
        return tw_fail(err, TW_INVALID, "the kind is too long");
    if (json_parse(text, strlen(text), &json, err) < 0)
        return -1;
    return where_parse(json, ret_where, err);
}

// NOLINTNEXTLINE(readability-function-size): as vector_source_query
static int embedded_query(void *self,
                          const float *vector,
                          const char *kind,
                          size_t k,
                          struct vector_hit *ret_hits,
                          size_t *ret_n,
                          struct tw_error *err)
{
    const struct embedded *source = self;
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    CLEANUP(where_freep) struct where *where = NULL;
    struct vectors_query query = {.vector = vector, .dim = source->dim, .k = k};
    struct vectors_rows rows;

    if (kind && make_filter(kind, &where, err) < 0)
        return -1;
    query.filter.where = where;
    if (find_collection(source, &collection, err) < 0 ||
        vectors_query(collection, &query, &rows, err) < 0)
        return -1;
    for (size_t i = 0; i < rows.n; i++) {
        ret_hits[i].distance = (double)rows.at[i].distance;
        (void)snprintf(ret_hits[i].id, sizeof(ret_hits[i].id), "%s", rows.at[i].id);
    }
    *ret_n = rows.n;
    vectors_rows_finish(&rows);
    return 0;
}

/* Of the record's metadata, "" when it has none. */
static void read_version(const char *metadata, struct buffer *out)
{
    struct json_scan value;

    buffer_clear(out);
    if (metadata_find(metadata, "version", &value) && json_scan_type(&value) == JSON_STRING)
        json_scan_string(&value, out);
}

static int embedded_each(void *self, vector_source_each_fn *each, void *ctx, struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    const struct vectors_get all = {.limit = SIZE_MAX};
    struct vectors_rows rows;
    struct buffer version;

    if (find_collection(self, &collection, err) < 0 ||
        vectors_get(collection, &all, &rows, err) < 0)
        return -1;
    buffer_init(&version, METADATA_BYTES_MAX);
    for (size_t i = 0; i < rows.n; i++) {
        read_version(rows.at[i].metadata, &version);
        each(ctx, rows.at[i].id, buffer_text(&version));
    }
    buffer_finish(&version);
    vectors_rows_finish(&rows);
    return 0;
}

static void embedded_free(void *self)
{
    struct embedded *source = self;

    free(source->collection);
    free(source);
}

static const struct vector_source_ops embedded_ops = {
    .name = "embedded",
    .upsert = embedded_upsert,
    .delete = embedded_delete,
    .query = embedded_query,
    .each = embedded_each,
    .free = embedded_free,
};

/* One that was made for another encoder is of no use. */
static int drop_other_kind(const struct embedded *source, struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    struct vectors_collection_info info;
    bool fits;

    if (find_collection(source, &collection, err) < 0)
        return -1;
    vectors_collection_read_info(collection, &info);
    fits = info.space == VECTOR_COSINE && (info.dim == 0 || info.dim == source->dim);
    vectors_collection_info_finish(&info);
    return fits ? 0 : vectors_delete_collection(collection, err);
}

int vector_source_open_embedded(struct vectors *vectors,
                                const char *collection,
                                size_t dim,
                                struct vector_source **ret_source,
                                struct tw_error *err)
{
    struct embedded *self = xcalloc(1, sizeof(*self));
    CLEANUP(vector_source_freep)
    struct vector_source *source = vector_source_new(&embedded_ops, self);
    CLEANUP(vectors_collection_releasep) struct vectors_collection *found = NULL;

    *self = (struct embedded){vectors, xstrdup(collection), dim};
    if (drop_other_kind(self, err) < 0 || find_collection(self, &found, err) < 0)
        return -1;
    *ret_source = TAKE(source);
    return 0;
}
