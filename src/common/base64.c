#include "common/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *bytes, size_t len, struct buffer *out)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t word = 0;
        char group[4];

        for (size_t j = 0; j < 3; j++)
            word = word << 8 | (j < n ? at[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            group[j] = (char)(j <= n ? digits[word >> (18 - 6 * j) & 63] : '=');
        (void)buffer_append(out, group, sizeof(group));
    }
}

size_t base64_size(const char *text, size_t len)
{
    size_t n_padding = 0;

    while (n_padding < 2 && n_padding < len && text[len - 1 - n_padding] == '=')
        n_padding++;
    return len / 4 * 3 - (len >= 4 ? n_padding : 0);
}

/* 64: none. */
static uint32_t value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

bool base64_decode(const char *text, size_t len, void *ret_bytes, size_t size)
{
    uint8_t *out = ret_bytes;
    size_t n_digits = size / 3 * 4 + (size % 3 > 0 ? size % 3 + 1 : 0), done = 0;

    if (len != BASE64_LEN(size))
        return false;
    for (size_t i = 0; i < len; i += 4) {
        uint32_t word = 0;

        for (size_t j = 0; j < 4; j++) {
            uint32_t value = i + j < n_digits ? value_of(text[i + j]) : 0;

            if (value == 64 || (i + j >= n_digits && text[i + j] != '='))
                return false;
            word = word << 6 | value;
        }
        for (size_t j = 0; j < 3 && done < size; j++)
            out[done++] = (uint8_t)(word >> (16 - 8 * j));
        if (done == size && (word & ((1U << 8 * (2 - (size + 2) % 3)) - 1)) != 0)
            return false; /* bits that stand for nothing */
    }
    return true;
}
