#ifndef TW_LLM_EMBEDDING_DRIFT_H
#define TW_LLM_EMBEDDING_DRIFT_H

/* Whether the questions asked lately are about what they used to be about: two sets of sentence vectors,
 * compared by a classifier two-sample test. If a ridge classifier can tell a question that it has not
 * seen apart from the reference, the questions have changed (Lopez-Paz and Oquab, "Revisiting classifier
 * two-sample tests", 2017). What people ask comes in runs, so neighbours in time are held out together,
 * and exchanged together when the chance of such a score is asked for. Pure. */

#include <stdbool.h>
#include <stddef.h>

#define EMBEDDING_DRIFT_VECTORS_MIN   100 /* of either side; with fewer there is no score */
#define EMBEDDING_DRIFT_REFERENCE_MAX 400 /* of a longer reference so many are looked at */

struct embedding_drift_result {
    size_t n_reference, n_window; /* vectors looked at */
    bool has_score; /* both sides have EMBEDDING_DRIFT_VECTORS_MIN; else only diversity holds */

    /* 0..1: max(0, 2 auc - 1), and 0 while p_value is over 0.01. About the share of questions on topics
     * that the reference lacks, as long as all others are worded as the reference is, and no question is
     * in it word for word. With the latter it is lower, with another manner of wording high without any
     * drift (tests/bench/embedding-drift.c). */
    double score;
    /* Of the held-out predictions, window over reference, 0..1. Under 0.5 when both sides hold the same
     * questions: the one that is held out looks like its twins, which are all on the other side. */
    double auc;
    double p_value; /* of auc, one-sided, by 200 permutations of block labels; 1/201 at the least */
    /* Squared distance of the means, unbiased, so about 0 and also below it without drift: maximum mean
     * discrepancy with the linear kernel (Gretton and others, "A kernel two-sample test", 2012, lemma 6).
     * For reading beside the score. */
    double mmd2, mmd2_p;

    /* 0..1, the share of the window on topics that the reference lacks, told another way: so many more are
     * as far from the nearest question of the reference as only 5 % of the reference's own are from their
     * nearest other one. With vectors that see meaning it minds neither questions asked again word for word,
     * nor another manner of wording, and runs on one topic little; with hashed ones it sees about half. */
    double unseen_ratio;

    double diversity; /* mean cosine distance of two of the window's vectors, 0..2; NAN under two */
};

/* Both sides are rows of dim numbers, of unit length or zero, in the order of their time, of the asking or
 * in the file; dim over 0. The same input gives the same result. About 20 ms for 200 rows of 384 on either
 * side, and 5 MB while it runs. */
void embedding_drift_compute(const float *reference,
                             size_t n_reference,
                             const float *window,
                             size_t n_window,
                             size_t dim,
                             struct embedding_drift_result *ret_result);

/* Which of n reference vectors is the i-th that is looked at, i under both n and
 * EMBEDDING_DRIFT_REFERENCE_MAX: all of them, or picked evenly in their order. */
static inline size_t embedding_drift_pick(size_t i, size_t n)
{
    return n > EMBEDDING_DRIFT_REFERENCE_MAX ? i * n / EMBEDDING_DRIFT_REFERENCE_MAX : i;
}

#endif
