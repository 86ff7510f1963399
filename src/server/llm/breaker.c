#include "server/llm/breaker.h"

void breaker_init(struct breaker *breaker, int threshold, int64_t open_for_ms)
{
    *breaker = (struct breaker){.threshold = threshold, .open_for_ms = open_for_ms};
}

static bool is_wait_over(const struct breaker *breaker, int64_t now_mono_ms)
{
    return now_mono_ms - breaker->opened_mono_ms >= breaker->open_for_ms;
}

bool breaker_allow(struct breaker *breaker, int64_t now_mono_ms)
{
    if (!breaker->is_open)
        return true;
    if (breaker->is_probing || !is_wait_over(breaker, now_mono_ms))
        return false;
    breaker->is_probing = true;
    return true;
}

void breaker_succeed(struct breaker *breaker)
{
    breaker->n_failures = 0;
    breaker->is_open = false;
    breaker->is_probing = false;
}

/* Calls that began before it opened may fail after that: only the probe's failure begins the wait anew,
 * else stragglers would put it off. */
void breaker_fail(struct breaker *breaker, int64_t now_mono_ms)
{
    if (breaker->n_failures < breaker->threshold)
        breaker->n_failures++;
    if (breaker->n_failures < breaker->threshold || (breaker->is_open && !breaker->is_probing))
        return;
    breaker->is_open = true;
    breaker->is_probing = false;
    breaker->opened_mono_ms = now_mono_ms;
}

void breaker_abandon(struct breaker *breaker)
{
    breaker->is_probing = false;
}

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_mono_ms)
{
    if (!breaker->is_open)
        return BREAKER_CLOSED;
    return breaker->is_probing || is_wait_over(breaker, now_mono_ms) ? BREAKER_HALF_OPEN
                                                                     : BREAKER_OPEN;
}

const char *breaker_state_name(enum breaker_state state)
{
    static const char *const names[] = {"closed", "open", "half-open"};

    return names[state];
}
