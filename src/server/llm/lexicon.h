#ifndef TW_LEXICON_H
#define TW_LEXICON_H

/* What is known of the words of a knowledge base: in how many of its chunks a stem occurs, which words carry
 * no topic there, and which mean the same. Filled by one thread; from then on it is const, and any number of
 * threads may ask it. Pure: the texts of the files are given. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEXICON_PHRASE_WORDS 4                     /* of a synonym at most */
#define LEXICON_LIST_BYTES   ((size_t)1024 * 1024) /* of a list of words at most */
#define LEXICON_SYNONYM      0.8 /* what a synonym counts, where the word itself counts 1 */

struct lexicon;
struct thesaurus;

struct lexicon *lexicon_new(void);
void lexicon_free(struct lexicon *lexicon); /* NULL is fine */
DEFINE_CLEANUP(struct lexicon *, lexicon_free);

/* ---- Filling ------------------------------------------------------------------------------------- */

/* Generic words, one per line; "#" begins a comment. TW_INVALID names the line: more than a word in it. */
int lexicon_add_generic(struct lexicon *lexicon, const char *text, size_t len, struct tw_error *err)
    MUST_CHECK;

/* Lines "word: synonym, another, a phrase of words": what a user may write, and what an article may say for it;
 * the word may be a phrase too. "#" begins a comment. TW_INVALID names the line: no colon, nothing on one of its
 * sides, a phrase of more than LEXICON_PHRASE_WORDS. */
int lexicon_add_synonyms(struct lexicon *lexicon,
                         const char *text,
                         size_t len,
                         struct tw_error *err) MUST_CHECK;

/* One chunk, in as many parts as it has (title, heading, text), each NUL-terminated. */
void lexicon_add_chunk(struct lexicon *lexicon, const char *const *parts, size_t n_parts);

/* Counts that were kept of another lexicon (lexicon_each_stem, lexicon_n_chunks), in place of its chunks. */
void lexicon_restore_stem(struct lexicon *lexicon, const char *stem, uint32_t df);
void lexicon_restore_chunks(struct lexicon *lexicon, size_t n_chunks);

/* ---- Asking -------------------------------------------------------------------------------------- */

size_t lexicon_n_chunks(const struct lexicon *lexicon);
uint32_t lexicon_df(const struct lexicon *lexicon,
                    const char *stem); /* chunks that hold it; 0: unknown */

/* ln(1 + (N - df + 0.5) / (df + 0.5)) (BM25, as in Lucene), over 0; an unknown stem has that of df = 1, as
 * more than that would be a guess. Without chunks all are 1. */
double lexicon_idf(const struct lexicon *lexicon, const char *stem);
double lexicon_idf1(const struct lexicon *lexicon); /* the idf at df = 1 */

/* Stands mostly as a name in the chunks (WORD_NAME). */
bool lexicon_is_name(const struct lexicon *lexicon, const char *stem);
/* Every stem that occurs in a chunk, in no order. */
typedef void lexicon_each_fn(void *ctx, const char *stem, uint32_t df);
void lexicon_each_stem(const struct lexicon *lexicon, lexicon_each_fn *each, void *ctx);

bool lexicon_is_generic(const struct lexicon *lexicon, const char *stem);

/* What may stand for a word or phrase: stems without stop words. */
struct lexicon_phrase {
    size_t n;
    const char *stems[LEXICON_PHRASE_WORDS];
    const char
        *forms[LEXICON_PHRASE_WORDS]; /* what the stems are of; NULLs in a phrase to ask for */
};

enum lexicon_side {
    LEXICON_SYNONYMS, /* of a word: what may stand for it */
    LEXICON_WORDS,    /* of a synonym: what it may stand for */
};

/* The n-th phrase on the side of this one, counted from 0 in the order of the lines; NULL: no more. */
const struct lexicon_phrase *lexicon_synonym(const struct lexicon *lexicon,
                                             const struct lexicon_phrase *phrase,
                                             enum lexicon_side side,
                                             size_t n);

/* Everyday English, which every lexicon knows; thesaurus.h. */
const struct thesaurus *lexicon_thesaurus(const struct lexicon *lexicon);

#endif
