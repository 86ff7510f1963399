#ifndef TW_STORE_RETENTION_H
#define TW_STORE_RETENTION_H

/* Forgetting: rows that are too old, and the oldest rows of a file that is too large. Works in small
 * steps on the writing connection, outside any transaction, so that the writer can put batches between
 * them. Simulations are kept for ever: they are few.
 *
 * Age is judged from the oldest row on, by sequence, since there is no index on time. When the clock
 * was set back, rows from before wait until it has caught up. */

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct db;
struct inserts;
struct retention;

struct retention_limits {
    int64_t max_age_ms; /* 0: for ever */
    int64_t max_bytes;  /* pages in use; 0: no limit */
};

/* Borrows db and inserts (which keeps the count of predictions right). */
int retention_new(struct db *db,
                  struct inserts *inserts,
                  const struct retention_limits *limits,
                  struct retention **ret_retention,
                  struct tw_error *err) MUST_CHECK;
void retention_free(struct retention *retention); /* NULL is fine */
DEFINE_CLEANUP(struct retention *, retention_free);

/* Deletes at most max_rows in one transaction: what is too old first, then for the size the oldest
 * predictions, answers, feedback, events. 1: there may be more to do, 0: within the limits. */
int retention_step(struct retention *retention,
                   int64_t now_ms,
                   int max_rows,
                   int64_t *ret_predictions_deleted,
                   struct tw_error *err) MUST_CHECK;

/* When the next row will be too old, INT64_MAX for never. */
int retention_next_ms(struct retention *retention,
                      int64_t *ret_at_ms,
                      struct tw_error *err) MUST_CHECK;

/* Gives some free pages back to the file system. 1: there are more, 0: few enough to keep for reuse. */
int retention_shrink(struct retention *retention, struct tw_error *err) MUST_CHECK;

#endif
