#ifndef TW_RETRIEVAL_H
#define TW_RETRIEVAL_H

/* The passages of the knowledge base that fit a question: by their words (FTS5), and by the meaning of
 * their sentences where a semantic encoder and an index are at hand; both lists merged by reciprocal rank
 * fusion. Rank says nothing of fit, so a floor decides whether anything is returned at all. Any thread that
 * may wait: it encodes, reads a file and may ask a server. */

#include "common/error.h"
#include "server/llm/passage.h"

#include <stdbool.h>
#include <stddef.h>

struct knowledge;

#define RETRIEVAL_PASSAGES_MAX 10
#define RETRIEVAL_TOPICS_MAX   3

/* Why the dense side had no say although it should have. */
enum retrieval_degraded {
    RETRIEVAL_NOT_DEGRADED,
    RETRIEVAL_LOADING,           /* its vectors are still being made */
    RETRIEVAL_INDEX_UNREACHABLE, /* no answer from the index, or it lacks this version's vectors */
    RETRIEVAL_CHECKSUM,          /* damaged vectors */
    RETRIEVAL_DISAGREEMENT,      /* it finds nothing near where the words fit well */
    N_RETRIEVAL_DEGRADED
};

const char *retrieval_degraded_name(enum retrieval_degraded degraded); /* "index-unreachable" */

/* Simulated faults; all false in earnest. */
struct retrieval_faults {
    bool is_empty;      /* the knowledge base holds nothing */
    bool is_shuffled;   /* chunks that have nothing to do with the question */
    bool is_dense_down; /* the index does not answer */
    bool is_corrupted;  /* the index's vectors are not those of the texts */
};

/* The sides of the search, for measuring what each is worth. */
enum retrieval_side {
    RETRIEVAL_WORDS = 1 << 0,
    RETRIEVAL_SYNONYMS = 1 << 1,
    RETRIEVAL_DENSE = 1 << 2,
};

struct retrieval_request {
    const char *question; /* UTF-8 */
    size_t n_docs;        /* 1..RETRIEVAL_PASSAGES_MAX */
    struct retrieval_faults faults;
    unsigned sides_off; /* of enum retrieval_side; 0 in earnest */
};

struct knowledge_chunk;
struct knowledge_snapshot;

struct retrieval {
    struct passage *passages; /* best first; also those that the floor holds back */
    size_t n;                 /* to be used: 0 under the floor */
    size_t n_candidates;      /* before the floor */
    bool is_under_floor;
    bool is_ambiguous; /* the question names nothing specific: to be asked back; then no passages */
    double
        relevance; /* 0..1: how much of the question's specific terms the best candidate covers */
    enum retrieval_degraded degraded;
    char degraded_detail[256]; /* for the log; "" when not degraded */
    float *query_vector; /* of the question, also where only drift uses it; NULL without encoder */
    size_t dim;
    const char *topics[RETRIEVAL_TOPICS_MAX]; /* titles nearest to the question, or else any */
    size_t n_topics;
    struct knowledge_snapshot *snapshot; /* whose lexicon goes with the passages */
    struct knowledge_chunk *chunks;      /* what passages borrow from */
};

/* TW_BROKEN the knowledge base cannot be read, TW_BUSY not now. A dense side that fails is no failure. */
int retrieval_search(struct knowledge *knowledge,
                     const struct retrieval_request *request,
                     struct retrieval *ret_retrieval,
                     struct tw_error *err) MUST_CHECK;
void retrieval_finish(struct retrieval *retrieval); /* zeroed is fine */

#endif
