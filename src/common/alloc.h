#ifndef TW_ALLOC_H
#define TW_ALLOC_H

/* Allocation of small things whose size the program itself decides: out of memory is a line on
 * stderr and abort. Sizes that come from outside are bounded and checked by their reader instead. */

#include "common/cleanup.h"

#include <stddef.h>
#include <stdlib.h>

void *xcalloc(size_t count, size_t size) __attribute__((returns_nonnull, malloc));
void *xrealloc_array(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
void xfail(void) __attribute__((noreturn)); /* the same end, where a library had no memory */
char *xstrdup(const char *text) __attribute__((returns_nonnull, malloc));
char *xprintf_dup(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((returns_nonnull, malloc));

/* CLEANUP(freep) for anything that free() releases. */
static inline void freep(void *slot)
{
    free(*(void **)slot);
}

#endif
