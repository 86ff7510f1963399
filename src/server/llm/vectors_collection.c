#include "server/llm/vectors_private.h"

#include "common/alloc.h"
#include "server/llm/where.h"

#include <search.h>
#include <string.h>

/* Ids are found by tsearch, whose red-black tree no choice of ids can slow down. */

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct record *)a)->id, ((const struct record *)b)->id);
}

/* Searches must not starve a change under a steady load: who waits to write goes first. */
static void init_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t kind;

    (void)pthread_rwlockattr_init(&kind);
    (void)pthread_rwlockattr_setkind_np(&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(lock, &kind);
    (void)pthread_rwlockattr_destroy(&kind);
}

struct vectors_collection *vectors_collection_new(struct vectors *owner)
{
    struct vectors_collection *collection = xcalloc(1, sizeof(*collection));

    collection->owner = owner;
    collection->refs = 1;
    init_lock(&collection->lock);
    return collection;
}

static void keep(void *node)
{
    (void)node;
}

void vectors_collection_release(struct vectors_collection *collection)
{
    if (!collection || atomic_fetch_sub_explicit(&collection->refs, 1, memory_order_acq_rel) != 1)
        return;
    tdestroy(collection->by_id, keep);
    for (size_t i = 0; i < collection->n_slots; i++)
        record_release(collection->records[i]);
    free(collection->records);
    vector_index_free(collection->index);
    for (size_t i = 0; i < collection->n_damaged; i++)
        free(collection->damaged[i]);
    free(collection->damaged);
    free(collection->tenant);
    free(collection->database);
    free(collection->name);
    free(collection->metadata);
    free(collection->embedding_function);
    (void)pthread_rwlock_destroy(&collection->lock);
    free(collection);
}

bool vectors_collection_reserve(struct vectors_collection *collection,
                                struct vector_index *index,
                                size_t n)
{
    bool is_done;
    size_t n_slots;
    struct record **records;

    (void)pthread_rwlock_wrlock(&collection->lock);
    is_done = vector_index_reserve(index, n);
    n_slots = vector_index_n_slots(index);
    if (is_done && n_slots > collection->n_slots) {
        records = reallocarray(collection->records, n_slots, sizeof(struct record *));
        if (records) {
            memset(records + collection->n_slots, 0,
                   (n_slots - collection->n_slots) * sizeof(struct record *));
            collection->records = records;
            collection->n_slots = n_slots;
        }
        is_done = records != NULL;
    }
    (void)pthread_rwlock_unlock(&collection->lock);
    return is_done;
}

struct record *vectors_collection_find(const struct vectors_collection *collection, const char *id)
{
    struct record key = {.id = id};
    struct record *const *node = tfind(&key, &collection->by_id, by_id);

    return node ? *node : NULL;
}

size_t vectors_record_bytes(const struct vectors_collection *collection,
                            const struct record *record)
{
    return record->bytes + collection->dim * (sizeof(float) + 1) + 128; /* summary, tree, slot */
}

void vectors_collection_put(struct vectors_collection *collection,
                            struct record *owned_record,
                            struct record *was)
{
    struct record **node = tsearch(owned_record, &collection->by_id, by_id);

    if (!node)
        abort(); /* a few bytes, as in common/alloc.h; what is on disk must not be hidden */
    if (was) {
        *node = owned_record;
        collection->records[was->slot] = NULL;
        if (was->slot != owned_record->slot)
            vector_index_drop(collection->index, was->slot);
        atomic_fetch_sub(&collection->owner->bytes, vectors_record_bytes(collection, was));
        record_release(was);
    } else {
        collection->n_records++;
        collection->owner->n_records++;
    }
    collection->records[owned_record->slot] = owned_record;
    vector_index_show(collection->index, owned_record->slot);
    atomic_fetch_add(&collection->owner->bytes, vectors_record_bytes(collection, owned_record));
}

void vectors_collection_remove(struct vectors_collection *collection, struct record *record)
{
    (void)tdelete(record, &collection->by_id, by_id);
    collection->records[record->slot] = NULL;
    vector_index_drop(collection->index, record->slot);
    collection->n_records--;
    collection->owner->n_records--;
    atomic_fetch_sub(&collection->owner->bytes, vectors_record_bytes(collection, record));
    record_release(record);
}

/* ---- Selecting ---------------------------------------------------------------------------------- */

static int by_sequence(const void *a, const void *b)
{
    int64_t x = (*(struct record *const *)a)->sequence, y = (*(struct record *const *)b)->sequence;

    return (x > y) - (x < y);
}

static bool is_selected(const struct vectors_filter *filter, const struct record *record)
{
    return (!filter->where || where_matches(filter->where, record->metadata, record->document)) &&
           (!filter->where_document ||
            where_matches(filter->where_document, record->metadata, record->document));
}

/* Those of the ids; one that is asked for twice is there twice. */
static size_t select_ids(const struct vectors_collection *collection,
                         const struct vectors_filter *filter,
                         struct record **ret_records)
{
    size_t n = 0;

    for (size_t i = 0; i < filter->n_ids; i++) {
        struct record *record = vectors_collection_find(collection, filter->ids[i]);

        if (record && is_selected(filter, record))
            ret_records[n++] = record;
    }
    return n;
}

static size_t select_all(const struct vectors_collection *collection,
                         const struct vectors_filter *filter,
                         struct record **ret_records)
{
    size_t n = 0;

    for (size_t i = 0; i < collection->n_slots; i++) {
        struct record *record = collection->records[i];

        if (record && is_selected(filter, record))
            ret_records[n++] = record;
    }
    return n;
}

/* By sequence, each once. They often are in order already. */
static size_t put_in_order(struct record **records, size_t n)
{
    size_t n_kept = 0;
    bool is_ordered = true;

    for (size_t i = 1; i < n && is_ordered; i++)
        is_ordered = records[i - 1]->sequence < records[i]->sequence;
    if (is_ordered)
        return n;
    qsort(records, n, sizeof(struct record *), by_sequence);
    for (size_t i = 0; i < n; i++)
        if (n_kept == 0 || records[n_kept - 1] != records[i])
            records[n_kept++] = records[i];
    return n_kept;
}

int vectors_select(struct vectors_collection *collection,
                   const struct vectors_filter *filter,
                   struct record ***ret_records,
                   size_t *ret_n,
                   struct tw_error *err)
{
    size_t n = filter->ids ? filter->n_ids : collection->n_records;
    struct record **records = calloc(n + 1, sizeof(struct record *));

    if (!records)
        return tw_fail(err, TW_BUSY, "no memory for %zu records", n);
    n = filter->ids ? select_ids(collection, filter, records)
                    : select_all(collection, filter, records);
    *ret_n = put_in_order(records, n);
    *ret_records = records;
    return 0;
}
