#include "test.h"

#include "encoder_golden.h"
#include "same_bits.h"
#include "server/llm/encoder.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

#define DIM     384
#define N_TEXTS 260 /* more than an encoder has in tokens at a time */

/* ---- Both -------------------------------------------------------------------------------------- */

static void embed_bytes(struct encoder *encoder, const char *bytes, size_t len, float *vector)
{
    CHECK(encoder_embed(encoder, &bytes, &len, 1, ENCODER_REQUEST, vector, NULL) == 0);
}

static void embed(struct encoder *encoder, const char *text, float *vector)
{
    embed_bytes(encoder, text, strlen(text), vector);
}

static double dot(const float *a, const float *b)
{
    double sum = 0;

    for (size_t i = 0; i < DIM; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static double cosine(struct encoder *encoder, const char *a, const char *b)
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

static int set_up(void **state)
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

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TEXTS; i++)
        free(many.texts[i]);
    return 0;
}

static float *embed_many(struct encoder *encoder, size_t n, enum encoder_urgency urgency)
{
    float *vectors = xcalloc(n * DIM, sizeof(*vectors));

    CHECK(encoder_embed(encoder, (const char *const *)many.texts, many.lens, n, urgency, vectors,
                        NULL) == 0);
    return vectors;
}

static void check_any_bytes(struct encoder *encoder)
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

static void check_nothing_is_zeros(struct encoder *encoder)
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

static void check_alone_and_in_a_batch(struct encoder *encoder)
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

/* ---- The stand-in ------------------------------------------------------------------------------ */

static void the_stand_in_says_what_it_is(void **state)
{
    CLEANUP(encoder_freep) struct encoder *encoder = encoder_new_hashed();

    (void)state;
    CHECK(!encoder_is_semantic(encoder));
    assert_string_equal(encoder_name(encoder), "hashed-ngrams");
    CHECK(encoder_dim(encoder) == DIM);
}

static void the_stand_in_sees_spelling(void **state)
{
    CLEANUP(encoder_freep) struct encoder *encoder = encoder_new_hashed();
    double same, close, far;

    (void)state;
    same = cosine(encoder, "Reset the password!", "reset the pass\xc3\xa1word");
    CHECK(same < 1);
    CHECK_NEAR(cosine(encoder, "Reset the password", "reset THE password"), 1, 1e-6);
    close = cosine(encoder, "resetting my passwords", "reset my password");
    far = cosine(encoder, "resetting my passwords", "printer out of toner");
    CHECK(close > 0.4);
    CHECK(far < 0.15 && far > -0.15);
}

static void the_stand_in_takes_any_bytes(void **state)
{
    CLEANUP(encoder_freep) struct encoder *encoder = encoder_new_hashed();

    (void)state;
    check_any_bytes(encoder);
    check_nothing_is_zeros(encoder);
    check_alone_and_in_a_batch(encoder);
}

/* ---- Files ------------------------------------------------------------------------------------- */

static char *write_file(const char *folder, const char *name, const void *bytes, size_t len)
{
    char *path = xprintf_dup("%s/%s", folder, name);

    CHECK(file_write_atomically(path, bytes, len, 0600, NULL) == 0);
    return path;
}

static void check_not_opened(const struct encoder_options *options, enum tw_code code)
{
    struct encoder *encoder = NULL;
    struct tw_error err;

    CHECK(encoder_open(options, &encoder, &err) < 0);
    if (err.code != code)
        fail_msg("'%s' has the code %d, not %d", err.message, err.code, code);
}

static void files_of_no_model_are_refused(void **state)
{
    static const char no_tensors[] = "\2\0\0\0\0\0\0\0{}";
    char folder[] = "/tmp/tidewatch-encoder.XXXXXX";
    CLEANUP(freep) char *vocabulary = NULL;
    CLEANUP(freep) char *weights = NULL;
    CLEANUP(freep) char *missing = NULL;
    CLEANUP(freep) char *words = NULL;
    size_t len;

    (void)state;
    CHECK(mkdtemp(folder));
    words = source_file_read("tests/data/vocab_small.txt", &len);
    vocabulary = write_file(folder, "vocab.txt", words, len);
    weights = write_file(folder, "model.safetensors", no_tensors, sizeof(no_tensors) - 1);
    missing = xprintf_dup("%s/missing", folder);
    check_not_opened(&(struct encoder_options){weights, vocabulary, 1}, TW_INVALID);
    check_not_opened(&(struct encoder_options){weights, vocabulary, 0}, TW_INVALID);
    check_not_opened(&(struct encoder_options){weights, vocabulary, ENCODER_THREADS_MAX + 1},
                     TW_INVALID);
    check_not_opened(&(struct encoder_options){missing, vocabulary, 1}, TW_NOT_FOUND);
    check_not_opened(&(struct encoder_options){weights, missing, 1}, TW_NOT_FOUND);
    check_not_opened(&(struct encoder_options){folder, vocabulary, 1}, TW_INVALID);
    check_not_opened(&(struct encoder_options){vocabulary, vocabulary, 1}, TW_INVALID);
    check_not_opened(&(struct encoder_options){weights, weights, 1}, TW_INVALID);
    CHECK(unlink(vocabulary) == 0 && unlink(weights) == 0 && rmdir(folder) == 0);
}

