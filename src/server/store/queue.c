#include "server/store/queue.h"

#include "common/alloc.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#define CAPACITY_MIN 64
#define CACHE_LINE   64

/* Each slot is a stamp, then the item. stamp == position + 1: the item of that position can be read. A
 * stamp of an earlier round is smaller, so slots need no reset. */
struct queue {
    size_t mask; /* capacity - 1 */
    size_t slot_size, item_size;
    unsigned char *slots;
    char pad_before_tail[CACHE_LINE];
    _Atomic uint64_t tail; /* next position to claim; producers */
    char pad_before_head[CACHE_LINE];
    _Atomic uint64_t head; /* oldest position that is not free; the consumer */
    char pad_after_head[CACHE_LINE];
};

static unsigned char *slot_of(const struct queue *queue, uint64_t position)
{
    return queue->slots + (position & queue->mask) * queue->slot_size;
}

static _Atomic uint64_t *stamp_of(const struct queue *queue, uint64_t position)
{
    return (_Atomic uint64_t *)(void *)slot_of(queue, position);
}

static void *item_of(const struct queue *queue, uint64_t position)
{
    return slot_of(queue, position) + sizeof(_Atomic uint64_t);
}

struct queue *queue_new(size_t capacity, size_t item_size)
{
    struct queue *queue = xcalloc(1, sizeof(*queue));
    size_t rounded = CAPACITY_MIN;

    while (rounded < capacity)
        rounded *= 2;
    queue->mask = rounded - 1;
    queue->item_size = item_size;
    queue->slot_size = sizeof(uint64_t) + (item_size + 7) / 8 * 8;
    queue->slots = xcalloc(rounded, queue->slot_size);
    return queue;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    free(queue->slots);
    free(queue);
}

size_t queue_capacity(const struct queue *queue)
{
    return queue->mask + 1;
}

bool queue_put(struct queue *queue,
               const void *item,
               size_t reserved,
               uint64_t *ret_position,
               size_t *ret_used)
{
    uint64_t position = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    int64_t limit = (int64_t)(queue->mask + 1 - reserved);
    int64_t used;

    do {
        /* Head may be newer than the tail that was read: then used is negative and the exchange
         * fails. Head may be older: then the queue looks fuller than it is, never emptier. Acquire:
         * the consumer has finished with the slots it freed. */
        used = (int64_t)(position - atomic_load_explicit(&queue->head, memory_order_acquire));
        if (used >= limit)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&queue->tail, &position, position + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    memcpy(item_of(queue, position), item, queue->item_size);
    atomic_store_explicit(stamp_of(queue, position), position + 1, memory_order_seq_cst);
    *ret_position = position;
    *ret_used = (size_t)used + 1;
    return true;
}

size_t queue_length(const struct queue *queue)
{
    /* Head first: it never passes the tail that is read after it. */
    uint64_t head = atomic_load_explicit(&queue->head, memory_order_acquire);

    return (size_t)(atomic_load_explicit(&queue->tail, memory_order_acquire) - head);
}

static bool is_published(const struct queue *queue, uint64_t position)
{
    return atomic_load_explicit(stamp_of(queue, position), memory_order_seq_cst) == position + 1;
}

size_t queue_ready(const struct queue *queue, size_t limit)
{
    uint64_t head = queue_head(queue);
    size_t n = 0;

    while (n < limit && n <= queue->mask && is_published(queue, head + n))
        n++;
    return n;
}

void *queue_at(struct queue *queue, size_t offset)
{
    return item_of(queue, queue_head(queue) + offset);
}

uint64_t queue_head(const struct queue *queue)
{
    return atomic_load_explicit(&queue->head, memory_order_relaxed);
}

void queue_release(struct queue *queue, size_t n)
{
    assert(n <= queue_length(queue));
    /* Release: reading the slots comes before a producer may write them. */
    atomic_store_explicit(&queue->head, queue_head(queue) + n, memory_order_release);
}
