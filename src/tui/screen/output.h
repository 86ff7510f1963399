#ifndef TW_TUI_OUTPUT_H
#define TW_TUI_OUTPUT_H

/* What leaves the console on request: into the terminal's clipboard, and into files of the current
 * directory. Main thread. */

#include "tui/view/view.h"

#include "common/error.h"

struct screen;

/* What was done, for the footer. */
#define OUTPUT_SAID_SIZE 400

/* The focused panel's query, trace id or values. TW_NOT_FOUND: there is nothing of the kind; TW_INVALID: it is
 * too long, or the terminal has no clipboard. */
int output_copy(struct screen *screen,
                const struct ui_model *model,
                enum copy_choice choice,
                char said[OUTPUT_SAID_SIZE],
                struct tw_error *err) MUST_CHECK;

/* The focused panel, or the screen, into a new file, readable by its owner alone. An existing file is never
 * touched, and no link is followed. The grid is drawn anew. */
int output_save(const struct ui_model *model,
                struct grid *grid,
                enum save_choice choice,
                char said[OUTPUT_SAID_SIZE],
                struct tw_error *err) MUST_CHECK;

/* The report of the open game day, as text. Errors as output_copy. */
int output_copy_report(struct screen *screen,
                       const struct ui_model *model,
                       char said[OUTPUT_SAID_SIZE],
                       struct tw_error *err) MUST_CHECK;

/* Into a file as output_save. */
int output_save_report(const struct ui_model *model,
                       enum report_choice choice,
                       char said[OUTPUT_SAID_SIZE],
                       struct tw_error *err) MUST_CHECK;

#endif
