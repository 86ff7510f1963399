#include "server/ml/drift_ring.h"

#include "common/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

#define GAP_MS     100 /* a writer that was put to sleep half-way may hold the reader up so long */
#define CACHE_LINE 64

/* `turn` tells whose the slot is: 2t + 1 while ticket t is being written, 2t + 2 when it is there. The
 * fields are atomics so that a reader overtaken by a writer reads old or new bits, never a data race;
 * that it was overtaken shows in `turn`, read again afterwards. Storing them with release and loading
 * them with acquire keeps them between the two reads and writes of `turn`. */
struct slot {
    _Alignas(CACHE_LINE) _Atomic uint64_t turn;
    _Atomic double x[N_FEATURES];
    _Atomic int class_index;
    _Atomic int64_t at_ms;
};

/* The padding is meant: writers hammer n_tickets, and the reader keeps out of that cache line. */
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct drift_ring {
    size_t mask;
    struct slot *slots; /* mask + 1 */
    /* The reader's: */
    uint64_t next; /* ticket */
    int64_t gap_since_ms;
    bool is_at_gap;
    uint64_t n_lost;
    /* The writers': */
    _Alignas(CACHE_LINE) _Atomic uint64_t n_tickets;
};

static void *new_aligned(size_t count, size_t size)
{
    void *memory = aligned_alloc(CACHE_LINE, count * size);

    if (!memory)
        xfail();
    return memory;
}

struct drift_ring *drift_ring_new(size_t least_capacity)
{
    struct drift_ring *ring = new_aligned(1, sizeof(*ring));
    size_t capacity = 1;

    while (capacity < least_capacity)
        capacity *= 2;
    *ring = (struct drift_ring){.mask = capacity - 1,
                                .slots = new_aligned(capacity, sizeof(*ring->slots))};
    for (size_t i = 0; i < capacity; i++)
        ring->slots[i] = (struct slot){0};
    return ring;
}

void drift_ring_free(struct drift_ring *ring)
{
    if (!ring)
        return;
    free(ring->slots);
    free(ring);
}

uint64_t drift_ring_put(struct drift_ring *ring, const struct drift_sample *sample)
{
    uint64_t ticket = atomic_fetch_add_explicit(&ring->n_tickets, 1, memory_order_relaxed);
    struct slot *slot = &ring->slots[ticket & ring->mask];
    uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_relaxed);

    /* Somebody slept for a whole lap and is still writing here, or we did and are too late: the sample
     * is given up, since waiting is what this ring is there to avoid. */
    if (turn % 2 == 1 || turn > 2 * ticket ||
        !atomic_compare_exchange_strong_explicit(&slot->turn, &turn, 2 * ticket + 1,
                                                 memory_order_acq_rel, memory_order_relaxed))
        return ticket;
    for (int f = 0; f < N_FEATURES; f++)
        atomic_store_explicit(&slot->x[f], sample->x[f], memory_order_release);
    atomic_store_explicit(&slot->class_index, sample->class_index, memory_order_release);
    atomic_store_explicit(&slot->at_ms, sample->at_ms, memory_order_release);
    atomic_store_explicit(&slot->turn, 2 * ticket + 2, memory_order_release);
    return ticket;
}

enum reading { READING_DONE, READING_NOT_YET, READING_OVERRUN };

static enum reading read_slot(struct drift_ring *ring,
                              uint64_t ticket,
                              struct drift_sample *ret_sample)
{
    struct slot *slot = &ring->slots[ticket & ring->mask];
    uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);

    if (turn < 2 * ticket + 2)
        return READING_NOT_YET;
    for (int f = 0; f < N_FEATURES; f++)
        ret_sample->x[f] = atomic_load_explicit(&slot->x[f], memory_order_acquire);
    ret_sample->class_index = atomic_load_explicit(&slot->class_index, memory_order_acquire);
    ret_sample->at_ms = atomic_load_explicit(&slot->at_ms, memory_order_acquire);
    if (turn != 2 * ticket + 2 ||
        atomic_load_explicit(&slot->turn, memory_order_relaxed) != 2 * ticket + 2)
        return READING_OVERRUN;
    return READING_DONE;
}

static void skip_to(struct drift_ring *ring, uint64_t ticket)
{
    ring->n_lost += ticket - ring->next;
    ring->next = ticket;
    ring->is_at_gap = false;
}

/* Whether the unfinished slot at `next` has been waited for long enough. */
static bool give_up_gap(struct drift_ring *ring, uint64_t n_tickets, int64_t now_ms)
{
    if (!ring->is_at_gap) {
        ring->is_at_gap = true;
        ring->gap_since_ms = now_ms;
    }
    return n_tickets - ring->next > (ring->mask + 1) / 2 || now_ms - ring->gap_since_ms >= GAP_MS;
}

bool drift_ring_take(struct drift_ring *ring, int64_t now_ms, struct drift_sample *ret_sample)
{
    for (;;) {
        uint64_t n_tickets = atomic_load_explicit(&ring->n_tickets, memory_order_relaxed);

        if (ring->next >= n_tickets)
            return false;
        if (n_tickets - ring->next > ring->mask + 1)
            skip_to(ring, n_tickets - (ring->mask + 1));
        switch (read_slot(ring, ring->next, ret_sample)) {
        case READING_DONE:
            ring->next++;
            ring->is_at_gap = false;
            return true;
        case READING_NOT_YET:
            if (!give_up_gap(ring, n_tickets, now_ms))
                return false;
            skip_to(ring, ring->next + 1);
            break;
        case READING_OVERRUN:
            skip_to(ring, ring->next + 1);
            break;
        }
    }
}

void drift_ring_skip_all(struct drift_ring *ring)
{
    ring->next = atomic_load_explicit(&ring->n_tickets, memory_order_relaxed);
    ring->is_at_gap = false;
}

uint64_t drift_ring_lost(const struct drift_ring *ring)
{
    return ring->n_lost;
}
