#include "server/llm/stem_index.h"

#include "common/alloc.h"
#include "server/llm/stem.h"

#include <string.h>

void stem_index_init(struct stem_index *index)
{
    *index = (struct stem_index){0};
}

void stem_index_finish(struct stem_index *index)
{
    for (size_t i = 0; i < index->n; i++)
        free(index->stems[i]);
    free(index->stems);
    free(index->hashes);
    free(index->slots);
    *index = (struct stem_index){0};
}

/* The slot that holds the stem or where it would go. There is at least one free. */
static uint32_t *find_slot(const struct stem_index *index, const char *stem, uint64_t hash)
{
    size_t mask = index->n_slots - 1, i = hash & mask;

    for (;; i = (i + 1) & mask) {
        uint32_t *slot = &index->slots[i];

        if (*slot == STEM_NONE ||
            (index->hashes[*slot] == hash && strcmp(index->stems[*slot], stem) == 0))
            return slot;
    }
}

static void grow_slots(struct stem_index *index)
{
    index->n_slots = index->n_slots ? index->n_slots * 2 : 1024;
    index->slots = xrealloc_array(index->slots, index->n_slots, sizeof(*index->slots));
    for (size_t i = 0; i < index->n_slots; i++)
        index->slots[i] = STEM_NONE;
    for (size_t i = 0; i < index->n; i++)
        *find_slot(index, index->stems[i], index->hashes[i]) = (uint32_t)i;
}

uint32_t stem_index_find(const struct stem_index *index, const char *stem)
{
    return index->n_slots > 0 ? *find_slot(index, stem, stem_hash(stem)) : STEM_NONE;
}

uint32_t stem_index_obtain(struct stem_index *index, const char *stem)
{
    uint64_t hash = stem_hash(stem);
    uint32_t *slot;

    if (2 * index->n >= index->n_slots)
        grow_slots(index);
    slot = find_slot(index, stem, hash);
    if (*slot != STEM_NONE)
        return *slot;
    if (index->n == index->capacity) {
        index->capacity = index->capacity ? index->capacity * 2 : 512;
        index->stems = xrealloc_array(index->stems, index->capacity, sizeof(*index->stems));
        index->hashes = xrealloc_array(index->hashes, index->capacity, sizeof(*index->hashes));
    }
    *slot = (uint32_t)index->n;
    index->stems[index->n] = xstrdup(stem);
    index->hashes[index->n] = hash;
    return (uint32_t)index->n++;
}
