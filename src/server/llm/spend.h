#ifndef TW_SPEND_H
#define TW_SPEND_H

/* What may be spent in a day (UTC). Money is reserved before a call, at the most that it may cost, and
 * settled after it, so that calls at once do not exceed the budget together. It is not kept over a
 * restart. Pure: the clock is a parameter, a lock is the caller's. */

#include <stdbool.h>
#include <stdint.h>

struct spend {
    double budget_usd; /* per day; 0: only what costs nothing */
    int64_t day;       /* since the epoch */
    double spent_usd;  /* on that day */
    double reserved_usd;
};

void spend_init(struct spend *spend, double budget_usd);

/* False: it would exceed the budget, and nothing is reserved. */
bool spend_reserve(struct spend *spend, int64_t now_ms, double usd);

/* After every reserve that gave true, with the same reserved_usd. */
void spend_settle(struct spend *spend, int64_t now_ms, double reserved_usd, double spent_usd);

double spend_today(struct spend *spend, int64_t now_ms);

#endif
