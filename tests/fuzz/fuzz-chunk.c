/* Documents of a knowledge base. The first byte chooses Markdown or text, the rest is the file. */

#include "fuzz.h"

#include "common/buffer.h"
#include "common/utf8.h"
#include "server/llm/chunk.h"
#include "server/llm/markdown.h"

#include <string.h>

static void read_plain(const char *text, size_t len)
{
    struct buffer plain;

    buffer_init(&plain, len);
    markdown_append_plain(&plain, text, len);
    FUZZ_EXPECT(!plain.failed); /* never longer than what it was made from */
    buffer_finish(&plain);
}

static void expect_in_order(const struct chunks *chunks, const char *text, size_t len)
{
    size_t before = 0;

    for (size_t i = 0; i < chunks->n; i++) {
        const struct chunk *chunk = &chunks->at[i];

        FUZZ_EXPECT(chunk->start >= before && chunk->start < chunk->end && chunk->end <= len);
        FUZZ_EXPECT(chunk->end - chunk->start <= CHUNK_BYTES_MAX);
        FUZZ_EXPECT(utf8_is_valid(text + chunk->start, chunk->end - chunk->start));
        FUZZ_EXPECT(utf8_is_valid(chunk->heading, strlen(chunk->heading)));
        FUZZ_EXPECT(utf8_is_valid(chunk->headings, strlen(chunk->headings)));
        FUZZ_EXPECT(strlen(chunk->headings) <= CHUNK_HEADINGS_MAX);
        read_plain(text + chunk->start, chunk->end - chunk->start);
        before = chunk->end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;
    struct chunks chunks;

    if (size < 1 || chunk_document(text, size - 1, data[0] == 't', &chunks, NULL) < 0)
        return 0;
    FUZZ_EXPECT(strlen(chunks.title) <= CHUNK_TITLE_MAX);
    expect_in_order(&chunks, text, size - 1);
    chunks_finish(&chunks);
    return 0;
}
