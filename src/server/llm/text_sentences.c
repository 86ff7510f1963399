#include "server/llm/text.h"

#include "common/alloc.h"
#include "common/utf8.h"
#include "server/llm/fold.h"

#include <stdint.h>
#include <string.h>

#define FRAGMENT_WORDS 3
#define FRAGMENT_BYTES 40   /* in scripts without spaces everything is one word */
#define LONG_BYTES     1000 /* such a sentence ends at the next space, */
#define LONGEST_BYTES  2000 /* or at last here */

#define NONE SIZE_MAX

struct splitter {
    const char *text;
    size_t len;
    struct text_sentences *sentences;
    size_t capacity;
    size_t start;     /* of the sentence being read, or NONE */
    size_t fragment;  /* start of a fragment that waits for its sentence, or NONE */
    size_t paragraph; /* index of the first sentence of this paragraph */
    bool is_in_fence;
    bool is_in_row; /* of a table; no fragment, however short */
};

/* ---- Sentences and fragments --------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_wordly(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

static size_t count_words(const char *text, size_t start, size_t end)
{
    bool was_in = false, has_counted = false;
    size_t n = 0;

    for (size_t at = start; at < end; at++) {
        bool is_in = !is_space(text[at]);

        if (is_in && !was_in)
            has_counted = false;
        if (is_wordly(text[at]) && !has_counted) {
            has_counted = true;
            n++;
        }
        was_in = is_in;
    }
    return n;
}

static void put(struct splitter *s, size_t start, size_t end)
{
    struct text_sentences *sentences = s->sentences;

    if (sentences->n == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 32;
        sentences->items = xrealloc_array(sentences->items, s->capacity, sizeof(*sentences->items));
    }
    sentences->items[sentences->n++] = (struct text_span){start, end};
}

/* Ends the sentence being read, if any, before `end`. */
static void close_sentence(struct splitter *s, size_t end)
{
    size_t start = s->start, n_words;

    s->start = NONE;
    if (start == NONE)
        return;
    while (end > start && is_space(s->text[end - 1]))
        end--;
    n_words = count_words(s->text, start, end);
    if (n_words == 0 && s->fragment == NONE)
        return;
    if (s->fragment != NONE)
        start = s->fragment;
    s->fragment = NONE;
    put(s, start, end);
    if (!s->is_in_row && end - start < FRAGMENT_BYTES &&
        count_words(s->text, start, end) < FRAGMENT_WORDS) {
        s->sentences->n--;
        s->fragment = start;
    }
}

/* Ends the paragraph: a fragment that nothing followed goes to the sentence before it, or stands alone. */
static void close_paragraph(struct splitter *s, size_t end)
{
    struct text_sentences *sentences = s->sentences;

    close_sentence(s, end);
    if (s->fragment != NONE) {
        while (end > s->fragment && is_space(s->text[end - 1]))
            end--;
        if (sentences->n > s->paragraph)
            sentences->items[sentences->n - 1].end = end;
        else
            put(s, s->fragment, end);
    }
    s->fragment = NONE;
    s->paragraph = sentences->n;
}

/* ---- Where a sentence ends ----------------------------------------------------------------------- */

enum abbreviation_rule {
    NEVER_ENDS = 1 << 0,
    GOES_ON_BEFORE_DIGIT = 1 << 1,
    GOES_ON_BEFORE_LOWER = 1 << 2,
};

