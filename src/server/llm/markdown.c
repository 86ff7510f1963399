#include "server/llm/markdown.h"

#include "common/buffer.h"

#include <string.h>

#define METADATA_BYTES_MAX 8192
#define NUMBER_DIGITS_MAX  9

/* A line of the text, without its end. */
struct line {
    const char *at;
    size_t len, indent; /* indent: blanks before the first other byte, a tab as four */
    bool is_blank;
};

size_t markdown_line_end(const char *text, size_t len, size_t at, size_t *ret_next)
{
    const char *newline = at < len ? memchr(text + at, '\n', len - at) : NULL;
    size_t end = newline ? (size_t)(newline - text) : len;

    *ret_next = newline ? end + 1 : len;
    return end > at && text[end - 1] == '\r' ? end - 1 : end;
}

static struct line line_of(const char *text, size_t len)
{
    struct line line = {.at = text, .len = len};
    size_t at = 0;

    for (; at < len && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r'); at++)
        line.indent += text[at] == '\t' ? 4 : text[at] == ' ';
    line.is_blank = at == len;
    return line;
}

static struct line line_at(const struct markdown_reader *reader, size_t at, size_t *ret_next)
{
    size_t end = markdown_line_end(reader->text, reader->len, at, ret_next);

    return line_of(reader->text + at, end - at);
}

static size_t skip_blanks(const char *text, size_t len, size_t at)
{
    while (at < len && (text[at] == ' ' || text[at] == '\t'))
        at++;
    return at;
}

static bool ends_word(const char *text, size_t len, size_t at)
{
    return at == len || text[at] == ' ' || text[at] == '\t';
}

/* ---- What a line is ---------------------------------------------------------------------------- */

/* Level of a "## heading", else 0. */
static int heading_level(const struct line *line)
{
    size_t at = skip_blanks(line->at, line->len, 0), first = at;

    while (at < line->len && line->at[at] == '#')
        at++;
    if (line->indent > 3 || at == first || at - first > 6 || !ends_word(line->at, line->len, at))
        return 0;
    return (int)(at - first);
}

/* The only byte that the line is made of besides blanks, if it is one of `marks`; with how many. */
static char single_mark(const struct line *line, const char *marks, size_t *ret_count)
{
    char mark = '\0';

    *ret_count = 0;
    for (size_t i = 0; i < line->len; i++) {
        char c = line->at[i];

        if (c == ' ' || c == '\t')
            continue;
        if (c == '\0' || !strchr(marks, c) || (mark && c != mark))
            return '\0';
        mark = c;
        ++*ret_count;
    }
    return mark;
}

static bool is_rule(const struct line *line)
{
    size_t count;

    return line->indent <= 3 && single_mark(line, "-*_", &count) && count >= 3;
}

/* Level of the heading that the line underlines, else 0. */
static int underline_level(const struct line *line)
{
    size_t count;
    char mark = single_mark(line, "=-", &count);

    if (line->indent > 3 || count < 3)
        return 0;
    return mark == '=' ? 1 : 2;
}

/* The fence that the line opens: its byte and, in *ret_count, how often; else '\0'. */
static char fence_mark(const struct line *line, size_t *ret_count)
{
    size_t first = skip_blanks(line->at, line->len, 0), at = first;

    *ret_count = 0;
    if (first == line->len || (line->at[first] != '`' && line->at[first] != '~'))
        return '\0';
    while (at < line->len && line->at[at] == line->at[first])
        at++;
    *ret_count = at - first;
    if (*ret_count < 3)
        return '\0';
    return line->at[first];
}

static bool is_table_row(const struct line *line)
{
    size_t at = skip_blanks(line->at, line->len, 0);

    return line->indent <= 3 && at < line->len && line->at[at] == '|';
}

/* "--- | :---:" below the first row of a table. */
static bool is_table_divider(const struct line *line)
{
    bool has_bar = false, has_dash = false;

    for (size_t i = 0; i < line->len; i++) {
        if (line->at[i] == '\0' || !strchr("|-: \t", line->at[i]))
            return false;
        has_bar |= line->at[i] == '|';
        has_dash |= line->at[i] == '-';
    }
    return has_bar && has_dash;
}

static bool is_comment(const struct line *line)
{
    return line->indent <= 3 && line->len >= line->indent + 4 &&
           memcmp(line->at + line->indent, "<!--", 4) == 0;
}

size_t markdown_item_mark(const char *line, size_t len, int *ret_number)
{
    size_t at = skip_blanks(line, len, 0), first = at;
    int number = 0;

    *ret_number = -1;
    if (at < len && (line[at] == '-' || line[at] == '*' || line[at] == '+')) {
        at++;
    } else {
        for (; at < len && line[at] >= '0' && line[at] <= '9' && at - first < NUMBER_DIGITS_MAX;
             at++)
            number = number * 10 + (line[at] - '0');
        if (at == first || at == len || (line[at] != '.' && line[at] != ')'))
            return 0;
        at++;
        *ret_number = number;
    }
    if (at == len || !ends_word(line, len, at))
        return 0;
    return skip_blanks(line, len, at);
}

static bool is_item(const struct line *line, int *ret_number)
{
    return line->indent <= 3 && !is_rule(line) &&
           markdown_item_mark(line->at, line->len, ret_number) > 0;
}

/* ---- Blocks ------------------------------------------------------------------------------------ */

/* A block's end moves over one line. */
static void take_line(struct markdown_reader *reader, struct markdown_block *block)
{
    size_t next;

    block->end = markdown_line_end(reader->text, reader->len, reader->at, &next);
    reader->at = next;
}

static void trim_heading(const char *text, size_t start, size_t end, struct markdown_block *block)
{
    size_t bare;

    start = skip_blanks(text, end, start);
    while (end > start && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    /* Closing marks: "## Heading ##". */
    for (bare = end; bare > start && text[bare - 1] == '#';)
        bare--;
    if (bare < end && (bare == start || text[bare - 1] == ' '))
        end = bare;
    while (end > start && text[end - 1] == ' ')
        end--;
    block->words_start = start;
    block->words_end = end;
}

static void read_heading(struct markdown_reader *reader, struct markdown_block *block, int level)
{
    size_t start = skip_blanks(reader->text, reader->len, reader->at) + (size_t)level;

    block->kind = MARKDOWN_HEADING;
    block->level = level;
    take_line(reader, block);
    trim_heading(reader->text, start > block->end ? block->end : start, block->end, block);
}

/* From the opening fence to the closing one, or to the end. */
static void take_fence(struct markdown_reader *reader, struct markdown_block *block)
{
    size_t next, count, closing_count;
    struct line line = line_at(reader, reader->at, &next);
    char mark = fence_mark(&line, &count);

    take_line(reader, block);
    while (reader->at < reader->len) {
        line = line_at(reader, reader->at, &next);
        take_line(reader, block);
        if (single_mark(&line, "`~", &closing_count) == mark && closing_count >= count)
            return;
    }
}

static void read_table(struct markdown_reader *reader, struct markdown_block *block)
{
    size_t next;

    block->kind = MARKDOWN_TABLE;
    while (reader->at < reader->len) {
        struct line line = line_at(reader, reader->at, &next);

        if (line.is_blank || !memchr(line.at, '|', line.len))
            return;
        take_line(reader, block);
    }
}

static bool starts_table(const struct markdown_reader *reader, const struct line *line, size_t next)
{
    struct line below;

    if (reader->is_plain)
        return false;
    if (is_table_row(line))
        return true;
    if (line->indent > 3 || !memchr(line->at, '|', line->len) || next >= reader->len)
        return false;
    below = line_at(reader, next, &next);
    return is_table_divider(&below);
}

static bool is_fence(const struct markdown_reader *reader, const struct line *line)
{
    size_t count;

    return !reader->is_plain && fence_mark(line, &count) != '\0';
}

static int level_of(const struct markdown_reader *reader, const struct line *line)
{
    return reader->is_plain ? 0 : heading_level(line);
}

/* Whether the list goes on behind blank lines: with something indented, or another item. */
static bool list_goes_on(const struct markdown_reader *reader, bool is_numbered, size_t *ret_at)
{
    size_t at = reader->at, next;

    for (; at < reader->len; at = next) {
        struct line line = line_at(reader, at, &next);
        int number;

        if (line.is_blank)
            continue;
        *ret_at = at;
        return line.indent >= 2 || (is_item(&line, &number) && (number >= 0) == is_numbered);
    }
    return false;
}

static void read_list(struct markdown_reader *reader, struct markdown_block *block, int number)
{
    bool is_numbered = number >= 0;
    size_t next;

    block->kind = is_numbered ? MARKDOWN_NUMBERED : MARKDOWN_BULLETS;
    block->number = number;
    while (reader->at < reader->len) {
        struct line line = line_at(reader, reader->at, &next);

        if (line.is_blank) {
            if (!list_goes_on(reader, is_numbered, &reader->at))
                return;
        } else if (line.indent >= 2 && is_fence(reader, &line)) {
            take_fence(reader, block);
        } else if (level_of(reader, &line) > 0 || (line.indent < 2 && is_fence(reader, &line)) ||
                   is_rule(&line) ||
                   (line.indent < 2 && is_item(&line, &number) && (number >= 0) != is_numbered)) {
            return;
        } else {
            take_line(reader, block);
        }
    }
}

static bool ends_paragraph(const struct markdown_reader *reader,
                           const struct line *line,
                           size_t next)
{
    int number;

    if (line->is_blank || level_of(reader, line) > 0 || is_fence(reader, line) || is_rule(line) ||
        starts_table(reader, line, next))
        return true;
    /* A number at a line's beginning may be the sentence's own: only a 1 begins a list inside. */
    return is_item(line, &number) && number <= 1;
}

static void read_paragraph(struct markdown_reader *reader, struct markdown_block *block)
{
    size_t next, n_lines = 0;

    block->kind = MARKDOWN_PARAGRAPH;
    for (; reader->at < reader->len; n_lines++) {
        struct line line = line_at(reader, reader->at, &next);
        int level = n_lines == 1 ? underline_level(&line) : 0;

        if (level > 0) {
            trim_heading(reader->text, block->start, block->end, block);
            block->kind = MARKDOWN_HEADING;
            block->level = level;
            take_line(reader, block);
            return;
        }
        if (n_lines > 0 && ends_paragraph(reader, &line, next))
            return;
        take_line(reader, block);
    }
}

/* Moves over a comment; false if it is not closed, and then none that follows is. */
static bool skip_comment(struct markdown_reader *reader)
{
    const char *from = reader->text + reader->at;
    const char *close =
        reader->has_open_comment ? NULL : memmem(from, reader->len - reader->at, "-->", 3);

    if (!close) {
        reader->has_open_comment = true;
        return false;
    }
    reader->at = (size_t)(close + 3 - reader->text);
    return true;
}

/* Moves over blank lines, rules and comments. */
static void skip_nothings(struct markdown_reader *reader)
{
    size_t next;

    while (reader->at < reader->len) {
        struct line line = line_at(reader, reader->at, &next);

        if (!reader->is_plain && is_comment(&line) && skip_comment(reader))
            continue;
        if (!line.is_blank && !is_rule(&line))
            return;
        reader->at = next;
    }
}

bool markdown_next(struct markdown_reader *reader, struct markdown_block *ret_block)
{
    struct line line;
    size_t next;
    int level, number;

    skip_nothings(reader);
    if (reader->at >= reader->len)
        return false;
    *ret_block = (struct markdown_block){.start = reader->at, .end = reader->at};
    line = line_at(reader, reader->at, &next);
    level = level_of(reader, &line);
    if (level > 0) {
        read_heading(reader, ret_block, level);
    } else if (is_fence(reader, &line)) {
        ret_block->kind = MARKDOWN_CODE;
        take_fence(reader, ret_block);
    } else if (starts_table(reader, &line, next)) {
        read_table(reader, ret_block);
    } else if (is_item(&line, &number)) {
        read_list(reader, ret_block, number);
    } else {
        read_paragraph(reader, ret_block);
    }
    return true;
}

static void skip_metadata(struct markdown_reader *reader)
{
    size_t next, count;
    struct line line = line_at(reader, reader->at, &next);

    if (single_mark(&line, "-", &count) == '\0' || count != 3)
        return;
    for (size_t at = next; at < reader->len && at < METADATA_BYTES_MAX; at = next) {
        line = line_at(reader, at, &next);
        if (single_mark(&line, "-", &count) && count == 3) {
            reader->at = next;
            return;
        }
    }
}

void markdown_init(struct markdown_reader *reader, const char *text, size_t len, bool is_plain)
{
    *reader = (struct markdown_reader){.text = text, .len = len, .is_plain = is_plain};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        reader->at = 3;
    if (!is_plain)
        skip_metadata(reader);
}
