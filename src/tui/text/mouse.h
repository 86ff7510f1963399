#ifndef TW_TUI_MOUSE_H
#define TW_TUI_MOUSE_H

/* What a terminal tells of the mouse in xterm's SGR mode (1006): "\033[<0;17;4M". Its beginning up to '<' has
 * been read already; what follows is gathered here character by character. Pure. */

#include "tui/text/input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOUSE_ON         "\033[?1000h\033[?1006h"
#define MOUSE_OFF        "\033[?1006l\033[?1000l"
#define MOUSE_REPORT_MAX 16 /* "255;9999;9999M" has 14 */

struct mouse_report {
    char text[MOUSE_REPORT_MAX + 1];
    size_t len;
};

enum mouse_step {
    MOUSE_MORE,  /* it is not whole yet */
    MOUSE_WHOLE, /* *ret_input is it; INPUT_NONE: nothing that we take, such as a button let go */
    MOUSE_WRONG, /* it is no report: what was gathered is to be forgotten */
};

/* A zeroed report is an empty one. */
enum mouse_step mouse_add(struct mouse_report *report, uint32_t code, struct input *ret_input);

#endif
