#ifndef TW_WORD_RUN_H
#define TW_WORD_RUN_H

/* Where a word ends and what kind it is, by its spelling: numbers, identifiers, addresses and paths are one
 * word whatever is inside, others end at a hyphen or slash. A part of text_words.c. Pure. */

#include <stdbool.h>
#include <stddef.h>

struct word_run {
    size_t end;                /* just behind the word */
    unsigned flags;            /* WORD_NUMBER or WORD_IDENTIFIER or none */
    char drop;                 /* a character that its form leaves out; 0: none */
    bool is_first_upper;       /* begins with a capital */
    size_t n_letters, n_upper; /* 0 of an address or path */
};

/* The word that begins at text[at], which is before len; false: none does. At most TEXT_WORD_BYTES_MAX bytes
 * are looked at. */
bool word_run_find(const char *text, size_t len, size_t at, struct word_run *ret_word);

/* Is this folded word a unit that may stick to a number ("gb")? */
bool word_run_is_unit(const char *form);

#endif
