#include "common/json_check.h"

#include "common/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct scan {
    const char *text;
    size_t len;
    size_t at;
    const char *what; /* the first complaint */
};

static bool complain(struct scan *s, const char *what)
{
    s->what = what;
    return false;
}

static char peek(const struct scan *s)
{
    if (s->at == s->len)
        return '\0';
    return s->text[s->at];
}

static void skip_space(struct scan *s)
{
    while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\n' || peek(s) == '\r')
        s->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool scan_digits(struct scan *s)
{
    size_t start = s->at;

    while (is_digit(peek(s)))
        s->at++;
    return s->at > start || complain(s, "a digit is missing in a number");
}

static bool scan_number(struct scan *s)
{
    if (peek(s) == '-')
        s->at++;
    if (peek(s) == '0') {
        s->at++;
        if (is_digit(peek(s)))
            return complain(s, "a number starts with a zero too many");
    } else if (!scan_digits(s)) {
        return false;
    }
    if (peek(s) == '.') {
        s->at++;
        if (!scan_digits(s))
            return false;
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-')
            s->at++;
        return scan_digits(s);
    }
    return true;
}

/* The value of the four hex digits at s->at, or -1. */
static int hex4(struct scan *s)
{
    int value = 0;

    if (s->len - s->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = s->text[s->at++];

        if (is_digit(c))
            value = value * 16 + (c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value * 16 + ((c | 0x20) - 'a' + 10);
        else
            return -1;
    }
    return value;
}

/* After "\u". */
static bool scan_unicode_escape(struct scan *s)
{
    int code = hex4(s);

    if (code < 0)
        return complain(s, "\\u needs four hex digits");
    if (code == 0)
        return complain(s, "\\u0000 is not accepted");
    if (code >= 0xdc00 && code <= 0xdfff)
        return complain(s, "half a surrogate pair");
    if (code < 0xd800 || code > 0xdbff)
        return true;
    if (s->len - s->at < 6 || s->text[s->at] != '\\' || s->text[s->at + 1] != 'u')
        return complain(s, "half a surrogate pair");
    s->at += 2;
    code = hex4(s);
    return (code >= 0xdc00 && code <= 0xdfff) || complain(s, "half a surrogate pair");
}

static bool scan_string(struct scan *s)
{
    for (s->at++; s->at < s->len;) {
        unsigned char c = (unsigned char)s->text[s->at++];

        if (c == '"')
            return true;
        if (c < 0x20)
            return complain(s, "a control character stands unescaped in a string");
        if (c != '\\')
            continue;
        c = (unsigned char)peek(s);
        s->at += s->at < s->len;
        if (c == 'u') {
            if (!scan_unicode_escape(s))
                return false;
        } else if (c == '\0' || !strchr("\"\\/bfnrt", c)) {
            return complain(s, "an unknown escape in a string");
        }
    }
    return complain(s, "a string has no end");
}

static bool scan_word(struct scan *s, const char *word)
{
    size_t len = strlen(word);

    if (s->len - s->at < len || memcmp(s->text + s->at, word, len) != 0)
        return complain(s, "an unknown word");
    s->at += len;
    return true;
}

static bool scan_scalar(struct scan *s)
{
    switch (peek(s)) {
    case '"':
        return scan_string(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    case '\0':
        return complain(s, s->at < s->len ? "a NUL byte" : "the text ends too early");
    default:
        if (peek(s) == '-' || is_digit(peek(s)))
            return scan_number(s);
        return complain(s, "a value is missing");
    }
}

static bool scan_key(struct scan *s)
{
    skip_space(s);
    if (peek(s) != '"')
        return complain(s, "a key in quotes is missing");
    if (!scan_string(s))
        return false;
    skip_space(s);
    if (peek(s) != ':')
        return complain(s, "':' is missing after a key");
    s->at++;
    return true;
}

/* After a value: closes what ends here. True with *ret_more when another value must follow. */
static bool scan_after_value(struct scan *s, uint64_t is_object, size_t *depth, bool *ret_more)
{
    for (;;) {
        bool object = *depth > 0 && ((is_object >> (*depth - 1)) & 1);

        skip_space(s);
        *ret_more = false;
        if (*depth == 0)
            return true;
        if (peek(s) == ',') {
            s->at++;
            *ret_more = true;
            return !object || scan_key(s);
        }
        if (peek(s) != (object ? '}' : ']'))
            return complain(s, object ? "',' or '}' is missing" : "',' or ']' is missing");
        s->at++;
        (*depth)--;
    }
}

/* Opens the array or object at s->at. *ret_empty: it is closed again already. */
static bool scan_open(struct scan *s, uint64_t *is_object, size_t *depth, bool *ret_empty)
{
    bool object = s->text[s->at++] == '{';

    skip_space(s);
    *ret_empty = peek(s) == (object ? '}' : ']');
    if (*ret_empty) {
        s->at++;
        return true;
    }
    *is_object = (*is_object & ~(1ULL << *depth)) | ((uint64_t)object << *depth);
    (*depth)++;
    return !object || scan_key(s);
}

static bool scan_document(struct scan *s, size_t depth_max)
{
    uint64_t is_object = 0; /* one bit per open level */
    size_t depth = 0;
    bool more = true;

    while (more) {
        skip_space(s);
        if (peek(s) == '{' || peek(s) == '[') {
            bool empty = false;

            if (depth == depth_max)
                return complain(s, "nested too deeply");
            if (!scan_open(s, &is_object, &depth, &empty))
                return false;
            if (!empty)
                continue;
        } else if (!scan_scalar(s)) {
            return false;
        }
        if (!scan_after_value(s, is_object, &depth, &more))
            return false;
    }
    return s->at == s->len || complain(s, "something follows the value");
}

int json_check(const char *text, size_t len, size_t depth_max, struct tw_error *err)
{
    struct scan s = {.text = text, .len = len};

    if (!utf8_is_valid(text, len))
        return tw_fail(err, TW_INVALID, "the text is not valid UTF-8");
    if (!scan_document(&s, depth_max < 64 ? depth_max : 64))
        return tw_fail(err, TW_INVALID, "not valid JSON: %s (byte %zu)", s.what, s.at);
    return 0;
}
