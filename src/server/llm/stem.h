#ifndef TW_STEM_H
#define TW_STEM_H

/* Stems of English words by Porter's algorithm (An algorithm for suffix stripping, 1980), through
 * libstemmer; stem.c is its only includer. "configured", "configure" and "configuring" are one stem. */

#include "common/cleanup.h"

#include <stddef.h>
#include <stdint.h>

/* Keeps scratch memory, so one thread at a time; making one costs under a microsecond. */
struct stemmer;

struct stemmer *stemmer_new(void);
void stemmer_free(struct stemmer *stemmer); /* NULL is fine */
DEFINE_CLEANUP(struct stemmer *, stemmer_free);

/* The stem of a lower-cased word in UTF-8: *ret_len bytes, at most len of them, without a NUL; borrowed
 * until the next call, from word where it is under three bytes (as in FTS5, its own stem). What is no
 * English word comes back much as it was. */
const char *stemmer_stem(struct stemmer *stemmer, const char *word, size_t len, size_t *ret_len);

/* FNV-1a of a stem, for tables and sets of them. */
uint64_t stem_hash(const char *stem);

#endif
