#include "tui/text/pattern.h"

#include "common/buffer.h"

#include <ctype.h>
#include <string.h>

/* ---- From JavaScript's to POSIX's ----------------------------------------------------------------- */

static const char *class_of(char letter)
{
    switch (letter) {
    case 'd':
        return "0-9";
    case 'w':
        return "A-Za-z0-9_";
    case 's':
        return " \t";
    default:
        return NULL;
    }
}

/* "\x" at *at. */
static bool write_escape(const char **at, bool is_in_brackets, struct buffer *out)
{
    char c = (*at)[1];
    const char *class = class_of(c);

    if (c == '\0' || (isalnum((unsigned char)c) && !class) || (is_in_brackets && strchr("]-^[", c)))
        return false;
    if (class && is_in_brackets)
        (void)buffer_puts(out, class);
    else if (class)
        (void)buffer_printf(out, "[%s]", class);
    else if (is_in_brackets || !strchr("^$.[]()|*+?{}\\", c))
        (void)buffer_putc(out, c);
    else
        (void)buffer_printf(out, "\\%c", c);
    *at += 2;
    return true;
}

static bool write_brackets(const char **at, const char *end, struct buffer *out)
{
    (void)buffer_putc(out, *(*at)++);
    if (*at < end && **at == '^')
        (void)buffer_putc(out, *(*at)++);
    while (*at < end && **at != ']') {
        if (**at == '[') /* begins a class there, here it is a character */
            return false;
        if (**at == '\\') {
            if (!write_escape(at, true, out))
                return false;
        } else {
            (void)buffer_putc(out, *(*at)++);
        }
    }
    if (*at >= end)
        return false;
    (void)buffer_putc(out, *(*at)++);
    return true;
}

/* What is open, and what stands in it. Repetitions in repetitions take glibc a time without bound. */
#define GROUPS_MAX 16

struct nesting {
    size_t depth; /* 0: outside of all groups */

    struct {
        bool has_repetition, has_repeated_group;
    } at[GROUPS_MAX + 1];
};

/* After a group is closed: does what follows repeat it, and may it? */
static bool close_group(struct nesting *nesting, char next)
{
    size_t inner = nesting->depth;
    bool is_repeated = next == '*' || next == '+' || next == '?';

    if (inner == 0)
        return false;
    nesting->depth--;
    if (is_repeated && (nesting->at[inner].has_repeated_group ||
                        (next != '?' && nesting->at[inner].has_repetition)))
        return false;
    nesting->at[nesting->depth].has_repetition |= nesting->at[inner].has_repetition || is_repeated;
    nesting->at[nesting->depth].has_repeated_group |=
        nesting->at[inner].has_repeated_group || is_repeated;
    return true;
}

/* Counts, kinds of groups, and the least that fits ("*?"). */
static bool is_beyond_posix(const char *at)
{
    return *at == '{' || *at == '}' || (*at == '(' && at[1] == '?') ||
           (strchr("*+?", *at) && at[1] && strchr("*+?", at[1]));
}

static bool write_plain(const char **at, struct nesting *nesting, struct buffer *out)
{
    if (is_beyond_posix(*at))
        return false;
    if (**at == '(') {
        if (nesting->depth == GROUPS_MAX)
            return false;
        nesting->at[++nesting->depth].has_repetition = false;
        nesting->at[nesting->depth].has_repeated_group = false;
    } else if (**at == ')' && !close_group(nesting, (*at)[1])) {
        return false;
    } else if (strchr("*+?", **at)) {
        nesting->at[nesting->depth].has_repetition = true;
    }
    (void)buffer_putc(out, *(*at)++);
    return true;
}

static bool translate(const char *at, const char *end, struct buffer *out)
{
    struct nesting nesting = {.depth = 0};

    while (at < end) {
        bool is_good = *at == '\\'  ? write_escape(&at, false, out)
                       : *at == '[' ? write_brackets(&at, end, out)
                                    : write_plain(&at, &nesting, out);

        if (!is_good)
            return false;
    }
    return nesting.depth == 0 && !out->failed;
}

/* ---- Use ------------------------------------------------------------------------------------------ */

int pattern_init(struct pattern *pattern, const char *text, struct tw_error *err)
{
    CLEANUP(buffer_finish) struct buffer posix;
    const char *end = text + strlen(text);
    const char *slash = strrchr(text, '/');
    const char *close = text[0] == '/' && slash > text ? slash : NULL;
    int flags = REG_EXTENDED | (close && strchr(close, 'i') ? REG_ICASE : 0);
    bool is_good;

    *pattern = (struct pattern){0};
    buffer_init(&posix, (size_t)PATTERN_BYTES_MAX * 12);
    if (strlen(text) > PATTERN_BYTES_MAX)
        return tw_fail(err, TW_INVALID, "a regular expression of over %d bytes", PATTERN_BYTES_MAX);
    (void)buffer_puts(&posix, close ? "" : "^(");
    is_good = close ? translate(text + 1, close, &posix) : translate(text, end, &posix);
    (void)buffer_puts(&posix, close ? "" : ")$");
    if (!is_good || regcomp(&pattern->regex, buffer_text(&posix), flags) != 0)
        return tw_fail(err, TW_INVALID, "the regular expression is not understood here");
    pattern->is_compiled = true;
    pattern->is_whole = !close;
    return 0;
}

void pattern_finish(struct pattern *pattern)
{
    if (pattern->is_compiled)
        regfree(&pattern->regex);
    pattern->is_compiled = false;
}

/* Of a whole text the outer group is ours. */
bool pattern_find(const struct pattern *pattern,
                  const char *text,
                  size_t *ret_start,
                  size_t *ret_len)
{
    regmatch_t found[3];
    size_t group = pattern->is_whole ? 2 : 1;

    if (regexec(&pattern->regex, text, 3, found, 0) != 0)
        return false;
    if (found[group].rm_so < 0)
        group = 0;
    *ret_start = (size_t)found[group].rm_so;
    *ret_len = (size_t)(found[group].rm_eo - found[group].rm_so);
    return true;
}
