#include "server/llm/vectors_file.h"

#include "common/alloc.h"
#include "server/llm/metadata.h"

#include <search.h>
#include <string.h>

/* A write in four steps: records and vectors are made where no reader sees them, the file gets them in one
 * transaction, readers get them in one moment under the lock, and what they replace is let go. */

struct change {
    const char *id;        /* borrowed from the item */
    struct record *was;    /* borrowed; NULL: the id is new */
    struct record *record; /* what becomes of it; owned until it is shown */
    bool has_new_slot;
};

struct batch {
    struct vectors_collection *collection;
    struct vector_index *index; /* the collection's, or the one it is about to have */
    enum vectors_mode mode;
    size_t dim;
    struct change *changes; /* one per id, in the order of their first item */
    size_t n_changes, n_new;
    void *by_id; /* changes; of tsearch */
    uint64_t bytes;
};

static int change_by_id(const void *a, const void *b)
{
    return strcmp(((const struct change *)a)->id, ((const struct change *)b)->id);
}

static void keep(void *node)
{
    (void)node;
}

/* ---- Checking ----------------------------------------------------------------------------------- */

static int check_item(const struct vectors_item *item, size_t dim, struct tw_error *err)
{
    size_t id_len = strnlen(item->id, VECTORS_ID_MAX + 1);

    if (id_len == 0 || id_len > VECTORS_ID_MAX)
        return tw_fail(err, TW_INVALID, "an id must have 1 to %d bytes", VECTORS_ID_MAX);
    if (item->document && strnlen(item->document, VECTORS_TEXT_MAX + 1) > VECTORS_TEXT_MAX)
        return tw_fail(err, TW_INVALID, "a document must not have over %u bytes", VECTORS_TEXT_MAX);
    if (item->uri && strnlen(item->uri, VECTORS_URI_MAX + 1) > VECTORS_URI_MAX)
        return tw_fail(err, TW_INVALID, "a URI must not have over %d bytes", VECTORS_URI_MAX);
    if (item->vector && !vectors_is_sound(item->vector, dim))
        return tw_fail(err, TW_INVALID, "a vector holds a number that is not within +-%g",
                       VECTOR_VALUE_MAX);
    return 0;
}

static int check_batch(const struct vectors_collection *collection,
                       const struct vectors_item *items,
                       size_t n_items,
                       size_t dim,
                       struct tw_error *err)
{
    bool has_vector = false;

    for (size_t i = 0; i < n_items; i++) {
        has_vector = has_vector || items[i].vector;
        if (check_item(&items[i], dim, err) < 0)
            return -1;
    }
    if (!has_vector)
        return 0;
    if (collection->dim > 0 && collection->dim != dim)
        return tw_fail(err, TW_INVALID,
                       "Collection expecting embedding with dimension of %zu, got %zu",
                       collection->dim, dim);
    if (dim == 0 || dim > VECTOR_DIM_MAX)
        return tw_fail(err, TW_INVALID, "a vector must have 1 to %d numbers", VECTOR_DIM_MAX);
    return 0;
}

/* ---- Staging ------------------------------------------------------------------------------------ */

static int fail_memory(struct tw_error *err)
{
    return tw_fail(err, TW_BUSY, "no memory for the records");
}

/* The item laid over what is there of its id (NULL: nothing). */
static struct record *make_record(const struct vectors_item *item, const struct record *base)
{
    struct buffer metadata;
    struct record *record;

    buffer_init(&metadata, 2 * METADATA_BYTES_MAX);
    metadata_merge(base ? base->metadata : NULL, item->metadata, &metadata);
    record = metadata.failed
                 ? NULL
                 : record_new(item->id, item->document || !base ? item->document : base->document,
                              item->uri || !base ? item->uri : base->uri,
                              metadata.len > 0 ? buffer_text(&metadata) : NULL);
    buffer_finish(&metadata);
    return record;
}

static void drop_staged_slot(struct batch *batch, const struct change *change)
{
    if (change->record && change->has_new_slot)
        vector_index_drop(batch->index, change->record->slot);
}

static void place_vector(struct batch *batch,
                         struct change *change,
                         struct record *record,
                         const float *vector)
{
    const struct record *base = change->record ? change->record : change->was;

    if (vector) {
        drop_staged_slot(batch, change);
        record->slot = vector_index_stage(batch->index, vector);
        change->has_new_slot = true;
    } else {
        record->slot = base->slot;
    }
}

static struct change *add_change(struct batch *batch, const char *id, struct record *was)
{
    struct change *change = &batch->changes[batch->n_changes];

