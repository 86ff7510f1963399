#ifndef TW_TUI_OSC52_H
#define TW_TUI_OSC52_H

/* The escape sequence that gives text to a terminal's clipboard, also over SSH. The terminal says nothing
 * back: whether it took it is its own affair. Pure. */

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/* Terminals take so much of base64 at the most, and drop the whole of what is longer. */
#define OSC52_BASE64_MAX 74994
#define OSC52_TEXT_MAX   (OSC52_BASE64_MAX / 4 * 3)

/* False when the text is too long. In tmux it is sent twice: as tmux takes it (set-clipboard on), and wrapped
 * for the terminal around it (allow-passthrough on); by default tmux lets through neither. */
bool osc52_write(const char *text, size_t len, bool is_in_tmux, struct buffer *out);

/* Does a terminal of that type (TERM) know the sequence, or at least swallow it whole? */
bool osc52_is_known(const char *term);

#endif
