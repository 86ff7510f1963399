#include "server/fast_alerts.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SPEED_UP        20
#define GUARD_DIVISOR   4
#define RANGE_LEAST_MS  15000 /* a rate needs several scrapes of 1 s even on a busy machine */
#define STEP_LEAST_MS   1000
#define OFFSET_LEAST_MS 1000
#define FOR_LEAST_MS    2000
#define DURATION_MAX_MS (100 * INT64_C(31536000000)) /* a hundred years */

struct rewriting {
    struct buffer *out;
    int line; /* 1.. */
    bool is_in_expr;
    size_t expr_column; /* of the key: the block lasts while lines are indented deeper */
};

/* ---- Durations --------------------------------------------------------------------------------- */

/* As Prometheus writes them: 5m, 1h30m, 500ms, 1d. Returns the bytes read, 0 when there is none. */
static size_t duration_parse(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *name; /* the longer of two that begin alike first */
        int64_t ms;
    } units[] = {
        {"ms", 1},       {"s", 1000},      {"m", 60000},       {"h", 3600000},
        {"d", 86400000}, {"w", 604800000}, {"y", 31536000000},
    };

    const char *at = text;
    int64_t total = 0;

    while (isdigit((unsigned char)*at)) {
        int64_t number = 0;
        size_t unit = 0;

        for (; isdigit((unsigned char)*at) && number <= DURATION_MAX_MS; at++)
            number = 10 * number + (*at - '0');
        while (unit < COUNT_OF(units) &&
               strncmp(at, units[unit].name, strlen(units[unit].name)) != 0)
            unit++;
        if (unit == COUNT_OF(units) || number > (DURATION_MAX_MS - total) / units[unit].ms)
            return 0;
        total += number * units[unit].ms;
        at += strlen(units[unit].name);
    }
    *ret_ms = total;
    return (size_t)(at - text);
}

static void duration_write(struct buffer *out, int64_t ms)
{
    if (ms % 1000 == 0)
        (void)buffer_printf(out, "%llds", (long long)(ms / 1000));
    else
        (void)buffer_printf(out, "%lldms", (long long)ms);
}

/* Reads a duration at *at, writes a twentieth of it and moves *at behind it. */
static int write_faster(struct rewriting *r,
                        const char **at,
                        int64_t least_ms,
                        struct tw_error *err)
{
    int64_t ms;
    size_t len = duration_parse(*at, &ms);

    if (len == 0 || isalnum((unsigned char)(*at)[len]) || (*at)[len] == '_')
        return tw_fail(err, TW_INVALID, "line %d: '%.*s' is no duration", r->line,
                       (int)strcspn(*at, " ])\n"), *at);
    duration_write(r->out, ms / SPEED_UP > least_ms ? ms / SPEED_UP : least_ms);
    *at += len;
    return 0;
}

/* ---- Expressions ------------------------------------------------------------------------------- */

/* The bytes of the quoted text that begins here, up to the end of the line if it is not closed. */
static size_t quoted_length(const char *text, const char *end)
{
    const char *at = text + 1;

    while (at < end && *at != *text)
        at += *at == '\\' && *text != '`' && at + 1 < end ? 2 : 1;
    return (size_t)(at < end ? at + 1 - text : end - text);
}

/* Behind "[": RANGE or RANGE:STEP, where STEP may be missing. */
static int write_range(struct rewriting *r, const char **at, struct tw_error *err)
{
    if (write_faster(r, at, RANGE_LEAST_MS, err) < 0)
        return -1;
    if (**at != ':')
        return 0;
    (void)buffer_putc(r->out, *(*at)++);
    return isdigit((unsigned char)**at) ? write_faster(r, at, STEP_LEAST_MS, err) : 0;
}

/* Behind "offset": blanks, perhaps a minus, the duration. */
static int write_offset(struct rewriting *r, const char **at, struct tw_error *err)
{
    while (**at == ' ' || **at == '-')
        (void)buffer_putc(r->out, *(*at)++);
    return write_faster(r, at, OFFSET_LEAST_MS, err);
}

static bool is_word_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == ':';
}

/* One piece of an expression: a quoted text, a word, a range, or a single character. */
static int write_piece(struct rewriting *r, const char **at, const char *end, struct tw_error *err)
{
    const char *from = *at;

    if (*from == '"' || *from == '\'' || *from == '`') {
        *at += quoted_length(from, end);
    } else if (is_word_character(*from)) {
        while (*at < end && is_word_character(**at))
            (*at)++;
    } else {
        (*at)++;
    }
    (void)buffer_append(r->out, from, (size_t)(*at - from));
    if (*at - from == 6 && strncmp(from, "offset", 6) == 0)
        return write_offset(r, at, err);
    return *from == '[' ? write_range(r, at, err) : 0;
}

/* Where the last number before end begins; NULL when the text does not end in a whole number. */
static const char *last_number(const char *text, const char *end)
{
    const char *at;

    while (end > text && end[-1] == ' ')
        end--;
    at = end;
    while (at > text && isdigit((unsigned char)at[-1]))
        at--;
    return at < end && (at == text || !is_word_character(at[-1])) && (at == text || at[-1] != '.')
               ? at
               : NULL;
}

