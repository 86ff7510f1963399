#ifndef TW_COVERAGE_H
#define TW_COVERAGE_H

/* How much of a sentence of the answer the evidence holds, and where. A part of the evaluator. Pure. */

#include "server/llm/likeness.h"
#include "server/llm/material.h"

#define COVERAGE_WINDOW 3 /* adjacent sentences of evidence at most */

/* Made once per evaluation. */
struct coverage {
    const struct material *material;
    const struct likenesses *likenesses;
    float
        *scores; /* MATERIAL_TOKENS rows of n_evidence: how well an item of the sentence is held */
};

void coverage_init(struct coverage *coverage,
                   const struct material *material,
                   const struct likenesses *likenesses);
void coverage_finish(struct coverage *coverage); /* zeroed is fine */

struct coverage_window {
    double share;     /* of the weight of the sentence's content, 0..1; 1 when it has none */
    double weight;    /* that content */
    size_t first, n;  /* sentences of the evidence; n is 0 when there are none */
    size_t anchor;    /* the single sentence of the window that holds most */
    bool is_verbatim; /* the words of the sentence stand there in this order */
};

/* The best window of the evidence for a sentence of the answer: the smallest, and of those the first, when
 * several are as good. */
struct coverage_window coverage_find(const struct coverage *coverage, size_t sentence);

#endif
