#ifndef TW_VECTOR_INDEX_H
#define TW_VECTOR_INDEX_H

/* Exact nearest neighbours among float32 vectors in memory. Every vector has a slot, a small number that
 * stays the same. The scan reads one byte a number and a proven bound of its error; what the bound
 * cannot rule out is measured on the floats, so that the answer is the one of a scan over all floats.
 *
 * Pure, without a lock. Searches may run beside each other and beside stage and drop of a slot that is
 * not shown; reserve, show and drop of a shown one want the index for themselves. */

#include "server/llm/vector_kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VECTOR_SLOTS_MAX (1U << 22)

struct vector_index;

struct vector_index *vector_index_new(enum vector_space space, size_t dim); /* 1..VECTOR_DIM_MAX */
void vector_index_free(struct vector_index *index);                         /* NULL is fine */

/* Which arithmetic it uses: the fastest, unless told (by its tests). Before the first stage. */
void vector_index_use(struct vector_index *index, const struct vector_kernel *kernel);

/* The next n stages will find room. False: no memory, or over VECTOR_SLOTS_MAX. */
bool vector_index_reserve(struct vector_index *index, size_t n);

/* All slots are below it. */
size_t vector_index_n_slots(const struct vector_index *index);

/* A slot with a copy of the vector, whose numbers are within VECTOR_VALUE_MAX; searches do not see it
 * until it is shown. */
uint32_t vector_index_stage(struct vector_index *index, const float *vector);
void vector_index_show(struct vector_index *index, uint32_t slot);
void vector_index_drop(struct vector_index *index, uint32_t slot); /* gives the slot back */

/* The vector of a slot; stays until the slot is dropped. */
const float *vector_index_at(const struct vector_index *index, uint32_t slot);

struct vector_hit_slot {
    uint32_t slot;
    float distance;
};

struct vector_search {
    const float *vector;
    size_t k;
    /* May the slot be answered? Asked only of those that are near enough. NULL: every slot. */
    bool (*accepts)(const void *ctx, uint32_t slot);
    /* Order of two slots at the same distance, as strcmp. NULL: by slot. */
    int (*compare)(const void *ctx, uint32_t a, uint32_t b);
    const void *ctx;
};

/* The k nearest, nearest first, into ret_hits, which has room for k. Returns how many there are. */
size_t vector_index_search(const struct vector_index *index,
                           const struct vector_search *search,
                           struct vector_hit_slot *ret_hits);

#endif
