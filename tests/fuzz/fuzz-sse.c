/* A stream of server-sent events. The first byte says in pieces of which size it comes too: the events
 * must be the same as in one piece. What was read is written again and must be read as the same. */

#include "common/buffer.h"
#include "fuzz.h"
#include "server/llm/sse.h"

#include <string.h>

#define EVENT_MAX 512

/* All events, written again. */
static bool write_again(void *ctx, const char *name, const char *data, size_t len)
{
    FUZZ_EXPECT(data[len] == '\0' && len <= EVENT_MAX && strlen(name) <= SSE_EVENT_NAME_MAX);
    FUZZ_EXPECT(!strpbrk(name, "\r\n") && !memchr(data, '\r', len));
    sse_write(ctx, *name ? name : NULL, data, len);
    return true;
}

/* Returns whether all of it could be read. */
static bool read_all(const char *bytes, size_t len, size_t piece, struct buffer *out)
{
    struct sse_reader reader;
    bool is_good = true;

    buffer_init(out, (size_t)16 << 20);
    sse_reader_init(&reader, EVENT_MAX);
    for (size_t i = 0; i < len && is_good; i += piece)
        is_good = sse_reader_feed(&reader, bytes + i, len - i < piece ? len - i : piece,
                                  write_again, out, NULL) == 0;
    sse_reader_finish(&reader);
    return is_good;
}

static bool is_same(const struct buffer *a, const struct buffer *b)
{
    return a->len == b->len && memcmp(buffer_text(a), buffer_text(b), a->len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;
    struct buffer whole, pieces, again;
    bool is_good;

    if (size < 2)
        return 0;
    is_good = read_all(bytes, size - 1, size, &whole);
    FUZZ_EXPECT(read_all(bytes, size - 1, (size_t)data[0] % 16 + 1, &pieces) == is_good);
    FUZZ_EXPECT(is_same(&whole, &pieces));
    /* "data: " makes a line longer, so that one at the limit is over it the second time. */
    if (is_good && read_all(buffer_text(&whole), whole.len, whole.len + 1, &again))
        FUZZ_EXPECT(is_same(&whole, &again));
    else if (!is_good)
        buffer_init(&again, 0);
    buffer_finish(&whole);
    buffer_finish(&pieces);
    buffer_finish(&again);
    return 0;
}
