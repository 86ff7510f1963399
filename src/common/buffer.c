#include "common/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *buf, size_t limit)
{
    *buf = (struct buffer){.limit = limit};
}

void buffer_finish(struct buffer *buf)
{
    free(buf->data);
    *buf = (struct buffer){.limit = buf->limit};
}

void buffer_clear(struct buffer *buf)
{
    buf->len = 0;
    buf->failed = buf->starved = false;
    if (buf->data)
        buf->data[0] = '\0';
}

static bool fail(struct buffer *buf)
{
    buf->failed = true;
    return false;
}

/* Room for `more` bytes and the NUL. */
static bool reserve(struct buffer *buf, size_t more)
{
    size_t capacity = buf->capacity ? buf->capacity : 256;
    char *grown;

    if (buf->failed || more > buf->limit - buf->len)
        return fail(buf);
    if (buf->len + more < buf->capacity)
        return true;
    while (capacity <= buf->len + more)
        capacity *= 2;
    if (capacity > buf->limit + 1)
        capacity = buf->limit + 1;
    grown = realloc(buf->data, capacity);
    if (!grown) {
        buf->starved = true;
        return fail(buf);
    }
    buf->data = grown;
    buf->capacity = capacity;
    return true;
}

bool buffer_append(struct buffer *buf, const void *bytes, size_t len)
{
    if (!reserve(buf, len))
        return false;
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool buffer_puts(struct buffer *buf, const char *text)
{
    return buffer_append(buf, text, strlen(text));
}

bool buffer_putc(struct buffer *buf, char c)
{
    return buffer_append(buf, &c, 1);
}

bool buffer_printf(struct buffer *buf, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0 || !reserve(buf, (size_t)len))
        return fail(buf);
    va_start(args, fmt);
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)len;
    return true;
}

const char *buffer_text(const struct buffer *buf)
{
    return buf->data ? buf->data : "";
}

char *buffer_take(struct buffer *buf, size_t *ret_len)
{
    char *text = NULL;
    bool starved;

    if (buffer_puts(buf, "")) { /* there is memory now, and a NUL at the end */
        text = buf->data;
        if (ret_len)
            *ret_len = buf->len;
        buf->data = NULL;
    }
    starved = buf->starved;
    buffer_finish(buf);
    buf->starved = starved;
    return text;
}
