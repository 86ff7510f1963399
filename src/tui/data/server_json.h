#ifndef TW_SERVER_JSON_H
#define TW_SERVER_JSON_H

/* Members of a server's JSON as fields of ours: text fit for a terminal, numbers in their range. What is
 * absent, null or of another type has a value of its own. Pure. */

#include "common/json.h"

#include <stddef.h>
#include <stdint.h>

/* Into out (size over 0), cut when too long; "" when it is no string. */
void server_json_copy(char *out, size_t size, const struct json *value);

/* Owned; "" when it is no string. Line feeds stay. */
char *server_json_lines_dup(const struct json *value);

/* A whole number from 0 on that a double holds exactly; else `otherwise`. */
int64_t server_json_whole(const struct json *value, int64_t otherwise);

/* 0..1; NaN for anything else. */
double server_json_ratio(const struct json *value);

/* From 0 on; NaN for anything else. */
double server_json_amount(const struct json *value);

/* A moment in Unix ms, as a number or as RFC 3339 writes it; 0 for anything else. */
int64_t server_json_moment(const struct json *value);

/* The index of its text in names, or -1. */
int server_json_word(const struct json *value, const char *const *names, size_t n_names);

/* A string or a whole number, as text; "" for anything else. */
void server_json_copy_id(char *out, size_t size, const struct json *value);

#endif
