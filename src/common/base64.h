#ifndef TW_BASE64_H
#define TW_BASE64_H

/* Base64 with padding, RFC 4648 section 4. Pure. */

#include "common/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of text without the NUL. */
#define BASE64_LEN(n_bytes) (((n_bytes) + 2) / 3 * 4)

void base64_encode(const void *bytes, size_t len, struct buffer *out);

/* Into ret_bytes, which has room for size. False unless it is base64 of exactly that many bytes. */
bool base64_decode(const char *text, size_t len, void *ret_bytes, size_t size);

/* How many bytes the text stands for, going by its length and padding alone. */
size_t base64_size(const char *text, size_t len);

#endif
