#ifndef TW_TUI_CONFIG_EDIT_H
#define TW_TUI_CONFIG_EDIT_H

/* Changes settings in the text of a configuration file where they stand: comments, order, blanks and what is not
 * ours stay byte for byte. The text is one that settings_load reads without an error. Pure. */

#include "common/buffer.h"

#include <stddef.h>

struct config_change {
    const char *name;  /* "section.key" */
    const char *value; /* as a file has it, without a comment */
};

/* The text with the changes, into out. A key that the file does not have yet goes behind the last entry of the
 * first section of that name; where there is none, a section is put at the end. */
void config_edit(const char *text,
                 size_t len,
                 const struct config_change *changes,
                 size_t n_changes,
                 struct buffer *out);

#endif
