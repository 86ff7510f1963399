#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
    struct timespec ts;

    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_now_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000;
}

int64_t clock_mono_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

void clock_format_iso(int64_t at_ms, char *out, size_t size)
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm parts;
    char date[24];

    if (!gmtime_r(&seconds, &parts) ||
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        date[0] = '\0';
    (void)snprintf(out, size, "%s.%03dZ", date, (int)(at_ms % 1000));
}

void clock_sleep_until_mono_ms(int64_t mono_ms)
{
    struct timespec until = {mono_ms / 1000, (mono_ms % 1000) * 1000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}
