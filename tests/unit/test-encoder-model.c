/* What needs the model's files: TIDEWATCH_ENCODER_WEIGHTS names the folder of model.safetensors and vocab.txt.
 * Without it all is skipped, and says so. */

#include "test.h"

#include "encoder_case.h"
#include "encoder_golden.h"
#include "server/llm/bert.h"
#include "server/llm/wordpiece.h"

#include <math.h>
#include <pthread.h>

static const char *folder;

static char *model_path(const char *name)
{
    return xprintf_dup("%s/%s", folder, name);
}

static struct encoder *open_model(unsigned n_threads)
{
    CLEANUP(freep) char *weights = model_path("model.safetensors");
    CLEANUP(freep) char *vocabulary = model_path("vocab.txt");
    struct encoder *encoder = NULL;
    struct tw_error err;

    if (encoder_open(&(struct encoder_options){weights, vocabulary, n_threads}, &encoder, &err) < 0)
        fail_msg("%s", err.message);
    return encoder;
}

static void check_ids(const struct wordpiece *pieces, const struct json *item)
{
    const char *text = json_string(json_get(item, "text"));
    const struct json *expected = json_first(json_get(item, "ids"));
    uint16_t ids[BERT_TEXT_TOKENS_MAX];
    size_t n = wordpiece_encode(pieces, text, strlen(text), ids, BERT_TEXT_TOKENS_MAX);

    if (n != json_count(json_get(item, "ids")))
        fail_msg("'%.60s' has %zu ids, not %zu", text, n, json_count(json_get(item, "ids")));
    for (size_t i = 0; i < n; i++, expected = json_next(expected))
        if (ids[i] != (int)json_number(expected, -1))
            fail_msg("id %zu of '%.60s' is %d, not %g", i, text, ids[i], json_number(expected, -1));
}

static void ids_are_those_of_sentence_transformers(void **state)
{
    CLEANUP(freep) char *path = model_path("vocab.txt");
    CLEANUP(freep) char *text = NULL;
    CLEANUP(wordpiece_freep) struct wordpiece *pieces = NULL;
    CLEANUP(json_freep) struct json *golden = NULL;
    struct tw_error err;
    size_t len;

    (void)state;
    if (file_read(path, WORDPIECE_FILE_MAX, &text, &len, &err) < 0 ||
        wordpiece_parse(text, len, &pieces, &err) < 0)
        fail_msg("%s", err.message);
    golden = encoder_golden_read();
    CHECK(json_count(json_get(golden, "cases")) >= 60);
    for (const struct json *item = json_first(json_get(golden, "cases")); item;
         item = json_next(item))
        check_ids(pieces, item);
}

static void check_vector(struct encoder *encoder, const struct json *item, double *least)
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
        check_vector(encoder, item, &least);
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
        TEST(ids_are_those_of_sentence_transformers),
        TEST(vectors_are_those_of_sentence_transformers),
        TEST(the_model_says_what_it_is_and_sees_meaning),
        TEST(the_model_takes_any_bytes),
        TEST(a_text_has_the_same_bits_alone_and_in_a_batch),
        TEST(callers_at_once_get_the_bits_of_one),
    };

    folder = getenv("TIDEWATCH_ENCODER_WEIGHTS"); // NOLINT(concurrency-mt-unsafe)
    if (!folder || !folder[0]) {
        /* A skipped test of cmocka's is "not ok" to the harness; a plan of none is a skipped program. */
        (void)puts("1..0 # SKIP TIDEWATCH_ENCODER_WEIGHTS does not name the folder of the model");
        return 0;
    }
    return cmocka_run_group_tests_name("encoder-model", tests, set_up, tear_down);
}
