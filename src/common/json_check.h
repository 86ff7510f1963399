#ifndef TW_JSON_CHECK_H
#define TW_JSON_CHECK_H

/* Does the text follow RFC 8259 to the letter? Pure; linear in len; no recursion. */

#include "common/error.h"

#include <stddef.h>

/* TW_INVALID with what and where (byte offset) for malformed text, invalid UTF-8, an escape of NUL or
 * of half a surrogate pair, or nesting over depth_max (at most 64). */
int json_check(const char *text, size_t len, size_t depth_max, struct tw_error *err) MUST_CHECK;

#endif
