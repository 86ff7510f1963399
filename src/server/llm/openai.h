#ifndef TW_OPENAI_H
#define TW_OPENAI_H

/* Answers from a language model behind any OpenAI-compatible /chat/completions. Any thread may call, any
 * number at once; every call waits for the network, so job workers only. The key travels in the
 * Authorization header and nowhere else: no error holds it, redirects are not followed, certificates are
 * verified.
 *
 * A call tries the model up to 1 + retries times while the failure may pass (no connection, 429, 408,
 * 5xx, half an answer), with growing, jittered waits; Retry-After is honoured when the time allows it.
 * After that it goes to the second model, if there is one, in the time that is left. Each model has a
 * circuit breaker, which counts tries. Nothing is tried again once text was given to on_text. */

#include "common/error.h"
#include "server/llm/backoff.h"
#include "server/llm/breaker.h"
#include "server/llm/generation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct openai;

/* Copied. A 0 takes what is said in brackets. */
struct openai_options {
    const char *base_url;       /* without /chat/completions [https://api.openai.com/v1] */
    const char *api_key;        /* NULL or "": none is sent */
    const char *model;          /* at most 63 bytes */
    const char *fallback_model; /* NULL or "": none */
    int64_t timeout_ms;         /* of a whole call, all tries together */
    int64_t stall_timeout_ms;   /* silence within an answer that has begun [10 s] */
    int64_t max_tokens;         /* of an answer */
    double temperature;
    int retries;             /* further tries per model; 0: none */
    size_t passage_tokens;   /* estimated tokens of all passages in a prompt [3000] */
    struct backoff backoff;  /* [0.25 s, at most 8 s] */
    int breaker_failures;    /* in a row that open a model's breaker [5] */
    int64_t breaker_open_ms; /* [30 s] */
};

/* TW_INVALID: a name is too long or missing. The address is checked by the first call. */
int openai_new(const struct openai_options *options,
               struct openai **ret_openai,
               struct tw_error *err) MUST_CHECK;
void openai_free(struct openai *openai); /* no call is under way; NULL is fine */
DEFINE_CLEANUP(struct openai *, openai_free);

/* Calls under way and later ones fail within 0.2 s. */
void openai_stop(struct openai *openai);

/* TW_BUSY: timeout. TW_INVALID: the address or key cannot be sent. TW_BROKEN: all else, also that
 * on_text gave false or that openai_stop was called. When on_text has been called before a failure, the
 * caller has part of an answer. */
int openai_generate(struct openai *openai,
                    const struct generation_request *request,
                    struct generation *ret,
                    struct tw_error *err) MUST_CHECK;

/* A call with one's own two messages. */
struct openai_prompt {
    const char *system, *user;
    const char *schema_name, *schema; /* as of chat_request; NULL: free text */
    int64_t max_tokens;
    double temperature;
    const char *trace_parent; /* or NULL */
    int64_t deadline_mono_ms; /* 0: none */
    generation_text_fn *on_text;
    void *ctx;
};

int openai_complete(struct openai *openai,
                    const struct openai_prompt *prompt,
                    struct generation *ret,
                    struct tw_error *err) MUST_CHECK;

/* For /health and metrics. */
struct openai_state {
    enum breaker_state primary, fallback;
    uint64_t n_tries, n_retries; /* since the start, all models */
    char last_error[256];        /* why the primary model failed the last call; "": it did not */
};

void openai_read_state(struct openai *openai, struct openai_state *ret_state);

#endif
