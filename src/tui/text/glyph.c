#include "tui/text/glyph.h"

#include <assert.h>

uint32_t glyph_code(enum glyph glyph, enum encoding encoding)
{
    static const struct {
        uint32_t utf8;
        char ascii;
    } table[GLYPH_COUNT] = {
        [GLYPH_CRIT] = {0x2716, ' '},         /* ✖ */
        [GLYPH_WARN] = {0x25b2, ' '},         /* ▲ */
        [GLYPH_OK] = {0x25cf, ' '},           /* ● */
        [GLYPH_STALE] = {0x25cc, ' '},        /* ◌ */
        [GLYPH_PENDING] = {0x00b7, ' '},      /* · */
        [GLYPH_CHECK] = {0x2714, ' '},        /* ✔ */
        [GLYPH_RUNNING] = {0x25b6, '>'},      /* ▶ */
        [GLYPH_SELECTED] = {0x25b8, '>'},     /* ▸ */
        [GLYPH_BACK] = {0x2039, '<'},         /* ‹ */
        [GLYPH_UP] = {0x2191, '^'},           /* ↑ */
        [GLYPH_DOWN] = {0x2193, 'v'},         /* ↓ */
        [GLYPH_FLAT] = {0x2192, '='},         /* → */
        [GLYPH_BULLET_ON] = {0x25a0, '*'},    /* ■ */
        [GLYPH_BULLET_OFF] = {0x25a1, 'o'},   /* □ */
        [GLYPH_ELLIPSIS] = {0x2026, '~'},     /* … */
        [GLYPH_SEPARATOR] = {0x2502, '|'},    /* │ */
        [GLYPH_HORIZONTAL] = {0x2500, '-'},   /* ─ */
        [GLYPH_VERTICAL] = {0x2502, '|'},     /* │ */
        [GLYPH_TOP_LEFT] = {0x250c, '+'},     /* ┌ */
        [GLYPH_TOP_RIGHT] = {0x2510, '+'},    /* ┐ */
        [GLYPH_BOTTOM_LEFT] = {0x2514, '+'},  /* └ */
        [GLYPH_BOTTOM_RIGHT] = {0x2518, '+'}, /* ┘ */
        [GLYPH_LIMIT] = {0x254c, '.'},        /* ╌ */
        [GLYPH_MARK] = {0x250a, ':'},         /* ┊ */
        [GLYPH_MARK_FOOT] = {0x25b4, '^'},    /* ▴ */
        [GLYPH_CURSOR] = {0x2502, '|'},       /* │ */
        [GLYPH_FULL] = {0x2588, '#'},         /* █ */
        [GLYPH_SHADE] = {0x2592, ':'},        /* ▒ */
        [GLYPH_EMPTY] = {0x2591, '-'},        /* ░ */
        [GLYPH_DOT] = {0x00b7, '.'},          /* · */
    };

    assert((unsigned)glyph < GLYPH_COUNT);
    return encoding == ENCODING_UTF8 ? table[glyph].utf8 : (uint32_t)table[glyph].ascii;
}
