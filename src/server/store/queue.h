#ifndef TW_STORE_QUEUE_H
#define TW_STORE_QUEUE_H

/* A bounded queue of items of one size, many producers and one consumer, without a lock. After Dmitry
 * Vyukov's bounded MPMC queue, made simpler by the single consumer: it frees whole runs of slots by
 * one store, and what it has not freed it may look at as often as it likes, so that a batch that could
 * not be written stays where it is. */

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

/* Capacity is rounded up to a power of two, at least 64. */
struct queue *queue_new(size_t capacity, size_t item_size);
void queue_free(struct queue *queue); /* the items left are the caller's concern; NULL is fine */
DEFINE_CLEANUP(struct queue *, queue_free);

size_t queue_capacity(const struct queue *queue);

/* Copies the item in; false if that would leave fewer than `reserved` slots free. *ret_position counts
 * all items ever put, from 0: it names this one. *ret_used is the length afterwards, or a bit more.
 * Publishing is a sequentially consistent store: a producer that looks at a flag afterwards, and a
 * consumer that sets the flag and then asks queue_ready, cannot both miss each other. Any thread. */
bool queue_put(struct queue *queue,
               const void *item,
               size_t reserved,
               uint64_t *ret_position,
               size_t *ret_used);

/* Items between the two ends; exact only when nobody puts. Any thread. */
size_t queue_length(const struct queue *queue);

/* The rest is for the consumer's thread alone. */

/* How many of the oldest items can be read now, at most `limit`. */
size_t queue_ready(const struct queue *queue, size_t limit);

/* The item `offset` after the oldest; offset under queue_ready. Valid until queue_release. */
void *queue_at(struct queue *queue, size_t offset);

/* Position of the oldest item. */
uint64_t queue_head(const struct queue *queue);

/* Frees the n oldest; n at most queue_ready. */
void queue_release(struct queue *queue, size_t n);

#endif
