#ifndef TW_TUI_THEME_H
#define TW_TUI_THEME_H

/* From roles to what 16-colour terminals can do. The terminal's own foreground and background stay
 * wherever a role does not need a colour, so that any background works. Pure. */

#include "tui/draw/style.h"

#include <stdbool.h>

enum theme {
    THEME_DEFAULT, /* what can be read on a dark ground and on a light one */
    THEME_DARK,    /* more colours, for a dark ground */
    THEME_LIGHT,
    THEME_HIGH_CONTRAST,
    THEME_COLOUR_BLIND, /* tells states apart by blue and orange, without red against green */
    THEME_MONO,         /* no colour at all: NO_COLOR, and terminals without */
    THEME_COUNT,
};

/* The names, in order, as options and settings take them. */
#define THEME_NAMES "default|dark|light|high-contrast|colour-blind|mono"

#define LOOK_DEFAULT (-1)

struct look {
    int8_t fg, bg; /* 0..15 as ANSI numbers them, or LOOK_DEFAULT */
    uint8_t flags; /* enum style_flag */
};

struct look theme_look(enum theme theme, struct style style);

const char *theme_name(enum theme theme);
bool theme_from_name(const char *name, enum theme *ret_theme);

#endif
