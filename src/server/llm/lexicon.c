#include "server/llm/lexicon.h"

#include "common/alloc.h"
#include "server/llm/stem_index.h"
#include "server/llm/text.h"
#include "server/llm/thesaurus.h"

#include <math.h>
#include <string.h>

/* What is known of a stem; numbered as in the index. */
struct entry {
    uint32_t df, last_chunk; /* STEM_NONE: none yet */
    uint32_t first_link;     /* of those whose `from` begins with this stem, or STEM_NONE */
    uint32_t n_name;         /* words that look like a name there, */
    uint32_t n_words;        /* of so many */
    bool is_generic;
};

/* A word and one that stands for it; each is laid down twice, to be found from both sides. */
struct link {
    struct lexicon_phrase from, to; /* stems and forms of the index */
    enum lexicon_side side;         /* what `to` is of `from` */
    uint32_t next;                  /* that begins with the same stem, or STEM_NONE */
};

struct lexicon {
    struct thesaurus *thesaurus;
    struct stem_index stems;
    struct entry *entries;
    size_t entries_capacity;
    struct link *links;
    size_t n_links, links_capacity;
    uint32_t n_chunks;
};

struct lexicon *lexicon_new(void)
{
    struct lexicon *lexicon = xcalloc(1, sizeof(*lexicon));

    lexicon->thesaurus = thesaurus_new();
    return lexicon;
}

void lexicon_free(struct lexicon *lexicon)
{
    if (!lexicon)
        return;
    stem_index_finish(&lexicon->stems);
    thesaurus_free(lexicon->thesaurus);
    free(lexicon->entries);
    free(lexicon->links);
    free(lexicon);
}

static const struct entry *find(const struct lexicon *lexicon, const char *stem)
{
    uint32_t number = stem_index_find(&lexicon->stems, stem);

    return number == STEM_NONE ? NULL : &lexicon->entries[number];
}

/* The number of a stem, which has an entry from now on. */
static uint32_t obtain(struct lexicon *lexicon, const char *stem)
{
    size_t n_before = lexicon->stems.n;
    uint32_t number = stem_index_obtain(&lexicon->stems, stem);

    if (number < n_before)
        return number;
    if (number == lexicon->entries_capacity) {
        lexicon->entries_capacity = lexicon->entries_capacity ? lexicon->entries_capacity * 2 : 512;
        lexicon->entries =
            xrealloc_array(lexicon->entries, lexicon->entries_capacity, sizeof(*lexicon->entries));
    }
    lexicon->entries[number] = (struct entry){.last_chunk = STEM_NONE, .first_link = STEM_NONE};
    return number;
}

/* Good until the next. */
static struct entry *obtain_entry(struct lexicon *lexicon, const char *stem)
{
    uint32_t number = obtain(lexicon, stem);

    return &lexicon->entries[number];
}

static const char *obtain_stem(struct lexicon *lexicon, const char *stem)
{
    uint32_t number = obtain(lexicon, stem);

    return lexicon->stems.stems[number];
}

/* ---- Lists --------------------------------------------------------------------------------------- */

struct line_reader {
    const char *text;
    size_t len, at, number;
};

/* The next line that holds more than space and comment. */
static bool next_line(struct line_reader *reader, const char **ret_line, size_t *ret_len)
{
    while (reader->at < reader->len) {
        const char *line = reader->text + reader->at;
        size_t left = reader->len - reader->at, len, comment;
        const char *end = memchr(line, '\n', left);

        len = end ? (size_t)(end - line) : left;
        reader->at += len + 1;
        reader->number++;
        for (comment = 0; comment < len && line[comment] != '#';)
            comment++;
        for (size_t i = 0; i < comment; i++) {
            if (line[i] > ' ' || line[i] < 0) {
                *ret_line = line;
                *ret_len = comment;
                return true;
            }
        }
    }
    return false;
}

