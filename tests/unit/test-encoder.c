#include "test.h"

#include "encoder_case.h"
#include "source_file.h"

#include <unistd.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_stand_in_says_what_it_is),
        TEST(the_stand_in_sees_spelling),
        TEST(the_stand_in_takes_any_bytes),
        TEST(files_of_no_model_are_refused),
    };

    return cmocka_run_group_tests_name("encoder", tests, set_up, tear_down);
}
