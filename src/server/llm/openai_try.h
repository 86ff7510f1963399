#ifndef TW_OPENAI_TRY_H
#define TW_OPENAI_TRY_H

/* One exchange with a chat completions endpoint, for openai.c. */

#include "common/error.h"
#include "server/llm/chat.h"
#include "server/llm/generation.h"
#include "server/llm/sse.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fetcher;

/* All borrowed. */
struct openai_endpoint {
    const char *url;     /* of the completions */
    const char *api_key; /* NULL: none */
    int64_t stall_timeout_ms;
};

enum openai_result {
    OPENAI_GOOD,    /* the answer is there */
    OPENAI_PASSING, /* failed in a way that may pass */
    OPENAI_FOREIGN, /* refused a field that can be done without: `dialect` says how to ask next */
    OPENAI_FAILED,  /* asking this model again is of no use */
    OPENAI_OVER, /* nobody shall be asked again: text was given out, or none is wanted any more */
};

/* What the try says about the model's server, for its breaker. */
enum openai_verdict { OPENAI_UNKNOWN, OPENAI_WORKS, OPENAI_FAILS };

struct openai_try {
    const struct openai_endpoint *endpoint;
    const struct chat_request *request;
    const char *trace_parent; /* NULL: none */
    int64_t timeout_ms;
    generation_text_fn *on_text; /* NULL: none */
    void *ctx;
    const atomic_bool *is_stopping;
    unsigned dialect;

    /* What came of it. */
    enum openai_result result;
    enum openai_verdict verdict;
    struct tw_error error;  /* may hold what the server wrote: redact it */
    int64_t retry_after_ms; /* -1: not said */
    struct chat_answer answer;
    int64_t first_text_ns; /* monotonic; 0: no text came */
    bool is_told;          /* on_text was called */

    /* On the way. */
    struct sse_reader events;
    size_t n_events;
    bool is_bad;      /* the stream; error says why */
    bool is_unwanted; /* on_text gave false */
    bool is_done;
};

/* Runs a try whose upper fields are set and the others zero. Then, whatever its result, finish. */
void openai_try_run(struct openai_try *self, struct fetcher *fetcher);
void openai_try_finish(struct openai_try *self);

#endif
