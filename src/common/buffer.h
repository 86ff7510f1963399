#ifndef TW_BUFFER_H
#define TW_BUFFER_H

/* A growing run of bytes that is born with its limit. What does not fit is not written: the buffer
 * turns `failed` and stays so, so that a writer checks once at the end. Always NUL-terminated. */

#include "common/cleanup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *data; /* NULL until the first byte */
    size_t len;
    size_t capacity;
    size_t limit; /* bytes, without the NUL */
    bool failed;  /* something did not fit, or memory ran out */
    bool starved; /* and it was the latter */
};

void buffer_init(struct buffer *buf, size_t limit);
void buffer_finish(
    struct buffer *buf); /* zeroed is fine; the buffer may be used again after init */

bool buffer_append(struct buffer *buf, const void *bytes, size_t len); /* false: failed */
bool buffer_puts(struct buffer *buf, const char *text);
bool buffer_putc(struct buffer *buf, char c);
bool buffer_printf(struct buffer *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Empties it and keeps the memory. */
void buffer_clear(struct buffer *buf);

/* The text, never NULL; borrowed until the next call. */
const char *buffer_text(const struct buffer *buf);

/* The text as an owned string, for free(); the buffer is empty afterwards. NULL if it had failed:
 * `starved` still tells why. */
char *buffer_take(struct buffer *buf, size_t *ret_len) MUST_CHECK;

#endif