static const struct {
    const char *word;
    unsigned rules;
} abbreviations[] = {
    {"e.g", NEVER_ENDS},
    {"i.e", NEVER_ENDS},
    {"eg", NEVER_ENDS},
    {"ie", NEVER_ENDS},
    {"vs", NEVER_ENDS},
    {"cf", NEVER_ENDS},
    {"approx", NEVER_ENDS},
    {"dr", NEVER_ENDS},
    {"mr", NEVER_ENDS},
    {"mrs", NEVER_ENDS},
    {"ms", NEVER_ENDS},
    {"prof", NEVER_ENDS},
    {"incl", NEVER_ENDS},
    {"excl", NEVER_ENDS},
    {"resp", NEVER_ENDS},
    {"esp", NEVER_ENDS},
    {"st", GOES_ON_BEFORE_LOWER},
    {"no", GOES_ON_BEFORE_DIGIT},
    {"nos", GOES_ON_BEFORE_DIGIT},
    {"fig", GOES_ON_BEFORE_DIGIT},
    {"sec", GOES_ON_BEFORE_DIGIT | GOES_ON_BEFORE_LOWER},
    {"p", GOES_ON_BEFORE_DIGIT},
    {"pp", GOES_ON_BEFORE_DIGIT},
    {"vol", GOES_ON_BEFORE_DIGIT},
    {"ext", GOES_ON_BEFORE_DIGIT | GOES_ON_BEFORE_LOWER},
    {"tel", GOES_ON_BEFORE_DIGIT | GOES_ON_BEFORE_LOWER},
    {"max", GOES_ON_BEFORE_DIGIT | GOES_ON_BEFORE_LOWER},
    {"min", GOES_ON_BEFORE_DIGIT | GOES_ON_BEFORE_LOWER},
    {"mins", GOES_ON_BEFORE_LOWER},
    {"hr", GOES_ON_BEFORE_LOWER},
    {"hrs", GOES_ON_BEFORE_LOWER},
    {"dept", GOES_ON_BEFORE_LOWER},
    {"etc", GOES_ON_BEFORE_LOWER},
    {"inc", GOES_ON_BEFORE_LOWER},
    {"ltd", GOES_ON_BEFORE_LOWER},
    {"corp", GOES_ON_BEFORE_LOWER},
    {"co", GOES_ON_BEFORE_LOWER},
    {"a.m", GOES_ON_BEFORE_LOWER},
    {"p.m", GOES_ON_BEFORE_LOWER},
    {"u.s", GOES_ON_BEFORE_LOWER},
    {"u.k", GOES_ON_BEFORE_LOWER},
    {"jan", GOES_ON_BEFORE_DIGIT},
    {"feb", GOES_ON_BEFORE_DIGIT},
    {"aug", GOES_ON_BEFORE_DIGIT},
    {"sept", GOES_ON_BEFORE_DIGIT},
    {"oct", GOES_ON_BEFORE_DIGIT},
    {"nov", GOES_ON_BEFORE_DIGIT},
    {"dec", GOES_ON_BEFORE_DIGIT},
};

#define ABBREVIATION_BYTES_MAX 6

static unsigned abbreviation_rules(const char *word, size_t len)
{
    char lower[ABBREVIATION_BYTES_MAX + 1] = "";

    if (len > ABBREVIATION_BYTES_MAX)
        return 0;
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 'a' - 'A' : word[i]);
    for (size_t i = 0; i < COUNT_OF(abbreviations); i++)
        if (strcmp(lower, abbreviations[i].word) == 0)
            return abbreviations[i].rules;
    return 0;
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* "J. Smith", "Ann J. Smith", but not "drive C. Then": the word before tells. */
static bool is_initial(const struct splitter *s, size_t word, size_t dot)
{
    size_t at = word;

    if (dot - word != 1 || !is_capital(s->text[word]))
        return false;
    while (at > s->start && is_space(s->text[at - 1]))
        at--;
    while (at > s->start && dot - at < TEXT_WORD_BYTES_MAX && !is_space(s->text[at - 1]))
        at--;
    return at == word || is_capital(s->text[at]);
}

/* Does the sentence go on after the single dot at `dot`, before the text at `next`? */
static bool goes_on(const struct splitter *s, size_t dot, size_t next)
{
    size_t word = dot;
    unsigned rules;
    char c = '\0';

    while (word > s->start && dot - word <= ABBREVIATION_BYTES_MAX &&
           !is_space(s->text[word - 1]) && s->text[word - 1] != '(')
        word--;
    rules = abbreviation_rules(s->text + word, dot - word);
    if (next < s->len)
        c = s->text[next];
    return (rules & NEVER_ENDS) || ((rules & GOES_ON_BEFORE_DIGIT) && c >= '0' && c <= '9') ||
           ((rules & GOES_ON_BEFORE_LOWER) && c >= 'a' && c <= 'z') || is_initial(s, word, dot);
}

