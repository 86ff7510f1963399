#ifndef TW_EVALUATOR_H
#define TW_EVALUATOR_H

/* lexical-1: how far an answer is supported by the passages that it was made from, without a model. Two runs
 * give the same bits, on any machine. docs/evaluators.md explains the scores, and how often they are wrong.
 * Pure; any thread. */

#include "server/llm/check.h"
#include "server/llm/lexicon.h"
#include "server/llm/passage.h"

#include <stdbool.h>
#include <stddef.h>

#define EVALUATOR_NAME "lexical-1"
#define EVALUATOR_TAU  0.30 /* support under it counts as hallucinated; calibrated with the name */

/* Texts of any kind; what is beyond the bounds of material.h is not looked at. */
struct evaluation_input {
    const char *question; /* "" if there was none */
    const struct passage *passages;
    size_t n_passages;
    const char *answer;
};

struct sentence_score {
    size_t start, end; /* bytes of the answer */
    double support;    /* 0..1 */
    int passage; /* index of the one with the best window; EVALUATION_QUESTION, EVALUATION_NOTHING */
    size_t evidence_start,
        evidence_end; /* that window, bytes of the passage's text or the question */
    unsigned flags;   /* of enum check: what contradicts the evidence */
};

#define EVALUATION_QUESTION (-1)
#define EVALUATION_NOTHING  (-2) /* there was no evidence */

struct evaluation {
    bool is_abstained;    /* says that it does not know; then only the relevance below holds */
    double groundedness;  /* mean support, 0..1; NAN when abstained or nothing is claimed */
    double weakest;       /* the least support; NAN likewise */
    double hallucination; /* share of sentences with support under EVALUATOR_TAU; NAN likewise */
    double
        answer_relevance; /* for reading; NAN likewise, or when the question has no specific term */
    double relevance;     /* of the passages to the question, 0..1; NAN: it has no specific term */
    struct sentence_score *sentences; /* those that claim something, in order */
    size_t n_sentences;
    size_t weakest_sentence;   /* index of the one with the least support; 0 when there is none */
    unsigned n_checks[CHECKS]; /* sentences in which each check hit */
    bool is_cut;               /* not all was looked at */
};

void evaluator_score(const struct lexicon *lexicon,
                     const struct evaluation_input *input,
                     struct evaluation *ret_evaluation);
void evaluation_finish(struct evaluation *evaluation); /* zeroed is fine */

/* Coverage of the question's specific terms (terms.h) by the best of the passages, 0..1; NAN: it has none. */
double evaluator_relevance(const struct lexicon *lexicon,
                           const char *question,
                           const struct passage *passages,
                           size_t n_passages);

#endif
