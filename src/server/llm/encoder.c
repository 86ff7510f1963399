#include "server/llm/encoder.h"

#include "common/alloc.h"
#include "common/file.h"
#include "server/llm/bert.h"
#include "server/llm/encoder_pool.h"
#include "server/llm/hashed_text.h"
#include "server/llm/mapped_file.h"
#include "server/llm/matrix_kernels.h"
#include "server/llm/safetensors.h"
#include "server/llm/wordpiece.h"

#include <string.h>

#define WEIGHTS_FILE_MAX ((size_t)256 << 20)

/* Texts of a call that are in tokens at a time: what bounds its memory, to 130 KB. */
#define WINDOW_TEXTS 256

struct encoder {
    struct mapped_file weights;
    struct safetensors *tensors;
    struct wordpiece *pieces;
    struct bert *bert;
    struct encoder_pool *pool; /* NULL: hashed */
};

/* NOLINTNEXTLINE(misc-redundant-expression): that they are the same is the point */
_Static_assert(HASHED_TEXT_WIDTH == BERT_WIDTH, "encoder_dim is one number");

static int open_vocabulary(struct encoder *encoder, const char *path, struct tw_error *err)
{
    CLEANUP(freep) char *text = NULL;
    size_t len;

    if (file_read(path, WORDPIECE_FILE_MAX, &text, &len, err) < 0)
        return -1;
    return wordpiece_parse(text, len, &encoder->pieces, err);
}

static int open_weights(struct encoder *encoder, const char *path, struct tw_error *err)
{
    if (mapped_file_open(path, WEIGHTS_FILE_MAX, &encoder->weights, err) < 0 ||
        safetensors_parse(encoder->weights.bytes, encoder->weights.len, &encoder->tensors, err) <
            0 ||
        bert_new(encoder->tensors, wordpiece_count(encoder->pieces), matrix_kernels_choose(),
                 &encoder->bert, err) < 0)
        return -1;
    mapped_file_forget(&encoder->weights);
    return 0;
}

int encoder_open(const struct encoder_options *options,
                 struct encoder **ret_encoder,
                 struct tw_error *err)
{
    CLEANUP(encoder_freep) struct encoder *encoder = xcalloc(1, sizeof(*encoder));

    if (options->n_threads < 1 || options->n_threads > ENCODER_THREADS_MAX)
        return tw_fail(err, TW_INVALID, "the encoder cannot have %u threads", options->n_threads);
    if (open_vocabulary(encoder, options->vocab_path, err) < 0 ||
        open_weights(encoder, options->weights_path, err) < 0 ||
        encoder_pool_start(encoder->bert, options->n_threads, &encoder->pool, err) < 0)
        return -1;
    *ret_encoder = TAKE(encoder);
    return 0;
}

struct encoder *encoder_new_hashed(void)
{
    return xcalloc(1, sizeof(struct encoder));
}

void encoder_free(struct encoder *encoder)
{
    if (!encoder)
        return;
    encoder_pool_stop(encoder->pool);
    bert_free(encoder->bert);
    safetensors_free(encoder->tensors);
    mapped_file_close(&encoder->weights);
    wordpiece_free(encoder->pieces);
    free(encoder);
}

bool encoder_is_semantic(const struct encoder *encoder)
{
    return encoder->pool != NULL;
}

const char *encoder_name(const struct encoder *encoder)
{
    return encoder_is_semantic(encoder) ? "all-MiniLM-L6-v2" : "hashed-ngrams";
}

size_t encoder_dim(const struct encoder *encoder)
{
    (void)encoder;
    return BERT_WIDTH;
}

struct texts {
    const char *const *texts;
    const size_t *lens;
    size_t n;
};

struct window {
    size_t starts[WINDOW_TEXTS + 1];
    uint16_t ids[]; /* BERT_TEXT_TOKENS_MAX for each text */
};

static struct window *window_new(size_t n_texts)
{
    size_t n = n_texts < WINDOW_TEXTS ? n_texts : WINDOW_TEXTS;

    return malloc(sizeof(struct window) + n * BERT_TEXT_TOKENS_MAX * sizeof(uint16_t));
}

/* The callers' threads cut their texts into tokens: the pool's have enough to do. */
static void read_window(const struct wordpiece *pieces,
                        const struct texts *texts,
                        struct window *window)
{
    window->starts[0] = 0;
    for (size_t i = 0; i < texts->n; i++) {
        size_t start = window->starts[i];
        size_t n = wordpiece_encode(pieces, texts->texts[i], texts->lens[i], window->ids + start,
                                    BERT_TEXT_TOKENS_MAX);

        /* [CLS] and [SEP] alone would be a vector that says nothing and is near to some. */
        window->starts[i + 1] = start + (n > 2 ? n : 0);
    }
}

static int embed(struct encoder *encoder,
                 const struct texts *all,
                 enum encoder_urgency urgency,
                 float *ret_vectors,
                 struct tw_error *err)
{
    CLEANUP(freep) struct window *window = window_new(all->n);

    if (!window)
        return tw_fail(err, TW_BUSY, "no memory to read %zu texts", all->n);
    for (size_t done = 0; done < all->n;) {
        size_t left = all->n - done, n = left < WINDOW_TEXTS ? left : WINDOW_TEXTS;
        struct encoder_call call = {.ids = window->ids, .starts = window->starts, .n_texts = n};

        read_window(encoder->pieces, &(struct texts){all->texts + done, all->lens + done, n},
                    window);
        call.vectors = ret_vectors + done * BERT_WIDTH;
        encoder_pool_run(encoder->pool, &call, urgency);
        done += n;
    }
    return 0;
}

/* NOLINTNEXTLINE(readability-function-size): texts and lens are one thing, and come as two everywhere */
int encoder_embed(struct encoder *encoder,
                  const char *const *texts,
                  const size_t *lens,
                  size_t n_texts,
                  enum encoder_urgency urgency,
                  float *ret_vectors,
                  struct tw_error *err)
{
    if (encoder_is_semantic(encoder))
        return embed(encoder, &(struct texts){texts, lens, n_texts}, urgency, ret_vectors, err);
    for (size_t i = 0; i < n_texts; i++)
        hashed_text_embed(texts[i], lens[i], ret_vectors + i * HASHED_TEXT_WIDTH);
    return 0;
}
