#include "server/llm/backoff.h"

int64_t backoff_ms(const struct backoff *backoff,
                   int n_tries,
                   double uniform,
                   int64_t retry_after_ms)
{
    int64_t wait_ms = backoff->first_ms;

    for (int i = 1; i < n_tries && wait_ms < backoff->most_ms; i++)
        wait_ms *= 2;
    if (wait_ms > backoff->most_ms)
        wait_ms = backoff->most_ms;
    wait_ms = (int64_t)((double)wait_ms * (0.5 + uniform / 2));
    return retry_after_ms > wait_ms ? retry_after_ms : wait_ms;
}
