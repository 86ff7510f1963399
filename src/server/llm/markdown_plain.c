#include "server/llm/markdown.h"

#include "common/buffer.h"

#include <string.h>

#define LINK_BYTES_MAX 2048 /* how far a closing mark is looked for, so that "[[[[" stays linear */

/* "[words](address)": nothing is written at its bracket, the address behind its words. */
struct link {
    const char *words_end; /* the closing bracket; NULL: in no link */
    const char *address;
    size_t address_len;
    bool is_told; /* the address says more than the words */
};

static size_t bounded(size_t len)
{
    return len < LINK_BYTES_MAX ? len : LINK_BYTES_MAX;
}

/* A path inside the knowledge base says nothing to a reader. */
static bool is_told(const char *words, size_t n_words, const char *address, size_t len)
{
    if (!memmem(address, len, "://", 3))
        return false;
    return n_words != len || memcmp(words, address, len) != 0;
}

static bool read_link(const char *text, size_t len, struct link *ret_link)
{
    size_t within = bounded(len);
    const char *close = memchr(text, ']', within);
    const char *end;

    if (!close || (size_t)(close - text) + 1 >= within || close[1] != '(')
        return false;
    end = memchr(close, ')', within - (size_t)(close - text));
    if (!end)
        return false;
    *ret_link = (struct link){close, close + 2, (size_t)(end - close) - 2, false};
    ret_link->is_told =
        is_told(text + 1, (size_t)(close - text) - 1, ret_link->address, ret_link->address_len);
    return true;
}

/* Behind the words of a link; returns the bytes from the bracket to the parenthesis. */
static size_t append_address(struct buffer *out, struct link *link)
{
    size_t taken = link->address_len + 3;

    if (link->is_told) {
        (void)buffer_puts(out, " (");
        (void)buffer_append(out, link->address, link->address_len);
        (void)buffer_putc(out, ')');
    }
    *link = (struct link){0};
    return taken;
}

static size_t run_of(const char *text, size_t len, char c)
{
    size_t n = 0;

    while (n < len && text[n] == c)
        n++;
    return n;
}

/* One blank on both sides sets off backticks inside. */
static void append_inside(struct buffer *out, const char *text, size_t len)
{
    bool is_set_off = len > 2 && text[0] == ' ' && text[len - 1] == ' ';

    (void)buffer_append(out, text + is_set_off, len - 2 * (size_t)is_set_off);
}

/* Up to the closing run of as many backticks; what is inside stays to the letter. 0: not closed. */
static size_t append_code(struct buffer *out, const char *text, size_t len)
{
    size_t within = bounded(len), ticks = run_of(text, within, '`');

    for (size_t at = ticks; at < within;) {
        const char *next = memchr(text + at, '`', within - at);
        size_t run;

        if (!next)
            return 0;
        at = (size_t)(next - text);
        run = run_of(next, within - at, '`');
        if (run == ticks) {
            append_inside(out, text + ticks, at - ticks);
            return at + ticks;
        }
        at += run;
    }
    return 0;
}

static bool is_escapable(char c)
{
    return c != '\0' && strchr("\\`*_{}[]()#+-.!|<>", c) != NULL;
}

/* Takes the mark or the byte at text; returns its bytes. */
static size_t append_next(struct buffer *out, const char *text, size_t len, struct link *link)
{
    size_t taken;

    if (text == link->words_end)
        return append_address(out, link);
    if (text[0] == '\\' && len > 1 && is_escapable(text[1])) {
        (void)buffer_putc(out, text[1]);
        return 2;
    }
    if (text[0] == '*' && len > 1 && text[1] == '*')
        return 2;
    if (text[0] == '`' && link->words_end)
        return 1;
    if (text[0] == '`' && (taken = append_code(out, text, len)) > 0)
        return taken;
    if (text[0] == '[' && !link->words_end && read_link(text, len, link))
        return 1;
    (void)buffer_putc(out, text[0]);
    return 1;
}

void markdown_append_plain(struct buffer *out, const char *text, size_t len)
{
    struct link link = {0};

    for (size_t at = 0; at < len;)
        at += append_next(out, text + at, len - at, &link);
}
