#ifndef TW_SPELLING_H
#define TW_SPELLING_H

/* What a misspelt word was meant to be: the known stem that differs in one letter. Pure. */

struct lexicon;

#define SPELLING_LETTERS_MIN 7 /* of the stem; too many short words are one letter apart */

/* The known stem at one insertion, deletion, change or swap of neighbours from this unknown one, with the same
 * first letter, in the most chunks, equal ones by bytes; the lexicon's own. NULL: none. A look at every stem. */
const char *spelling_nearest(const struct lexicon *lexicon, const char *stem);

#endif
