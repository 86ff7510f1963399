#ifndef TW_LOCK_FILE_H
#define TW_LOCK_FILE_H

/* One process at a time: a file that is locked for as long as the process lives, with its name inside. */

#include "common/error.h"

/* Locks the file at path, which is made (0600) where it is missing, and writes the process's id and
 * its machine into it. The lock ends with lock_file_release or with the process, however that ends;
 * programs that it starts do not inherit it. The file stays: were it removed, two processes could each
 * lock one of that name. TW_BUSY: "WHAT is in use by process PID on MACHINE". TW_BROKEN. */
int lock_file_take(const char *path, const char *what, int *ret_fd, struct tw_error *err)
    MUST_CHECK;
void lock_file_release(int fd); /* below 0: none */

#endif
