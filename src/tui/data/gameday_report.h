#ifndef TW_GAMEDAY_REPORT_H
#define TW_GAMEDAY_REPORT_H

/* What is said of a game day while it goes on and when it is over. Pure. */

#include "tui/data/gameday.h"
#include "tui/draw/page.h"

/* One line without an end: the step at hand. */
void gameday_write_bar(const struct gameday *gameday, struct page *page);

/* A line for each step that has ended from before to after; with details one for each thing that has
 * happened. before->n_steps may be 0. */
void gameday_write_changes(const struct gameday *before,
                           const struct gameday *after,
                           bool with_details,
                           struct page *page);

/* The table: alert, times to detect, notify and clear, result; and why what failed did. */
void gameday_write_table(const struct gameday *gameday, struct page *page);

/* As a line of a list. */
void gameday_write_line(const struct gameday *gameday, struct page *page);

/* The report as JUnit has it: a test case per step. NULL stands for one that was not heard of to its end. */
void gameday_write_junit(const struct gameday *gameday, const char *kind, struct buffer *out);

#endif
