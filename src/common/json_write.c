#include "common/json_write.h"

#include "common/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_quoted(struct buffer *out, const char *text, size_t len)
{
    size_t start = 0;

    (void)buffer_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        (void)buffer_append(out, text + start, i - start);
        if (c == '"' || c == '\\')
            (void)buffer_printf(out, "\\%c", c);
        else
            (void)buffer_printf(out, "\\u%04x", c);
        start = i + 1;
    }
    (void)buffer_append(out, text + start, len - start);
    (void)buffer_putc(out, '"');
}

static void begin(struct json_writer *w, const char *key)
{
    if (w->needs_comma)
        (void)buffer_putc(w->out, ',');
    if (key) {
        put_quoted(w->out, key, strlen(key));
        (void)buffer_putc(w->out, ':');
    }
    w->needs_comma = true;
}

static void open_with(struct json_writer *w, const char *key, char bracket)
{
    begin(w, key);
    (void)buffer_putc(w->out, bracket);
    w->needs_comma = false;
}

static void close_with(struct json_writer *w, char bracket)
{
    (void)buffer_putc(w->out, bracket);
    w->needs_comma = true;
}

void json_write_object(struct json_writer *w, const char *key)
{
    open_with(w, key, '{');
}

void json_write_object_end(struct json_writer *w)
{
    close_with(w, '}');
}

void json_write_array(struct json_writer *w, const char *key)
{
    open_with(w, key, '[');
}

void json_write_array_end(struct json_writer *w)
{
    close_with(w, ']');
}

void json_write_text(struct json_writer *w, const char *key, const char *text, size_t len)
{
    begin(w, key);
    if (utf8_is_valid(text, len)) {
        put_quoted(w->out, text, len);
        return;
    }
    /* Each byte that is no UTF-8 becomes U+FFFD: what we send is always valid. */
    (void)buffer_putc(w->out, '"');
    for (size_t at = 0, step; at < len; at += step) {
        if (utf8_decode(text + at, len - at, &step) == 0xfffd && step == 1) {
            (void)buffer_puts(w->out, "\xef\xbf\xbd");
        } else if (step == 1 && ((unsigned char)text[at] < 0x20 || strchr("\"\\", text[at]))) {
            (void)buffer_printf(w->out, "\\u%04x", (unsigned char)text[at]);
        } else {
            (void)buffer_append(w->out, text + at, step);
        }
    }
    (void)buffer_putc(w->out, '"');
}

void json_write_string(struct json_writer *w, const char *key, const char *text)
{
    if (text)
        json_write_text(w, key, text, strlen(text));
    else
        json_write_null(w, key);
}

/* Decimal digits of value, at the end of a buffer of 20. */
static char *format_unsigned(uint64_t value, char *end)
{
    do
        *--end = (char)('0' + value % 10);
    while (value /= 10);
    return end;
}

void json_write_int(struct json_writer *w, const char *key, int64_t value)
{
    char digits[20];
    char *end = digits + sizeof(digits);
    char *start = format_unsigned(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, end);

    begin(w, key);
    if (value < 0)
        (void)buffer_putc(w->out, '-');
    (void)buffer_append(w->out, start, (size_t)(end - start));
}

void json_write_bool(struct json_writer *w, const char *key, bool value)
{
    begin(w, key);
    (void)buffer_puts(w->out, value ? "true" : "false");
}

void json_write_null(struct json_writer *w, const char *key)
{
    begin(w, key);
    (void)buffer_puts(w->out, "null");
}

void json_write_number(struct json_writer *w, const char *key, double value)
{
    char text[32];

    if (!isfinite(value)) {
        json_write_null(w, key);
        return;
    }
    begin(w, key);
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    (void)buffer_puts(w->out, text);
}

void json_write_fixed(struct json_writer *w, const char *key, double value, int digits)
{
    static const double scales[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    char text[24];
    char *end = text + sizeof(text), *point, *start;
    uint64_t scaled;

    if (!(fabs(value) < 1e9) || digits < 0 || digits > 9) {
        json_write_number(w, key, value);
        return;
    }
    begin(w, key);
    scaled = (uint64_t)llround(fabs(value) * scales[digits]);
    if (value < 0 && scaled > 0)
        (void)buffer_putc(w->out, '-');
    point = end - digits;
    for (char *at = end; at > point; scaled /= 10)
        *--at = (char)('0' + scaled % 10);
    if (digits > 0)
        *--point = '.';
    start = format_unsigned(scaled, point);
    (void)buffer_append(w->out, start, (size_t)(end - start));
}

void json_write_raw(struct json_writer *w, const char *key, const char *json, size_t len)
{
    begin(w, key);
    (void)buffer_append(w->out, json, len);
}