/* ---- The model --------------------------------------------------------------------------------- */

static struct encoder *open_model(unsigned n_threads)
{
    CLEANUP(freep) char *weights = encoder_weights_path("model.safetensors");
    CLEANUP(freep) char *vocabulary = weights ? encoder_weights_path("vocab.txt") : NULL;
    struct encoder *encoder = NULL;
    struct tw_error err;

    if (!weights)
        skip();
    if (encoder_open(&(struct encoder_options){weights, vocabulary, n_threads}, &encoder, &err) < 0)
        fail_msg("%s", err.message);
    return encoder;
}

static void check_case(struct encoder *encoder, const struct json *item, double *least)
{
    const char *text = json_string(json_get(item, "text"));
    const struct json *number = json_first(json_get(item, "vector"));
    float ours[DIM], golden[DIM];
    double cos;

    if (json_count(json_get(item, "ids")) == 2)
        return; /* sentence-transformers gives a text without words a vector; we do not */
    for (size_t c = 0; c < DIM; c++, number = json_next(number))
        golden[c] = (float)json_number(number, (double)NAN);
    embed(encoder, text, ours);
    CHECK_NEAR(dot(ours, ours), 1, 1e-5);
    cos = dot(ours, golden) / sqrt(dot(golden, golden));
    if (!(cos >= 0.9999))
        fail_msg("the cosine of '%.60s' is %.6f", text, cos);
    *least = fmin(*least, cos);
}

static void vectors_are_those_of_sentence_transformers(void **state)
{
    CLEANUP(encoder_freep) struct encoder *encoder = open_model(1);
    CLEANUP(json_freep) struct json *golden = encoder_golden_read();
    double least = 1;

    (void)state;
    CHECK(json_count(json_get(golden, "cases")) >= 60);
    for (const struct json *item = json_first(json_get(golden, "cases")); item;
         item = json_next(item))
        check_case(encoder, item, &least);
    print_message("# least cosine 1 - %.1e\n", 1 - least);
}

static void the_model_says_what_it_is_and_sees_meaning(void **state)
{
    CLEANUP(encoder_freep) struct encoder *encoder = open_model(1);

    (void)state;
    CHECK(encoder_is_semantic(encoder));
    assert_string_equal(encoder_name(encoder), "all-MiniLM-L6-v2");
    CHECK(encoder_dim(encoder) == DIM);
    CHECK(cosine(encoder, "I forgot my password", "How can I recover my account?") >
          2 * cosine(encoder, "I forgot my password", "The printer is out of paper"));
}

static void the_model_takes_any_bytes(void **state)
{
    CLEANUP(encoder_freep) struct encoder *encoder = open_model(1);

    (void)state;
    check_any_bytes(encoder);
    check_nothing_is_zeros(encoder);
}

static void a_text_has_the_same_bits_alone_and_in_a_batch(void **state)
{
    CLEANUP(encoder_freep) struct encoder *encoder = open_model(1);

    (void)state;
    check_alone_and_in_a_batch(encoder);
}

#define N_CALLERS 4

struct caller {
    pthread_t thread;
    struct encoder *encoder;
    enum encoder_urgency urgency;
    float *vectors[2];
};

static void *call(void *ctx)
{
    struct caller *caller = ctx;

    for (size_t i = 0; i < COUNT_OF(caller->vectors); i++)
        caller->vectors[i] = embed_many(caller->encoder, 24, caller->urgency);
    return NULL;
}

static void callers_at_once_get_the_bits_of_one(void **state)
{
    CLEANUP(encoder_freep) struct encoder *one = open_model(1);
    CLEANUP(encoder_freep) struct encoder *encoder = open_model(3);
    CLEANUP(freep) float *expected = embed_many(one, 24, ENCODER_REQUEST);
    struct caller callers[N_CALLERS];

    (void)state;
    for (size_t i = 0; i < N_CALLERS; i++) {
        callers[i].encoder = encoder;
        callers[i].urgency = i % 2 ? ENCODER_BULK : ENCODER_REQUEST;
        CHECK(pthread_create(&callers[i].thread, NULL, call, &callers[i]) == 0);
    }
    for (size_t i = 0; i < N_CALLERS; i++) {
        CHECK(pthread_join(callers[i].thread, NULL) == 0);
        for (size_t k = 0; k < COUNT_OF(callers[i].vectors); k++) {
            CHECK(same_bits(callers[i].vectors[k], expected, sizeof(float) * 24 * DIM));
            free(callers[i].vectors[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_stand_in_says_what_it_is),
        TEST(the_stand_in_sees_spelling),
        TEST(the_stand_in_takes_any_bytes),
        TEST(files_of_no_model_are_refused),
        TEST(vectors_are_those_of_sentence_transformers),
        TEST(the_model_says_what_it_is_and_sees_meaning),
        TEST(the_model_takes_any_bytes),
        TEST(a_text_has_the_same_bits_alone_and_in_a_batch),
        TEST(callers_at_once_get_the_bits_of_one),
    };

    return cmocka_run_group_tests_name("encoder", tests, set_up, tear_down);
}
