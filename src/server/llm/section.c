#include "server/llm/section.h"

#include "server/llm/markdown.h"
#include "server/llm/passage.h"

#include "common/alloc.h"
#include "common/buffer.h"

#include <string.h>

/* ---- Cutting ----------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t count_words(const char *text, size_t start, size_t end)
{
    size_t n = 0;

    for (size_t i = start; i < end; i++)
        n += !is_blank(text[i]) && (i == start || is_blank(text[i - 1]));
    return n;
}

static char *heading_dup(const char *text, size_t len)
{
    struct buffer plain;
    char *heading;

    buffer_init(&plain, 2 * len + 1);
    markdown_append_plain(&plain, text, len);
    heading = xstrdup(buffer_text(&plain));
    buffer_finish(&plain);
    return heading;
}

/* The last part of "Connecting > On Linux". */
static const char *innermost(const char *path)
{
    const char *last = path;

    for (const char *mark; (mark = strstr(last, " > "));)
        last = mark + 3;
    return last;
}

static struct section *add(struct sections *sections, const struct passage *passage)
{
    /* A power of two places, so that growing needs no count of its own. */
    if ((sections->n & (sections->n - 1)) == 0)
        sections->items = xrealloc_array(sections->items, sections->n ? 2 * sections->n : 1,
                                         sizeof(*sections->items));
    sections->items[sections->n] = (struct section){.passage = passage};
    return &sections->items[sections->n++];
}

void sections_add(struct sections *sections, const struct passage *passage)
{
    CLEANUP(freep) char *heading = xstrdup(innermost(passage->heading));
    struct section *section = NULL;
    struct markdown_reader reader;
    struct markdown_block block;

    markdown_init(&reader, passage->text, passage->len, false);
    while (markdown_next(&reader, &block)) {
        if (block.kind == MARKDOWN_HEADING) {
            free(heading);
            heading =
                heading_dup(passage->text + block.words_start, block.words_end - block.words_start);
            section = NULL;
            continue;
        }
        if (!section) {
            section = add(sections, passage);
            section->heading = xstrdup(heading);
            section->start = block.start;
        }
        section->end = block.end;
        section->n_words += count_words(passage->text, block.start, block.end);
    }
}

void sections_finish(struct sections *sections)
{
    for (size_t i = 0; i < sections->n; i++)
        free(sections->items[i].heading);
    free(sections->items);
    *sections = (struct sections){0};
}

/* ---- Reading ----------------------------------------------------------------------------------- */

struct writer {
    struct buffer *out;
    const char *text;
    section_wants_row_fn *wants_row;
    void *ctx;
};

/* Marks taken out, every run of blanks one. */
static void append_words(const struct writer *writer, size_t start, size_t end)
{
    CLEANUP(buffer_finish) struct buffer line;

    buffer_init(&line, end - start + 1);
    while (start < end && is_blank(writer->text[start]))
        start++;
    for (size_t at = start; at < end; at++) {
        char c = writer->text[at];

        if (!is_blank(c))
            (void)buffer_putc(&line, c);
        else if (at + 1 < end && !is_blank(writer->text[at + 1]))
            (void)buffer_putc(&line, ' ');
    }
    markdown_append_plain(writer->out, buffer_text(&line), line.len);
}

static void append_code(const struct writer *writer, const struct markdown_block *block)
{
    (void)buffer_append(writer->out, writer->text + block->start, block->end - block->start);
}

/* An item is what stands from its mark to the next item's; deeper items stay where they are. */
static void append_list(const struct writer *writer, const struct markdown_block *block)
{
    size_t next, item = block->start;

    for (size_t at = block->start; at < block->end; at = next) {
        int number;
        size_t end = markdown_line_end(writer->text, block->end, at, &next);
        bool is_item = at > item && markdown_item_mark(writer->text + at, end - at, &number) > 0;

        if (is_item) {
            append_words(writer, item, at);
            (void)buffer_putc(writer->out, '\n');
            item = at;
        }
    }
    append_words(writer, item, block->end);
}

