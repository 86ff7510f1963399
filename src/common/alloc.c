#include "common/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void xfail(void)
{
    (void)fputs("tidewatch: out of memory\n", stderr);
    abort();
}

static void *checked(void *memory)
{
    if (!memory)
        xfail();
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc_array(void *old, size_t count, size_t size)
{
    return checked(reallocarray(old, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
    return checked(strdup(text));
}

char *xprintf_dup(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    int len;

    va_start(args, fmt);
    len = vasprintf(&text, fmt, args);
    va_end(args);
    return checked(len < 0 ? NULL : text);
}
