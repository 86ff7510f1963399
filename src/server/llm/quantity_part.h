#ifndef TW_QUANTITY_PART_H
#define TW_QUANTITY_PART_H

/* The parts of reading a quantity: its number, its unit. Only for quantity*.c. Pure. */

#include "server/llm/quantity.h"
#include "server/llm/word_list.h"

#include <string.h>

/* The words that are read, of a text that is NUL-terminated. */
struct quantity_scan {
    const char *text;
    const struct text_word *words;
    size_t n;
};

/* "" beyond the end. */
static inline const char *quantity_form(const struct quantity_scan *scan, size_t i)
{
    return i < scan->n ? scan->words[i].form : "";
}

static inline bool quantity_is(const struct quantity_scan *scan, size_t i, const char *form)
{
    return strcmp(quantity_form(scan, i), form) == 0;
}

/* Only blanks and a hyphen stand between word i and the next. */
bool quantity_is_close(const struct quantity_scan *scan, size_t i);

/* Is word i something that can be counted: no stop word, no number? */
bool quantity_is_thing(const struct quantity_scan *scan, size_t i);

/* A number that begins at word i goes to q->number, and to the kind where it settles that; returns where it
 * ends, i: there is none. */
size_t quantity_read_number(const struct quantity_scan *scan, size_t i, struct quantity *q);

/* "and a half" at word i is added to *number; returns where it ends, i: it is not there. */
size_t quantity_read_half(const struct quantity_scan *scan, size_t i, double *number);

/* 1..12 of a month's name with a capital, 0 of any other word. */
double quantity_month(const struct quantity_scan *scan, size_t i);

/* The unit of the number in q, which ends before word `end`: %, signs, "am", words; returns where it ends, `end`:
 * there is none. Sets the kind, what else the unit tells, and the factor from the number to the value. */
size_t quantity_read_unit(const struct quantity_scan *scan,
                          size_t end,
                          struct quantity *q,
                          double *ret_factor);

/* Is it a unit of time, with or without a word like "full" before it? */
bool quantity_is_time_at(const struct quantity_scan *scan, size_t i);

#endif
