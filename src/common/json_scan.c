#include "common/json_scan.h"

#include "common/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void skip_space(struct json_scan *scan)
{
    while (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')
        scan->at++;
}

enum json_type json_scan_type(struct json_scan *scan)
{
    skip_space(scan);
    switch (*scan->at) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
    case '\0':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

void json_scan_enter(struct json_scan *scan)
{
    skip_space(scan);
    if (*scan->at)
        scan->at++;
}

bool json_scan_more(struct json_scan *scan)
{
    skip_space(scan);
    if (*scan->at == ',') {
        scan->at++;
        return true;
    }
    if (*scan->at != ']' && *scan->at != '}')
        return *scan->at != '\0';
    scan->at++;
    return false;
}

/* The string at the cursor, between its quotes. */
static struct json_span raw_string(struct json_scan *scan)
{
    struct json_span span = {scan->at, 0};

    if (*scan->at != '"')
        return span;
    span.at = ++scan->at;
    while (*scan->at && *scan->at != '"')
        scan->at += *scan->at == '\\' && scan->at[1] ? 2 : 1;
    span.len = (size_t)(scan->at - span.at);
    if (*scan->at)
        scan->at++;
    return span;
}

struct json_span json_scan_key(struct json_scan *scan)
{
    struct json_span key;

    skip_space(scan);
    key = raw_string(scan);
    skip_space(scan);
    if (*scan->at == ':')
        scan->at++;
    return key;
}

bool json_span_is(const struct json_span *span, const char *text)
{
    return strlen(text) == span->len && memcmp(span->at, text, span->len) == 0;
}

/* Over an array or object, by its brackets; those inside strings do not count. */
static void skip_container(struct json_scan *scan)
{
    size_t depth = 0;

    do {
        if (*scan->at == '"') {
            (void)raw_string(scan);
            continue;
        }
        if (*scan->at == '[' || *scan->at == '{')
            depth++;
        else if (*scan->at == ']' || *scan->at == '}')
            depth--;
        scan->at += *scan->at != '\0';
    } while (depth > 0 && *scan->at);
}

struct json_span json_scan_skip(struct json_scan *scan)
{
    enum json_type type = json_scan_type(scan);
    struct json_span span = {scan->at, 0};

    if (type == JSON_STRING)
        (void)raw_string(scan);
    else if (type == JSON_ARRAY || type == JSON_OBJECT)
        skip_container(scan);
    else
        scan->at += strcspn(scan->at, ",]} \t\r\n");
    span.len = (size_t)(scan->at - span.at);
    return span;
}

/* The usual number has few digits: as a whole number and a power of ten, both exact as doubles, one
 * division or multiplication gives what strtod would (Clinger 1990), in a tenth of the time. */
static bool read_short_number(const char *at, double *ret_value, const char **ret_end)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool is_negative = *at == '-';
    uint64_t digits = 0;
    const char *start = at += is_negative, *point = NULL;
    size_t n_decimals;

    for (; (*at >= '0' && *at <= '9') || (*at == '.' && !point); at++) {
        if (*at == '.')
            point = at;
        else if (at - start <= 17)
            digits = digits * 10 + (uint64_t)(*at - '0');
    }
    n_decimals = point ? (size_t)(at - point - 1) : 0;
    if (at - start > 17 || digits > 1ULL << 53 || n_decimals >= COUNT_OF(powers) || *at == 'e' ||
        *at == 'E')
        return false;
    *ret_value = (is_negative ? -(double)digits : (double)digits) / powers[n_decimals];
    *ret_end = at;
    return true;
}

double json_scan_number(struct json_scan *scan, bool *ret_is_whole)
{
    double value = 0;
    const char *end;
    char *strtod_end;

    skip_space(scan);
    if (!read_short_number(scan->at, &value, &end)) {
        value = strtod(scan->at, &strtod_end);
        end = strtod_end;
    }
    if (ret_is_whole)
        *ret_is_whole = strcspn(scan->at, ".eE") >= (size_t)(end - scan->at);
    scan->at = end;
    return value;
}

static unsigned hex_digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Of the four digits at text. */
static uint32_t hex4(const char *text)
{
    return hex_digit(text[0]) << 12 | hex_digit(text[1]) << 8 | hex_digit(text[2]) << 4 |
           hex_digit(text[3]);
}

/* The escape at text, which starts with a backslash; returns its length. */
static size_t put_unescaped(const char *text, size_t len, struct buffer *out)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, text[1]);
    uint32_t code;
    char bytes[4];

    if (text[1] != 'u' || len < 6) {
        (void)buffer_putc(out, (char)(letter ? meanings[letter - letters] : text[1]));
        return 2;
    }
    code = hex4(text + 2);
    if (code >= 0xd800 && code < 0xdc00 && len >= 12)
        code = 0x10000 + ((code - 0xd800) << 10) + (hex4(text + 8) - 0xdc00);
    (void)buffer_append(out, bytes, utf8_encode(code, bytes));
    return code >= 0x10000 ? 12 : 6;
}

void json_scan_string(struct json_scan *scan, struct buffer *out)
{
    struct json_span raw;
    size_t at = 0;

    skip_space(scan);
    raw = raw_string(scan);
    while (at < raw.len) {
        const char *escape = memchr(raw.at + at, '\\', raw.len - at);
        size_t plain = escape ? (size_t)(escape - raw.at) - at : raw.len - at;

        (void)buffer_append(out, raw.at + at, plain);
        at += plain;
        if (raw.len - at < 2)
            break;
        at += put_unescaped(raw.at + at, raw.len - at, out);
    }
}
