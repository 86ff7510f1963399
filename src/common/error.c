#include "common/error.h"

#include "common/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A message that was cut off, since it needed n_wanted bytes, ends between two characters. */
static void end_message(struct tw_error *err, int n_wanted)
{
    size_t len = sizeof(err->message) - 1;

    if (n_wanted > (int)len)
        err->message[utf8_whole(err->message, len)] = '\0';
}

int tw_fail(struct tw_error *err, enum tw_code code, const char *fmt, ...)
{
    va_list args;

    if (!err)
        return -1;
    err->code = code;
    va_start(args, fmt);
    end_message(err, vsnprintf(err->message, sizeof(err->message), fmt, args));
    va_end(args);
    return -1;
}

int tw_fail_errno(struct tw_error *err, enum tw_code code, int errno_value, const char *fmt, ...)
{
    char reason[64];
    va_list args;
    size_t len;

    if (!err)
        return -1;
    err->code = code;
    va_start(args, fmt);
    end_message(err, vsnprintf(err->message, sizeof(err->message), fmt, args));
    va_end(args);
    len = strlen(err->message);
    /* GNU strerror_r returns the text, which need not be in the buffer. */
    (void)snprintf(err->message + len, sizeof(err->message) - len, ": %s",
                   strerror_r(errno_value, reason, sizeof(reason)));
    return -1;
}
