#include "common/alloc.h"
#include "tui/data/prom_query.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Past a string; at stands on its opening quote. */
static const char *skip_string(const char *at)
{
    char quote = *at++;

    while (*at && *at != quote)
        at += at[0] == '\\' && quote != '`' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

/* Past blanks and comments. */
static const char *skip_blanks(const char *at)
{
    while (is_blank(*at) || *at == '#')
        at += *at == '#' ? strcspn(at, "\n") : 1;
    return at;
}

/* Past "(...)", "{...}" or "[...]", strings in it respected; at stands on the opening character. */
static const char *skip_group(const char *at, char close)
{
    for (at++; *at && *at != close;)
        at = *at == '"' || *at == '\'' || *at == '`' ? skip_string(at) : at + 1;
    return *at ? at + 1 : at;
}

static bool is_one_of(const char *name, size_t len, const char *const *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        if (strlen(words[i]) == len && strncasecmp(words[i], name, len) == 0)
            return true;
    return false;
}

static void keep(struct prom_selectors *selectors, const char *from, const char *to)
{
    size_t len = (size_t)(to - from);

    for (size_t i = 0; i < selectors->n; i++)
        if (strlen(selectors->at[i]) == len && strncmp(selectors->at[i], from, len) == 0)
            return;
    if (selectors->n < PROM_QUERY_SELECTORS_MAX)
        selectors->at[selectors->n++] = xprintf_dup("%.*s", (int)len, from);
}

static const char *skip_word(const char *at)
{
    while (is_name_start(*at) || is_digit(*at))
        at++;
    return at;
}

/* "sum by (job) (x)": sum is no metric. */
static bool is_grouping(const char *at)
{
    static const char *const words[] = {"by", "without"};

    return is_one_of(at, (size_t)(skip_word(at) - at), words, COUNT_OF(words));
}

/* Past the word at `at`, and what belongs to it. */
static const char *read_word(const char *at, struct prom_selectors *selectors)
{
    static const char *const with_labels[] = {"by",       "without",    "on",
                                              "ignoring", "group_left", "group_right"};
    static const char *const alone[] = {"and",  "or",     "unless", "atan2",
                                        "bool", "offset", "inf",    "nan"};

    const char *start = at, *end = skip_word(at), *next = skip_blanks(end);

    if (is_one_of(start, (size_t)(end - start), with_labels, COUNT_OF(with_labels)))
        return *next == '(' ? skip_group(next, ')') : next;
    if (is_one_of(start, (size_t)(end - start), alone, COUNT_OF(alone)) || *next == '(' ||
        is_grouping(next))
        return next;
    if (*next == '{')
        end = skip_group(next, '}');
    keep(selectors, start, end);
    return end;
}

/* Past a number or a span ("5m", "1e9", "0x1f"). */
static const char *skip_number(const char *at)
{
    while (is_digit(*at) || is_name_start(*at) || *at == '.')
        at++;
    return at;
}

void prom_selectors_read(const char *expr, struct prom_selectors *ret_selectors)
{
    *ret_selectors = (struct prom_selectors){0};
    for (const char *at = skip_blanks(expr); *at; at = skip_blanks(at)) {
        const char *start = at;

        if (is_name_start(*at)) {
            at = read_word(at, ret_selectors);
        } else if (is_digit(*at)) {
            at = skip_number(at);
        } else if (*at == '"' || *at == '\'' || *at == '`') {
            at = skip_string(at);
        } else if (*at == '[') {
            at = skip_group(at, ']');
        } else if (*at == '{') {
            at = skip_group(at, '}');
            keep(ret_selectors, start, at);
        } else {
            at++;
        }
    }
}

void prom_selectors_finish(struct prom_selectors *selectors)
{
    for (size_t i = 0; i < selectors->n; i++)
        free(selectors->at[i]);
    selectors->n = 0;
}
