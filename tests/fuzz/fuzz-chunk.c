/* Documents of a knowledge base. The first byte chooses Markdown or text, the rest is the file. */

#include "fuzz.h"

#include "common/buffer.h"
#include "common/utf8.h"
#include "server/llm/chunk.h"
#include "server/llm/markdown.h"
#include "server/llm/passage.h"
#include "server/llm/section.h"

#include <stdlib.h>
#include <string.h>

static bool wants_row(void *ctx, const char *text, size_t len)
{
    (void)ctx;
    return len > 0 && text[len - 1] == 'x';
}

/* As an answer would. */
static void read_sections(const char *text, size_t len)
{
    char *copy = strndup(text, len);
    const struct passage passage = {.heading = "a > b", .text = copy, .len = len};
    struct sections sections = {0};
    struct buffer out;

    sections_add(&sections, &passage);
    buffer_init(&out, 1 << 20);
    for (size_t i = 0; i < sections.n; i++) {
        const struct section *section = &sections.items[i];

        FUZZ_EXPECT(section->start < section->end && section->end <= len);
        section_append_text(&out, section, "[1]", wants_row, NULL);
    }
    FUZZ_EXPECT(!out.failed && utf8_is_valid(buffer_text(&out), out.len));
    buffer_finish(&out);
    sections_finish(&sections);
    free(copy);
}

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
        read_sections(text + chunk->start, chunk->end - chunk->start);
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
