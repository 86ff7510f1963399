#include "server/llm/redact.h"

#include "common/buffer.h"
#include "common/utf8.h"

#include <string.h>

#define MASK     "***"
#define PART_MIN 8

static void clean(const char *text, size_t len, struct buffer *out)
{
    size_t n;

    for (size_t i = 0; i < len; i += n) {
        uint32_t code = utf8_decode(text + i, len - i, &n);
        char bytes[4];

        if (code == '\n' || code == '\r' || code == '\t')
            code = ' ';
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
            continue;
        (void)buffer_append(out, bytes, utf8_encode(code, bytes));
    }
}

/* Bytes of text that are the secret, or so much of its beginning that it must not be shown; 0 for none. */
static size_t secret_len(const char *text, const char *secret)
{
    size_t n = 0;

    while (secret[n] && text[n] == secret[n])
        n++;
    return !secret[n] || n >= PART_MIN ? n : 0;
}

/* The secret is masked before the text is cut, so that no part of it is left at the end. */
char *redact_text(const char *text, size_t len, const char *secret, char *out, size_t size)
{
    struct buffer cleaned;
    size_t end = 0, n;

    buffer_init(&cleaned, (size_t)3 * REDACT_INPUT_MAX); /* U+FFFD is three bytes for one */
    clean(text, len < REDACT_INPUT_MAX ? len : REDACT_INPUT_MAX, &cleaned);
    for (const char *at = buffer_text(&cleaned); *at; at += n) {
        const char *piece = MASK;
        size_t piece_len = strlen(MASK);

        n = secret_len(at, secret);
        if (n == 0) {
            (void)utf8_decode(at, strlen(at), &n);
            piece = at;
            piece_len = n;
        }
        if (end + piece_len >= size)
            break;
        memcpy(out + end, piece, piece_len);
        end += piece_len;
    }
    out[end] = '\0';
    buffer_finish(&cleaned);
    return out;
}
