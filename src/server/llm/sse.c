#include "server/llm/sse.h"

#include <stdio.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void sse_reader_init(struct sse_reader *reader, size_t event_max)
{
    *reader = (struct sse_reader){0};
    buffer_init(&reader->line, event_max);
    buffer_init(&reader->data, event_max);
}

void sse_reader_finish(struct sse_reader *reader)
{
    buffer_finish(&reader->line);
    buffer_finish(&reader->data);
}

/* The empty line: gives the event away, if there is one, and begins the next. */
static void dispatch(struct sse_reader *reader, sse_event_fn *on_event, void *ctx)
{
    if (reader->has_data)
        reader->is_ended =
            !on_event(ctx, reader->name, buffer_text(&reader->data), reader->data.len);
    buffer_clear(&reader->data);
    reader->name[0] = '\0';
    reader->has_data = false;
}

static bool is_field(const char *line, size_t name_len, const char *name)
{
    return name_len == strlen(name) && memcmp(line, name, name_len) == 0;
}

/* A line "field: value", "field:value" or "field"; a comment is a field without a name. */
static void take_field(struct sse_reader *reader, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon ? (size_t)(colon - line) : len;
    const char *value = colon ? colon + 1 : line + len;
    size_t value_len = (size_t)(line + len - value);

    if (value_len > 0 && *value == ' ') {
        value++;
        value_len--;
    }
    if (is_field(line, name_len, "event")) {
        (void)snprintf(reader->name, sizeof(reader->name), "%.*s", (int)value_len, value);
    } else if (is_field(line, name_len, "data")) {
        if (reader->has_data)
            (void)buffer_putc(&reader->data, '\n');
        (void)buffer_append(&reader->data, value, value_len);
        reader->has_data = true;
    }
}

static void end_line(struct sse_reader *reader, sse_event_fn *on_event, void *ctx)
{
    const char *line = buffer_text(&reader->line);
    size_t len = reader->line.len;
    size_t mark_len = strlen(BYTE_ORDER_MARK);

    if (!reader->is_past_line && len >= mark_len && memcmp(line, BYTE_ORDER_MARK, mark_len) == 0) {
        line += mark_len;
        len -= mark_len;
    }
    reader->is_past_line = true;
    if (len == 0)
        dispatch(reader, on_event, ctx);
    else
        take_field(reader, line, len);
    buffer_clear(&reader->line);
}

/* Bytes before the next line break. */
static size_t line_part(const char *bytes, size_t len)
{
    size_t n = 0;

    while (n < len && bytes[n] != '\n' && bytes[n] != '\r')
        n++;
    return n;
}

int sse_reader_feed(struct sse_reader *reader,
                    const char *bytes,
                    size_t len,
                    sse_event_fn *on_event,
                    void *ctx,
                    struct tw_error *err)
{
    while (len > 0 && !reader->is_ended) {
        size_t n = line_part(bytes, len);

        if (n == 0 && *bytes == '\n' && reader->is_after_cr) {
            reader->is_after_cr = false;
        } else if (n < len) {
            (void)buffer_append(&reader->line, bytes, n);
            reader->is_after_cr = bytes[n] == '\r';
            if (!reader->line.failed)
                end_line(reader, on_event, ctx);
        } else {
            (void)buffer_append(&reader->line, bytes, n);
            reader->is_after_cr = false;
        }
        if (reader->line.failed || reader->data.failed) {
            reader->is_ended = true;
            return tw_fail(err, TW_INVALID, "an event of the stream is longer than %zu bytes",
                           reader->line.limit);
        }
        bytes += n < len ? n + 1 : n;
        len -= n < len ? n + 1 : n;
    }
    return 0;
}

void sse_write(struct buffer *out, const char *name, const char *data, size_t len)
{
    if (name)
        (void)buffer_printf(out, "event: %s\n", name);
    for (;;) {
        size_t n = line_part(data, len);

        (void)buffer_puts(out, "data: ");
        (void)buffer_append(out, data, n);
        (void)buffer_putc(out, '\n');
        if (n == len)
            break;
        n += n + 1 < len && data[n] == '\r' && data[n + 1] == '\n' ? 2 : 1;
        data += n;
        len -= n;
    }
    (void)buffer_putc(out, '\n');
}