static int check_size(size_t len, struct tw_error *err)
{
    if (len > LEXICON_LIST_BYTES)
        return tw_fail(err, TW_INVALID, "a list of words is over %zu bytes", LEXICON_LIST_BYTES);
    return 0;
}

int lexicon_add_generic(struct lexicon *lexicon, const char *text, size_t len, struct tw_error *err)
{
    struct line_reader reader = {.text = text, .len = len};
    const char *line;

    if (check_size(len, err) < 0)
        return -1;
    while (next_line(&reader, &line, &len)) {
        struct text_words words;
        size_t n;

        text_words_init(&words, line, len);
        n = words.n;
        if (n == 1)
            obtain_entry(lexicon, words.items[0].stem)->is_generic = true;
        text_words_finish(&words);
        if (n != 1)
            return tw_fail(err, TW_INVALID, "line %zu is not one word", reader.number);
    }
    return 0;
}

/* The words of a phrase that are no stop words; all of them, if they all are. */
static int read_phrase(struct lexicon *lexicon,
                       const char *text,
                       size_t len,
                       struct lexicon_phrase *ret_phrase)
{
    struct text_words words;
    size_t n_stop = 0;
    int result = 0;

    *ret_phrase = (struct lexicon_phrase){0};
    text_words_init(&words, text, len);
    for (size_t i = 0; i < words.n; i++)
        n_stop += (words.items[i].flags & WORD_STOP) > 0;
    for (size_t i = 0; i < words.n && result == 0; i++) {
        if (n_stop < words.n && (words.items[i].flags & WORD_STOP))
            continue;
        if (ret_phrase->n == LEXICON_PHRASE_WORDS) {
            result = -1;
        } else {
            /* A form is kept as if it were a stem: one that occurs nowhere. */
            ret_phrase->stems[ret_phrase->n] = obtain_stem(lexicon, words.items[i].stem);
            ret_phrase->forms[ret_phrase->n++] = obtain_stem(lexicon, words.items[i].form);
        }
    }
    text_words_finish(&words);
    return ret_phrase->n > 0 ? result : -1;
}

static void add_link(struct lexicon *lexicon,
                     const struct lexicon_phrase *from,
                     const struct lexicon_phrase *to,
                     enum lexicon_side side)
{
    uint32_t *last = &obtain_entry(lexicon, from->stems[0])->first_link;

    if (lexicon->n_links == lexicon->links_capacity) {
        lexicon->links_capacity = lexicon->links_capacity ? lexicon->links_capacity * 2 : 256;
        lexicon->links =
            xrealloc_array(lexicon->links, lexicon->links_capacity, sizeof(*lexicon->links));
    }
    while (*last != STEM_NONE)
        last = &lexicon->links[*last].next;
    *last = (uint32_t)lexicon->n_links;
    lexicon->links[lexicon->n_links++] =
        (struct link){.from = *from, .to = *to, .side = side, .next = STEM_NONE};
}

static int read_synonyms(struct lexicon *lexicon, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len), *end = line + len, *at;
    struct lexicon_phrase word, synonym;

    if (!colon || read_phrase(lexicon, line, (size_t)(colon - line), &word) < 0)
        return -1;
    for (at = colon + 1; at <= end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;

        if (read_phrase(lexicon, at, (size_t)(stop - at), &synonym) < 0)
            return -1;
        add_link(lexicon, &word, &synonym, LEXICON_SYNONYMS);
        add_link(lexicon, &synonym, &word, LEXICON_WORDS);
        at = stop + 1;
    }
    return 0;
}

int lexicon_add_synonyms(struct lexicon *lexicon,
                         const char *text,
                         size_t len,
                         struct tw_error *err)
{
    struct line_reader reader = {.text = text, .len = len};
    const char *line;

    if (check_size(len, err) < 0)
        return -1;
    while (next_line(&reader, &line, &len))
        if (read_synonyms(lexicon, line, len) < 0)
            return tw_fail(err, TW_INVALID,
                           "line %zu is not 'word: synonym, ...' with phrases of at most %d words",
                           reader.number, LEXICON_PHRASE_WORDS);
    return 0;
}

