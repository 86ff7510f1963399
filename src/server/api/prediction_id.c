#include "server/api/prediction_id.h"

#include <math.h>
#include <string.h>

#define PAYLOAD_SIZE 13 /* replica 2, sequence 8, class 1, confidence 2; big-endian */
#define MAC_SIZE     8
#define ID_SIZE      (PAYLOAD_SIZE + MAC_SIZE)

static void put_big_endian(uint8_t *out, uint64_t value, int n_bytes)
{
    for (int i = n_bytes - 1; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

static uint64_t get_big_endian(const uint8_t *bytes, int n_bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < n_bytes; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void sign(const struct hash_hmac_key *key, uint8_t bytes[ID_SIZE])
{
    uint8_t mac[HASH_SHA256_SIZE];

    hash_hmac(key, bytes, PAYLOAD_SIZE, mac);
    memcpy(bytes + PAYLOAD_SIZE, mac, MAC_SIZE);
}

void prediction_id_write(const struct prediction_id *id,
                         const struct hash_hmac_key *key,
                         char out[PREDICTION_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[ID_SIZE];

    put_big_endian(bytes, id->replica, 2);
    put_big_endian(bytes + 2, (uint64_t)id->sequence, 8);
    bytes[10] = id->class_index;
    put_big_endian(bytes + 11, (uint64_t)lroundf(id->confidence * 65535.0F), 2);
    sign(key, bytes);
    for (size_t i = 0; i < ID_SIZE; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[PREDICTION_ID_SIZE - 1] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool prediction_id_read(const char *text,
                        const struct hash_hmac_key *key,
                        struct prediction_id *ret_id)
{
    uint8_t bytes[ID_SIZE], expected[ID_SIZE];

    if (strlen(text) != PREDICTION_ID_SIZE - 1)
        return false;
    for (size_t i = 0; i < ID_SIZE; i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(expected, bytes, sizeof(expected));
    sign(key, expected);
    if (!hash_equal(bytes, expected, sizeof(bytes)))
        return false;
    *ret_id = (struct prediction_id){
        .replica = (uint16_t)get_big_endian(bytes, 2),
        .sequence = (int64_t)get_big_endian(bytes + 2, 8),
        .class_index = bytes[10],
        .confidence = (float)get_big_endian(bytes + 11, 2) / 65535.0F,
    };
    return true;
}
