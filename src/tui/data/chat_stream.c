#include "tui/data/chat_stream.h"

#include "common/alloc.h"
#include "common/json.h"

#include <string.h>

#define EVENT_BYTES_MAX ((size_t)1 << 20)

void chat_stream_init(struct chat_stream *stream,
                      void (*take_text)(void *ctx, const char *text),
                      void *ctx)
{
    *stream = (struct chat_stream){.take_text = take_text, .ctx = ctx};
    buffer_init(&stream->line, EVENT_BYTES_MAX);
    buffer_init(&stream->data, EVENT_BYTES_MAX);
}

void chat_stream_finish(struct chat_stream *stream)
{
    buffer_finish(&stream->line);
    buffer_finish(&stream->data);
    free(stream->end);
    *stream = (struct chat_stream){0};
}

static bool is_answer(const struct json *json)
{
    return json_get(json, "sentences") || json_get(json, "response");
}

static bool is_problem(const struct json *json)
{
    return json_number(json_get(json, "status"), 0) >= 400 &&
           (json_string(json_get(json, "title")) || json_string(json_get(json, "detail")));
}

static const char *text_of(const struct json *json)
{
    static const char *const names[] = {"text", "delta", "token", "content"};
    const char *text = json_string(json);

    for (size_t i = 0; i < COUNT_OF(names) && !text; i++)
        text = json_string(json_get(json, names[i]));
    return text;
}

static void take_event(struct chat_stream *stream)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const char *text;

    if (stream->data.failed ||
        json_parse(buffer_text(&stream->data), stream->data.len, &json, NULL) < 0)
        return;
    if (is_answer(json) || is_problem(json)) {
        free(stream->end);
        stream->end = xstrdup(buffer_text(&stream->data));
        stream->end_status =
            is_answer(json) ? 200 : (int)json_number(json_get(json, "status"), 500);
        return;
    }
    text = text_of(json);
    if (text && text[0])
        stream->take_text(stream->ctx, text);
}

static void take_line(struct chat_stream *stream)
{
    const char *line = buffer_text(&stream->line);

    if (stream->line.len == 0 && stream->data.len > 0) {
        take_event(stream);
        buffer_clear(&stream->data);
    } else if (!stream->line.failed && strncmp(line, "data:", 5) == 0) {
        if (stream->data.len > 0)
            (void)buffer_putc(&stream->data, '\n');
        (void)buffer_puts(&stream->data, line + 5 + (line[5] == ' '));
    }
    buffer_clear(&stream->line);
}

void chat_stream_feed(struct chat_stream *stream, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_end = bytes[i] == '\n' || bytes[i] == '\r';

        if (!is_end)
            (void)buffer_putc(&stream->line, bytes[i]);
        else if (bytes[i] == '\r' || !stream->is_after_return)
            take_line(stream);
        stream->is_after_return = bytes[i] == '\r';
    }
}
