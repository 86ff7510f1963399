#ifndef TW_BAR_LINE_H
#define TW_BAR_LINE_H

/* One line of a terminal that is written over and over while something goes on. */

#include "tui/poll/session.h"

struct bar_line {
    const struct session *session;
    bool is_on;   /* else it shows nothing: no terminal, or JSON is wanted */
    size_t cells; /* of the line that stands there; 0: none */
};

/* write puts one line without an end; ctx is handed to it. */
void bar_line_draw(struct bar_line *line,
                   void (*write)(const void *ctx, struct page *page),
                   const void *ctx);

void bar_line_leave(struct bar_line *line); /* what follows stands below it */
void bar_line_erase(struct bar_line *line); /* what follows stands in its place */

/* To standard error, below the line. */
void bar_line_say(struct bar_line *line, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
