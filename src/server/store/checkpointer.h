#ifndef TW_STORE_CHECKPOINTER_H
#define TW_STORE_CHECKPOINTER_H

/* The thread that copies the log back into the database. That syncs both files, and a busy disk answers
 * a sync when it likes: the writer, whose rows wait in memory meanwhile, has it done by this one. */

#include "common/error.h"

struct checkpointer;

int checkpointer_start(const char *path,
                       struct checkpointer **ret_checkpointer,
                       struct tw_error *err) MUST_CHECK;

/* Finishes what was asked for. NULL is fine. */
void checkpointer_stop(struct checkpointer *checkpointer);
DEFINE_CLEANUP(struct checkpointer *, checkpointer_stop);

/* Asks for what the log holds now to be copied, as far as readers allow. Any thread; waits for nothing.
 * What fails is not told: the log stays as long as it is, which upkeep.h finds. */
void checkpointer_wake(struct checkpointer *checkpointer);

#endif
