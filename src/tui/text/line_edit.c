#include "tui/text/line_edit.h"

#include "common/alloc.h"
#include "common/utf8.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <string.h>

/* ---- Where characters begin --------------------------------------------------------------------- */

static bool is_inside(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t before(const struct line_edit *line, size_t at)
{
    while (at > 0 && is_inside(line->text[--at]))
        ;
    return at;
}

static size_t behind(const struct line_edit *line, size_t at)
{
    if (at < line->len)
        at++;
    while (at < line->len && is_inside(line->text[at]))
        at++;
    return at;
}

/* Blanks before the cursor, and the word before them. */
static size_t word_before(const struct line_edit *line)
{
    size_t at = line->cursor;

    while (at > 0 && line->text[at - 1] == ' ')
        at--;
    while (at > 0 && line->text[at - 1] != ' ')
        at--;
    return at;
}

/* ---- Changes ------------------------------------------------------------------------------------ */

static void cut(struct line_edit *line, size_t from, size_t to)
{
    memmove(line->text + from, line->text + to, line->len - to + 1);
    line->len -= to - from;
    line->cursor = from;
}

static void cut_and_keep(struct line_edit *line, size_t from, size_t to)
{
    if (from == to)
        return;
    (void)snprintf(line->erased, sizeof(line->erased), "%.*s", (int)(to - from), line->text + from);
    cut(line, from, to);
}

static bool insert(struct line_edit *line, const char *bytes, size_t len)
{
    if (len >= LINE_EDIT_SIZE - line->len)
        return false;
    memmove(line->text + line->cursor + len, line->text + line->cursor,
            line->len - line->cursor + 1);
    memcpy(line->text + line->cursor, bytes, len);
    line->len += len;
    line->cursor += len;
    return true;
}

void line_edit_set(struct line_edit *line, const char *text)
{
    line->text[0] = '\0';
    line->len = line->cursor = 0;
    (void)line_edit_paste(line, text);
}

bool line_edit_type(struct line_edit *line, uint32_t code)
{
    char bytes[5], safe[8];

    if (code < ' ' || (code >= 0x7f && code < 0xa0) || code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000))
        return false;
    bytes[utf8_encode(code, bytes)] = '\0';
    (void)server_text_copy(safe, sizeof(safe), bytes, strlen(bytes));
    if (strcmp(safe, bytes) != 0)
        return false;
    return insert(line, bytes, strlen(bytes));
}

bool line_edit_paste(struct line_edit *line, const char *text)
{
    CLEANUP(freep) char *safe = server_text_lines_dup(text, strlen(text));
    size_t len = strlen(safe);

    for (size_t at = 0, step; at < len; at += step) {
        (void)utf8_decode(safe + at, len - at, &step);
        if (!insert(line, safe[at] == '\n' ? " " : safe + at, step))
            return false;
    }
    return true;
}

bool line_edit_replace(struct line_edit *line, size_t from, const char *text)
{
    size_t len = strlen(text), gone = line->cursor - from;

    if (len >= LINE_EDIT_SIZE - (line->len - gone))
        return false;
    cut(line, from, line->cursor);
    return insert(line, text, len);
}

/* At the end the last two, as shells have it. */
static void swap(struct line_edit *line)
{
    size_t middle = line->cursor == line->len ? before(line, line->cursor) : line->cursor;
    size_t from = before(line, middle), to = behind(line, middle);
    char first[4];

    if (middle == 0 || to == middle)
        return;
    memcpy(first, line->text + from, middle - from);
    memmove(line->text + from, line->text + middle, to - middle);
    memcpy(line->text + from + (to - middle), first, middle - from);
    line->cursor = to;
}

void line_edit_do(struct line_edit *line, enum line_edit_action action)
{
    switch (action) {
    case EDIT_LEFT:
        line->cursor = before(line, line->cursor);
        break;
    case EDIT_RIGHT:
        line->cursor = behind(line, line->cursor);
        break;
    case EDIT_HOME:
        line->cursor = 0;
        break;
    case EDIT_END:
        line->cursor = line->len;
        break;
    case EDIT_ERASE:
        cut(line, before(line, line->cursor), line->cursor);
        break;
    case EDIT_DELETE:
        cut(line, line->cursor, behind(line, line->cursor));
        break;
    case EDIT_ERASE_WORD:
        cut_and_keep(line, word_before(line), line->cursor);
        break;
    case EDIT_ERASE_ALL_BEFORE:
        cut_and_keep(line, 0, line->cursor);
        break;
    case EDIT_ERASE_ALL_BEHIND:
        cut_and_keep(line, line->cursor, line->len);
        break;
    case EDIT_YANK:
        (void)insert(line, line->erased, strlen(line->erased));
        break;
    case EDIT_SWAP:
        swap(line);
        break;
    case N_EDIT_ACTIONS:
        break;
    }
}
