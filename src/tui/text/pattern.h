#ifndef TW_PATTERN_H
#define TW_PATTERN_H

/* The regular expressions of dashboard files, which are JavaScript's, as far as POSIX has them too. What
 * differs is refused rather than read as something else; so is what could take long: counts ("{2,3}"),
 * repetitions in repetitions, and references back. Pure. */

#include "common/error.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#define PATTERN_BYTES_MAX 256

struct pattern {
    regex_t regex;
    bool is_compiled; /* else pattern_finish does nothing */
    bool is_whole;    /* the text has to be met from end to end */
};

/* "/a.*b/i" or, to be met by the whole text, "a.*b". TW_INVALID with the reason. */
int pattern_init(struct pattern *pattern, const char *text, struct tw_error *err) MUST_CHECK;
void pattern_finish(struct pattern *pattern); /* zeroed is fine */

/* Where it is met: its first group when there is one, else all of what it met. */
bool pattern_find(const struct pattern *pattern,
                  const char *text,
                  size_t *ret_start,
                  size_t *ret_len);

#endif
