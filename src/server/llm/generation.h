#ifndef TW_GENERATION_H
#define TW_GENERATION_H

/* An answer written from passages, whoever writes it: a language model behind an OpenAI-compatible
 * endpoint (openai.h), or the extractive answerer, which quotes. */

#include "server/llm/passage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A further piece of the answer's text: valid UTF-8 without NULs, borrowed. Called on the thread that
 * generates. False: no more is wanted (the reader is gone), and the generation fails. */
typedef bool generation_text_fn(void *ctx, const char *text, size_t len);

/* All borrowed; texts are valid UTF-8. */
struct generation_request {
    const char *question;
    const struct passage *passages; /* best first */
    size_t n_passages;
    const char *trace_parent;    /* W3C traceparent to pass on, or NULL */
    int64_t deadline_mono_ms;    /* beside the generator's own timeout; 0: none */
    generation_text_fn *on_text; /* NULL: no streaming */
    void *ctx;
};

enum generation_path {
    GENERATION_PRIMARY,        /* the configured model */
    GENERATION_FALLBACK_MODEL, /* the second one */
    GENERATION_EXTRACTIVE,
};

struct generation {
    char *text; /* owned; the pieces that on_text was given, joined */
    size_t len;
    char model[64]; /* the configured name, or "extractive" */
    int64_t input_tokens, output_tokens;
    bool is_estimated;      /* the provider gave no usage: tokens.h */
    bool is_cut;            /* the model stopped at its limit of tokens, maybe within a sentence */
    int n_tries;            /* exchanges that it took, over all models */
    int64_t first_token_us; /* from the call to the first text; without streaming, to all of it */
    enum generation_path path;
    char fallback_reason[160]; /* why not the primary model; "" when it was */
};

void generation_finish(struct generation *generation); /* zeroed is fine */

const char *generation_path_name(enum generation_path path); /* "primary", "fallback_model", ... */

/* Prices in USD per million tokens. */
struct generation_prices {
    double input, output;
};

double generation_cost_usd(const struct generation_prices *prices,
                           int64_t input_tokens,
                           int64_t output_tokens);

#endif
