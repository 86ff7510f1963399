#ifndef TW_STORE_UPKEEP_H
#define TW_STORE_UPKEEP_H

/* What the writing connection does besides writing: forgets rows, gives space back, has the log copied
 * back into the database (by the checkpointer, as that waits for the disk). In pieces small enough not to
 * keep rows waiting; decides when, but reads no clock. The connection's thread only, outside
 * transactions. */

#include "common/error.h"
#include "server/store/retention.h"

#include <stdint.h>

/* 64 MB. What comes during one pass, and what readers hold on to, is on top. */
#define UPKEEP_LOG_PAGES 16384

struct upkeep;

struct moment {
    int64_t at_ms;   /* Unix time, for the age of rows */
    int64_t mono_ms; /* for intervals */
};

/* Borrows db and inserts. */
int upkeep_new(struct db *db,
               struct inserts *inserts,
               const struct retention_limits *limits,
               const struct moment *now,
               struct upkeep **ret_upkeep,
               struct tw_error *err) MUST_CHECK;
void upkeep_free(struct upkeep *upkeep); /* NULL is fine */
DEFINE_CLEANUP(struct upkeep *, upkeep_free);

/* After a batch: a step of retention when it is time. 1: the log has grown and is to be copied back now, by
 * whoever may wait for the disk. Where that does not help, because of a disk that is too slow or fails, a log of
 * UPKEEP_LOG_PAGES is copied here. A file that is locked is no failure: it comes round again. */
int upkeep_after_batch(struct upkeep *upkeep,
                       const struct moment *now,
                       int64_t *ret_predictions_deleted,
                       struct tw_error *err) MUST_CHECK;

/* How long to sleep before upkeep_while_idle when no row comes; -1: for ever. */
int upkeep_idle_ms(struct upkeep *upkeep, const struct moment *now);

/* One piece of work; the last one empties the log and begins it anew. 1: as above; that comes next. */
int upkeep_while_idle(struct upkeep *upkeep,
                      const struct moment *now,
                      int64_t *ret_predictions_deleted,
                      struct tw_error *err) MUST_CHECK;

#endif
