#ifndef TW_SECRET_FILE_H
#define TW_SECRET_FILE_H

/* Files of secrets: read only where nobody else may read them. */

#include "common/error.h"

#include <stddef.h>
#include <sys/types.h>

#define SECRET_FILE_OWNER 077 /* nothing for anybody but the owner */
#define SECRET_FILE_GROUP 037 /* the group may read, as Debian's ssl-cert does */

/* Reads a regular file of at most max_bytes whose mode has none of the forbidden bits; a link is followed, and it
 * is what it leads to that counts. *ret_text is owned, NUL-terminated beyond len, and to be given to
 * secret_file_free. TW_NOT_FOUND: there is none; TW_INVALID says how to mend it; no message holds any of it. */
int secret_file_read(const char *path,
                     mode_t forbidden,
                     size_t max_bytes,
                     char **ret_text,
                     size_t *ret_len,
                     struct tw_error *err) MUST_CHECK;

/* Overwrites the text and frees it. NULL is fine. */
void secret_file_free(char *text);
DEFINE_CLEANUP(char *, secret_file_free);

#endif
