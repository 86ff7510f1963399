#ifndef TW_ERROR_H
#define TW_ERROR_H

/* How a function that can fail says why: it returns -1 and fills the caller's tw_error, which is
 * untouched on success. The code answers "what can the caller do"; the message is for a person. */

#include "common/cleanup.h"

enum tw_code {
    TW_OK,
    TW_INVALID,   /* the input is wrong: mend it and ask again */
    TW_NOT_FOUND, /* there is no such thing */
    TW_BUSY,      /* not now: try again later */
    TW_BROKEN,    /* something outside failed: a person has to look */
};

struct tw_error {
    enum tw_code code;
    char message[256]; /* one sentence without a final dot */
};

/* Fills err (which may be NULL: the caller does not care) and returns -1. Too long a message is cut. */
int tw_fail(struct tw_error *err, enum tw_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* As tw_fail, with ": " and the text of errno_value appended. */
int tw_fail_errno(struct tw_error *err, enum tw_code code, int errno_value, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

#endif