void lexicon_add_chunk(struct lexicon *lexicon, const char *const *parts, size_t n_parts)
{
    for (size_t p = 0; p < n_parts; p++) {
        struct text_words words;

        text_words_init(&words, parts[p], strlen(parts[p]));
        for (size_t i = 0; i < words.n; i++) {
            struct entry *entry = obtain_entry(lexicon, words.items[i].stem);

            entry->n_words++;
            entry->n_name += (words.items[i].flags & WORD_NAME) > 0;
            entry->df += entry->last_chunk != lexicon->n_chunks;
            entry->last_chunk = lexicon->n_chunks;
        }
        text_words_finish(&words);
    }
    lexicon->n_chunks++;
}

void lexicon_restore_stem(struct lexicon *lexicon, const char *stem, uint32_t df)
{
    obtain_entry(lexicon, stem)->df = df;
}

void lexicon_restore_chunks(struct lexicon *lexicon, size_t n_chunks)
{
    lexicon->n_chunks = (uint32_t)n_chunks;
}

/* ---- Questions ----------------------------------------------------------------------------------- */

size_t lexicon_n_chunks(const struct lexicon *lexicon)
{
    return lexicon->n_chunks;
}

uint32_t lexicon_df(const struct lexicon *lexicon, const char *stem)
{
    const struct entry *entry = find(lexicon, stem);

    return entry ? entry->df : 0;
}

static double idf_at(const struct lexicon *lexicon, uint32_t df)
{
    if (lexicon->n_chunks == 0)
        return 1;
    return log(1 + (lexicon->n_chunks - df + 0.5) / (df + 0.5));
}

double lexicon_idf(const struct lexicon *lexicon, const char *stem)
{
    uint32_t df = lexicon_df(lexicon, stem);

    return idf_at(lexicon, df > 0 ? df : 1);
}

double lexicon_idf1(const struct lexicon *lexicon)
{
    return idf_at(lexicon, 1);
}

void lexicon_each_stem(const struct lexicon *lexicon, lexicon_each_fn *each, void *ctx)
{
    for (size_t i = 0; i < lexicon->stems.n; i++)
        if (lexicon->entries[i].df > 0)
            each(ctx, lexicon->stems.stems[i], lexicon->entries[i].df);
}

bool lexicon_is_name(const struct lexicon *lexicon, const char *stem)
{
    const struct entry *entry = find(lexicon, stem);

    return entry && 2 * entry->n_name > entry->n_words;
}

bool lexicon_is_generic(const struct lexicon *lexicon, const char *stem)
{
    const struct entry *entry = find(lexicon, stem);

    return entry && entry->is_generic;
}

static bool is_same_phrase(const struct lexicon_phrase *a, const struct lexicon_phrase *b)
{
    bool is_same = a->n == b->n;

    for (size_t i = 0; is_same && i < a->n; i++)
        is_same = strcmp(a->stems[i], b->stems[i]) == 0;
    return is_same;
}

const struct lexicon_phrase *lexicon_synonym(const struct lexicon *lexicon,
                                             const struct lexicon_phrase *phrase,
                                             enum lexicon_side side,
                                             size_t n)
{
    const struct entry *entry = phrase->n > 0 ? find(lexicon, phrase->stems[0]) : NULL;

    for (uint32_t i = entry ? entry->first_link : STEM_NONE; i != STEM_NONE;
         i = lexicon->links[i].next)
        if (lexicon->links[i].side == side && is_same_phrase(&lexicon->links[i].from, phrase) &&
            n-- == 0)
            return &lexicon->links[i].to;
    return NULL;
}

const struct thesaurus *lexicon_thesaurus(const struct lexicon *lexicon)
{
    return lexicon->thesaurus;
}