    *change = (struct change){.id = id, .was = was};
    if (!tsearch(change, &batch->by_id, change_by_id))
        return NULL;
    batch->n_changes++;
    batch->n_new += was == NULL;
    return change;
}

static int stage_item(struct batch *batch, const struct vectors_item *item, struct tw_error *err)
{
    struct change key = {.id = item->id};
    struct change *const *node = tfind(&key, &batch->by_id, change_by_id);
    struct change *change = node ? *node : NULL;
    struct record *was = vectors_collection_find(batch->collection, item->id), *base, *record;

    base = change ? change->record : was;
    if (base ? batch->mode == VECTORS_ADD : batch->mode == VECTORS_UPDATE)
        return 0;
    if (!base && !item->vector)
        return tw_fail(err, TW_INVALID, "a new record needs a vector");
    record = make_record(item, base);
    if (record && !change)
        change = add_change(batch, item->id, was);
    if (!record || !change) {
        record_release(record);
        return fail_memory(err);
    }
    if (record->metadata && strlen(record->metadata) > METADATA_BYTES_MAX) {
        record_release(record);
        return tw_fail(err, TW_INVALID, "metadata must not take over %zu bytes",
                       METADATA_BYTES_MAX);
    }
    place_vector(batch, change, record, item->vector);
    record_release(change->record);
    change->record = record;
    return 0;
}

/* The index, with room for the vectors. */
static int prepare_index(struct batch *batch, size_t n_items, struct tw_error *err)
{
    struct vectors_collection *collection = batch->collection;

    batch->changes = calloc(n_items, sizeof(*batch->changes));
    if (!batch->changes)
        return fail_memory(err);
    batch->index = collection->index;
    if (!batch->index && batch->dim > 0)
        batch->index = vector_index_new(collection->space, batch->dim);
    if (batch->index && !vectors_collection_reserve(collection, batch->index, n_items))
        return fail_memory(err);
    return 0;
}

static int check_room(const struct batch *batch, struct tw_error *err)
{
    const struct vectors_collection *collection = batch->collection;
    uint64_t bytes = collection->owner->bytes;

    if (collection->n_records + batch->n_new > VECTORS_RECORDS_MAX)
        return tw_fail(err, TW_BUSY, "the collection would have over %d records",
                       VECTORS_RECORDS_MAX);
    for (size_t i = 0; i < batch->n_changes; i++)
        bytes += batch->changes[i].record->bytes + batch->dim * (sizeof(float) + 1);
    if (bytes > VECTORS_BYTES_MAX)
        return tw_fail(err, TW_BUSY, "the store is full: it holds %llu MB at most",
                       VECTORS_BYTES_MAX >> 20);
    return 0;
}

/* ---- The file ----------------------------------------------------------------------------------- */

static int write_dim(struct batch *batch, struct tw_error *err)
{
    const struct vectors_collection *collection = batch->collection;
    struct collection_row row = collection_row_of(collection);

    row.dim = batch->dim;
    return vectors_file_put_collection(collection->owner->file, &row, err);
}

static int write_changes(struct batch *batch, struct tw_error *err)
{
    struct vectors *vectors = batch->collection->owner;
    int64_t sequence = vectors->last_sequence;

    if (batch->index != batch->collection->index && write_dim(batch, err) < 0)
        return -1;
    for (size_t i = 0; i < batch->n_changes; i++) {
        struct record *record = batch->changes[i].record;
        const struct record *was = batch->changes[i].was;

        record->sequence = was ? was->sequence : ++sequence;
        if (vectors_file_put_record(vectors->file, batch->collection->row, record,
                                    vector_index_at(batch->index, record->slot), batch->dim,
                                    err) < 0)
            return -1;
    }
    return 0;
}

static int write_file(struct batch *batch, struct tw_error *err)
{
    struct vectors *vectors = batch->collection->owner;

    if (vectors_file_begin(vectors->file, err) < 0)
        return -1;
    if (write_changes(batch, err) < 0 || vectors_file_commit(vectors->file, err) < 0) {
        vectors_file_rollback(vectors->file);
        return -1;
    }
    vectors->last_sequence += (int64_t)batch->n_new;
    return 0;
}

/* ---- Showing ------------------------------------------------------------------------------------ */

/* A damaged record of the file has been replaced. */
static void forget_damaged(struct vectors_collection *collection, const char *id)
{
    for (size_t i = 0; i < collection->n_damaged; i++) {
        if (strcmp(collection->damaged[i], id) != 0)
            continue;
        free(collection->damaged[i]);
        collection->damaged[i] = collection->damaged[--collection->n_damaged];
        collection->owner->n_damaged--;
        return;
    }
}

