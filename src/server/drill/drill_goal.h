#ifndef TW_DRILL_GOAL_H
#define TW_DRILL_GOAL_H

/* When a run is over of itself, and how it went. Pure. */

#include "server/drill/drill.h"

struct drill_goal {
    enum drill_until until;
    int64_t duration_ms; /* asked for; 0 when the kind has none */
    int64_t bound_ms;    /* it ends by then at the latest; 0: never */
};

struct drill_verdict {
    enum drill_state state;
    char reason[160];
};

/* alert_for_ms: how long the rule's condition must hold, as rendered; read for UNTIL_ALERT and UNTIL_NOTIFIED. An
 * alert gets three minutes beyond that: traffic has to fill the window first, and scrape, evaluation
 * and poll each add their interval. Its notification gets six further ones: a group that was told of lately
 * waits for group_interval. */
struct drill_goal drill_goal_make(enum drill_until until,
                                  int64_t duration_ms,
                                  int64_t alert_for_ms);

/* True, with the verdict, when the run is over. An alert that was firing before the run proves
 * nothing by firing on: then the run takes its whole duration. */
bool drill_goal_check(const struct drill_goal *goal,
                      const struct drill_alert *alert,
                      int64_t elapsed_ms,
                      struct drill_verdict *ret_verdict);

/* 0..1 of the bound, NaN without one. */
double drill_goal_progress(const struct drill_goal *goal, int64_t elapsed_ms);

#endif
