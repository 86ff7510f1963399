#include "test.h"

#include "server/llm/stem.h"

static void expect(struct stemmer *stemmer, const char *word, const char *expected)
{
    size_t len;
    const char *stem = stemmer_stem(stemmer, word, strlen(word), &len);

    if (len != strlen(expected) || memcmp(stem, expected, len) != 0)
        fail_msg("'%s' became '%.*s', not '%s'", word, (int)len, stem, expected);
}

static void forms_of_a_word_have_one_stem(void **state)
{
    struct stemmer *stemmer = stemmer_new();

    (void)state;
    expect(stemmer, "configured", "configur");
    expect(stemmer, "configuring", "configur");
    expect(stemmer, "configure", "configur");
    expect(stemmer, "configuration", "configur");
    expect(stemmer, "passwords", "password");
    expect(stemmer, "policies", "polici");
    expect(stemmer, "policy", "polici");
    stemmer_free(stemmer);
}

static void words_of_two_letters_stay(void **state)
{
    struct stemmer *stemmer = stemmer_new();

    (void)state;
    expect(stemmer, "is", "is");
    expect(stemmer, "as", "as");
    expect(stemmer, "", "");
    stemmer_free(stemmer);
}

static void other_scripts_stay(void **state)
{
    struct stemmer *stemmer = stemmer_new();

    (void)state;
    expect(stemmer, "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c", /* a Russian word */
           "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c");
    stemmer_free(stemmer);
}

static void a_stem_has_one_hash_and_others_have_others(void **state)
{
    (void)state;
    CHECK(stem_hash("") == UINT64_C(0xcbf29ce484222325));  /* the published offset basis, */
    CHECK(stem_hash("a") == UINT64_C(0xaf63dc4c8601ec8c)); /* and test vectors of FNV-1a */
    CHECK(stem_hash("foobar") == UINT64_C(0x85944171f73967e8));
}

static void nothing_is_freed_for_null(void **state)
{
    (void)state;
    stemmer_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(forms_of_a_word_have_one_stem),
        TEST(words_of_two_letters_stay),
        TEST(other_scripts_stay),
        TEST(a_stem_has_one_hash_and_others_have_others),
        TEST(nothing_is_freed_for_null),
    };

    return cmocka_run_group_tests_name("stem", tests, NULL, NULL);
}
