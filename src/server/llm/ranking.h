#ifndef TW_RANKING_H
#define TW_RANKING_H

/* Lists of chunks, best first, and how several become one. Pure. */

#include <stddef.h>
#include <stdint.h>

#define RANKING_MAX 128 /* chunks in a list; the worst fall out */

struct ranked {
    int64_t rowid;
    double score; /* higher is better */
};

struct ranking {
    struct ranked items[RANKING_MAX];
    size_t n;
};

/* Adds to the chunk's score, which is 0 while it is not in the list; a chunk that finds the list full is
 * left out. Keeps no order. */
void ranking_add(struct ranking *ranking, int64_t rowid, double score);

/* Makes the chunk's score the larger of both. */
void ranking_raise(struct ranking *ranking, int64_t rowid, double score);

/* 0 for a chunk that is not in the list. */
double ranking_score(const struct ranking *ranking, int64_t rowid);

/* Best first, equal ones by rowid. */
void ranking_sort(struct ranking *ranking);

/* Adds weight / (60 + place), the place counted from 1, for every chunk of a sorted list (reciprocal rank
 * fusion; Cormack, Clarke and Buettcher, SIGIR 2009). */
void ranking_fuse(struct ranking *ranking, const struct ranking *list, double weight);

#endif
