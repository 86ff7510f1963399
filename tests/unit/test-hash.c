#include "test.h"

#include "common/cleanup.h"
#include "common/hash.h"

#include <stdbool.h>

static void to_hex(const uint8_t *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* FIPS 180-2, appendix B. */
static void sha256_gives_the_published_digests(void **state)
{
    char hex[HASH_HEX_SIZE];

    (void)state;
    hash_sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

struct rfc4231_case {
    const char *key;
    size_t key_len;
    const char *message;
    const char *digest;
};

static char long_key[131], short_key[20];

static const struct rfc4231_case cases[] = {
    {short_key, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", 4, "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {long_key, 131, "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

/* RFC 4231, cases 1, 2 and 6. Each twice: a prepared key is not used up. */
static void hmac_gives_the_digests_of_rfc_4231(void **state)
{
    (void)state;
    memset(short_key, 0x0b, sizeof(short_key));
    memset(long_key, 0xaa, sizeof(long_key));
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        const struct rfc4231_case *c = &cases[i / 2];
        static struct hash_hmac_key key;
        uint8_t digest[HASH_SHA256_SIZE];
        char hex[HASH_HEX_SIZE];

        if (i % 2 == 0)
            hash_hmac_prepare(&key, c->key, c->key_len);
        hash_hmac(&key, c->message, strlen(c->message), digest);
        to_hex(digest, sizeof(digest), hex);
        assert_string_equal(hex, c->digest);
    }
}

static void equal_secrets_are_equal_and_others_are_not(void **state)
{
    (void)state;
    CHECK(hash_equal("token", "token", 5));
    CHECK(!hash_equal("token", "tokem", 5));
    CHECK(!hash_equal("token", "Token", 5));
    CHECK(hash_equal("token", "other", 0));
}

static void a_wiped_secret_is_gone(void **state)
{
    char secret[8] = "letmein";

    (void)state;
    hash_wipe(secret, sizeof(secret));
    CHECK(memcmp(secret, (char[8]){0}, sizeof(secret)) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sha256_gives_the_published_digests),
        TEST(hmac_gives_the_digests_of_rfc_4231),
        TEST(equal_secrets_are_equal_and_others_are_not),
        TEST(a_wiped_secret_is_gone),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
