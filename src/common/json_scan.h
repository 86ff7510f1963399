#ifndef TW_JSON_SCAN_H
#define TW_JSON_SCAN_H

/* JSON in, without a tree: a cursor over text that json_check has passed and that ends in a NUL, for
 * bodies with more numbers than nodes are affordable. What is read is what is there: asking for another
 * type than json_scan_type says, or beyond the end of the text, gives nothing sensible but never leaves
 * the text. Pure. */

#include "common/buffer.h"
#include "common/json.h"

#include <stdbool.h>
#include <stddef.h>

struct json_scan {
    const char *at;
};

/* Bytes of the text, borrowed. */
struct json_span {
    const char *at;
    size_t len;
};

enum json_type json_scan_type(struct json_scan *scan);

/* Into the array or object at the cursor. Then, until json_scan_more says no, which also leaves it: in an
 * object json_scan_key, and in both one of the readers of a value. */
void json_scan_enter(struct json_scan *scan);
bool json_scan_more(struct json_scan *scan);

/* What stands between the key's quotes, escapes and all. */
struct json_span json_scan_key(struct json_scan *scan);
bool json_span_is(const struct json_span *span, const char *text);

/* The value as it is written. */
struct json_span json_scan_skip(struct json_scan *scan);

/* As strtod reads it; *ret_is_whole: no point and no exponent. */
double json_scan_number(struct json_scan *scan, bool *ret_is_whole);

/* Appends the string with its escapes undone. */
void json_scan_string(struct json_scan *scan, struct buffer *out);

#endif
