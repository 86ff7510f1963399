#ifndef TW_ANSWERER_H
#define TW_ANSWERER_H

/* A question to an answer: retrieve, generate, evaluate. Puts the parts of this room together and keeps
 * nothing between questions. Any thread; may wait for the network where an endpoint or a Chroma server is
 * configured, so never on a listener's thread. */

#include "server/llm/answer.h"
#include "server/llm/generation.h"
#include "server/llm/retrieval.h"

#include <stdint.h>

struct encoder;
struct knowledge;
struct openai;

/* All borrowed for the answerer's life, which is that of the process: it is plain data. */
struct answerer {
    struct knowledge *knowledge;
    struct encoder *encoder;
    struct openai *openai; /* NULL: answers are quoted from the knowledge base */
};

/* Simulated faults that act on this question; zeroed in earnest. */
struct answerer_faults {
    struct retrieval_faults retrieval;
    bool fabricates; /* instead of answering, whichever generator is configured; see fabricate.h */
    uint64_t seed;   /* of what is made up */
    double delay_ms; /* that the request has waited already, as if in the generator */
};

struct answerer_request {
    const char *question; /* valid UTF-8 */
    size_t n_passages;    /* 1..ANSWER_PASSAGES_MAX */
    const char *trace_parent;
    int64_t deadline_mono_ms;
    generation_text_fn *on_text; /* NULL: no streaming */
    void *ctx;
    struct answerer_faults faults;
};

/* What a caller counts besides the answer itself. */
struct answerer_account {
    enum generation_path path;
    int degraded; /* enum degraded_reason: why retrieval did without its dense half; -1: it did not */
    bool is_timeout;     /* the model took too long */
    bool is_replaced;    /* it was asked and did not answer, so the knowledge base was quoted */
    float *query_vector; /* owned; of the encoder's length; NULL: none was made */
};

void answerer_account_finish(struct answerer_account *account);

/* A model that fails is replaced by quotation, with a warning in the answer, unless part of its text has
 * gone to on_text already: then that is an error. An answer that a fault has touched says so in a warning.
 * TW_BUSY: the model took too long; TW_BROKEN: the
 * knowledge base cannot be read, or the model broke off. ret_answer and ret_account are to be finished
 * in either case. */
int answerer_answer(const struct answerer *answerer,
                    const struct answerer_request *request,
                    struct answer *ret_answer,
                    struct answerer_account *ret_account,
                    struct tw_error *err) MUST_CHECK;

/* Scores somebody else's answer: ret_answer has its scores and sentences. */
void answerer_evaluate(const struct answerer *answerer,
                       const char *question,
                       const struct passage *passages,
                       size_t n_passages,
                       const char *text,
                       struct answer *ret_answer);

#endif
