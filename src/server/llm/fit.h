#ifndef TW_FIT_H
#define TW_FIT_H

/* How well a place in the evidence fits a place in a sentence of the answer: do the same words stand around both?
 * That tells whether a number, a name or a "not" stands where it belongs. A part of the evaluator. Pure. */

#include "server/llm/likeness.h"
#include "server/llm/material.h"

/* Tokens [first, last] of the material that are the place itself and are not compared. */
struct fit_place {
    size_t first, last;
};

#define FIT_QUANTITIES 16 /* of a sentence; further ones are no help to tell places apart */
#define FIT_LINKS      4  /* tokens of a sentence that one stem of the evidence is like */

/* A sentence of the answer, prepared. */
struct fit {
    const struct material *material;
    const struct likenesses *likenesses;
    const struct material_sentence *sentence;
    uint32_t *heads; /* by stem of the evidence: which tokens of the sentence are like it */

    struct fit_link {
        uint32_t token, next; /* of the sentence; index of a link */
        double strength;
    } * links;

    size_t n_links, capacity;
    uint32_t quantities
        [FIT_QUANTITIES]; /* the first tokens of the sentence's numbers, of the sentence */
    size_t n_quantities;
    bool is_narrow; /* other clauses are farther away */
    bool is_blind;  /* to numbers around a place: only words count */
};

void fit_init(struct fit *fit,
              const struct material *material,
              const struct likenesses *likenesses);
void fit_finish(struct fit *fit); /* zeroed is fine */

/* From now on about this sentence of the answer. */
void fit_set_sentence(struct fit *fit, size_t sentence);

/* What stands around a place in the evidence: per token of the sentence how near, and how like, the best one is. */
struct fit_around {
    const struct fit *fit;
    struct fit_place there;
    double best[MATERIAL_TOKENS];
};

/* What each token of the sentence counts, as seen from a place here. */
struct fit_view {
    float weight[MATERIAL_TOKENS];
};

/* fit_of in steps, for many places. A place {i, i - 1} lies between two tokens, and nothing is left out. */
void fit_look_around(const struct fit *fit, struct fit_place there, struct fit_around *ret_around);
void fit_look_from(const struct fit *fit, struct fit_place here, struct fit_view *ret_view);
double fit_weigh(const struct fit_around *around, const struct fit_view *view);

/* Sum over the content words of the sentence of their weight, times how near they stand to the place here, times
 * how near a word like them stands to the place there; in units of idf. 0: nothing around is alike. */
double fit_of(const struct fit *fit, struct fit_place here, struct fit_place there);

/* What fit_of would be if the sentence stood in the evidence word for word. */
double fit_self(const struct fit *fit, struct fit_place here);

/* Is any token of the sentence like this one of the evidence? */
static inline bool fit_has(const struct fit *fit, const struct material_token *evidence)
{
    return fit->heads[evidence->stem] != STEM_NONE;
}

/* The token of the sentence that is most like this token of the evidence, and how much; NULL: none is. */
const struct material_token *fit_like(const struct fit *fit,
                                      const struct material_token *evidence,
                                      double *ret_strength);

#endif
