#ifndef TW_TERMS_H
#define TW_TERMS_H

/* What a question asks about: its specific terms, and how much of them a chunk holds. Immutable once made. Pure. */

#include "server/llm/lexicon.h"
#include "server/llm/text.h"

/* The stems of a text as a set, by their hashes. */
struct stem_set {
    uint64_t *hashes; /* ascending */
    size_t n;
};

/* Parts as for lexicon_add_chunk. */
void stem_set_init(struct stem_set *set, const char *const *parts, size_t n_parts);
/* Takes the hashes (stem_hash), from malloc, in any order and as often as they occur. */
void stem_set_take(struct stem_set *set, uint64_t *owned_hashes, size_t n);
void stem_set_finish(struct stem_set *set); /* zeroed is fine */
bool stem_set_has(const struct stem_set *set, const char *stem);

#define TERMS_MAX         64 /* specific terms of a question; further ones are not looked at */
#define TERM_SYNONYMS_MAX 16

/* A specific term: neither a stop word nor generic nor a number under 100, and each stem once. */
struct term {
    const struct text_word *word; /* where it stands first */
    double idf;
    bool is_known; /* occurs in the knowledge base */
    bool
        is_respelt; /* the word's stem is a guess at what was meant (spelling.h), its form as it was written */
    size_t n_synonyms;
    const struct lexicon_phrase *synonyms[TERM_SYNONYMS_MAX]; /* the lexicon's */
};

struct terms {
    struct text_words words; /* of the question */
    struct term items[TERMS_MAX];
    size_t n;
    double total; /* sum of idf */
};

/* Keeps pointers into the lexicon. */
void terms_init(struct terms *terms,
                const struct lexicon *lexicon,
                const char *question,
                size_t len);
void terms_finish(struct terms *terms); /* zeroed is fine */

/* m: sum of the idf of the terms that the set holds; LEXICON_SYNONYM of it where it holds only a synonym, of a
 * phrase all words, or where the word was respelt. */
double terms_matched(const struct terms *terms, const struct stem_set *set);

/* terms_matched over the total, 0..1; 0 when there are no terms. */
double terms_coverage(const struct terms *terms, const struct stem_set *set);

#endif
