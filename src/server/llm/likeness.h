#ifndef TW_LIKENESS_H
#define TW_LIKENESS_H

/* Which stems of the evidence say what a stem of the answer says. A part of the evaluator. Pure. */

#include "server/llm/material.h"

#define LIKENESS_MAX 48 /* of one stem at most */

struct likeness {
    uint32_t stem;   /* of the evidence */
    double strength; /* 1 the same stem, less for a word like it */
    bool is_loose;   /* only by the thesaurus: names are not exchanged so */
};

struct likenesses {
    struct likeness *items;
    size_t *start; /* those of stem s are items[start[s]] up to items[start[s + 1]] */
    size_t n;
};

/* For the stems of the answer, which has been added. */
void likenesses_init(struct likenesses *likenesses, const struct material *material);
void likenesses_finish(struct likenesses *likenesses); /* zeroed is fine */

#endif
