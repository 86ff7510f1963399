#ifndef TW_STATE_H
#define TW_STATE_H

/* What lies in the state folder and whose it is. */

#include "server/config.h"

/* One process per state folder, also where the database lies elsewhere: it makes the signing key, the model
 * and the indexes there. TW_BUSY names the process that has it. Ended by lock_file_release. */
int state_lock(const struct config *config, int *ret_fd, struct tw_error *err) MUST_CHECK;

#endif
