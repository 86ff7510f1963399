#ifndef TW_HASH_H
#define TW_HASH_H

/* SHA-256, HMAC and what goes with secrets, by nettle; hash.c is its only includer. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_SHA256_SIZE 32
#define HASH_HEX_SIZE    (2 * HASH_SHA256_SIZE + 1)

void hash_sha256(const void *bytes, size_t len, uint8_t out[HASH_SHA256_SIZE]);
void hash_sha256_hex(const void *bytes, size_t len, char out[HASH_HEX_SIZE]); /* lower case */

/* HMAC-SHA-256 (RFC 2104) with the key's two blocks hashed once, so that a short message costs two
 * compressions. Immutable after prepare: any thread may use it. */
struct hash_hmac_key {
    _Alignas(16) uint8_t state[512];
};

void hash_hmac_prepare(struct hash_hmac_key *key, const void *secret, size_t len);
void hash_hmac(const struct hash_hmac_key *key,
               const void *bytes,
               size_t len,
               uint8_t out[HASH_SHA256_SIZE]);

/* In a time that does not depend on the contents. */
bool hash_equal(const void *a, const void *b, size_t len);

/* Overwrites a secret; not optimised away. */
void hash_wipe(void *secret, size_t len);

#endif
