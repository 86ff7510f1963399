#ifndef TW_UTF8_H
#define TW_UTF8_H

/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool utf8_is_valid(const char *text, size_t len);

/* The code point at text and, in *ret_len, its bytes (1..4). Invalid bytes give U+FFFD, one at a
 * time, so that a walk always ends. len must be over 0. */
uint32_t utf8_decode(const char *text, size_t len, size_t *ret_len);

/* The 1..4 bytes of a code point, which is a scalar value (else those of U+FFFD); returns their number. */
size_t utf8_encode(uint32_t code, char out[4]);

/* The length without a character that is begun at the end and not whole, for valid text that was cut off. */
size_t utf8_whole(const char *text, size_t len);

/* Characters (code points) of valid text. */
size_t utf8_count(const char *text, size_t len);

#endif