static void show(struct batch *batch)
{
    struct vectors_collection *collection = batch->collection;

    (void)pthread_rwlock_wrlock(&collection->lock);
    collection->index = batch->index;
    collection->dim = batch->dim;
    for (size_t i = 0; i < batch->n_changes; i++)
        vectors_collection_put(collection, TAKE(batch->changes[i].record), batch->changes[i].was);
    (void)pthread_rwlock_unlock(&collection->lock);
    for (size_t i = 0; i < batch->n_changes; i++)
        if (!batch->changes[i].was)
            forget_damaged(collection, batch->changes[i].id);
}

/* After a failure the staged slots and the new index go; after success nothing of it is left. */
static void finish_batch(struct batch *batch)
{
    tdestroy(batch->by_id, keep);
    for (size_t i = 0; i < batch->n_changes; i++) {
        if (!batch->changes[i].record)
            continue;
        drop_staged_slot(batch, &batch->changes[i]);
        record_release(batch->changes[i].record);
    }
    if (batch->index != batch->collection->index)
        vector_index_free(batch->index);
    free(batch->changes);
}

static int write_batch(struct batch *batch,
                       const struct vectors_item *items,
                       size_t n_items,
                       struct tw_error *err)
{
    if (prepare_index(batch, n_items, err) < 0)
        return -1;
    for (size_t i = 0; i < n_items; i++)
        if (stage_item(batch, &items[i], err) < 0)
            return -1;
    if (batch->n_changes == 0)
        return 0;
    if (check_room(batch, err) < 0 || write_file(batch, err) < 0)
        return -1;
    show(batch);
    return 0;
}

int vectors_write(struct vectors_collection *collection,
                  enum vectors_mode mode,
                  const struct vectors_item *items,
                  size_t n_items,
                  size_t dim,
                  struct tw_error *err)
{
    struct batch batch = {.collection = collection, .mode = mode};
    int result = 0;

    (void)pthread_mutex_lock(&collection->owner->writer);
    if (collection->is_deleted)
        result = tw_fail(err, TW_NOT_FOUND, "the collection has been deleted");
    else if (n_items > 0)
        result = check_batch(collection, items, n_items, dim, err);
    if (result == 0 && n_items > 0) {
        batch.dim = collection->dim > 0 ? collection->dim : dim;
        result = write_batch(&batch, items, n_items, err);
        finish_batch(&batch);
    }
    (void)pthread_mutex_unlock(&collection->owner->writer);
    return result;
}

/* ---- Deleting ----------------------------------------------------------------------------------- */

static int delete_rows(struct vectors *vectors,
                       struct record **records,
                       size_t n,
                       struct tw_error *err)
{
    if (vectors_file_begin(vectors->file, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (vectors_file_delete_record(vectors->file, records[i]->sequence, err) < 0) {
            vectors_file_rollback(vectors->file);
            return -1;
        }
    if (vectors_file_commit(vectors->file, err) < 0) {
        vectors_file_rollback(vectors->file);
        return -1;
    }
    return 0;
}

static int delete_as_writer(struct vectors_collection *collection,
                            const struct vectors_filter *filter,
                            size_t limit,
                            size_t *ret_n,
                            struct tw_error *err)
{
    CLEANUP(freep) struct record **records = NULL;
    size_t n;

    if (collection->is_deleted)
        return tw_fail(err, TW_NOT_FOUND, "the collection has been deleted");
    if (vectors_select(collection, filter, &records, &n, err) < 0)
        return -1;
    n = n < limit ? n : limit;
    if (n > 0 && delete_rows(collection->owner, records, n, err) < 0)
        return -1;
    (void)pthread_rwlock_wrlock(&collection->lock);
    for (size_t i = 0; i < n; i++)
        vectors_collection_remove(collection, records[i]);
    (void)pthread_rwlock_unlock(&collection->lock);
    *ret_n = n;
    return 0;
}

int vectors_delete(struct vectors_collection *collection,
                   const struct vectors_filter *filter,
                   size_t limit,
                   size_t *ret_n,
                   struct tw_error *err)
{
    int result;

    (void)pthread_mutex_lock(&collection->owner->writer);
    result = delete_as_writer(collection, filter, limit, ret_n, err);
    (void)pthread_mutex_unlock(&collection->owner->writer);
    return result;
}
