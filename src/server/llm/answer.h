#ifndef TW_ANSWER_H
#define TW_ANSWER_H

/* An answer with all that explains it: what was found, what was written, and how far each sentence is
 * supported. The one form in which answers travel: to clients, into the store, and between replicas.
 * Pure. */

#include "common/error.h"
#include "common/json.h"
#include "common/json_write.h"
#include "server/llm/passage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_PASSAGES_MAX 10
#define ANSWER_WARNINGS_MAX 4

struct answer_sentence {
    char *text;                          /* owned */
    double support;                      /* 0..1 */
    int passage;                         /* index of the one that supports it best; -1: none */
    size_t evidence_start, evidence_end; /* bytes of that passage's text */
    unsigned flags;                      /* enum check */
};

struct answer {
    char *text; /* owned; NULL: none was written */
    bool is_abstained;
    /* 0..1; NaN: not scored. */
    double relevance, hallucination, groundedness, answer_relevance, weakest;
    unsigned n_unsupported_sentences, n_unsupported_numbers;

    /* Texts owned. */
    struct passage passages[ANSWER_PASSAGES_MAX];
    size_t n_passages;
    struct answer_sentence *sentences; /* owned */
    size_t n_sentences;

    char model[64]; /* the configured name, or "extractive" */
    int64_t input_tokens, output_tokens;
    bool is_estimated;
    /* Milliseconds; NaN: that part did not come to be. */
    double first_text_ms, retrieval_ms, generation_ms, evaluation_ms;

    size_t n_warnings;
    char warnings[ANSWER_WARNINGS_MAX][200]; /* what fell short, for a person */
};

void answer_init(struct answer *answer); /* nothing known: scores and times NaN */
void answer_finish(struct answer *answer);

/* More than fit are dropped. */
void answer_warn(struct answer *answer, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Copies the passages, at most ANSWER_PASSAGES_MAX. */
void answer_set_passages(struct answer *answer, const struct passage *passages, size_t n);

/* The members of POST /chat's answer, into the object that is open. */
void answer_write(const struct answer *answer, struct json_writer *w);

/* What a stored row has no columns for, for GET /requests/{id}: the passages are objects with their text,
 * scores and model are not among it. */
void answer_write_record(const struct answer *answer, struct json_writer *w);

/* What answer_write wrote; other members are passed over. TW_INVALID for anything else. Bounded by the
 * size of the JSON. ret_answer needs answer_finish on success only. */
int answer_read(const struct json *json,
                struct answer *ret_answer,
                struct tw_error *err) MUST_CHECK;

/* "relevance_score": ..., and so on: the four scores, for lists and details too. */
void answer_write_scores(const struct answer *answer, struct json_writer *w);

#endif
