#include "tui/data/clock_skew.h"

#include "common/fetch.h"

#include <stdio.h>
#include <stdlib.h>

#define SKEW_MIN_MS 2000

bool clock_skew_read(const struct fetch_reply *reply, int64_t here_ms, int64_t *ret_skew_ms)
{
    /* Made half way; Date is cut to the second, so that half of one is missing. */
    int64_t skew_ms = reply->server_date_ms + 500 - (here_ms - reply->elapsed_us / 2000);

    if (reply->server_date_ms <= 0)
        return false;
    *ret_skew_ms = skew_ms > -SKEW_MIN_MS && skew_ms < SKEW_MIN_MS ? 0 : skew_ms;
    return true;
}

bool clock_skew_is_worse(int64_t skew_ms, int64_t than_skew_ms)
{
    return llabs(skew_ms) - llabs(than_skew_ms) > SKEW_MIN_MS;
}

void clock_skew_format(int64_t skew_ms, char out[CLOCK_SKEW_TEXT_SIZE])
{
    static const struct {
        int64_t unit_ms, up_to_ms;
        char name;
    } units[] = {{1000, 120000, 's'}, {60000, 7200000, 'm'}, {3600000, INT64_MAX, 'h'}};

    int64_t size_ms = skew_ms < 0 ? -skew_ms : skew_ms;
    size_t i = 0;

    /* Roughly: a Date has whole seconds, and the text must not change with each of them. */
    while (size_ms >= units[i].up_to_ms)
        i++;
    (void)snprintf(out, CLOCK_SKEW_TEXT_SIZE, "%lld%c %s",
                   (long long)((size_ms + units[i].unit_ms / 2) / units[i].unit_ms), units[i].name,
                   skew_ms < 0 ? "behind" : "ahead");
}
