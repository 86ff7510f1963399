#include "server/llm/vectors_private.h"

#include "common/alloc.h"
#include "server/llm/where.h"

#include <string.h>

static int fail_deleted(struct tw_error *err)
{
    return tw_fail(err, TW_NOT_FOUND, "the collection has been deleted");
}

/* ---- Rows --------------------------------------------------------------------------------------- */

void vectors_rows_finish(struct vectors_rows *rows)
{
    for (size_t i = 0; rows->owned_records && i < rows->n; i++)
        record_release(rows->owned_records[i]);
    free(rows->owned_records);
    free(rows->owned_vectors);
    free(rows->at);
    *rows = (struct vectors_rows){0};
}

/* Room for n rows. */
static int begin_rows(struct vectors_rows *rows, size_t n, size_t vector_dim, struct tw_error *err)
{
    *rows = (struct vectors_rows){
        .at = calloc(n + 1, sizeof(*rows->at)),
        .owned_records = calloc(n + 1, sizeof(struct record *)),
        .owned_vectors = vector_dim > 0 ? calloc(n + 1, vector_dim * sizeof(float)) : NULL,
    };
    if (rows->at && rows->owned_records && (rows->owned_vectors || vector_dim == 0))
        return 0;
    vectors_rows_finish(rows);
    return tw_fail(err, TW_BUSY, "no memory for %zu records", n);
}

/* Under the collection's lock. */
static void add_row(struct vectors_rows *rows,
                    const struct vectors_collection *collection,
                    struct record *record,
                    float distance)
{
    struct vectors_row *row = &rows->at[rows->n];

    *row = (struct vectors_row){.id = record->id,
                                .document = record->document,
                                .uri = record->uri,
                                .metadata = record->metadata,
                                .distance = distance};
    if (rows->owned_vectors) {
        float *copy = rows->owned_vectors + rows->n * collection->dim;

        memcpy(copy, vector_index_at(collection->index, record->slot),
               collection->dim * sizeof(*copy));
        row->vector = copy;
    }
    rows->owned_records[rows->n++] = record_retain(record);
}

/* ---- Getting ------------------------------------------------------------------------------------ */

static int get_locked(struct vectors_collection *collection,
                      const struct vectors_get *get,
                      struct vectors_rows *ret_rows,
                      struct tw_error *err)
{
    CLEANUP(freep) struct record **records = NULL;
    size_t n, n_wanted;

    if (collection->is_deleted)
        return fail_deleted(err);
    if (vectors_select(collection, &get->filter, &records, &n, err) < 0)
        return -1;
    n_wanted = get->offset < n ? n - get->offset : 0;
    if (n_wanted > get->limit)
        n_wanted = get->limit;
    if (begin_rows(ret_rows, n_wanted, get->wants_vectors ? collection->dim : 0, err) < 0)
        return -1;
    for (size_t i = 0; i < n_wanted; i++)
        add_row(ret_rows, collection, records[get->offset + i], 0);
    return 0;
}

int vectors_get(struct vectors_collection *collection,
                const struct vectors_get *get,
                struct vectors_rows *ret_rows,
                struct tw_error *err)
{
    int result;

    (void)pthread_rwlock_rdlock(&collection->lock);
    result = get_locked(collection, get, ret_rows, err);
    (void)pthread_rwlock_unlock(&collection->lock);
    return result;
}

size_t vectors_count(struct vectors_collection *collection)
{
    size_t n;

    (void)pthread_rwlock_rdlock(&collection->lock);
    n = collection->n_records;
    (void)pthread_rwlock_unlock(&collection->lock);
    return n;
}

/* ---- Querying ----------------------------------------------------------------------------------- */

/* What the index is told about slots. */
struct slot_filter {
    const struct vectors_collection *collection;
    const struct vectors_filter *filter;
    uint8_t *is_wanted; /* by slot; NULL: all are */
};

static bool accepts(const void *ctx, uint32_t slot)
{
    const struct slot_filter *slots = ctx;
    const struct record *record = slots->collection->records[slot];
    const struct vectors_filter *filter = slots->filter;

    return (!slots->is_wanted || slots->is_wanted[slot]) &&
           (!filter->where || where_matches(filter->where, record->metadata, record->document)) &&
           (!filter->where_document ||
            where_matches(filter->where_document, record->metadata, record->document));
}

static int compare_ids(const void *ctx, uint32_t a, uint32_t b)
{
    const struct slot_filter *slots = ctx;
    struct record *const *records = slots->collection->records;

    return strcmp(records[a]->id, records[b]->id);
}

static int mark_ids(struct slot_filter *slots, struct tw_error *err)
{
    const struct vectors_filter *filter = slots->filter;

    if (!filter->ids)
        return 0;
    slots->is_wanted = calloc(slots->collection->n_slots + 1, 1);
    if (!slots->is_wanted)
        return tw_fail(err, TW_BUSY, "no memory for a filter");
    for (size_t i = 0; i < filter->n_ids; i++) {
        const struct record *record = vectors_collection_find(slots->collection, filter->ids[i]);

        if (record)
            slots->is_wanted[record->slot] = 1;
    }
    return 0;
}

static int search_locked(struct vectors_collection *collection,
                         const struct vectors_query *query,
                         size_t k,
                         struct vectors_rows *rows,
                         struct tw_error *err)
{
    CLEANUP(freep) struct vector_hit_slot *hits = calloc(k + 1, sizeof(*hits));
    CLEANUP(freep) uint8_t *is_wanted = NULL;
    const struct vectors_filter *filter = &query->filter;
    struct slot_filter slots = {collection, filter, NULL};
    struct vector_search search = {
        .vector = query->vector, .k = k, .compare = compare_ids, .ctx = &slots};
    size_t n;

    if (!hits)
        return tw_fail(err, TW_BUSY, "no memory for %zu hits", k);
    if (mark_ids(&slots, err) < 0)
        return -1;
    is_wanted = slots.is_wanted;
    if (is_wanted || filter->where || filter->where_document)
        search.accepts = accepts;
    n = vector_index_search(collection->index, &search, hits);
    for (size_t i = 0; i < n; i++)
        add_row(rows, collection, collection->records[hits[i].slot], hits[i].distance);
    return 0;
}

static int query_locked(struct vectors_collection *collection,
                        const struct vectors_query *query,
                        struct vectors_rows *ret_rows,
                        struct tw_error *err)
{
    size_t k = query->k < collection->n_records ? query->k : collection->n_records;

    if (collection->is_deleted)
        return fail_deleted(err);
    if (collection->dim > 0 && collection->dim != query->dim)
        return tw_fail(err, TW_INVALID,
                       "Collection expecting embedding with dimension of %zu, got %zu",
                       collection->dim, query->dim);
    if (!vectors_is_sound(query->vector, query->dim))
        return tw_fail(err, TW_INVALID, "a vector holds a number that is not within +-%g",
                       VECTOR_VALUE_MAX);
    if (begin_rows(ret_rows, k, query->wants_vectors ? collection->dim : 0, err) < 0)
        return -1;
    if (k > 0 && search_locked(collection, query, k, ret_rows, err) < 0) {
        vectors_rows_finish(ret_rows);
        return -1;
    }
    return 0;
}

int vectors_query(struct vectors_collection *collection,
                  const struct vectors_query *query,
                  struct vectors_rows *ret_rows,
                  struct tw_error *err)
{
    int result;

    (void)pthread_rwlock_rdlock(&collection->lock);
    result = query_locked(collection, query, ret_rows, err);
    (void)pthread_rwlock_unlock(&collection->lock);
    return result;
}
