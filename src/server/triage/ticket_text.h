#ifndef TW_TRIAGE_TICKET_TEXT_H
#define TW_TRIAGE_TICKET_TEXT_H

/* Features that a ticket's text tells by itself. Pure. */

#include <stddef.h>

/* Words: runs of characters between white space that have a letter or a digit. At most max. */
size_t ticket_text_words(const char *text, size_t max);

/* Occurrences of words and phrases of urgency ("urgent", "as soon as possible", "down"), in any case,
 * as whole words; a phrase counts once. At most max. */
size_t ticket_text_urgency(const char *text, size_t max);

#endif
