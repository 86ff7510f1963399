#ifndef TW_GAMEDAY_PLAN_H
#define TW_GAMEDAY_PLAN_H

/* What a game day goes through: which simulations, in which order, and how long each thing may take. Pure. */

#include "server/drill/drill_kinds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GAMEDAY_STEPS_MAX 10

/* One step's simulation, and what it needs beside the times of its rule. */
struct gameday_plan {
    const char *name; /* "rag empty-kb" */
    enum drill_kind kind;
    const char *params; /* of the simulation, as JSON */
    const char
        *recovery;    /* of the traffic that fills its window again; NULL: time alone clears it */
    int64_t rise_ms;  /* until its traffic has made the rule's condition true: requests, so not
                             scaled with fast alerts */
    int64_t fall_ms;  /* until ordinary traffic has made it false again */
    int64_t range_ms; /* over which the rule's expression looks back; scaled */
};

/* How long the step may take, from one moment to the next. */
struct gameday_limits {
    int64_t detect_ms;  /* from the injection to the firing alert */
    int64_t notify_ms;  /* from there to Alertmanager's notification */
    int64_t clear_ms;   /* from the end of the injection to the alert's */
    int64_t resolve_ms; /* from there to Alertmanager's word of it */
};

/* The steps of a game day of that kind, a simulation's name or "all", into ret_plans. 0: there is no such. */
size_t gameday_plan_find(const char *kind, const struct gameday_plan *ret_plans[GAMEDAY_STEPS_MAX]);

/* What the step is to raise. */
struct drill_expectation gameday_plan_expect(const struct gameday_plan *plan);

void gameday_plan_limits(const struct gameday_plan *plan,
                         bool fast_alerts,
                         struct gameday_limits *ret_limits);

#endif
