#ifndef TW_VARIABLE_QUERY_H
#define TW_VARIABLE_QUERY_H

/* What a dashboard's variable asks Prometheus for: label_values(label), label_values(selector, label),
 * label_names(), metrics(regular expression), query_result(expression). Pure. */

#include "common/buffer.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

#define VARIABLE_PATH_MAX ((size_t)32768)

/* Is it one of these? Variables in it need not be filled in. */
bool variable_query_is_known(const char *query);

/* The path of a GET for it, over the time from from_ms to to_ms; false for what is none of these. */
bool variable_query_write_path(const char *query,
                               int64_t from_ms,
                               int64_t to_ms,
                               struct buffer *out);

/* Strings; owned. Zeroed is none. */
struct variable_names {
    size_t n;
    char **at;
};

#define VARIABLE_NAMES_MAX 5000

/* The answer to it; names beyond VARIABLE_NAMES_MAX are left off. Errors as answer_read, and TW_BROKEN
 * for JSON of another shape. */
int variable_query_read(const char *query,
                        const struct fetch_reply *reply,
                        struct variable_names *ret_names,
                        struct tw_error *err) MUST_CHECK;
void variable_names_finish(struct variable_names *names);

#endif
