#include "common/hash.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <string.h>

_Static_assert(sizeof(struct hmac_sha256_ctx) <= sizeof(struct hash_hmac_key),
               "room for nettle's state");

void hash_sha256(const void *bytes, size_t len, uint8_t out[HASH_SHA256_SIZE])
{
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, len, bytes);
    sha256_digest(&ctx, HASH_SHA256_SIZE, out);
}

void hash_sha256_hex(const void *bytes, size_t len, char out[HASH_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[HASH_SHA256_SIZE];

    hash_sha256(bytes, len, hash);
    for (size_t i = 0; i < sizeof(hash); i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
    out[HASH_HEX_SIZE - 1] = '\0';
}

void hash_hmac_prepare(struct hash_hmac_key *key, const void *secret, size_t len)
{
    hmac_sha256_set_key((struct hmac_sha256_ctx *)(void *)key->state, len, secret);
}

void hash_hmac(const struct hash_hmac_key *key,
               const void *bytes,
               size_t len,
               uint8_t out[HASH_SHA256_SIZE])
{
    struct hmac_sha256_ctx ctx; /* a copy: digesting changes it */

    memcpy(&ctx, key->state, sizeof(ctx));
    hmac_sha256_update(&ctx, len, bytes);
    hmac_sha256_digest(&ctx, HASH_SHA256_SIZE, out);
}

bool hash_equal(const void *a, const void *b, size_t len)
{
    return memeql_sec(a, b, len) != 0;
}

void hash_wipe(void *secret, size_t len)
{
    explicit_bzero(secret, len);
}
