#ifndef TW_TRIAGE_RECOMMEND_H
#define TW_TRIAGE_RECOMMEND_H

/* What to do about a ticket: the steps of the passages that were found for it, and what its severity
 * demands of whoever handles it. Pure. */

#include "server/llm/passage.h"

#include <stddef.h>

#define RECOMMEND_MAX      8   /* actions in all */
#define RECOMMEND_TEXT_MAX 400 /* bytes of one, with its NUL; a longer step is cut at a word */

struct recommendation {
    char text[RECOMMEND_TEXT_MAX];
    const char
        *chunk_id; /* of the passage it is from, borrowed; NULL: from the severity's policy */
};

/* rank: the severity's place, 0 the lowest of n_ranks. Policy first, then the numbered steps of the
 * passages in their order; a passage without steps gives none. Returns how many were written. */
size_t recommend(int rank,
                 int n_ranks,
                 const struct passage *passages,
                 size_t n_passages,
                 struct recommendation out[RECOMMEND_MAX]);

#endif
