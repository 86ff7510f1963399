#include "tui/data/scored.h"

#include "common/alloc.h"

#include <ctype.h>
#include <string.h>

/* A sentence is looked for so far behind the one before it: more is no gap but another answer. */
#define GAP_MAX 1024

/* ---- Walking over what counts ------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/* The length of a citation mark "[12]" at text, or 0. */
static size_t citation_len(const char *text)
{
    size_t digits;

    if (text[0] != '[')
        return 0;
    digits = strspn(text + 1, "0123456789");
    return digits >= 1 && digits <= 3 && text[1 + digits] == ']' ? digits + 2 : 0;
}

static const char *skip(const char *text)
{
    for (;;) {
        size_t len = is_blank(*text) ? 1 : citation_len(text);

        if (len == 0)
            return text;
        text += len;
    }
}

/* The end of the sentence in the answer when it stands at `at`; NULL when it does not. */
static const char *match(const char *at, const char *sentence)
{
    sentence = skip(sentence);
    if (!*sentence)
        return NULL;
    while (*at && *at == *sentence) {
        sentence = skip(sentence + 1);
        at++;
        if (!*sentence)
            return at;
        at = skip(at);
    }
    return NULL;
}

/* The first place from `from` on where the sentence stands; an empty range when there is none. */
static struct scored_range find(const char *response, size_t from, const char *sentence)
{
    size_t tried = 0;

    for (const char *at = skip(response + from); *at && tried < GAP_MAX;
         at = skip(at + 1), tried++) {
        const char *end = match(at, sentence);

        if (end)
            return (struct scored_range){.start = (size_t)(at - response),
                                         .end = (size_t)(end - response)};
    }
    return (struct scored_range){.start = from, .end = from};
}

/* ---- What stands between ----------------------------------------------------------------------- */

struct division {
    const char *response;
    struct scored_range *ranges;
    size_t n;
    size_t n_between;            /* of them no sentences */
    struct scored_range *before; /* the last sentence that was found */
};

/* Letters of other scripts are bytes from 0x80 on. */
static bool has_letter(const char *text, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++)
        if (isalpha((unsigned char)text[i]) || (unsigned char)text[i] >= 0x80)
            return true;
    return false;
}

static size_t first_feed(const char *text, size_t start, size_t end)
{
    const char *feed = end > start ? memchr(text + start, '\n', end - start) : NULL;

    return feed ? (size_t)(feed - text) : end;
}

static size_t behind_last_feed(const char *text, size_t start, size_t end)
{
    const char *feed = end > start ? memrchr(text + start, '\n', end - start) : NULL;

    return feed ? (size_t)(feed - text) + 1 : start;
}

static void add(struct division *division, struct scored_range range)
{
    while (range.start < range.end && is_blank(division->response[range.start]))
        range.start++;
    while (range.end > range.start && is_blank(division->response[range.end - 1]))
        range.end--;
    if (range.start == range.end && range.sentence == SCORED_NO_SENTENCE)
        return;
    division->n_between += range.sentence == SCORED_NO_SENTENCE;
    division->ranges[division->n++] = range;
}

/* Line by line, as long as there is room for as many parts. */
static void add_lines(struct division *division, size_t start, size_t end)
{
    while (start < end) {
        size_t to = division->n_between + 1 < SCORED_PARTS_MAX
                        ? first_feed(division->response, start, end)
                        : end;

        if (division->n_between < SCORED_PARTS_MAX)
            add(division, (struct scored_range){start, to, SCORED_NO_SENTENCE});
        start = to + 1;
    }
}

/* What follows the sentence before on its line and has no letters is its own. Returns where the rest begins. */
static size_t give_tail(struct division *division, size_t start, size_t end)
{
    size_t tail = first_feed(division->response, start, end), seen = tail;

    if (!division->before || has_letter(division->response, start, tail))
        return start;
    while (seen > start && is_blank(division->response[seen - 1]))
        seen--;
    division->before->end = seen;
    return tail;
}

/* Where what belongs to the sentence behind begins: on its line, without letters. */
static size_t find_head(const char *response, size_t start, size_t end)
{
    size_t head = behind_last_feed(response, start, end);

    if (!has_letter(response, start, end))
        return start;
    return has_letter(response, head, end) ? end : head;
}

/* Gives what lies between two sentences away; returns where the second one begins then. */
static size_t divide_gap(struct division *division, size_t start, size_t end)
{
    size_t head;

    start = give_tail(division, start, end);
    head = find_head(division->response, start, end);
    add_lines(division, start, head);
    return head;
}

size_t scored_divide(const char *response,
                     const char *const *sentences,
                     size_t n,
                     struct scored_range **ret_ranges)
{
    struct division division = {
        .response = response,
        .ranges = xcalloc(n + SCORED_PARTS_MAX, sizeof(struct scored_range)),
    };
    size_t from = 0, len = strlen(response);

    for (size_t i = 0; i < n; i++) {
        struct scored_range range = find(response, from, sentences[i]);

        range.sentence = i;
        if (range.end > range.start) {
            range.start = divide_gap(&division, from, range.start);
            from = range.end;
        }
        add(&division, range);
        if (range.end > range.start)
            division.before = &division.ranges[division.n - 1];
    }
    add_lines(&division, give_tail(&division, from, len), len);
    *ret_ranges = division.ranges;
    return division.n;
}
