#ifndef TW_INSPECT_CASE_H
#define TW_INSPECT_CASE_H

/* What is known of one panel alone, invented for each state that data can be in. */

#include "console_case.h"

/* As a poller does: there while it is wanted. */
void case_answer_inspect(struct snapshot *snapshot,
                         enum case_state state,
                         const struct inspect_want *want);

#endif
