#ifndef TW_STORE_PRIVATE_H
#define TW_STORE_PRIVATE_H

/* What store.c and query.c share. */

#include "server/store/store.h"
#include "server/store/tally.h"

struct queue;
struct readers;
struct waiters;
struct writer;

struct store {
    char *path;
    enum store_durability durability;
    int lock_fd; /* held for as long as the store is open: one process per file */
    struct tally tally;
    struct queue *queue;
    struct waiters *waiters;
    struct readers *readers;
    struct writer *writer;
};

/* In query.c: what its functions run, for readers_new. */
extern const char *const store_query_sql[];
extern const size_t n_store_queries;

#endif
