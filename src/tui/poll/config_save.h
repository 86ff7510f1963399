#ifndef TW_TUI_CONFIG_SAVE_H
#define TW_TUI_CONFIG_SAVE_H

/* The console's settings into the configuration file: the one place where the program writes it, on request. */

#include "tui/poll/config.h"

#include "common/buffer.h"

/* Puts those "console." settings of `now` that differ from what the file says into it, and appends a line about
 * each to told. Everything else in the file stays. It is the old one or the new one, never half; its mode stays,
 * a new one is its owner's alone, and of a link the target is written. TW_INVALID: the file has an error, and
 * is not touched; else as file_read and file_write_atomically. */
int config_save_console(const struct config *now,
                        const char *path,
                        struct buffer *told,
                        struct tw_error *err) MUST_CHECK;

#endif