/* ---- Tables ------------------------------------------------------------------------------------ */

static bool is_divider(const char *row, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (row[i] == '\0' || !strchr("|-: \t", row[i]))
            return false;
    return true;
}

/* The cell at `at`, which moves behind it; false at the row's end. */
static bool next_cell(const char *text, size_t *at, size_t end, size_t *ret_start, size_t *ret_end)
{
    if (*at < end && text[*at] == '|')
        ++*at;
    while (*at < end && is_blank(text[*at]))
        ++*at;
    *ret_start = *at;
    while (*at < end && (text[*at] != '|' || text[*at - 1] == '\\'))
        ++*at;
    *ret_end = *at;
    return *ret_start < end;
}

static void append_row(const struct writer *writer, size_t start, size_t end)
{
    size_t cell, cell_end, n = 0;

    while (next_cell(writer->text, &start, end, &cell, &cell_end)) {
        while (cell_end > cell && is_blank(writer->text[cell_end - 1]))
            cell_end--;
        if (cell_end == cell)
            continue;
        (void)buffer_puts(writer->out, n == 0 ? "- " : n == 1 ? ": " : "; ");
        append_words(writer, cell, cell_end);
        n++;
    }
}

/* Whether there is a next row of the table, the one with the columns' names left out. */
static bool next_row(const struct writer *writer,
                     const struct markdown_block *block,
                     size_t *at,
                     size_t *ret_start,
                     size_t *ret_end)
{
    while (*at < block->end) {
        size_t start = *at, next, below;
        size_t end = markdown_line_end(writer->text, block->end, start, &next);
        size_t below_end = markdown_line_end(writer->text, block->end, next, &below);
        bool is_names = start == block->start && next < block->end &&
                        is_divider(writer->text + next, below_end - next);

        *at = next;
        if (is_names || is_divider(writer->text + start, end - start))
            continue;
        *ret_start = start;
        *ret_end = end;
        return true;
    }
    return false;
}

static bool is_wanted(const struct writer *writer, size_t start, size_t end)
{
    return writer->wants_row(writer->ctx, writer->text + start, end - start);
}

static void append_table(const struct writer *writer, const struct markdown_block *block)
{
    size_t start, end, n_wanted = 0, n = 0;

    for (size_t at = block->start; next_row(writer, block, &at, &start, &end);)
        n_wanted += is_wanted(writer, start, end);
    for (size_t at = block->start; next_row(writer, block, &at, &start, &end);) {
        if (n_wanted > 0 && !is_wanted(writer, start, end))
            continue;
        if (n++ > 0)
            (void)buffer_putc(writer->out, '\n');
        append_row(writer, start, end);
    }
}

static void append_block(const struct writer *writer, const struct markdown_block *block)
{
    switch (block->kind) {
    case MARKDOWN_HEADING:
    case MARKDOWN_PARAGRAPH:
        append_words(writer, block->start, block->end);
        break;
    case MARKDOWN_NUMBERED:
    case MARKDOWN_BULLETS:
        append_list(writer, block);
        break;
    case MARKDOWN_CODE:
        append_code(writer, block);
        break;
    case MARKDOWN_TABLE:
        append_table(writer, block);
        break;
    }
}

void section_append_text(struct buffer *out,
                         const struct section *section,
                         const char *citation,
                         section_wants_row_fn *wants_row,
                         void *ctx)
{
    const struct writer writer = {out, section->passage->text + section->start, wants_row, ctx};
    struct markdown_reader reader;
    struct markdown_block block;
    size_t n = 0;

    markdown_init(&reader, writer.text, section->end - section->start, false);
    while (markdown_next(&reader, &block)) {
        if (n++ > 0)
            (void)buffer_puts(out, "\n\n");
        append_block(&writer, &block);
        (void)buffer_puts(out, block.kind == MARKDOWN_CODE ? "\n" : " ");
        (void)buffer_puts(out, citation);
    }
}
