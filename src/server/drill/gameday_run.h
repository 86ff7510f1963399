#ifndef TW_GAMEDAY_RUN_H
#define TW_GAMEDAY_RUN_H

/* The hands and eyes of a game day: looks at Prometheus and at its simulations, starts and stops those.
 * Belongs to the thread of the game day; only gameday_run_wake may be called from others. */

#include "server/drill/gameday.h"

struct gameday_run;

struct gameday_run *gameday_run_new(const struct gameday_hooks *hooks);
void gameday_run_free(struct gameday_run *run);
void gameday_run_wake(struct gameday_run *run); /* any thread */

/* Ordinary traffic beneath: the baseline that is on, or one of its own until gameday_run_end. */
void gameday_run_begin(struct gameday_run *run);

/* Waits up to a moment for something to happen, and says what can be seen of the step; what ret_sight points
 * to stays until the next call. */
void gameday_run_look(struct gameday_run *run,
                      const struct gameday_status *g,
                      struct gameday_sight *ret_sight);

/* Makes it so that what should run does, and nothing else. */
void gameday_run_act(struct gameday_run *run, const struct gameday_status *g);

void gameday_run_end(struct gameday_run *run); /* stops all that it started */

#endif
