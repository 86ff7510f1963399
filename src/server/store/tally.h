#ifndef TW_STORE_TALLY_H
#define TW_STORE_TALLY_H

/* What the store counts, readable by any thread without a lock. */

#include "server/store/store.h"

#include <stdatomic.h>

#define TALLY_ERROR_SIZE 160 /* as in struct store_stats */

struct tally {
    _Atomic uint64_t dropped; /* any thread adds */
    /* Of the rows in the queue, beside its slots. Any thread adds, the writer subtracts. */
    _Atomic size_t heap_bytes;
    /* The rest is the writer's. */
    _Atomic uint64_t written, failed_commits, commits, commit_ns, last_commit_ns, predictions;
    _Atomic uint64_t error_version; /* odd while the words change */
    _Atomic uint64_t error_words[TALLY_ERROR_SIZE / 8];
};

/* Writer only. "" after a success; too long a text is cut. */
void tally_set_error(struct tally *tally, const char *text);

/* Fills the counters and last_error. */
void tally_read(struct tally *tally, struct store_stats *ret_stats);

#endif
