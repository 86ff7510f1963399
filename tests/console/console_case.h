#ifndef TW_CONSOLE_CASE_H
#define TW_CONSOLE_CASE_H

/* Snapshots of invented data, one for each state that data can be in. */

#include "tui/poll/snapshot.h"
#include "tui/state/ui_state.h"

enum case_state { CASE_OK, CASE_STALE, CASE_ERROR, CASE_NAN, CASE_EMPTY, CASE_HUGE, N_CASES };

const char *case_name(enum case_state state);

/* 2026-11-23T08:02:11Z, at which all of them were made, on both clocks. */
#define CASE_NOW_MS  INT64_C(1795420931000)
#define CASE_MONO_MS INT64_C(5000000)

/* Owned by the caller; the parts of it are shared and never freed. Stored requests are there once they are
 * wanted, as with a poller. */
struct snapshot *case_new(enum case_state state);

/* The same with the panels of a dashboard's file; NULL: of one with six. */
struct snapshot *case_new_of(enum case_state state, const char *board_path);
void case_answer_requests(struct snapshot *snapshot,
                          enum case_state state,
                          const struct requests_want *want);

/* The newest enquiry of the state is answered, well or, with a text of "refused", badly. */
void case_answer_enquiry(struct snapshot *snapshot, const struct ui_state *state);

/* The place with all boards being the snapshot's one. */
struct ui_place case_place(const struct ui_place *place, const struct snapshot *snapshot);
void case_free(struct snapshot *snapshot);

#endif
