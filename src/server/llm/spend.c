#include "server/llm/spend.h"

#define DAY_MS INT64_C(86400000)

void spend_init(struct spend *spend, double budget_usd)
{
    *spend = (struct spend){.budget_usd = budget_usd};
}

/* A clock that steps back does not begin a day anew: its budget is spent. */
static void turn_day(struct spend *spend, int64_t now_ms)
{
    if (now_ms / DAY_MS <= spend->day)
        return;
    spend->day = now_ms / DAY_MS;
    spend->spent_usd = 0;
}

bool spend_reserve(struct spend *spend, int64_t now_ms, double usd)
{
    turn_day(spend, now_ms);
    if (!(spend->spent_usd + spend->reserved_usd + usd <= spend->budget_usd))
        return false;
    spend->reserved_usd += usd;
    return true;
}

void spend_settle(struct spend *spend, int64_t now_ms, double reserved_usd, double spent_usd)
{
    turn_day(spend, now_ms);
    spend->spent_usd += spent_usd;
    spend->reserved_usd -= reserved_usd;
    if (spend->reserved_usd < 0) /* rounding */
        spend->reserved_usd = 0;
}

double spend_today(struct spend *spend, int64_t now_ms)
{
    turn_day(spend, now_ms);
    return spend->spent_usd;
}
