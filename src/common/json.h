#ifndef TW_JSON_H
#define TW_JSON_H

/* JSON in: a strict reader over cJSON, whose leniencies (leading zeros, raw control characters,
 * trailing text, NUL escapes, case-blind and duplicate keys) are refused here. The only includer
 * of cJSON. Values are borrowed from their document; a document belongs to one thread at a time. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct json; /* a value; the one json_parse returns owns all below it */

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

#define JSON_DEPTH_MAX 64   /* nested arrays and objects */
#define JSON_KEYS_MAX  4096 /* of one object */

/* Parses text (len bytes, need not be NUL-terminated). TW_INVALID with the reason for anything that
 * is not one RFC 8259 value in UTF-8, nests deeper than JSON_DEPTH_MAX, has \u0000, a number that
 * is not finite as a double, or an object with a key twice or with over JSON_KEYS_MAX keys. A node
 * costs about 64 bytes: bound len first. */
int json_parse(const char *text, size_t len, struct json **ret_json, struct tw_error *err)
    MUST_CHECK;
void json_free(struct json *json); /* NULL is fine */
DEFINE_CLEANUP(struct json *, json_free);

enum json_type json_type(const struct json *value);
const char *json_type_name(enum json_type type); /* "null", "boolean", "number", ... */

/* The member of an object, or NULL: no such key, not an object, or value is NULL. */
const struct json *json_get(const struct json *object, const char *key);

/* Walk over an array or object; first and next give NULL at the end and for NULL. */
const struct json *json_first(const struct json *container);
const struct json *json_next(const struct json *value);
const char *json_key(const struct json *value); /* NULL outside objects */
size_t json_count(const struct json *container);

/* NULL or `otherwise` when value is NULL or of another type. */
const char *json_string(const struct json *value);
double json_number(const struct json *value, double otherwise);
bool json_bool(const struct json *value, bool otherwise);

#endif
