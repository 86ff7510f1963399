#include "server/llm/lexicon.h"

#include "common/alloc.h"
#include "server/llm/stem.h"
#include "server/llm/text.h"

#include <math.h>
#include <string.h>

#define NONE UINT32_MAX

/* A stem. Entries are found by hash (open addressing over `slots`), and never removed. */
struct entry {
    uint64_t hash;
    char *stem; /* owned */
    uint32_t df, last_chunk;
    uint32_t first_link; /* of those whose `from` begins with this stem, or NONE */
    bool is_generic;
};

/* One direction of a synonym. */
struct link {
    struct lexicon_phrase from, to; /* stems of the entries */
    uint32_t next;                  /* that begins with the same stem, or NONE */
};

struct lexicon {
    struct entry *entries;
    size_t n_entries, entries_capacity;
    uint32_t *slots; /* index of an entry, or NONE; a power of two of them */
    size_t n_slots;
    struct link *links;
    size_t n_links, links_capacity;
    uint32_t n_chunks;
};

struct lexicon *lexicon_new(void)
{
    return xcalloc(1, sizeof(struct lexicon));
}

void lexicon_free(struct lexicon *lexicon)
{
    if (!lexicon)
        return;
    for (size_t i = 0; i < lexicon->n_entries; i++)
        free(lexicon->entries[i].stem);
    free(lexicon->entries);
    free(lexicon->slots);
    free(lexicon->links);
    free(lexicon);
}

/* ---- The table of stems -------------------------------------------------------------------------- */

/* The slot that holds the stem or where it would go. There is at least one free. */
static uint32_t *find_slot(const struct lexicon *lexicon, const char *stem, uint64_t hash)
{
    size_t mask = lexicon->n_slots - 1, i = hash & mask;

    for (;; i = (i + 1) & mask) {
        uint32_t *slot = &lexicon->slots[i];

        if (*slot == NONE || (lexicon->entries[*slot].hash == hash &&
                              strcmp(lexicon->entries[*slot].stem, stem) == 0))
            return slot;
    }
}

static void grow_slots(struct lexicon *lexicon)
{
    lexicon->n_slots = lexicon->n_slots ? lexicon->n_slots * 2 : 1024;
    lexicon->slots = xrealloc_array(lexicon->slots, lexicon->n_slots, sizeof(*lexicon->slots));
    for (size_t i = 0; i < lexicon->n_slots; i++)
        lexicon->slots[i] = NONE;
    for (size_t i = 0; i < lexicon->n_entries; i++)
        *find_slot(lexicon, lexicon->entries[i].stem, lexicon->entries[i].hash) = (uint32_t)i;
}

static const struct entry *find(const struct lexicon *lexicon, const char *stem)
{
    const uint32_t *slot;

    if (lexicon->n_slots == 0)
        return NULL;
    slot = find_slot(lexicon, stem, stem_hash(stem));
    return *slot == NONE ? NULL : &lexicon->entries[*slot];
}

/* The entry of a stem, made if it is new; good until the next. */
static struct entry *obtain(struct lexicon *lexicon, const char *stem)
{
    uint64_t hash = stem_hash(stem);
    uint32_t *slot;

    if (2 * lexicon->n_entries >= lexicon->n_slots)
        grow_slots(lexicon);
    slot = find_slot(lexicon, stem, hash);
    if (*slot != NONE)
        return &lexicon->entries[*slot];
    if (lexicon->n_entries == lexicon->entries_capacity) {
        lexicon->entries_capacity = lexicon->entries_capacity ? lexicon->entries_capacity * 2 : 512;
        lexicon->entries =
            xrealloc_array(lexicon->entries, lexicon->entries_capacity, sizeof(*lexicon->entries));
    }
    *slot = (uint32_t)lexicon->n_entries;
    lexicon->entries[lexicon->n_entries] =
        (struct entry){.hash = hash, .stem = xstrdup(stem), .last_chunk = NONE, .first_link = NONE};
    return &lexicon->entries[lexicon->n_entries++];
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
        return tw_fail(err, TW_INVALID, "a list of words is over %d bytes", LEXICON_LIST_BYTES);
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
            obtain(lexicon, words.items[0].stem)->is_generic = true;
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
        if (ret_phrase->n == LEXICON_PHRASE_WORDS)
            result = -1;
        else
            ret_phrase->stems[ret_phrase->n++] = obtain(lexicon, words.items[i].stem)->stem;
    }
    text_words_finish(&words);
    return ret_phrase->n > 0 ? result : -1;
}

static void add_link(struct lexicon *lexicon,
                     const struct lexicon_phrase *from,
                     const struct lexicon_phrase *to)
{
    uint32_t *last = &obtain(lexicon, from->stems[0])->first_link;

    if (lexicon->n_links == lexicon->links_capacity) {
        lexicon->links_capacity = lexicon->links_capacity ? lexicon->links_capacity * 2 : 256;
        lexicon->links =
            xrealloc_array(lexicon->links, lexicon->links_capacity, sizeof(*lexicon->links));
    }
    while (*last != NONE)
        last = &lexicon->links[*last].next;
    *last = (uint32_t)lexicon->n_links;
    lexicon->links[lexicon->n_links++] = (struct link){.from = *from, .to = *to, .next = NONE};
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
        add_link(lexicon, &word, &synonym);
        add_link(lexicon, &synonym, &word);
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
            struct entry *entry = obtain(lexicon, words.items[i].stem);

            entry->df += entry->last_chunk != lexicon->n_chunks;
            entry->last_chunk = lexicon->n_chunks;
        }
        text_words_finish(&words);
    }
    lexicon->n_chunks++;
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
                                             size_t n)
{
    const struct entry *entry = phrase->n > 0 ? find(lexicon, phrase->stems[0]) : NULL;

    for (uint32_t i = entry ? entry->first_link : NONE; i != NONE; i = lexicon->links[i].next)
        if (is_same_phrase(&lexicon->links[i].from, phrase) && n-- == 0)
            return &lexicon->links[i].to;
    return NULL;
}
