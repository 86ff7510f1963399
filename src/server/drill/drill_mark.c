#include "server/drill/drill_mark.h"

#include "common/alloc.h"
#include "common/hash.h"

#include <stdio.h>
#include <string.h>

#define SECRET_SIZE   ((size_t)16) /* bytes kept of the HMAC: 128 bits, which RFC 2104 (5) allows */
#define SECRET_LEN    (2 * SECRET_SIZE)
#define ID_DIGITS_MAX 18 /* any such number fits an int64_t */

struct drill_marker {
    struct hash_hmac_key key;
};

struct drill_marker *drill_marker_new(const void *key, size_t key_len)
{
    struct drill_marker *marker = xcalloc(1, sizeof(*marker));

    hash_hmac_prepare(&marker->key, key, key_len);
    return marker;
}

void drill_marker_free(struct drill_marker *marker)
{
    if (!marker)
        return;
    hash_wipe(marker, sizeof(*marker));
    free(marker);
}

static void write_secret(const struct drill_marker *marker,
                         const char *claim,
                         size_t claim_len,
                         char ret_secret[SECRET_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t mac[HASH_SHA256_SIZE];

    hash_hmac(&marker->key, claim, claim_len, mac);
    for (size_t i = 0; i < SECRET_SIZE; i++) {
        ret_secret[2 * i] = digits[mac[i] >> 4];
        ret_secret[2 * i + 1] = digits[mac[i] & 15];
    }
    ret_secret[SECRET_LEN] = '\0';
}

void drill_mark_write(const struct drill_marker *marker,
                      int64_t id,
                      enum drill_kind kind,
                      char ret_value[DRILL_MARK_SIZE])
{
    char secret[SECRET_LEN + 1];
    int len = snprintf(ret_value, DRILL_MARK_SIZE, "%lld;%s", (long long)id, drill_kind_name(kind));

    write_secret(marker, ret_value, (size_t)len, secret);
    (void)snprintf(ret_value + len, DRILL_MARK_SIZE - (size_t)len, ";%s", secret);
}

/* The id as drill_mark_write writes it, so that one run has one mark; 0 for anything else. */
static int64_t read_id(const char *text, size_t len)
{
    int64_t id = 0;

    if (len == 0 || len > ID_DIGITS_MAX || text[0] == '0' || strspn(text, "0123456789") != len)
        return 0;
    for (size_t i = 0; i < len; i++)
        id = 10 * id + (text[i] - '0');
    return id;
}

bool drill_mark_check(const struct drill_marker *marker,
                      const char *value,
                      int64_t *ret_id,
                      enum drill_kind *ret_kind)
{
    size_t len = strnlen(value, DRILL_MARK_SIZE);
    const char *kind_at = memchr(value, ';', len), *secret_at;
    const struct drill_kind_info *info;
    char secret[SECRET_LEN + 1];
    int64_t id;

    if (len == DRILL_MARK_SIZE || len < SECRET_LEN + 1 || !kind_at)
        return false;
    secret_at = value + len - SECRET_LEN;
    if (secret_at[-1] != ';' || secret_at - 1 <= kind_at)
        return false;
    id = read_id(value, (size_t)(kind_at - value));
    info = drill_kind_find(kind_at + 1, (size_t)(secret_at - 1 - (kind_at + 1)));
    if (id == 0 || !info)
        return false;
    write_secret(marker, value, (size_t)(secret_at - 1 - value), secret);
    if (!hash_equal(secret, secret_at, SECRET_LEN))
        return false;
    *ret_id = id;
    *ret_kind = (enum drill_kind)(info - drill_kinds);
    return true;
}
