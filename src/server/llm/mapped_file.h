#ifndef TW_LLM_MAPPED_FILE_H
#define TW_LLM_MAPPED_FILE_H

/* A regular file, read-only in memory without being read: pages come when they are touched and the kernel
 * may drop them again. The file must not be cut short while it is mapped: replace it, do not overwrite. */

#include "common/error.h"

#include <stddef.h>

struct mapped_file {
    void *bytes; /* page-aligned, not to be written; NULL when the file is empty or finished */
    size_t len;
};

int mapped_file_open(const char *path,
                     size_t max_bytes,
                     struct mapped_file *ret_file,
                     struct tw_error *err) MUST_CHECK;
/* Gives the pages back that were read; they come again when they are touched. */
void mapped_file_forget(const struct mapped_file *file);

void mapped_file_close(struct mapped_file *file); /* zeroed is fine */

#endif
