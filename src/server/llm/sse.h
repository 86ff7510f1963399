#ifndef TW_SSE_H
#define TW_SSE_H

/* Server-sent events (WHATWG HTML, 9.2): read as they come in pieces of any size, and written. Lines end
 * with LF, CR or CRLF; "event" and "data" are known fields, comments and all other fields are skipped; a
 * byte order mark at the start too. Bytes are passed on as they are: a reader of the data checks its
 * UTF-8. Pure. */

#include "common/buffer.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

#define SSE_EVENT_NAME_MAX 63

/* One event. name is "" when it has none, and is cut to SSE_EVENT_NAME_MAX bytes; data is its data lines
 * joined by LF, NUL-terminated, may hold NULs before. Both borrowed until the return. False: no further
 * events are wanted. */
typedef bool sse_event_fn(void *ctx, const char *name, const char *data, size_t len);

struct sse_reader {
    struct buffer line;
    struct buffer data;
    char name[SSE_EVENT_NAME_MAX + 1];
    bool has_data;     /* the event under way has a data line */
    bool is_after_cr;  /* a LF that comes now belongs to it */
    bool is_past_line; /* the first line, which may begin with a mark, is over */
    bool is_ended;     /* by the event's taker or by an error */
};

/* event_max: bytes of one line, and of one event's data. */
void sse_reader_init(struct sse_reader *reader, size_t event_max);
void sse_reader_finish(struct sse_reader *reader);

/* Calls on_event for every event that the bytes complete; the rest is kept for the next call. An event
 * is complete only with its empty line. Once on_event gave false, all that comes is ignored. TW_INVALID:
 * a line or an event is longer than event_max. */
int sse_reader_feed(struct sse_reader *reader,
                    const char *bytes,
                    size_t len,
                    sse_event_fn *on_event,
                    void *ctx,
                    struct tw_error *err) MUST_CHECK;

/* Appends one event. name: NULL for none, without line breaks. Line breaks in data, of any kind, are
 * read back as LF. */
void sse_write(struct buffer *out, const char *name, const char *data, size_t len);

#endif
