#ifndef TW_STATE_H
#define TW_STATE_H

/* What lies in the state folder and whose it is. */

#include "server/config.h"
#include "server/store/backup.h"

/* One process per state folder, also where the database lies elsewhere: it makes the signing key, the model
 * and the indexes there. TW_BUSY names the process that has it. Ended by lock_file_release. */
int state_lock(const struct config *config, int *ret_fd, struct tw_error *err) MUST_CHECK;

#define STATE_KEPT_FILES 2

/* What a backup carries beside the rows; the reason for each is in state.c. Borrows from config. */
struct state_kept {
    struct kept_file files[STATE_KEPT_FILES];
    struct kept_database vectors;
    char *key_path, *vectors_path; /* owned */
};

void state_kept_init(struct state_kept *kept, const struct config *config);
void state_kept_finish(struct state_kept *kept);

#endif
