/* Which format an Accept header asks for: media ranges with parameters and qualities as in RFC 9110,
 * 12.5.1. */
#include "server/metrics/metrics.h"

#include <string.h>
#include <strings.h>

/* A piece of the header. */
struct span {
    const char *start;
    size_t len;
};

static bool is_word(struct span span, const char *word)
{
    return span.len == strlen(word) && strncasecmp(span.start, word, span.len) == 0;
}

static struct span trimmed(struct span span)
{
    while (span.len > 0 && strchr(" \t", span.start[0])) {
        span.start++;
        span.len--;
    }
    while (span.len > 0 && strchr(" \t", span.start[span.len - 1]))
        span.len--;
    return span;
}

/* Cuts off and returns what stands before the next `separator` outside quotes. */
static struct span next_part(struct span *rest, char separator)
{
    struct span part = {rest->start, 0};
    bool is_quoted = false;

    while (part.len < rest->len && (is_quoted || part.start[part.len] != separator)) {
        if (part.start[part.len] == '"')
            is_quoted = !is_quoted;
        else if (is_quoted && part.start[part.len] == '\\' && part.len + 1 < rest->len)
            part.len++;
        part.len++;
    }
    rest->start += part.len;
    rest->len -= part.len;
    if (rest->len > 0) {
        rest->start++;
        rest->len--;
    }
    return trimmed(part);
}

/* qvalue in thousandths: 0 to 1 with up to three decimals. -1: it is none. */
static int parse_quality(struct span text)
{
    int quality = 0, unit = 1000;

    if (text.len == 0 || text.len > 5 || text.start[0] < '0' || text.start[0] > '1')
        return -1;
    if (text.len > 1 && text.start[1] != '.')
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (i == 1)
            continue;
        if (text.start[i] < '0' || text.start[i] > '9')
            return -1;
        quality += (text.start[i] - '0') * unit;
        unit /= 10;
    }
    return quality <= 1000 ? quality : -1;
}

struct media_range {
    struct span type;
    struct span version; /* empty: none given */
    int quality;         /* thousandths; -1: cannot be read */
};

static struct media_range parse_range(struct span text)
{
    struct media_range range = {.quality = 1000};

    range.type = next_part(&text, ';');
    while (text.len > 0) {
        struct span value = next_part(&text, ';');
        struct span name = next_part(&value, '=');

        value = trimmed(value);
        if (value.len >= 2 && value.start[0] == '"' && value.start[value.len - 1] == '"')
            value = (struct span){value.start + 1, value.len - 2};
        if (is_word(name, "q"))
            range.quality = parse_quality(value);
        else if (is_word(name, "version"))
            range.version = value;
    }
    return range;
}

/* How closely a range names the text format: 0 not at all, 3 by its full name. */
static int text_closeness(const struct media_range *range)
{
    if (is_word(range->type, "text/plain"))
        return range->version.len == 0 || is_word(range->version, "0.0.4") ? 3 : 0;
    if (is_word(range->type, "text/*"))
        return 2;
    return is_word(range->type, "*/*") ? 1 : 0;
}

/* 0.0.1 was 1.0.0's draft and reads the same. */
static bool names_openmetrics(const struct media_range *range)
{
    return is_word(range->type, "application/openmetrics-text") &&
           (range->version.len == 0 || is_word(range->version, "1.0.0") ||
            is_word(range->version, "0.0.1"));
}

enum exposition exposition_choose(const char *accept)
{
    struct span rest = {accept, accept ? strlen(accept) : 0};
    int openmetrics = 0, text = 0, closest = 0;

    while (rest.len > 0) {
        struct media_range range = parse_range(next_part(&rest, ','));
        int closeness = text_closeness(&range);

        if (range.quality < 0)
            continue;
        if (names_openmetrics(&range) && range.quality > openmetrics)
            openmetrics = range.quality;
        if (closeness > closest || (closeness == closest && closeness && range.quality > text)) {
            closest = closeness;
            text = range.quality;
        }
    }
    return openmetrics > 0 && openmetrics >= text ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
}
