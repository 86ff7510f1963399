#ifndef TW_SOURCE_FILE_H
#define TW_SOURCE_FILE_H

/* Files of the source tree, by their path in it (golden numbers, assets). After test.h. */

#include "common/alloc.h"
#include "common/file.h"

static inline char *source_file_read(const char *path, size_t *ret_len)
{
    const char *root = getenv("TW_SOURCE_ROOT"); // NOLINT(concurrency-mt-unsafe)
    CLEANUP(freep) char *full = xprintf_dup("%s/%s", root ? root : ".", path);
    struct tw_error err;
    char *text = NULL;

    if (file_read(full, (size_t)16 << 20, &text, ret_len, &err) < 0)
        fail_msg("%s", err.message);
    return text;
}

#endif
