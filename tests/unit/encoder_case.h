#ifndef TW_ENCODER_CASE_H
#define TW_ENCODER_CASE_H

/* What holds for every encoder, with and without a model. After test.h. */

#include "common/alloc.h"
#include "same_bits.h"
#include "server/llm/encoder.h"

#define DIM     384
#define N_TEXTS 260 /* more than an encoder has in tokens at a time */

static inline void embed_bytes(struct encoder *encoder,
                               const char *bytes,
                               size_t len,
                               float *vector)
{
    CHECK(encoder_embed(encoder, &bytes, &len, 1, ENCODER_REQUEST, vector, NULL) == 0);
}

static inline void embed(struct encoder *encoder, const char *text, float *vector)
{
    embed_bytes(encoder, text, strlen(text), vector);
}

static inline double dot(const float *a, const float *b)
{
    double sum = 0;

    for (size_t i = 0; i < DIM; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static inline double cosine(struct encoder *encoder, const char *a, const char *b)
{
    float x[DIM], y[DIM];

    embed(encoder, a, x);
    embed(encoder, b, y);
    return dot(x, y);
}

/* Texts of many lengths, a few of them empty. Owned by the fixture. */
static struct {
    char *texts[N_TEXTS];
    size_t lens[N_TEXTS];
} many;

static inline int set_up(void **state)
{
    static const char words[] = "restart the service then call us ";

    (void)state;
    for (size_t i = 0; i < N_TEXTS; i++) {
        size_t len = i * 5 % (sizeof(words) - 1);

        many.texts[i] = i % 50 == 49 ? xstrdup("") : xprintf_dup("%zu %.*s", i, (int)len, words);
        many.lens[i] = strlen(many.texts[i]);
    }
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TEXTS; i++)
        free(many.texts[i]);
    return 0;
}

static inline float *embed_many(struct encoder *encoder, size_t n, enum encoder_urgency urgency)
{
    float *vectors = xcalloc(n * DIM, sizeof(*vectors));

    CHECK(encoder_embed(encoder, (const char *const *)many.texts, many.lens, n, urgency, vectors,
                        NULL) == 0);
    return vectors;
}

static inline void check_any_bytes(struct encoder *encoder)
{
    static const char torn[] = "a\0b\xff\xfe\xed\xa0\x80 \xf0\x9f";
    CLEANUP(freep) char *long_text = xcalloc(1, 100000);
    float clean[DIM], vector[DIM];

    embed(encoder, "ab", clean);
    embed_bytes(encoder, torn, sizeof(torn) - 1, vector);
    CHECK(same_bits(clean, vector, sizeof(vector)));
    memset(long_text, 'w', 100000);
    for (size_t i = 0; i < 50000; i += 4)
        long_text[i] = ' ';
    embed_bytes(encoder, long_text, 100000, vector);
    CHECK_NEAR(dot(vector, vector), 1, 1e-5);
}

static inline void check_nothing_is_zeros(struct encoder *encoder)
{
    static const char *const empty[] = {"", " \n\t", "\xe2\x80\x8b", "\xff"};

    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        float vector[DIM] = {1};

        embed(encoder, empty[i], vector);
        for (size_t c = 0; c < DIM; c++)
            CHECK(vector[c] == 0);
    }
    CHECK(encoder_embed(encoder, NULL, NULL, 0, ENCODER_BULK, NULL, NULL) == 0);
}

static inline void check_alone_and_in_a_batch(struct encoder *encoder)
{
    CLEANUP(freep) float *request = embed_many(encoder, N_TEXTS, ENCODER_REQUEST);
    CLEANUP(freep) float *bulk = embed_many(encoder, 60, ENCODER_BULK);

    CHECK(same_bits(request, bulk, sizeof(float) * 60 * DIM));
    for (size_t i = 0; i < N_TEXTS; i += 9) {
        float alone[DIM];

        embed(encoder, many.texts[i], alone);
        CHECK(same_bits(alone, request + i * DIM, sizeof(alone)));
        CHECK_NEAR(dot(alone, alone), many.lens[i] > 0, 1e-5);
    }
}

#endif
