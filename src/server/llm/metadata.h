#ifndef TW_METADATA_H
#define TW_METADATA_H

/* The metadata of a record or a collection: keys with strings, numbers, booleans, or arrays of one of
 * these. Kept as the text of a JSON object in one form (no white space, strings escaped in one way), so
 * that equal strings are equal bytes and a filter needs no tree. Pure. */

#include "common/buffer.h"
#include "common/error.h"
#include "common/json_scan.h"

#define METADATA_BYTES_MAX ((size_t)16 << 10)
#define METADATA_KEYS_MAX  64

/* Appends the object at the cursor in that form. A null stays one: it means something to metadata_merge.
 * TW_INVALID for a value that is none of those, a key twice, or too much. */
int metadata_read(struct json_scan *scan, struct buffer *out, struct tw_error *err) MUST_CHECK;

/* Appends old (NULL: none) with the changes (NULL: none) laid over it: a key of the changes replaces one
 * of old, null removes it. Nothing is appended when no key is left. */
void metadata_merge(const char *old, const char *changes, struct buffer *out);

/* A string as it stands there, between its quotes; for keys and for comparing. Owned by the caller. */
char *metadata_quote_dup(const char *text);

/* The value of a key that metadata_quote_dup has made; false: it has none. */
bool metadata_find(const char *metadata, const char *quoted_key, struct json_scan *ret_value);

#endif
