#ifndef TW_FILE_H
#define TW_FILE_H

/* Whole files, bounded; the edge between pure text code and the disk. */

#include "common/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Reads a regular file of at most max_bytes. *ret_text is owned and NUL-terminated beyond len. */
int file_read(const char *path,
              size_t max_bytes,
              char **ret_text,
              size_t *ret_len,
              struct tw_error *err) MUST_CHECK;

/* The file is the old one or the new one, never half: written beside it, synced, renamed. */
int file_write_atomically(
    const char *path, const void *bytes, size_t len, mode_t mode, struct tw_error *err) MUST_CHECK;

/* Makes the folder and what is above it, where missing; mode for the last one. */
int file_make_folder(const char *path, mode_t mode, struct tw_error *err) MUST_CHECK;

#endif
