#ifndef TW_LABEL_INDEX_H
#define TW_LABEL_INDEX_H

/* Finds, among many label sets, those that include given labels, without comparing all with all. Pure. */

#include "tui/text/labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct label_index {
    const struct labels *const *sets; /* borrowed */
    size_t n_buckets;                 /* a power of two; without the one of all sets */
    uint32_t *starts;                 /* owned; n_buckets + 2: where a bucket's places begin */
    uint32_t *places;                 /* owned; of sets, in their order within a bucket */
};

/* The sets, and the array of them, must stay as they are until finish. n is at the most
 * UINT32_MAX / (LABELS_MAX + 1). */
void label_index_init(struct label_index *index, const struct labels *const *sets, size_t n);
void label_index_finish(struct label_index *index); /* zeroed is fine */

/* The sets that include `part`, as labels_include has it, in their order and each once. */
struct label_search {
    const struct label_index *index;
    const struct labels *part;     /* borrowed */
    const uint32_t *next, *beyond; /* still to be looked at */
};

struct label_search label_index_search(const struct label_index *index, const struct labels *part);
bool label_search_next(struct label_search *search, size_t *ret_place); /* false: no further one */

#endif
