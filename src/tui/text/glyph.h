#ifndef TW_TUI_GLYPH_H
#define TW_TUI_GLYPH_H

/* The signs of the screen in both encodings, one cell each. In ASCII the signs of states are blanks:
 * there the word alone says it. Pure. */

#include "tui/text/encoding.h"

#include <stdint.h>

enum glyph {
    GLYPH_CRIT,
    GLYPH_WARN,
    GLYPH_OK,
    GLYPH_STALE,
    GLYPH_PENDING,
    GLYPH_CHECK,   /* resolved, passed */
    GLYPH_RUNNING, /* a simulation */
    GLYPH_SELECTED,
    GLYPH_BACK,
    GLYPH_UP,
    GLYPH_DOWN,
    GLYPH_FLAT,
    GLYPH_BULLET_ON,
    GLYPH_BULLET_OFF,
    GLYPH_ELLIPSIS,
    GLYPH_SEPARATOR,
    GLYPH_HORIZONTAL,
    GLYPH_VERTICAL,
    GLYPH_TOP_LEFT,
    GLYPH_TOP_RIGHT,
    GLYPH_BOTTOM_LEFT,
    GLYPH_BOTTOM_RIGHT,
    GLYPH_LIMIT,     /* a dash of a threshold line */
    GLYPH_MARK,      /* a vertical event mark */
    GLYPH_MARK_FOOT, /* its foot on the time axis */
    GLYPH_CURSOR,    /* the cursor of a chart */
    GLYPH_FULL,      /* a filled cell of a bar */
    GLYPH_SHADE,     /* a filled cell of a reference bar */
    GLYPH_EMPTY,     /* an unfilled cell of a bar */
    GLYPH_DOT,       /* nothing, where something might be */
    GLYPH_COUNT,
};

uint32_t glyph_code(enum glyph glyph, enum encoding encoding);

#endif