/* Bytes of the end mark at text: . ! ? and their like; 0: none. */
static size_t end_mark_len(const char *text, size_t len)
{
    static const char *const wide[] = {"\xe2\x80\xa6", "\xe3\x80\x82", "\xef\xbc\x81",
                                       "\xef\xbc\x9f"};

    if (*text == '.' || *text == '!' || *text == '?')
        return 1;
    for (size_t i = 0; i < COUNT_OF(wide); i++)
        if (len >= 3 && memcmp(text, wide[i], 3) == 0)
            return 3;
    return 0;
}

/* What closes quotes, brackets and emphasis after the mark. */
static size_t skip_closers(const struct splitter *s, size_t at, size_t end)
{
    for (;;) {
        if (at < end && strchr(")\"'*_`]", s->text[at]) && s->text[at] != '\0')
            at++;
        else if (end - at >= 3 && (memcmp(s->text + at, "\xe2\x80\x9d", 3) == 0 ||
                                   memcmp(s->text + at, "\xe2\x80\x99", 3) == 0))
            at += 3;
        else
            return at;
    }
}

/* " [1]" and " [2, 3]" are marks of what is before them. */
static size_t skip_citations(const struct splitter *s, size_t at, size_t end)
{
    for (;;) {
        size_t mark = at;

        while (mark < end && s->text[mark] == ' ')
            mark++;
        if (mark == end || s->text[mark] != '[')
            return at;
        mark++;
        while (mark < end && ((s->text[mark] >= '0' && s->text[mark] <= '9') ||
                              s->text[mark] == ',' || s->text[mark] == ' '))
            mark++;
        if (mark == end || s->text[mark] != ']' || s->text[mark - 1] == '[')
            return at;
        at = mark + 1;
    }
}

/* Behind the end marks at `at`: at itself where there are none. */
static size_t skip_end_marks(const struct splitter *s, size_t at, size_t end)
{
    size_t step;

    while (at < end && (step = end_mark_len(s->text + at, end - at)) > 0)
        at += step;
    return at;
}

/* Does a sentence end with the marks [at, mark), in a line that ends at `end`? Where it is over, or 0. */
static size_t sentence_end(const struct splitter *s, size_t at, size_t mark, size_t end)
{
    size_t after = skip_citations(s, skip_closers(s, mark, end), end), next;

    next = after;
    while (next < s->len && is_space(s->text[next]))
        next++;
    /* Without a space there is none, but in the scripts that have no spaces. */
    if (next == after && next < s->len && !(s->text[at] & 0x80))
        return 0;
    if (mark == at + 1 && s->text[at] == '.' && goes_on(s, at, next))
        return 0;
    if (mark > at + 1 && s->text[at] == '.' && next < s->len && s->text[next] >= 'a' &&
        s->text[next] <= 'z')
        return 0; /* "well ... no" */
    return after;
}

/* ---- Lines --------------------------------------------------------------------------------------- */

/* Where the code span that opens at `at` closes, just behind it; 0 if it does not in this line. */
static size_t code_end(const struct splitter *s, size_t at, size_t end)
{
    const char *close = memchr(s->text + at + 1, '`', end - at - 1);

    return close ? (size_t)(close - s->text) + 1 : 0;
}

static bool is_overlong(const struct splitter *s, size_t at)
{
    size_t len = at - s->start;

    return (len > LONG_BYTES && is_space(s->text[at])) ||
           (len > LONGEST_BYTES && ((unsigned char)s->text[at] & 0xc0) != 0x80);
}

