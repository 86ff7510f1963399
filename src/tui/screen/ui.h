#ifndef TW_TUI_UI_H
#define TW_TUI_UI_H

/* The console on the terminal: the loop between keys, snapshots, signals and time. Main thread; the
 * poller's thread is its only other one. Nothing here waits for the network. */

#include "tui/draw/theme.h"
#include "tui/poll/session.h"
#include "tui/text/encoding.h"

#include <stdbool.h>
#include <stdint.h>

#define UI_REFRESH_MS     5000 /* where neither option nor dashboard says */
#define UI_RECORD_COLUMNS 120  /* of the charts, while it is recorded */

struct ui_options {
    const char *dashboard_file; /* NULL: the overview that comes with the program */
    const char *view;           /* to begin with: a name of the table of views */
    enum theme theme;
    bool is_color_refused;        /* NO_COLOR: mono, whatever the theme is */
    enum encoding encoding;       /* of the terminal */
    bool is_ascii;                /* drawn with ASCII alone, though the terminal has more */
    int64_t refresh_ms, range_ms; /* 0: the dashboard's */
    bool is_read_only;            /* nothing is changed from here */
    bool has_mouse;
};

/* Until the user leaves or a signal ends it; the terminal is as it was. The exit code: 128 + the signal
 * for TERM, HUP, INT and QUIT. Says on stderr what keeps it from opening. */
int ui_run(struct session *session, const struct ui_options *options);

#endif
