#ifndef TW_JSON_WRITE_H
#define TW_JSON_WRITE_H

/* JSON out: writes straight into a bounded buffer, no tree. Whether everything fitted is asked of
 * the buffer once at the end (buffer.failed). Inside an object every value follows its key; pass
 * NULL as the key inside arrays and at the top. Pure. */

#include "common/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_writer {
    struct buffer *out; /* borrowed */
    bool needs_comma;
};

void json_write_object(struct json_writer *w, const char *key); /* opens */
void json_write_object_end(struct json_writer *w);
void json_write_array(struct json_writer *w, const char *key);
void json_write_array_end(struct json_writer *w);

void json_write_string(struct json_writer *w, const char *key, const char *text); /* NULL: null */
void json_write_text(struct json_writer *w, const char *key, const char *text, size_t len);
void json_write_int(struct json_writer *w, const char *key, int64_t value);
void json_write_bool(struct json_writer *w, const char *key, bool value);
void json_write_null(struct json_writer *w, const char *key);

/* The shortest text that reads back as the same double; null when it is not finite. */
void json_write_number(struct json_writer *w, const char *key, double value);

/* With `digits` (0..9) decimals, for figures on a hot path: about ten times faster than
 * json_write_number. Null when not finite; falls back to it beyond 1e9. */
void json_write_fixed(struct json_writer *w, const char *key, double value, int digits);

/* Text that is JSON already, unchecked. */
void json_write_raw(struct json_writer *w, const char *key, const char *json, size_t len);

#endif
