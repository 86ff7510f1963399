#ifndef TW_ONCE_H
#define TW_ONCE_H

/* tidewatch --once: asks the three servers, all at the same time, and prints the look. */

#include "tui/poll/session.h"

/* The verdict as exit code. */
int once_run(struct session *session, bool is_json);

/* Asks the same and keeps it for the session's recorder, so that --once can replay the recording. */
void once_record(struct session *session);

#endif
