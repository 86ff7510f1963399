#include "tui/text/server_text.h"

#include "common/alloc.h"
#include "common/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT 0xfffd
#define LINE_MAX    256 /* bytes looked at for a first line */

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t code, const struct range *ranges, size_t n_ranges)
{
    for (size_t i = 0; i < n_ranges && ranges[i].first <= code; i++)
        if (code <= ranges[i].last)
            return true;
    return false;
}

/* C0, DEL, C1, line separators, and the marks that turn or isolate the reading direction. */
static bool is_unsafe(uint32_t code)
{
    static const struct range unsafe[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200b, 0x200f},   {0x2028, 0x202e},
        {0x2060, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };

    return is_in(code, unsafe, COUNT_OF(unsafe));
}

int server_text_cells_of(uint32_t code)
{
    /* The blocks of combining marks in common use. */
    static const struct range zero[] = {
        {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
        {0x0900, 0x0902}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff},
        {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
    };
    /* East Asian Wide and Fullwidth, and emoji shown as pictures. */
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
        {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},
        {0x2705, 0x2705},   {0x274c, 0x274c},   {0x2753, 0x2757},   {0x2795, 0x2797},
        {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2e80, 0x303e},   {0x3041, 0x33ff},
        {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xa960, 0xa97f},
        {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
        {0xffe0, 0xffe6},   {0x16fe0, 0x18aff}, {0x1b000, 0x1b2ff}, {0x1f300, 0x1f64f},
        {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };

    if (code < 0x0300)
        return 1;
    if (is_in(code, zero, COUNT_OF(zero)))
        return 0;
    return is_in(code, wide, COUNT_OF(wide)) ? 2 : 1;
}

size_t server_text_cells(const char *text)
{
    size_t len = strlen(text), cells = 0;

    for (size_t at = 0, step; at < len; at += step)
        cells += (size_t)server_text_cells_of(utf8_decode(text + at, len - at, &step));
    return cells;
}

/* The character of `len` bytes at text, or what stands in its place; in *ret_len its bytes. */
static const char *safe_bytes(const char *text, uint32_t code, size_t len, size_t *ret_len)
{
    if (code == REPLACEMENT) {
        *ret_len = 3;
        return "\xef\xbf\xbd";
    }
    *ret_len = is_unsafe(code) ? 1 : len;
    return is_unsafe(code) ? "?" : text;
}

size_t server_text_copy(char *out, size_t size, const char *text, size_t len)
{
    size_t used = 0;

    for (size_t at = 0, step; at < len; at += step) {
        uint32_t code = utf8_decode(text + at, len - at, &step);
        size_t n_bytes;
        const char *bytes = safe_bytes(text + at, code, step, &n_bytes);

        if (n_bytes > size - 1 - used)
            break;
        memcpy(out + used, bytes, n_bytes);
        used += n_bytes;
    }
    out[used] = '\0';
    return used;
}

char *server_text_dup(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    size_t size = 3 * len + 1; /* a stray byte becomes the three of U+FFFD */
    char *copy = xcalloc(size, 1);

    (void)server_text_copy(copy, size, text ? text : "", len);
    return copy;
}

char *server_text_lines_dup(const char *text, size_t len)
{
    char *copy = xcalloc(3 * len + 1, 1); /* a stray byte becomes the three of U+FFFD */
    size_t used = 0;

    for (size_t at = 0, step; at < len; at += step) {
        uint32_t code = utf8_decode(text + at, len - at, &step);
        size_t n_bytes;
        const char *bytes = safe_bytes(text + at, code, step, &n_bytes);

        if (code == '\r')
            continue;
        if (code == '\n' || code == '\t') {
            copy[used++] = code == '\n' ? '\n' : ' ';
            continue;
        }
        memcpy(copy + used, bytes, n_bytes);
        used += n_bytes;
    }
    copy[used] = '\0';
    return copy;
}

char *server_text_json_dup(const char *json, size_t len)
{
    /* The longest escape, a surrogate pair of 12, stands for a character of 4 bytes; \u00XX with 6
     * for one of 1 or 2. */
    size_t size = 6 * len + 1, used = 0;
    char *copy = xcalloc(size, 1);

    for (size_t at = 0, step; at < len; at += step) {
        uint32_t code = utf8_decode(json + at, len - at, &step);

        if (!is_unsafe(code) || code == '\n' || code == '\t' || code == '\r') {
            memcpy(copy + used, json + at, step);
            used += step;
        } else if (code < 0x10000) {
            used += (size_t)snprintf(copy + used, size - used, "\\u%04x", (unsigned)code);
        } else {
            used += (size_t)snprintf(copy + used, size - used, "\\u%04x\\u%04x",
                                     0xd800 + (unsigned)((code - 0x10000) >> 10),
                                     0xdc00 + (unsigned)((code - 0x10000) & 0x3ff));
        }
    }
    copy[used] = '\0';
    return copy;
}

void server_text_first_line(char *out, size_t size, const char *text, size_t len)
{
    char line[LINE_MAX];
    size_t used = 0;
    bool is_markup = false;

    for (size_t i = 0; i < len && used < sizeof(line); i++) {
        bool is_end = text[i] == '\n' || text[i] == '\r' || text[i] == '<';

        /* Blank lines and lines of nothing but markup are passed over. */
        if (is_end && used > 0)
            break;
        if (text[i] == '<')
            is_markup = true;
        else if (text[i] == '>' && is_markup)
            is_markup = false;
        else if (!is_markup && !is_end && (used > 0 || (text[i] != ' ' && text[i] != '\t')))
            line[used++] = text[i];
    }
    (void)server_text_copy(out, size, line, used);
}
