#ifndef TW_TUI_SCREEN_H
#define TW_TUI_SCREEN_H

/* The terminal: the only includer of curses. Shows grids, reads keys, and gives the terminal back on
 * every way out. One screen at a time, main thread only.
 *
 * The caller blocks TERM HUP INT QUIT WINCH TSTP in all threads and takes them from a signalfd: on
 * the first four it calls screen_close and leaves, on WINCH screen_resize, on TSTP screen_stop. SEGV
 * ABRT BUS FPE ILL are handled here: the terminal is restored and the process ends with 128 + signal. */

#include "common/error.h"
#include "tui/draw/grid.h"
#include "tui/draw/theme.h"
#include "tui/text/input.h"

#include <stdbool.h>

struct screen;

/* On stdin and stdout. The locale must be set (encoding_set_locale). Sends no query and waits for no
 * reply. TW_INVALID when they are no terminal, TERM is unset or unknown, or the terminal cannot place
 * its cursor; the message names the way without one. */
int screen_open(enum theme theme, struct screen **ret_screen, struct tw_error *err) MUST_CHECK;
void screen_close(struct screen *screen); /* NULL is fine; the terminal is as it was */
DEFINE_CLEANUP(struct screen *, screen_close);

/* What to wait on for input. */
int screen_fd(const struct screen *screen);

void screen_size(const struct screen *screen, int *ret_width, int *ret_height);
int screen_colors(const struct screen *screen); /* 0: the terminal has none, or the theme is mono */

/* Sends what differs from what is shown; nothing at all when nothing does. A grid of another size than
 * the screen is shown from its top left corner. */
void screen_show(struct screen *screen, const struct grid *grid);

/* Bytes for the terminal itself that change nothing on the screen: OSC 52. */
void screen_send(struct screen *screen, const char *bytes, size_t len);

/* Forgets what is shown: the next screen_show clears and draws everything (Ctrl-L). */
void screen_redraw(struct screen *screen);

/* After SIGWINCH: takes the new size. Ask screen_size and draw anew. */
void screen_resize(struct screen *screen);

void screen_set_theme(struct screen *screen, enum theme theme);

/* Whether clicks and the wheel are told; off at first, and then no byte about the mouse is ever sent. False:
 * the terminal is none that could. On every way out it is switched off again. */
bool screen_set_mouse(struct screen *screen, bool is_on);

/* The next input, without waiting but for the 25 ms that tell Esc from a key sequence. Call it until it
 * says INPUT_NONE whenever screen_fd is readable or hung up, and while screen_wants_input. */
struct input screen_read(struct screen *screen);

/* A paste has begun and not ended: read again in 100 ms even if nothing comes. */
bool screen_wants_input(const struct screen *screen);

/* Ctrl-Z and SIGTSTP: gives the terminal back, stops the process group, and when continued takes the
 * terminal again, at its present size. Where the process cannot be stopped (no shell to go back to) it
 * just redraws. */
void screen_stop(struct screen *screen);

/* Between these two the terminal is the user's: for $PAGER and the like. */
void screen_leave(struct screen *screen);
void screen_enter(struct screen *screen);

#endif
