#ifndef TW_GAMEDAY_FOLLOW_H
#define TW_GAMEDAY_FOLLOW_H

/* Follows a running game day on the terminal until it is over, or Ctrl-C stops it on the server. */

#include "tui/data/gameday.h"
#include "tui/poll/session.h"

struct interrupt;

struct gameday_follow_options {
    bool is_json;           /* nothing but the report at the end */
    const char *junit_file; /* NULL: none */
};

/* Returns the exit code. interrupt was started before the game day, so that no Ctrl-C is lost. */
int gameday_follow(struct session *session,
                   const struct interrupt *interrupt,
                   const struct gameday *gameday,
                   const struct gameday_follow_options *options);

/* Writes the report to the file; gameday NULL as gameday_write_junit. 0, or the exit code. */
int gameday_put_junit(const struct gameday *gameday, const char *kind, const char *file);

#endif
