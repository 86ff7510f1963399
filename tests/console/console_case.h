#ifndef TW_CONSOLE_CASE_H
#define TW_CONSOLE_CASE_H

/* Snapshots of invented data, one for each state that data can be in. */

#include "tui/snapshot.h"

enum case_state { CASE_OK, CASE_STALE, CASE_ERROR, CASE_NAN, CASE_EMPTY, CASE_HUGE, N_CASES };

const char *case_name(enum case_state state);

/* 2026-11-23T08:02:11Z, at which all of them were made, on both clocks. */
#define CASE_NOW_MS  INT64_C(1795420931000)
#define CASE_MONO_MS INT64_C(5000000)

/* Owned by the caller; the parts of it are shared and never freed. */
struct snapshot *case_new(enum case_state state);
void case_free(struct snapshot *snapshot);

#endif
