#ifndef TW_GAMEDAY_CASE_H
#define TW_GAMEDAY_CASE_H

/* Invented game days, for each state that data can be in: without values and stale one of them runs. */

#include "console_case.h"

/* As a poller does: there while they are wanted. */
void case_answer_gamedays(struct snapshot *snapshot,
                          enum case_state state,
                          const struct gamedays_want *want);

#endif
