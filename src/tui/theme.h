#ifndef TW_TUI_THEME_H
#define TW_TUI_THEME_H

/* From roles to what 16-colour terminals can do. The terminal's own foreground and background stay
 * wherever a role does not need a colour, so that any background works. Pure. */

#include "tui/style.h"

#include <stdbool.h>

enum theme {
    THEME_DARK,
    THEME_LIGHT,
    THEME_CONTRAST,
    THEME_BLUE_ORANGE, /* tells states apart without red against green */
    THEME_MONO,        /* no colour at all: NO_COLOR, and terminals without */
    THEME_COUNT,
};

#define LOOK_DEFAULT (-1)

struct look {
    int8_t fg, bg; /* 0..15 as ANSI numbers them, or LOOK_DEFAULT */
    uint8_t flags; /* enum style_flag */
};

struct look theme_look(enum theme theme, struct style style);

const char *theme_name(enum theme theme); /* "dark", "light", "contrast", "blue-orange", "mono" */
bool theme_from_name(const char *name, enum theme *ret_theme);

#endif