/* Sentences that begin and go on in this line; the last stays open. */
static void read_line(struct splitter *s, size_t at, size_t end)
{
    bool may_have_code = true;

    while (at < end) {
        size_t after = 0, mark;

        if (s->start == NONE && is_space(s->text[at])) {
            at++;
            continue;
        }
        if (s->start == NONE)
            s->start = at;
        if (is_overlong(s, at)) {
            close_sentence(s, at);
            continue;
        }
        if (s->text[at] == '`' && may_have_code) {
            after = code_end(s, at, end);
            may_have_code = after > 0;
            at = after ? after : at + 1;
            continue;
        }
        mark = skip_end_marks(s, at, end);
        if (mark > at)
            after = sentence_end(s, at, mark, end);
        if (after > 0)
            close_sentence(s, after);
        at = after ? after : mark > at ? mark : at + 1;
    }
}

/* Bytes of the list mark with its space at the head of a line: "- ", "12. ", "a) ", "(1) "; 0: none. */
static size_t list_mark_len(const char *line, size_t len)
{
    size_t n = 0, digits;

    if (len >= 2 && (line[0] == '-' || line[0] == '*' || line[0] == '+') && is_space(line[1]))
        return 2;
    if (len >= 4 && (memcmp(line, "\xe2\x80\xa2", 3) == 0 || memcmp(line, "\xe2\x80\x93", 3) == 0))
        return 3;
    if (len > 0 && line[0] == '(')
        n = 1;
    digits = n;
    while (n < len && n < digits + 3 && line[n] >= '0' && line[n] <= '9')
        n++;
    if (n == digits && n < len && line[n] >= 'a' && line[n] <= 'z' && n + 1 < len &&
        line[n + 1] == ')')
        n++;
    if (n == digits || n + 1 >= len || !(line[n] == ')' || (line[n] == '.' && digits == 0)) ||
        !is_space(line[n + 1]))
        return 0;
    return n + 2;
}

static bool is_fence(const char *line, size_t len)
{
    return len >= 3 && (memcmp(line, "```", 3) == 0 || memcmp(line, "~~~", 3) == 0);
}

/* A line, without the spaces before it. */
static void read_any_line(struct splitter *s, size_t at, size_t end)
{
    const char *line = s->text + at;
    size_t len = end - at, mark = list_mark_len(line, len), n_hashes = 0;
    bool is_alone;

    if (len == 0 || is_fence(line, len)) {
        close_paragraph(s, at);
        s->is_in_fence = s->is_in_fence != (len > 0);
        return;
    }
    while (n_hashes < len && line[n_hashes] == '#')
        n_hashes++;
    if (n_hashes == len || !is_space(line[n_hashes]))
        n_hashes = 0;
    is_alone = n_hashes > 0 || line[0] == '|' || s->is_in_fence;
    if (is_alone || mark > 0 || line[0] == '>')
        close_sentence(s, at);
    s->is_in_row = line[0] == '|' && !s->is_in_fence;
    if (s->is_in_fence)
        s->start = at;
    else
        read_line(s, at + mark + n_hashes + (line[0] == '>' || line[0] == '|'), end);
    if (is_alone)
        close_sentence(s, end);
}

void text_sentences_init(struct text_sentences *sentences, const char *text, size_t len)
{
    struct splitter s = {.text = text,
                         .len = len < TEXT_BYTES_MAX ? len : TEXT_BYTES_MAX,
                         .sentences = sentences,
                         .start = NONE,
                         .fragment = NONE};

    *sentences = (struct text_sentences){.is_cut = len > TEXT_BYTES_MAX};
    for (size_t at = 0; at < s.len;) {
        const char *newline = memchr(text + at, '\n', s.len - at);
        size_t end = newline ? (size_t)(newline - text) : s.len;

        while (at < end && is_space(text[at]))
            at++;
        read_any_line(&s, at, end);
        at = end + 1;
    }
    close_paragraph(&s, s.len);
}

void text_sentences_finish(struct text_sentences *sentences)
{
    free(sentences->items);
    *sentences = (struct text_sentences){0};
}
