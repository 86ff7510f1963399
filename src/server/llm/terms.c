#include "server/llm/terms.h"

#include "common/alloc.h"
#include "server/llm/spelling.h"
#include "server/llm/stem.h"

#include <string.h>

#define GUESSES_MAX 16 /* at what misspelt words of a question were meant to be */

/* ---- Sets of stems ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

void stem_set_take(struct stem_set *set, uint64_t *owned_hashes, size_t n)
{
    size_t n_unique = 0;

    if (n > 0)
        qsort(owned_hashes, n, sizeof(*owned_hashes), compare);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || owned_hashes[i] != owned_hashes[i - 1])
            owned_hashes[n_unique++] = owned_hashes[i];
    *set = (struct stem_set){owned_hashes, n_unique};
}

void stem_set_init(struct stem_set *set, const char *const *parts, size_t n_parts)
{
    uint64_t *hashes = NULL;
    size_t n = 0;

    for (size_t p = 0; p < n_parts; p++) {
        struct text_words words;

        text_words_init(&words, parts[p], strlen(parts[p]));
        hashes = xrealloc_array(hashes, n + words.n, sizeof(*hashes));
        for (size_t i = 0; i < words.n; i++)
            hashes[n++] = stem_hash(words.items[i].stem);
        text_words_finish(&words);
    }
    stem_set_take(set, hashes, n);
}

void stem_set_finish(struct stem_set *set)
{
    free(set->hashes);
    *set = (struct stem_set){0};
}

bool stem_set_has(const struct stem_set *set, const char *stem)
{
    uint64_t hash = stem_hash(stem);

    return set->n > 0 && bsearch(&hash, set->hashes, set->n, sizeof(hash), compare);
}

/* ---- Terms --------------------------------------------------------------------------------------- */

static bool is_specific(const struct lexicon *lexicon, const struct text_word *word)
{
    bool is_small = (word->flags & WORD_NUMBER) && strlen(word->form) < 3;

    return !(word->flags & WORD_STOP) && !is_small && !lexicon_is_generic(lexicon, word->stem);
}

static struct term *find_term(struct terms *terms, const char *stem)
{
    for (size_t i = 0; i < terms->n; i++)
        if (strcmp(terms->items[i].word->stem, stem) == 0)
            return &terms->items[i];
    return NULL;
}

static void add_synonyms(struct term *term,
                         const struct lexicon *lexicon,
                         const struct lexicon_phrase *phrase)
{
    const struct lexicon_phrase *synonym;

    for (size_t n = 0; (synonym = lexicon_synonym(lexicon, phrase, LEXICON_SYNONYMS, n)); n++)
        if (term->n_synonyms < TERM_SYNONYMS_MAX)
            term->synonyms[term->n_synonyms++] = synonym;
}

/* The phrases that begin at this word of the question. What stands for a phrase stands for each of its terms. */
static void add_phrases(struct terms *terms, const struct lexicon *lexicon, size_t first)
{
    struct lexicon_phrase phrase = {0};

    for (size_t i = first; i < terms->words.n && phrase.n < LEXICON_PHRASE_WORDS; i++) {
        const struct text_word *word = &terms->words.items[i];

        if (word->flags & WORD_STOP)
            continue;
        phrase.stems[phrase.n++] = word->stem;
        for (size_t k = 0; k < phrase.n && lexicon_synonym(lexicon, &phrase, LEXICON_SYNONYMS, 0);
             k++) {
            struct term *term = find_term(terms, phrase.stems[k]);

            if (term)
                add_synonyms(term, lexicon, &phrase);
        }
    }
}

static bool is_unknown(const struct lexicon *lexicon, const struct text_word *word)
{
    const struct lexicon_phrase alone = {.n = 1, .stems = {word->stem}};

    return !(word->flags & (WORD_STOP | WORD_NUMBER | WORD_IDENTIFIER | WORD_CODE)) &&
           lexicon_df(lexicon, word->stem) == 0 && !lexicon_is_generic(lexicon, word->stem) &&
           !lexicon_synonym(lexicon, &alone, LEXICON_SYNONYMS, 0);
}

/* A word that nothing is known of may be misspelt: it then has the stem that it was meant to have. Every guess
 * is a look at the whole lexicon, so they are counted. */
static bool respell(const struct lexicon *lexicon, struct text_word *word, size_t *n_guesses)
{
    const char *meant;

    if (*n_guesses == GUESSES_MAX || !is_unknown(lexicon, word))
        return false;
    ++*n_guesses;
    meant = spelling_nearest(lexicon, word->stem);
    if (meant)
        word->stem = meant;
    return meant != NULL;
}

void terms_init(struct terms *terms,
                const struct lexicon *lexicon,
                const char *question,
                size_t len)
{
    size_t n_guesses = 0;

    *terms = (struct terms){0};
    text_words_init(&terms->words, question, len);
    for (size_t i = 0; i < terms->words.n && terms->n < TERMS_MAX; i++) {
        struct text_word *word = &terms->words.items[i];
        bool is_respelt = respell(lexicon, word, &n_guesses);

        if (!is_specific(lexicon, word) || find_term(terms, word->stem))
            continue;
        terms->items[terms->n] = (struct term){
            .word = word,
            .idf = lexicon_idf(lexicon, word->stem),
            .is_known = lexicon_df(lexicon, word->stem) > 0,
            .is_respelt = is_respelt,
        };
        terms->total += terms->items[terms->n++].idf;
    }
    for (size_t i = 0; i < terms->words.n && terms->n > 0; i++)
        if (!(terms->words.items[i].flags & WORD_STOP))
            add_phrases(terms, lexicon, i);
}

void terms_finish(struct terms *terms)
{
    text_words_finish(&terms->words);
    *terms = (struct terms){0};
}

static bool has_phrase(const struct stem_set *set, const struct lexicon_phrase *phrase)
{
    for (size_t i = 0; i < phrase->n; i++)
        if (!stem_set_has(set, phrase->stems[i]))
            return false;
    return true;
}

static double match(const struct term *term, const struct stem_set *set)
{
    if (stem_set_has(set, term->word->stem))
        return term->is_respelt ? LEXICON_SYNONYM * term->idf : term->idf;
    for (size_t i = 0; i < term->n_synonyms; i++)
        if (has_phrase(set, term->synonyms[i]))
            return LEXICON_SYNONYM * term->idf;
    return 0;
}

double terms_matched(const struct terms *terms, const struct stem_set *set)
{
    double sum = 0;

    for (size_t i = 0; i < terms->n; i++)
        sum += match(&terms->items[i], set);
    return sum;
}

double terms_coverage(const struct terms *terms, const struct stem_set *set)
{
    return terms->total > 0 ? terms_matched(terms, set) / terms->total : 0;
}
