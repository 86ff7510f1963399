#ifndef TW_TERMINAL_H
#define TW_TERMINAL_H

/* What stdout is and can do. */

#include "tui/draw/page.h"

#include <stdbool.h>

#define TERMINAL_WIDTH 80 /* of what is no terminal */

/* Takes the character set from the environment's locale: call once, before any thread. LC_NUMERIC
 * stays "C", so that numbers are written and read the same everywhere. */
void terminal_style(struct page_style *ret_style, bool *ret_is_terminal);

#endif
