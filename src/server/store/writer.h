#ifndef TW_STORE_WRITER_H
#define TW_STORE_WRITER_H

/* The thread that brings the queue to disk in batches and keeps the file within its limits. It is the
 * queue's only consumer and the only user of the writing connection. It sleeps on an eventfd, which a
 * producer writes only when the thread has said that it sleeps. */

#include "server/store/store.h"

struct db;
struct queue;
struct tally;
struct waiters;
struct writer;

struct writer_setup {
    struct db *owned_db; /* given away, also when writer_start fails */
    struct queue *queue;
    struct tally *tally;
    struct waiters *waiters;
    const struct store_options *options; /* for the time of the call */
};

int writer_start(const struct writer_setup *setup,
                 struct writer **ret_writer,
                 struct tw_error *err) MUST_CHECK;

/* Writes what is queued, joins the thread and closes the connection. No producer may be at work. */
void writer_stop(struct writer *writer);
DEFINE_CLEANUP(struct writer *, writer_stop);

/* A row was put and the queue now holds `used`: wakes the thread if it waits for that. Any thread. */
void writer_notice(struct writer *writer, size_t used);

#endif
