#include "tui/command/command_show.h"

#include "common/buffer.h"

#define OUT_BYTES_MAX ((size_t)4 << 20)

int command_show(const struct session *session,
                 const struct fetch_reply *reply,
                 bool is_json,
                 command_write_fn *write,
                 const void *shown)
{
    struct buffer out;
    struct page page = {.out = &out, .style = session->style};
    int result;

    if (is_json)
        return session_put_json(reply->body, reply->body_len);
    buffer_init(&out, OUT_BYTES_MAX);
    write(shown, &page);
    result = session_put(&out);
    buffer_finish(&out);
    return result;
}
