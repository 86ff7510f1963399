#include "server/drill/drill_goal.h"

#include <math.h>
#include <stdio.h>

#define BEYOND_FOR_MS INT64_C(180000)
#define NOTICE_MS     INT64_C(360000)

struct drill_goal drill_goal_make(enum drill_until until, int64_t duration_ms, int64_t alert_for_ms)
{
    struct drill_goal goal = {until, duration_ms, 0};

    if (until == DRILL_UNTIL_DURATION)
        goal.bound_ms = duration_ms;
    if (until == DRILL_UNTIL_ALERT || until == DRILL_UNTIL_NOTIFIED) {
        goal.bound_ms =
            alert_for_ms + BEYOND_FOR_MS + (until == DRILL_UNTIL_NOTIFIED ? NOTICE_MS : 0);
        if (goal.bound_ms < duration_ms)
            goal.bound_ms = duration_ms;
    }
    return goal;
}

static void explain_no_alert(const struct drill_goal *goal,
                             const struct drill_alert *alert,
                             struct drill_verdict *verdict)
{
    double bound_s = (double)goal->bound_ms / 1000;

    verdict->state = DRILL_FAILED;
    if (!alert->has_been_seen)
        (void)snprintf(verdict->reason, sizeof(verdict->reason),
                       "Prometheus did not tell about %s within %.16g s", alert->name, bound_s);
    else
        (void)snprintf(verdict->reason, sizeof(verdict->reason),
                       "%s did not fire within %.16g s, last it was %s", alert->name, bound_s,
                       drill_alert_state_name(alert->state));
}

static bool check_alert(const struct drill_goal *goal,
                        const struct drill_alert *alert,
                        int64_t elapsed_ms,
                        struct drill_verdict *verdict)
{
    verdict->state = DRILL_FINISHED;
    if (alert->firing_at_ms > 0) {
        (void)snprintf(verdict->reason, sizeof(verdict->reason), "%s fired", alert->name);
        return true;
    }
    if (alert->was_firing && elapsed_ms >= goal->duration_ms) {
        (void)snprintf(verdict->reason, sizeof(verdict->reason),
                       "%s was firing already when this began; it ran for its duration of %.16g s",
                       alert->name, (double)goal->duration_ms / 1000);
        return true;
    }
    if (elapsed_ms < goal->bound_ms)
        return false;
    explain_no_alert(goal, alert, verdict);
    return true;
}

static bool check_notice(const struct drill_goal *goal,
                         const struct drill_alert *alert,
                         int64_t elapsed_ms,
                         struct drill_verdict *verdict)
{
    bool has_fired = alert->firing_at_ms > 0, is_told = alert->delivered_at_ms > 0;

    if (!(has_fired && is_told) && elapsed_ms < goal->bound_ms)
        return false;
    verdict->state = has_fired && is_told ? DRILL_FINISHED : DRILL_FAILED;
    if (has_fired)
        (void)snprintf(verdict->reason, sizeof(verdict->reason), "%s fired, and Alertmanager %s",
                       alert->name, is_told ? "has delivered it" : "has not delivered it");
    else
        explain_no_alert(goal, alert, verdict);
    return true;
}

bool drill_goal_check(const struct drill_goal *goal,
                      const struct drill_alert *alert,
                      int64_t elapsed_ms,
                      struct drill_verdict *ret_verdict)
{
    switch (goal->until) {
    case DRILL_UNTIL_STOPPED:
        return false;
    case DRILL_UNTIL_ALERT:
        return check_alert(goal, alert, elapsed_ms, ret_verdict);
    case DRILL_UNTIL_NOTIFIED:
        return check_notice(goal, alert, elapsed_ms, ret_verdict);
    case DRILL_UNTIL_DURATION:
        break;
    }
    if (elapsed_ms < goal->bound_ms)
        return false;
    ret_verdict->state = DRILL_FINISHED;
    (void)snprintf(ret_verdict->reason, sizeof(ret_verdict->reason),
                   "ran for its duration of %.16g s", (double)goal->duration_ms / 1000);
    return true;
}

double drill_goal_progress(const struct drill_goal *goal, int64_t elapsed_ms)
{
    if (goal->bound_ms == 0)
        return (double)NAN;
    return elapsed_ms < goal->bound_ms ? (double)elapsed_ms / (double)goal->bound_ms : 1;
}
