#ifndef TW_TEXT_H
#define TW_TEXT_H

/* A text as words and as sentences, for retrieval and evaluation. Any bytes are fine: what is no UTF-8
 * separates words. Time and memory grow with the length alone, and what lies beyond TEXT_BYTES_MAX is not
 * read (is_cut). Pure; offsets are bytes of the text given. */

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

#define TEXT_BYTES_MAX      ((size_t)100 * 1000)
#define TEXT_WORD_BYTES_MAX 96 /* a longer one is several */

enum text_word_flag {
    WORD_NUMBER =
        1 << 0, /* "14", "2.5", "1,000", "10:30", "1st"; the form has no thousands comma */
    WORD_IDENTIFIER =
        1 << 1, /* one thing to the letter: "VPN-809", "eth0", "10.0.0.1", "a@b.c", "/etc/hosts" */
    WORD_CAPITAL = 1 << 2, /* begins with a capital */
    WORD_FIRST =
        1 << 3, /* where a capital is due: first of a sentence, line or list item, after a colon */
    WORD_NAME =
        1 << 4, /* looks like a name: an identifier, "SLA", "OneDrive", a capital not WORD_FIRST */
    WORD_STOP = 1 << 5, /* of stop_words.h */
    WORD_CODE = 1 << 6, /* between backquotes */
};

struct text_word {
    size_t start, end; /* its bytes in the text, possessive 's and unit letters not among them */
    const char *form;  /* folded (fold.h), NUL-terminated, never empty */
    const char *stem;  /* "send" of "sent"; the form of a number, an identifier, a contraction */
    unsigned flags;    /* of text_word_flag */
};

/* In the order of the text. Ordinary words split at hyphens and slashes ("sign-in" is two), a number and
 * the unit that sticks to it too ("30min"). */
struct text_words {
    struct text_word *items;
    size_t n;
    bool is_cut;   /* the text was longer than TEXT_BYTES_MAX */
    char *strings; /* forms and stems */
};

void text_words_init(struct text_words *words, const char *text, size_t len);
void text_words_finish(struct text_words *words); /* zeroed is fine */

struct text_span {
    size_t start, end;
};

/* In the order of the text and not overlapping, without list marks, heading marks and the space around;
 * a citation mark after a sentence belongs to it. A fragment of under three words ("Note:") is one with what
 * follows it in its paragraph, or else with what is before. Each item of a list, row of a table, line of a
 * code block and heading is a sentence. */
struct text_sentences {
    struct text_span *items;
    size_t n;
    bool is_cut;
};

void text_sentences_init(struct text_sentences *sentences, const char *text, size_t len);
void text_sentences_finish(struct text_sentences *sentences); /* zeroed is fine */

#endif
