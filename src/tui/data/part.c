#include "tui/data/part.h"

#include <assert.h>
#include <stdatomic.h>

void part_init(struct part *part, void (*destroy)(struct part *part))
{
    atomic_init(&part->n_refs, 1);
    part->destroy = destroy;
}

void part_ref(struct part *part)
{
    unsigned before = atomic_fetch_add_explicit(&part->n_refs, 1, memory_order_relaxed);

    assert(before > 0);
    (void)before;
}

void part_unref(struct part *part)
{
    unsigned before = atomic_fetch_sub_explicit(&part->n_refs, 1, memory_order_acq_rel);

    assert(before > 0);
    if (before == 1)
        part->destroy(part);
}
