#ifndef TW_TUI_STYLE_H
#define TW_TUI_STYLE_H

/* What a cell means, not how it looks: a theme turns roles into colours. Pure. */

#include <stdint.h>

enum role {
    ROLE_NORMAL,
    ROLE_DIM,
    ROLE_TITLE,
    ROLE_BORDER,
    ROLE_FOCUS, /* the border of the panel that has the keys */
    ROLE_OK,
    ROLE_WARN,
    ROLE_CRIT,
    ROLE_PENDING,
    ROLE_STALE,
    ROLE_ACCENT,    /* trend arrows, keys in the footer, the cursor of a chart */
    ROLE_SELECTION, /* as background: the selected row */
    ROLE_PROD,      /* as background: the badge of a production context */
    ROLE_AXIS,
    ROLE_MARK,       /* the start or stop of a simulation */
    ROLE_REFERENCE,  /* the reference beside the current distribution */
    ROLE_LIMIT_WARN, /* threshold lines */
    ROLE_LIMIT_CRIT,
    ROLE_SERIES_1, /* ROLE_SERIES_1 + i, i < ROLE_N_SERIES */
    ROLE_SERIES_2,
    ROLE_SERIES_3,
    ROLE_SERIES_4,
    ROLE_SERIES_5,
    ROLE_SERIES_6,
    ROLE_SERIES_7,
    ROLE_SERIES_8,
    ROLE_COUNT,
};

#define ROLE_N_SERIES 8

enum style_flag {
    STYLE_BOLD = 1,
    STYLE_REVERSE = 2,
    STYLE_UNDERLINE = 4,
    STYLE_DIM = 8,
};

struct style {
    uint8_t fg;    /* enum role */
    uint8_t bg;    /* enum role; ROLE_NORMAL is the terminal's own background */
    uint8_t flags; /* enum style_flag */
};

static inline struct style style_of(enum role fg)
{
    return (struct style){.fg = (uint8_t)fg};
}

static inline struct style style_with(enum role fg, unsigned flags)
{
    return (struct style){.fg = (uint8_t)fg, .flags = (uint8_t)flags};
}

/* One letter per role, for screens as text; '.' for ROLE_NORMAL. */
char style_letter(enum role role);

#endif
