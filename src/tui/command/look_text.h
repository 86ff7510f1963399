#ifndef TW_LOOK_TEXT_H
#define TW_LOOK_TEXT_H

/* A judged look for people and for scripts. Pure. */

#include "tui/command/look.h"
#include "tui/draw/page.h"

#define LOOK_ALERTS_SHOWN 20
#define LOOK_EVENTS_SHOWN 5

/* urls: N_LOOK_SOURCES of them. */
void look_write_text(const struct look *look, const char *const *urls, struct page *page);

/* One object and a newline. */
void look_write_json(const struct look *look, const char *const *urls, struct buffer *out);

#endif
