#ifndef TW_STEM_INDEX_H
#define TW_STEM_INDEX_H

/* Numbers for stems, 0, 1, 2 ... in the order in which they came. Pure. */

#include <stddef.h>
#include <stdint.h>

#define STEM_NONE UINT32_MAX

struct stem_index {
    char **stems; /* by number; owned, and in place until finish */
    uint64_t *hashes;
    size_t n, capacity;
    uint32_t *slots; /* numbers by hash, open addressing; STEM_NONE is free */
    size_t n_slots;  /* a power of two, or 0 */
};

void stem_index_init(struct stem_index *index);
void stem_index_finish(struct stem_index *index); /* zeroed is fine */

uint32_t stem_index_find(const struct stem_index *index,
                         const char *stem);                             /* STEM_NONE: not there */
uint32_t stem_index_obtain(struct stem_index *index, const char *stem); /* numbered if new */

#endif
