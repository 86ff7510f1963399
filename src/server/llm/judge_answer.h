#ifndef TW_JUDGE_ANSWER_H
#define TW_JUDGE_ANSWER_H

/* What a judge (a language model that grades an answer against its passages) is told, and what its reply
 * is worth. The reply counts only as JSON, and a grade over 0 only with a quotation that stands in a
 * passage: what the answer or the passages say to the judge cannot change how it is read. Pure. */

#include "common/buffer.h"
#include "common/error.h"
#include "server/llm/passage.h"

#include <stdbool.h>
#include <stddef.h>

#define JUDGE_SENTENCES_MAX 64
#define JUDGE_GRADE_MAX     3
#define JUDGE_EVIDENCE_MIN  8 /* bytes without blanks: a shorter one stands in many a text */

/* An answer that is to be judged; all borrowed, valid UTF-8. */
struct judge_case {
    const char *question;
    const struct passage *passages;
    size_t n_passages;
    const char *const *sentences; /* of the answer */
    size_t n_sentences;           /* 1..JUDGE_SENTENCES_MAX */
};

struct judge_sentence {
    bool is_void;   /* no grade, a grade that is none, or evidence that no passage holds */
    double support; /* grade / 3; NAN when void */
    bool has_evidence;
    size_t passage;    /* index of the one that holds it */
    size_t start, end; /* the evidence's bytes in its text: [start, end) */
};

struct judgement {
    struct judge_sentence sentences[JUDGE_SENTENCES_MAX];
    size_t n_sentences, n_void;
    double groundedness;  /* mean support of the sentences that are not void */
    double hallucination; /* share of them with support under 1/2: grades 0 and 1 */
};

const char *judge_rules(void);  /* the system message; constant */
const char *judge_schema(void); /* JSON schema of the reply; constant */
void judge_write_case(struct buffer *out, const struct judge_case *judged);

/* TW_BROKEN: not JSON of that form (anything around it too), a sentence graded twice, or more than half
 * of the sentences void. */
int judge_read_answer(const struct judge_case *judged,
                      const char *reply,
                      size_t len,
                      struct judgement *ret,
                      struct tw_error *err) MUST_CHECK;

#endif
