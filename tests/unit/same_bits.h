#ifndef TW_SAME_BITS_H
#define TW_SAME_BITS_H

/* For numbers that must be the same to the last bit, where == would take 0 for -0. */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool same_bits(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

#endif
