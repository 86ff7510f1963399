/* Memory that runs out, for tests: preloaded into a program (LD_PRELOAD), lets TW_SHIM_SKIP allocations pass and
 * then fails every TW_SHIM_EVERY-th, over all threads. Not for a program with a sanitizer, which has an allocator
 * of its own. */

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* dlsym allocates, so these cannot be asked for. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static _Atomic long n_left = -1, every; /* nothing fails before the constructor has run */

__attribute__((constructor)) static void read_rules(void)
{
    const char *skip = getenv("TW_SHIM_SKIP"), *each = getenv("TW_SHIM_EVERY");

    n_left = skip ? strtol(skip, NULL, 10) : 0;
    every = each ? strtol(each, NULL, 10) : 0;
}

static bool fails(void)
{
    long left;

    if (every == 0)
        return false;
    left = --n_left;
    if (left >= 0 || -left % every != 0)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}