static int write_guard(struct rewriting *r, const char *number, struct tw_error *err)
{
    long long count = number ? strtoll(number, NULL, 10) : 0;

    if (count <= 0 || count > INT64_C(1000000000000))
        return tw_fail(err, TW_INVALID, "line %d: no whole number stands before '# guard'",
                       r->line);
    (void)buffer_printf(r->out, "%lld ", (count + GUARD_DIVISOR - 1) / GUARD_DIVISOR);
    return 0;
}

static const char *comment_of(const char *text, const char *end)
{
    while (text < end && *text != '#')
        text += *text == '"' || *text == '\'' || *text == '`' ? quoted_length(text, end) : 1;
    return text;
}

static int write_expression(struct rewriting *r,
                            const char *text,
                            const char *end,
                            struct tw_error *err)
{
    const char *comment = comment_of(text, end);
    bool is_guard = end - comment == 7 && strncmp(comment, "# guard", 7) == 0;
    const char *number = is_guard ? last_number(text, comment) : NULL;
    const char *code_end = number ? number : comment;

    while (text < code_end)
        if (write_piece(r, &text, code_end, err) < 0)
            return -1;
    if (is_guard && write_guard(r, number, err) < 0)
        return -1;
    (void)buffer_append(r->out, comment, (size_t)(end - comment));
    return 0;
}

/* ---- Lines ------------------------------------------------------------------------------------- */

enum key_kind { KEY_OTHER, KEY_FIXED, KEY_FOR, KEY_EXPR };

static const struct key {
    const char *name;
    enum key_kind kind;
    const char *fixed;
} keys[] = {
    {"scrape_interval", KEY_FIXED, "1s"},
    {"scrape_timeout", KEY_FIXED, "1s"},
    {"evaluation_interval", KEY_FIXED, "1s"},
    {"interval", KEY_FIXED, "1s"},
    {"group_wait", KEY_FIXED, "1s"},
    {"group_interval", KEY_FIXED, "5s"},
    {"for", KEY_FOR, NULL},
    {"keep_firing_for", KEY_FOR, NULL},
    {"expr", KEY_EXPR, NULL},
};

static const struct key *find_key(const char *name, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (strlen(keys[i].name) == len && memcmp(keys[i].name, name, len) == 0)
            return &keys[i];
    return NULL;
}

static int begin_expression(
    struct rewriting *r, const char *value, const char *end, size_t column, struct tw_error *err)
{
    if (*value == '\'' || *value == '"')
        return tw_fail(err, TW_INVALID,
                       "line %d: write the expr plain or as a block, not in quotes", r->line);
    r->is_in_expr = true;
    r->expr_column = column;
    return write_expression(r, value, end, err);
}

/* A line "key: value": value is where the value begins, column where the key does. */
static int write_entry(struct rewriting *r,
                       const struct key *key,
                       const char *value,
                       const char *end,
                       size_t column,
                       struct tw_error *err)
{
    if (key->kind == KEY_EXPR)
        return begin_expression(r, value, end, column, err);
    if (key->kind == KEY_FOR && write_faster(r, &value, FOR_LEAST_MS, err) < 0)
        return -1;
    if (key->kind == KEY_FIXED) {
        (void)buffer_puts(r->out, key->fixed);
        value += strcspn(value, " \n");
    }
    (void)buffer_append(r->out, value, (size_t)(end - value));
    return 0;
}

static int rewrite_line(struct rewriting *r,
                        const char *line,
                        const char *end,
                        struct tw_error *err)
{
    const char *name = line + strspn(line, " ");
    const char *value;
    const struct key *key;

    if (r->is_in_expr && (name == end || (size_t)(name - line) > r->expr_column))
        return write_expression(r, line, end, err);
    r->is_in_expr = false;
    if (strncmp(name, "- ", 2) == 0)
        name += 1 + strspn(name + 1, " ");
    value = name + strspn(name, "abcdefghijklmnopqrstuvwxyz_");
    key = find_key(name, (size_t)(value - name));
    if (!key || *value != ':')
        return buffer_append(r->out, line, (size_t)(end - line)) ? 0 : -1;
    value += 1 + strspn(value + 1, " ");
    (void)buffer_append(r->out, line, (size_t)(value - line));
    return write_entry(r, key, value, end, (size_t)(name - line), err);
}

int fast_alerts_rewrite(const char *text, struct buffer *out, struct tw_error *err)
{
    struct rewriting r = {.out = out, .line = 1};

    for (; *text && !out->failed; r.line++) {
        const char *end = text + strcspn(text, "\n");

        if (rewrite_line(&r, text, end, err) < 0 && !out->failed)
            return -1;
        if (*end == '\n')
            (void)buffer_putc(out, '\n');
        text = *end == '\n' ? end + 1 : end;
    }
    return out->failed ? tw_fail(err, TW_INVALID, "the result is too large") : 0;
}
