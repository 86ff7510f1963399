/* Memory that runs out, for tests: linked into a program (not preloaded: a sanitizer's allocator is in the program
 * itself), it asks the sanitizer or the C library for what it does not refuse. Which allocations fail stands in the
 * file that TW_SHIM_MEMORY names, a struct rules, and may be changed while the program runs. */

#include "common/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Those of the sanitizer, if there is one. */
__attribute__((weak)) void *__interceptor_malloc(size_t size);
__attribute__((weak)) void *__interceptor_calloc(size_t n, size_t size);
__attribute__((weak)) void *__interceptor_realloc(void *old, size_t size);
/* dlsym allocates, so these cannot be asked for. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

struct rules {
    _Atomic int64_t first; /* the allocation that fails, from 1 on; 0: none does */
    _Atomic int64_t every; /* and each that comes so many after it; 0: no other does */
    _Atomic int64_t
        spares; /* 1: what ends the program when it fails is let pass, and not counted */
    _Atomic int64_t n_asked;  /* whoever writes `first` sets it to 0 before */
    _Atomic int64_t n_failed; /* all in all */
};

static struct rules none;
static struct rules *rules = &none; /* nothing fails before the constructor has run */
static _Thread_local bool is_spared;

__attribute__((constructor)) static void read_rules(void)
{
    const char *path = getenv("TW_SHIM_MEMORY");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*rules), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (path && mapped == MAP_FAILED)
        abort();
    if (mapped != MAP_FAILED)
        rules = mapped;
    if (fd >= 0)
        close(fd);
}

static bool fails(void)
{
    int64_t first = rules->first, every = rules->every, n;

    if (is_spared && rules->spares)
        return false;
    n = ++rules->n_asked;
    if (first == 0 || n < first || (n > first && (every == 0 || (n - first) % every != 0)))
        return false;
    rules->n_failed++;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_calloc ? __interceptor_calloc(n, size) : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_realloc ? __interceptor_realloc(old, size) : __libc_realloc(old, size);
}

/* The sanitizer has its own of these too, which would ask nobody. */
void *reallocarray(void *old, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, n * size);
}

char *strndup(const char *text, size_t max)
{
    size_t len = strnlen(text, max);
    char *copy = malloc(len + 1);

    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *strdup(const char *text)
{
    return strndup(text, strlen(text));
}

/* ---- Those who end the program when they get nothing ---- */

#define SPARED(call)                                                                               \
    ({                                                                                             \
        __typeof__(call) got_;                                                                     \
        is_spared = true;                                                                          \
        got_ = (call);                                                                             \
        is_spared = false;                                                                         \
        got_;                                                                                      \
    })

/* libstemmer, in whose name stem.c does (ld's --wrap). */
struct sb_stemmer *__real_sb_stemmer_new(const char *algorithm, const char *encoding);
struct sb_stemmer *__wrap_sb_stemmer_new(const char *algorithm, const char *encoding);
const unsigned char *__real_sb_stemmer_stem(struct sb_stemmer *s, const unsigned char *word, int n);
const unsigned char *__wrap_sb_stemmer_stem(struct sb_stemmer *s, const unsigned char *word, int n);

struct sb_stemmer *__wrap_sb_stemmer_new(const char *algorithm, const char *encoding)
{
    return SPARED(__real_sb_stemmer_new(algorithm, encoding));
}

const unsigned char *__wrap_sb_stemmer_stem(struct sb_stemmer *s, const unsigned char *word, int n)
{
    return SPARED(__real_sb_stemmer_stem(s, word, n));
}

/* common/alloc, in the place of the one in the library. */
#define calloc(n, size)            SPARED(calloc(n, size))
#define reallocarray(old, n, size) SPARED(reallocarray(old, n, size))
#define strdup(text)               SPARED(strdup(text))
#define vasprintf(text, fmt, args) SPARED(vasprintf(text, fmt, args))
#include "common/alloc.c" // NOLINT(bugprone-suspicious-include)
