#ifndef TW_SECRET_FILE_H
#define TW_SECRET_FILE_H

/* Files of secrets: read only where nobody else may read them. */

#include "common/error.h"

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#define SECRET_FILE_OWNER 077 /* nothing for anybody but the owner */
#define SECRET_FILE_GROUP 037 /* the group may read, as Debian's ssl-cert does */

struct secret_file {
    const char *path;
    const char *what; /* "token", for messages */
    mode_t forbidden; /* bits of its mode; 0: it is none of the secret ones beside them */
    size_t max_bytes;
};

/* Reads a regular text file; a link is followed, and it is what it leads to that counts. *ret_text is owned and to
 * be given to secret_file_free; ret_status, of what was read, may be NULL. TW_NOT_FOUND: there is none; TW_INVALID
 * says how to mend it; TW_BROKEN: the disk. No message holds any of it. */
int secret_file_read(const struct secret_file *file,
                     char **ret_text,
                     struct stat *ret_status,
                     struct tw_error *err) MUST_CHECK;

/* Overwrites the text and frees it. NULL is fine. */
void secret_file_free(char *text);
DEFINE_CLEANUP(char *, secret_file_free);

#endif
