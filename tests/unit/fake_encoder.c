#include "fake_encoder.h"

#include "common/alloc.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

struct encoder {
    bool is_semantic;
    atomic_bool is_broken;
    atomic_size_t n_texts;
};

/* Names of one thing, lower case. */
static const char *const things[FAKE_DIM - 1][5] = {
    {"password", "passphrase", "secret word"},
    {"printer", "toner", "paper jam"},
    {"tunnel", "vpn", "from home"},
    {"invoice", "billing", "bill"},
    {"holiday", "beach"},
    {"backup", "snapshot"},
    {"laptop", "notebook"},
};

struct encoder *fake_encoder_new(bool is_semantic)
{
    struct encoder *encoder = xcalloc(1, sizeof(*encoder));

    encoder->is_semantic = is_semantic;
    return encoder;
}

size_t fake_encoder_n_texts(const struct encoder *encoder)
{
    return atomic_load(&encoder->n_texts);
}

void fake_encoder_break(struct encoder *encoder)
{
    atomic_store(&encoder->is_broken, true);
}

void encoder_free(struct encoder *encoder)
{
    free(encoder);
}

bool encoder_is_semantic(const struct encoder *encoder)
{
    return encoder->is_semantic;
}

const char *encoder_name(const struct encoder *encoder)
{
    return encoder->is_semantic ? "fake" : "fake-spelling";
}

size_t encoder_dim(const struct encoder *encoder)
{
    (void)encoder;
    return FAKE_DIM;
}

static size_t count(const char *text, const char *name)
{
    size_t n = 0;

    for (const char *at = text; (at = strcasestr(at, name)); at++)
        n++;
    return n;
}

static void embed_one(const char *text, float *vector)
{
    double squares = 0;

    for (size_t i = 0; i < FAKE_DIM; i++)
        vector[i] = 0;
    for (size_t i = 0; i < FAKE_DIM - 1; i++)
        for (size_t k = 0; k < COUNT_OF(things[i]) && things[i][k]; k++)
            vector[i] += (float)count(text, things[i][k]);
    for (size_t i = 0; i < FAKE_DIM; i++)
        squares += (double)vector[i] * (double)vector[i];
    if (squares == 0)
        vector[FAKE_DIM - 1] = 1;
    for (size_t i = 0; i < FAKE_DIM && squares > 0; i++)
        vector[i] /= (float)sqrt(squares);
}

int encoder_embed(struct encoder *encoder,
                  const char *const *texts,
                  const size_t *lens,
                  size_t n_texts,
                  enum encoder_urgency urgency,
                  float *ret_vectors,
                  struct tw_error *err)
{
    (void)lens; /* ours end in NUL */
    (void)urgency;
    if (atomic_load(&encoder->is_broken))
        return tw_fail(err, TW_BUSY, "the fake encoder is broken");
    for (size_t i = 0; i < n_texts; i++)
        embed_one(texts[i], ret_vectors + i * FAKE_DIM);
    (void)atomic_fetch_add(&encoder->n_texts, n_texts);
    return 0;
}
