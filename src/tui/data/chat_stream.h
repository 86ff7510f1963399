#ifndef TW_CHAT_STREAM_H
#define TW_CHAT_STREAM_H

/* POST /chat with "stream": true: server-sent events (WHATWG HTML 9.2), as they come. The data of an event
 * is JSON: a piece of the answer's text, or the whole scored answer, or a problem (RFC 9457). Pure. */

#include "common/buffer.h"

#include <stdbool.h>
#include <stddef.h>

struct chat_stream {
    struct buffer line, data;
    bool is_after_return; /* a line feed now belongs to it */
    void (*take_text)(void *ctx, const char *text);
    void *ctx;
    char *end;      /* the scored answer or the problem, as JSON; owned; NULL until it has come */
    int end_status; /* of it, as an HTTP answer would have */
};

/* take_text is called with each piece of text, as the server has it; line feeds are pieces too. */
void chat_stream_init(struct chat_stream *stream,
                      void (*take_text)(void *ctx, const char *text),
                      void *ctx);
void chat_stream_finish(struct chat_stream *stream);

/* May be cut anywhere. What is no event of ours is passed over. */
void chat_stream_feed(struct chat_stream *stream, const char *bytes, size_t len);

#endif
