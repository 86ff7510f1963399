#ifndef TW_SCORED_H
#define TW_SCORED_H

/* An answer of the LLM side with how well each sentence of it is supported, and by what: as POST /chat and
 * the stored requests have it. Pure. Texts are fit for a terminal; those of passages and evidence may hold
 * line feeds. A number that the answer does not have is NaN. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct json;

#define SCORED_PARTS_MAX     1000
#define SCORED_PASSAGES_MAX  64
#define SCORED_FLAGS_MAX     16 /* of a sentence; further ones are dropped */
#define SCORED_CHUNK_ID_SIZE 128
#define SCORED_FLAG_SIZE     160
#define SCORED_TEXT_MAX      32768 /* bytes of a passage that are kept; a chunk has 80 to 200 words */

/* Under it a sentence counts as hallucinated: tau of the evaluator lexical-1. */
#define SCORED_TAU 0.30

/* Under it less than half of what the sentence says stands in its evidence. */
#define SCORED_WEAK 0.50

enum support {
    SUPPORT_UNSCORED, /* a greeting, a question, a heading: it claims nothing */
    SUPPORT_GOOD,
    SUPPORT_WEAK,
    SUPPORT_NONE,
    N_SUPPORTS,
};

struct scored_evidence {
    bool is_known;
    char chunk_id[SCORED_CHUNK_ID_SIZE];
    size_t passage;    /* index of the passage it stands in; SCORED_NO_PASSAGE: that is not known */
    size_t start, end; /* bytes of that passage's text; equal: where in it is not known */
    char *text;        /* owned; "" when it is not known */
};

#define SCORED_NO_PASSAGE ((size_t)-1)

/* A sentence, or what stands between sentences; in the order of the answer. */
struct scored_part {
    char *text; /* owned; one paragraph */
    enum support level;
    double support; /* 0..1 */
    size_t n_flags;
    char (*flags)[SCORED_FLAG_SIZE]; /* owned; "number not in evidence: 14" */
    struct scored_evidence evidence;
};

struct scored_passage {
    char chunk_id[SCORED_CHUNK_ID_SIZE];
    char document[128], title[128], heading[128];
    char *text; /* owned; "" when it was not told */
    double score;
};

struct scored {
    bool is_abstained;
    double relevance, hallucination, groundedness, answer_relevance; /* 0..1 */
    size_t n_parts;
    struct scored_part *parts; /* owned */
    size_t n_passages;
    struct scored_passage *passages; /* owned; best first */
};

/* From an object with response, sentences, passages or sources, and the scores; each may be absent, but for
 * the response or the sentences. TW_BROKEN for another shape. */
int scored_read(const struct json *json,
                struct scored *ret_scored,
                struct tw_error *err) MUST_CHECK;
void scored_finish(struct scored *scored);

const char *support_word(enum support level); /* "supported", "weak", "unsupported", "not scored" */

/* ---- scored_parts.c ----------------------------------------------------------------------------- */

/* A piece of the answer: bytes [start, end), trimmed. */
struct scored_range {
    size_t start, end;
    size_t sentence; /* which one it is; SCORED_NO_SENTENCE: none */
};

#define SCORED_NO_SENTENCE ((size_t)-1)

/* Cuts the answer into its sentences and what stands between them, so that nothing of it is left out. Blanks
 * and citation marks ("[1]") may differ between the two: the evaluator leaves them out. What has no
 * letters belongs to a neighbour: a full stop to the sentence before, "2. " to the one behind. A sentence
 * that is not found has an empty range in its place. The array of at most n + SCORED_PARTS_MAX is owned by
 * the caller. */
size_t scored_divide(const char *response,
                     const char *const *sentences,
                     size_t n,
                     struct scored_range **ret_ranges);

#endif
