#ifndef TW_STORE_INSERTS_H
#define TW_STORE_INSERTS_H

/* Records into tables: the prepared statements of the writing connection. Its thread only. */

#include "common/error.h"

#include <stdint.h>

struct db;
struct inserts;
struct record;

int inserts_new(struct db *db, struct inserts **ret_inserts, struct tw_error *err) MUST_CHECK;
void inserts_free(struct inserts *inserts); /* NULL is fine */
DEFINE_CLEANUP(struct inserts *, inserts_free);

/* Within the caller's transaction. TW_INVALID: this one row is refused (a sequence that exists, a value
 * that is not a number), the transaction goes on. Any other failure: roll back. */
int inserts_add(struct inserts *inserts,
                const struct record *record,
                struct tw_error *err) MUST_CHECK;

/* Changes the kept counters by what a transaction did; within it. last_sequence never falls. */
int inserts_count(struct inserts *inserts,
                  int64_t predictions_added, /* negative: deleted */
                  int64_t last_sequence,
                  struct tw_error *err) MUST_CHECK;

#endif
