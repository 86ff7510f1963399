#include "common/utf8.h"

/* Bytes of the valid sequence at text, or 0. */
static size_t sequence_len(const unsigned char *text, size_t len)
{
    unsigned char lead = text[0];
    unsigned char low = 0x80, high = 0xbf; /* what the second byte may be */
    size_t need;

    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        need = 2;
    else if (lead >= 0xe0 && lead <= 0xef)
        need = 3;
    else if (lead >= 0xf0 && lead <= 0xf4)
        need = 4;
    else
        return 0;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    if (len < need || text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++)
        if (text[i] < 0x80 || text[i] > 0xbf)
            return 0;
    return need;
}

bool utf8_is_valid(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t step = sequence_len((const unsigned char *)text + at, len - at);

        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

uint32_t utf8_decode(const char *text, size_t len, size_t *ret_len)
{
    static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t n = sequence_len(bytes, len);
    uint32_t code;

    *ret_len = n ? n : 1;
    if (n == 0)
        return 0xfffd;
    code = bytes[0] & lead_mask[n];
    for (size_t i = 1; i < n; i++)
        code = (code << 6) | (bytes[i] & 0x3fU);
    return code;
}

size_t utf8_encode(uint32_t code, char out[4])
{
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n;

    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        code = 0xfffd;
    n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i > 1; i--, code >>= 6)
        out[i - 1] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(leads[n] | code);
    return n;
}

size_t utf8_count(const char *text, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

size_t utf8_whole(const char *text, size_t len)
{
    size_t start = len;
    unsigned char first;

    while (start > 0 && len - start < 4 && ((unsigned char)text[--start] & 0xc0) == 0x80)
        continue;
    if (start == len)
        return len;
    first = (unsigned char)text[start];
    return len - start < (first >= 0xf0   ? 4U
                          : first >= 0xe0 ? 3U
                          : first >= 0xc0 ? 2U
                                          : 1U)
               ? start
               : len;
}
