#ifndef TW_COMMAND_SHOW_H
#define TW_COMMAND_SHOW_H

/* What a command prints of a server's answer. */

#include "tui/draw/page.h"
#include "tui/poll/session.h"

#include <stdbool.h>

/* Writes for people what was read from the answer. */
typedef void command_write_fn(const void *shown, struct page *page);

/* On standard output: the answer as it came, or what write makes of it. The exit code. */
int command_show(const struct session *session,
                 const struct fetch_reply *reply,
                 bool is_json,
                 command_write_fn *write,
                 const void *shown);

#endif
