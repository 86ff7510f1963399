#ifndef TW_LLM_ENCODER_H
#define TW_LLM_ENCODER_H

/* Sentences to vectors of unit length, so that a dot product is their cosine. One of two: the model
 * all-MiniLM-L6-v2, which sees meaning, on threads of its own ("encoder", nice +5); or, where its weights
 * are missing, hashed character n-grams, which see spelling. Every function may be called by any thread. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct encoder;

#define ENCODER_THREADS_MAX 64

struct encoder_options {
    const char *weights_path; /* model.safetensors; it must not change while it is open */
    const char *vocab_path;   /* vocab.txt */
    unsigned n_threads;       /* 1..ENCODER_THREADS_MAX */
};

/* Checks the files' structure, not their hash. TW_NOT_FOUND: no such file; TW_INVALID: not this model's. */
int encoder_open(const struct encoder_options *options,
                 struct encoder **ret_encoder,
                 struct tw_error *err) MUST_CHECK;

/* The stand-in. Works on the caller's thread. */
struct encoder *encoder_new_hashed(void);

/* Nobody may be in encoder_embed. NULL is fine. */
void encoder_free(struct encoder *encoder);
DEFINE_CLEANUP(struct encoder *, encoder_free);

bool encoder_is_semantic(const struct encoder *encoder);
const char *encoder_name(const struct encoder *encoder); /* "all-MiniLM-L6-v2" or "hashed-ngrams" */
size_t encoder_dim(const struct encoder *encoder);       /* floats of a vector */

/* Somebody waits for a REQUEST: it goes before all BULK, which works in steps of a few ten milliseconds. */
enum encoder_urgency { ENCODER_REQUEST, ENCODER_BULK };

/* ret_vectors: n_texts x encoder_dim. Any bytes are a text (invalid UTF-8 and control characters are
 * dropped); what is beyond 256 tokens is not read; a text without words gives zeros. The same text gives
 * the same bits, whatever stands beside it. Blocks until done. TW_BUSY: no memory. */
int encoder_embed(struct encoder *encoder,
                  const char *const *texts,
                  const size_t *lens,
                  size_t n_texts,
                  enum encoder_urgency urgency,
                  float *ret_vectors,
                  struct tw_error *err) MUST_CHECK;

#endif
