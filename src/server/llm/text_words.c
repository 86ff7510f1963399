#include "server/llm/text.h"

#include "common/alloc.h"
#include "common/utf8.h"
#include "server/llm/fold.h"
#include "server/llm/irregular.h"
#include "server/llm/stem.h"
#include "server/llm/stop_words.h"
#include "server/llm/word_run.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* Words are laid down with offsets into strings, which moves as it grows; pointers are set at the end. */
struct reader {
    const char *text;
    size_t len;
    struct text_words *words;
    struct stemmer *stemmer;
    size_t *offsets; /* of form and stem, in turn */
    size_t capacity, n_strings, strings_capacity;
    bool is_in_code, is_after_mark, is_line_blank; /* so far */
};

static void reserve(struct reader *r)
{
    struct text_words *words = r->words;

    if (words->n == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 64;
        words->items = xrealloc_array(words->items, r->capacity, sizeof(*words->items));
        r->offsets = xrealloc_array(r->offsets, r->capacity, 2 * sizeof(*r->offsets));
    }
    /* A folded character is at most as long as itself twice; form and stem with their NULs. */
    if (r->strings_capacity - r->n_strings < 4 * TEXT_WORD_BYTES_MAX + 8) {
        r->strings_capacity = 2 * r->strings_capacity + 4096;
        words->strings = xrealloc_array(words->strings, r->strings_capacity, 1);
    }
}

/* Appends the folded span to the strings, NUL-terminated; its length without. */
static size_t put_form(struct reader *r, size_t start, size_t end, char drop)
{
    char *form = r->words->strings + r->n_strings;
    size_t len = 0;

    for (size_t at = start, step; at < end; at += step) {
        uint32_t code = utf8_decode(r->text + at, end - at, &step);
        char out[FOLD_BYTES_MAX];
        size_t n = fold_character(code, out);

        if (n == 1 && drop && out[0] == drop)
            continue;
        memcpy(form + len, out, n);
        len += n;
    }
    form[len] = '\0';
    return len;
}

/* Bytes of the 's at the end of a span: "the user's" is no other word than "the user". */
static size_t possessive_len(const char *text, size_t start, size_t end)
{
    static const char *const endings[] = {"'s", "'S", "\xe2\x80\x99s", "\xe2\x80\x99S"};

    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        size_t n = strlen(endings[i]);

        if (end - start > n && memcmp(text + end - n, endings[i], n) == 0)
            return n;
    }
    return 0;
}

static void put_stem(struct reader *r, const char *form, size_t len, unsigned flags)
{
    const char *stem = form, *base = irregular_base(form);

    if (base) {
        stem = base;
        len = strlen(base);
    }
    if (!(flags & (WORD_NUMBER | WORD_IDENTIFIER)) && !strchr(form, '\''))
        stem = stemmer_stem(r->stemmer, stem, len, &len);
    memcpy(r->words->strings + r->n_strings, stem, len);
    r->words->strings[r->n_strings + len] = '\0';
    r->n_strings += len + 1;
}

/* "IT" and "US" are no pronouns. */
static bool is_stop(const char *form, const struct word_run *run)
{
    if (run->n_upper == 2 && (strcmp(form, "it") == 0 || strcmp(form, "us") == 0))
        return false;
    return stop_words_has(form);
}

/* "5 GB": the last word and the number before it. */
static bool is_unit_of_number(const struct reader *r, const char *form)
{
    const struct text_word *last = &r->words->items[r->words->n - 1];

    return r->words->n > 1 && (last[-1].flags & WORD_NUMBER) && last->start <= last[-1].end + 1 &&
           word_run_is_unit(form);
}

static bool is_name(unsigned flags, const struct word_run *run)
{
    if (flags & (WORD_IDENTIFIER | WORD_NUMBER | WORD_STOP))
        return flags & WORD_IDENTIFIER;
    if (run->n_upper == 1 && run->is_first_upper)
        return !(flags & WORD_FIRST) && run->n_letters > 1;
    return run->n_upper > 0;
}

static unsigned flags_of(const struct reader *r, const char *form, const struct word_run *run)
{
    unsigned flags = run->flags;

    flags |= r->is_in_code ? WORD_CODE : 0;
    flags |= r->is_after_mark ? WORD_FIRST : 0;
    flags |= run->is_first_upper ? WORD_CAPITAL : 0;
    flags |= is_stop(form, run) ? WORD_STOP : 0;
    flags |= is_name(flags, run) && !is_unit_of_number(r, form) ? WORD_NAME : 0;
    return flags;
}

static void add_word(struct reader *r, size_t start, const struct word_run *run)
{
    size_t end = run->end, form = r->n_strings, len;
    struct text_word *word;

    reserve(r);
    assert(r->offsets && r->words->items);
    if (run->flags == 0)
        end -= possessive_len(r->text, start, end);
    len = put_form(r, start, end, run->drop);
    if (len == 0)
        return;
    r->n_strings += len + 1;
    r->offsets[2 * r->words->n] = form;
    r->offsets[2 * r->words->n + 1] = r->n_strings;
    put_stem(r, r->words->strings + form, len, run->flags);
    word = &r->words->items[r->words->n++];
    *word = (struct text_word){.start = start, .end = end};
    word->flags = flags_of(r, r->words->strings + form, run);
    r->is_after_mark = false;
    r->is_line_blank = false;
}

/* Between words: what makes a capital due after it. A list mark stands first in its line. */
static void skip(struct reader *r, const struct fold_at *c)
{
    bool is_list_mark = r->is_line_blank && (c->code == '-' || c->code == '*' || c->code == '+');

    if (c->code == '`')
        r->is_in_code = !r->is_in_code;
    if (is_list_mark || (c->code == '\n' && r->is_line_blank) || c->code == 0x2022 ||
        (c->code != 0 && c->code < 0x80 && strchr(".!?:|#", (int)c->code)))
        r->is_after_mark = true;
    if (c->code == '\n') {
        r->is_in_code = r->is_in_code && !r->is_line_blank;
        r->is_line_blank = true;

    } else if (c->class != FOLD_SPACE) {
        r->is_line_blank = false;
    }
}

static size_t read_next(struct reader *r, size_t at)
{
    struct word_run run;
    struct fold_at c;

    if (word_run_find(r->text, r->len, at, &run)) {
        add_word(r, at, &run);
        return run.end;
    }
    c = fold_read(r->text, r->len, at);
    skip(r, &c);
    return at + c.len;
}

void text_words_init(struct text_words *words, const char *text, size_t len)
{
    CLEANUP(stemmer_freep) struct stemmer *stemmer = stemmer_new();
    struct reader r = {.text = text,
                       .len = len < TEXT_BYTES_MAX ? len : TEXT_BYTES_MAX,
                       .words = words,
                       .stemmer = stemmer,
                       .is_line_blank = true,
                       .is_after_mark = true};

    *words = (struct text_words){.is_cut = len > TEXT_BYTES_MAX};
    for (size_t at = 0; at < r.len;)
        at = read_next(&r, at);
    for (size_t i = 0; r.offsets && i < words->n; i++) {
        words->items[i].form = words->strings + r.offsets[2 * i];
        words->items[i].stem = words->strings + r.offsets[2 * i + 1];
    }
    free(r.offsets);
}

void text_words_finish(struct text_words *words)
{
    free(words->items);
    free(words->strings);
    *words = (struct text_words){0};
}
