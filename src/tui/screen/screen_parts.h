#ifndef TW_TUI_SCREEN_PARTS_H
#define TW_TUI_SCREEN_PARTS_H

/* What the files of screen.h share, curses among it. Nobody else includes this. */

#include "tui/screen/screen.h"
#include "tui/text/paste.h"

#include <curses.h>
#include <stdbool.h>
#include <termios.h>

#define ESCAPE_MS 25 /* what tells Esc from a key sequence */
#define N_COLORS  17 /* 16 and the default */

/* Codes of our own, beyond those that curses gives to a terminal's extended keys from KEY_MAX on. */
enum {
    KEY_PASTE_BEGIN = KEY_MAX + 1000,
    KEY_PASTE_END,
    KEY_MOUSE_REPORT,
};

struct screen {
    SCREEN *terminal;
    WINDOW *keys; /* a pad: reading keys must not refresh the screen */
    struct grid shown;
    bool must_clear; /* the terminal shows something else than `shown` */
    bool can_hide_cursor;
    bool has_paste_mode; /* it speaks ANSI at least */
    bool has_mouse;
    struct termios settings; /* as they were before */
    enum theme theme;
    int n_colors;
    bool has_default_colors;
    short pairs[N_COLORS][N_COLORS]; /* by foreground + 1, background + 1; 0: none yet */
    int n_pairs;
    struct paste paste;
};

/* ---- screen_input.c */

/* Makes curses know the sequences that we read. */
void screen_define_keys(void);

#endif
