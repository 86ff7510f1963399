#ifndef TW_LABELS_H
#define TW_LABELS_H

/* The label set of a series or an alert. Pure. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

#define LABELS_MAX 64

struct label {
    char *name, *value; /* owned; fit for a terminal */
};

struct labels {
    size_t n;
    struct label *at; /* owned */
    bool
        is_altered; /* not every character was fit for a terminal: they are not quite the server's */
};

/* From an object of strings. TW_INVALID for anything else and for over LABELS_MAX. */
int labels_read(const struct json *object,
                struct labels *ret_labels,
                struct tw_error *err) MUST_CHECK;
struct labels labels_copy(const struct labels *labels);
void labels_finish(struct labels *labels);

/* "" when absent: to Prometheus these are the same. */
const char *labels_get(const struct labels *labels, const char *name);

/* Every label of part stands in whole with the same value: whole may have more, as the alerts that
 * Prometheus sends on have its external labels. */
bool labels_include(const struct labels *whole, const struct labels *part);

#define LABEL_HASH_START UINT64_C(14695981039346656037)

/* Goes on from the hash of the labels before it, or from LABEL_HASH_START. */
uint64_t label_hash(uint64_t hash, const struct label *label);

#endif
