#ifndef TW_LLM_ENCODER_POOL_H
#define TW_LLM_ENCODER_POOL_H

/* The threads that run the network. A caller brings a call, which is cut into batches; the threads take
 * batches, requests before bulk, in the order of the calls. Calls lie on their callers' stacks, so nothing
 * here grows. */

#include "common/error.h"
#include "server/llm/encoder.h"

#include <stdint.h>

struct bert;
struct encoder_pool;

/* bert is borrowed. TW_BUSY: no memory or no threads. */
int encoder_pool_start(const struct bert *bert,
                       unsigned n_threads,
                       struct encoder_pool **ret_pool,
                       struct tw_error *err) MUST_CHECK;
void encoder_pool_stop(struct encoder_pool *pool); /* while no call runs; NULL is fine */

struct encoder_call {
    const uint16_t *ids;
    const size_t *starts; /* n_texts + 1, as in bert_encode */
    size_t n_texts;
    float *vectors; /* n_texts x BERT_WIDTH */

    /* For encoder_pool.c. */
    size_t batch_tokens, next_text, n_done;
    struct encoder_call *next;
};

/* Blocks until vectors is filled. */
void encoder_pool_run(struct encoder_pool *pool,
                      struct encoder_call *call,
                      enum encoder_urgency urgency);

#endif
