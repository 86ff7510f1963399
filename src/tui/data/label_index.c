#include "tui/data/label_index.h"

#include "common/alloc.h"

/* Every set stands in the bucket of each of its labels. What includes certain labels stands in the bucket of every
 * one of them, so that the smallest of those buckets is enough to look through: for an alert that of its instance,
 * and not that of its severity. One more bucket, the last, has all sets: those that include nothing. */

static size_t bucket_of(const struct label_index *index, const struct label *label)
{
    uint64_t hash = label_hash(LABEL_HASH_START, label);

    return (size_t)(hash ^ hash >> 32) & (index->n_buckets - 1);
}

/* Counting sort: starts has the sizes, then the ends, and comes down to the beginnings as places are laid in. */
void label_index_init(struct label_index *index, const struct labels *const *sets, size_t n)
{
    size_t n_places = n, n_buckets = 1;

    for (size_t i = 0; i < n; i++)
        n_places += sets[i]->n;
    while (n_buckets < n_places)
        n_buckets *= 2;
    *index = (struct label_index){.sets = sets,
                                  .n_buckets = n_buckets,
                                  .starts = xcalloc(n_buckets + 2, sizeof(*index->starts)),
                                  .places = xcalloc(n_places, sizeof(*index->places))};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sets[i]->n; k++)
            index->starts[bucket_of(index, &sets[i]->at[k])]++;
    index->starts[n_buckets] = (uint32_t)n;
    for (size_t b = 1; b <= n_buckets + 1; b++)
        index->starts[b] += index->starts[b - 1];
    for (size_t i = n; i-- > 0;) {
        for (size_t k = 0; k < sets[i]->n; k++)
            index->places[--index->starts[bucket_of(index, &sets[i]->at[k])]] = (uint32_t)i;
        index->places[--index->starts[n_buckets]] = (uint32_t)i;
    }
}

void label_index_finish(struct label_index *index)
{
    free(index->starts);
    free(index->places);
    *index = (struct label_index){0};
}

/* An empty label is included where there is none of that name, so that it leads to no bucket. */
struct label_search label_index_search(const struct label_index *index, const struct labels *part)
{
    size_t best = index->n_buckets;

    for (size_t i = 0; i < part->n; i++) {
        size_t bucket = bucket_of(index, &part->at[i]);

        if (part->at[i].value[0] && index->starts[bucket + 1] - index->starts[bucket] <
                                        index->starts[best + 1] - index->starts[best])
            best = bucket;
    }
    return (struct label_search){.index = index,
                                 .part = part,
                                 .next = index->places + index->starts[best],
                                 .beyond = index->places + index->starts[best + 1]};
}

bool label_search_next(struct label_search *search, size_t *ret_place)
{
    while (search->next < search->beyond) {
        size_t place = *search->next++;

        /* Two of its labels may share the bucket. */
        while (search->next < search->beyond && *search->next == place)
            search->next++;
        if (labels_include(search->index->sets[place], search->part)) {
            *ret_place = place;
            return true;
        }
    }
    return false;
}
