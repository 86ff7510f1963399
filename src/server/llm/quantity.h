#ifndef TW_QUANTITY_H
#define TW_QUANTITY_H

/* Numbers with what they measure, so that "two weeks", "14 days" and "a fortnight" are the same, and
 * "10 working days" is not. Pure. */

#include "server/llm/text.h"

#include <stdbool.h>
#include <stddef.h>

enum quantity_kind {
    QUANTITY_COUNT,     /* of things, or the number of a thing: "3 attempts", "severity 1" */
    QUANTITY_TIME,      /* seconds */
    QUANTITY_WORK_TIME, /* seconds, an hour or a day of which is one of work */
    QUANTITY_CLOCK,     /* minutes since midnight */
    QUANTITY_DATE,      /* 100 month + day */
    QUANTITY_SIZE,      /* bytes */
    QUANTITY_RATE,      /* bits per second */
    QUANTITY_PERCENT,
    QUANTITY_MONEY, /* of the currency in `of` */
};

/* "at least", "over", "or more" against "at most", "under", "up to", "no more than". */
enum quantity_bound {
    QUANTITY_EXACT = 0, /* none is given */
    QUANTITY_LEAST = 1,
    QUANTITY_MOST = -1,
};

struct quantity {
    double value;          /* in the unit of its kind */
    double number;         /* as written */
    size_t first, n_words; /* where it stands: the number, and a unit that is no thing counted */
    /* Stems of what stands beside a count, or NULL: the thing counted or its adjective, the word behind that,
     * and the thing numbered before it. Of money, `of` is the currency. */
    const char *of, *of_next, *before;
    /* Of a count that names nothing, behind a quantity that does ("in 2 hours, or in 4"): what it may measure. */
    double implied_value;
    enum quantity_kind implied_kind; /* QUANTITY_COUNT: nothing */
    enum quantity_kind kind;
    enum quantity_bound bound;
    bool is_label; /* numbers a thing: `before` is what it numbers */
    bool is_soft;  /* "a day", "one", "first": often none at all; an answer need not prove it */
    bool is_told; /* a small count in words ("there are two ways"), which may be the writer's own */
    bool is_rough; /* "about", "just under": near it, in another unit, is the same */
    bool is_exact; /* no month or year in it, of which nobody knows the days */
};

/* The quantities among the words of text, which is NUL-terminated, in order; at most max. Returns their number. */
size_t quantity_find(const char *text,
                     const struct text_word *words,
                     size_t n_words,
                     struct quantity *ret_quantities,
                     size_t max);

/* A count that tells neither what it counts nor what it numbers. */
bool quantity_is_bare(const struct quantity *q);

enum quantity_relation {
    QUANTITY_SAME,
    QUANTITY_RIVAL, /* measures the same thing and differs */
    QUANTITY_OTHER,
};

/* Counts are the same if the numbers are, whatever they count (an attempt is a try), and rivals only if they
 * count or number the same. */
enum quantity_relation quantity_compare(const struct quantity *a, const struct quantity *b);

/* "children up to 15 pay", "up to fifteen years": a unit that is left out looks like a thing counted. */
bool quantity_may_be_same(const struct quantity *a, const struct quantity *b);

#endif
