#include "common/log.h"

#include "common/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static _Atomic int threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    threshold = (int)level;
}

void log_line(enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    char text[1024], line[1200], stamp[CLOCK_ISO_SIZE];
    va_list args;
    int len;

    if ((int)level > threshold)
        return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    clock_format_iso(clock_now_ms(), stamp, sizeof(stamp));
    len = snprintf(line, sizeof(line), "%s %s %s\n", stamp, names[level], text);
    /* One write per line: lines of several threads do not mix. */
    if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
        return; /* nowhere left to say it */
}
