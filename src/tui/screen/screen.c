#include "tui/screen/screen.h"

#include "common/alloc.h"
#include "tui/draw/frame.h"
#include "tui/screen/rescue.h"
#include "tui/screen/screen_parts.h"
#include "tui/text/mouse.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define PASTE_ON       "\033[?2004h"
#define PASTE_OFF      "\033[?2004l"
#define HOLD           "\033[?2026h" /* DEC: shows nothing of what follows ... */
#define RELEASE        "\033[?2026l" /* ... until here */
#define HELD_CELLS     100 /* fewer go out in one short write: 16 bytes more are not worth it */
#define WITHOUT_SCREEN "'tidewatch --once' needs none"

static void write_bytes(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);

        if (n <= 0)
            return; /* a terminal that is gone is noticed when reading */
        bytes += n;
        len -= (size_t)n;
    }
}

/* ---- Opening and closing -------------------------------------------------------------------- */

/* A capability's text, or NULL. */
static const char *capability(const char *name)
{
    char copy[16];
    const char *text;

    (void)snprintf(copy, sizeof(copy), "%s", name); /* tigetstr's parameter is not const */
    text = tigetstr(copy);
    return text && (intptr_t)text != -1 ? text : NULL; /* -1: not a text at all */
}

static int check_terminal(struct tw_error *err)
{
    const char *term = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe): no thread sets it */
    int status = 0, r = 0;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return tw_fail(err, TW_INVALID, "standard input and output are no terminal; %s",
                       WITHOUT_SCREEN);
    if (!term || !*term)
        return tw_fail(err, TW_INVALID, "TERM is not set; %s", WITHOUT_SCREEN);
    if (setupterm(NULL, STDOUT_FILENO, &status) != OK)
        return tw_fail(err, TW_INVALID, "the terminal type '%.32s' is not known here; %s", term,
                       WITHOUT_SCREEN);
    if (!capability("cup") || !capability("clear"))
        r = tw_fail(err, TW_INVALID, "a terminal of type '%.32s' cannot place its cursor; %s", term,
                    WITHOUT_SCREEN);
    (void)del_curterm(cur_term);
    return r;
}

/* Adds a capability to bytes, without the "$<5>" of delays, which a write cannot make. */
static void add_capability(char *bytes, size_t *len, const char *name)
{
    const char *text = capability(name);

    while (text && *text && *len < RESCUE_BYTES_MAX - 2) {
        const char *end = strncmp(text, "$<", 2) == 0 ? strchr(text, '>') : NULL;

        if (end)
            text = end + 1;
        else
            bytes[(*len)++] = *text++;
    }
}

static void add_bytes(char *bytes, size_t *len, const char *text)
{
    memcpy(bytes + *len, text, strlen(text));
    *len += strlen(text);
}

/* What gives the terminal back: everything endwin sends, and the modes that are on. */
static void arm_rescue(const struct screen *screen)
{
    static const char *const names[] = {"sgr0", "cnorm", "rmkx", "rmcup"};
    char bytes[RESCUE_BYTES_MAX];
    size_t len = 0;

    if (screen->has_mouse)
        add_bytes(bytes, &len, MOUSE_OFF);
    if (screen->has_paste_mode)
        add_bytes(bytes, &len, PASTE_OFF);
    if (screen->n_colors > 0)
        add_capability(bytes, &len, "op");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        add_capability(bytes, &len, names[i]);
    if (!capability("rmcup")) {
        bytes[len++] = '\r';
        bytes[len++] = '\n';
    }
    rescue_arm(STDOUT_FILENO, &screen->settings, bytes, len);
}

/* What is on has changed. For a moment faults end the process without our bytes; none of these lines makes one. */
static void renew_rescue(const struct screen *screen)
{
    rescue_disarm();
    arm_rescue(screen);
}

/* Curses installs handlers that end the process without asking; the caller has its own way. */
static SCREEN *open_terminal(void)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    struct sigaction before[COUNT_OF(taken)];
    SCREEN *terminal;

    for (size_t i = 0; i < COUNT_OF(taken); i++)
        (void)sigaction(taken[i], NULL, &before[i]);
    terminal = newterm(NULL, stdout, stdin);
    /* Until it has been left once, ncurses 6.4 writes at every move of the cursor what it has so far: a
     * frame went out in twenty pieces. */
    if (terminal) {
        (void)endwin();
        (void)doupdate();
    }
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        (void)sigaction(taken[i], &before[i], NULL);
    return terminal;
}

static void start_colors(struct screen *screen)
{
    if (screen->theme == THEME_MONO || screen->n_colors > 0 || !has_colors() || start_color() != OK)
        return;
    screen->has_default_colors = use_default_colors() == OK;
    screen->n_colors = COLORS > 16 ? 16 : COLORS;
}

static void start_input(struct screen *screen)
{
    const char *cup = capability("cup");

    (void)raw();
    (void)noecho();
    (void)nonl();
    (void)set_escdelay(ESCAPE_MS);
    repeat_char = NULL;  /* many that call themselves xterm cannot repeat characters */
    (void)typeahead(-1); /* else curses leaves frames half sent when keys wait */
    screen->can_hide_cursor = curs_set(0) != ERR;
    screen->keys = newpad(1, 1);
    (void)keypad(screen->keys, TRUE);
    (void)nodelay(screen->keys, TRUE);
    screen_define_keys();
    /* Terminals that speak ANSI at least ignore the mode when they lack it. */
    screen->has_paste_mode = cup && strncmp(cup, "\033[", 2) == 0;
    if (screen->has_paste_mode)
        write_bytes(PASTE_ON, strlen(PASTE_ON));
}

int screen_open(enum theme theme, struct screen **ret_screen, struct tw_error *err)
{
    CLEANUP(freep) struct screen *screen = NULL;

    if (check_terminal(err) < 0)
        return -1;
    screen = xcalloc(1, sizeof(*screen));
    screen->theme = theme;
    if (tcgetattr(STDOUT_FILENO, &screen->settings) != 0)
        return tw_fail(err, TW_BROKEN, "cannot read the terminal's settings; %s", WITHOUT_SCREEN);
    screen->terminal = open_terminal();
    if (!screen->terminal)
        return tw_fail(err, TW_BROKEN, "cannot use the terminal; %s", WITHOUT_SCREEN);
    start_colors(screen);
    start_input(screen);
    arm_rescue(screen);
    grid_init(&screen->shown, COLS, LINES, ENCODING_UTF8);
    screen->must_clear = true;
    *ret_screen = TAKE(screen);
    return 0;
}

void screen_close(struct screen *screen)
{
    if (!screen)
        return;
    screen_leave(screen);
    rescue_disarm();
    (void)delwin(screen->keys);
    delscreen(screen->terminal);
    grid_finish(&screen->shown);
    paste_finish(&screen->paste);
    free(screen);
}

void screen_leave(struct screen *screen)
{
    if (screen->has_mouse)
        write_bytes(MOUSE_OFF, strlen(MOUSE_OFF));
    if (screen->has_paste_mode)
        write_bytes(PASTE_OFF, strlen(PASTE_OFF));
    (void)endwin();
    rescue_pause(true);
}

void screen_enter(struct screen *screen)
{
    rescue_pause(false);
    screen->must_clear = true;
    screen_resize(screen);
    (void)werase(stdscr);
    (void)wnoutrefresh(stdscr);
    (void)doupdate(); /* takes the terminal back */
    if (screen->can_hide_cursor)
        (void)curs_set(0);
    if (screen->has_paste_mode)
        write_bytes(PASTE_ON, strlen(PASTE_ON));
    if (screen->has_mouse)
        write_bytes(MOUSE_ON, strlen(MOUSE_ON));
}

void screen_stop(struct screen *screen)
{
    struct sigaction standard = {.sa_handler = SIG_DFL}, before;
    sigset_t stop, mask;

    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTSTP);
    screen_leave(screen);
    (void)sigaction(SIGTSTP, &standard, &before);
    (void)pthread_sigmask(SIG_UNBLOCK, &stop, &mask);
    (void)kill(0,
               SIGTSTP); /* the whole group, as the terminal does: a script that started us too */
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
    (void)sigaction(SIGTSTP, &before, NULL);
    screen_enter(screen);
}

/* Curses keeps its own bytes back until a frame is whole: between two frames there are none. */
void screen_send(struct screen *screen, const char *bytes, size_t len)
{
    (void)screen;
    (void)fflush(stdout);
    write_bytes(bytes, len);
}

/* ---- Size and theme ------------------------------------------------------------------------- */

int screen_fd(const struct screen *screen)
{
    (void)screen;
    return STDIN_FILENO;
}

void screen_size(const struct screen *screen, int *ret_width, int *ret_height)
{
    (void)screen;
    *ret_width = COLS;
    *ret_height = LINES;
}

int screen_colors(const struct screen *screen)
{
    return screen->theme == THEME_MONO ? 0 : screen->n_colors;
}

void screen_redraw(struct screen *screen)
{
    screen->must_clear = true;
}

void screen_resize(struct screen *screen)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        (void)resizeterm(size.ws_row, size.ws_col);
    if (screen->shown.width != COLS || screen->shown.height != LINES) {
        grid_resize(&screen->shown, COLS, LINES);
        screen->must_clear = true;
    }
}

void screen_set_theme(struct screen *screen, enum theme theme)
{
    screen->theme = theme;
    start_colors(screen);
    renew_rescue(screen);
    screen->must_clear = true;
}

/* Switched off at once, on only when the rescue knows of it: in between a fault may come. */
bool screen_set_mouse(struct screen *screen, bool is_on)
{
    if (!screen->has_paste_mode || is_on == screen->has_mouse)
        return screen->has_paste_mode || !is_on;
    screen->has_mouse = true;
    renew_rescue(screen);
    (void)fflush(stdout);
    if (is_on)
        write_bytes(MOUSE_ON, strlen(MOUSE_ON));
    else
        write_bytes(MOUSE_OFF, strlen(MOUSE_OFF));
    screen->has_mouse = is_on;
    renew_rescue(screen);
    return true;
}

/* ---- Out ------------------------------------------------------------------------------------ */

/* The pair of these colours; the terminal's own when there are no more pairs. */
static short pair_of(struct screen *screen, int fg, int bg)
{
    short *pair = &screen->pairs[fg + 1][bg + 1];

    if (screen->n_colors == 0 || (fg < 0 && bg < 0))
        return 0;
    if (*pair == 0 && screen->n_pairs + 1 < COLOR_PAIRS) {
        if (!screen->has_default_colors) {
            fg = fg < 0 ? COLOR_WHITE : fg;
            bg = bg < 0 ? COLOR_BLACK : bg;
        }
        if (init_pair((short)(screen->n_pairs + 1), (short)fg, (short)bg) == OK)
            *pair = (short)++screen->n_pairs;
    }
    return *pair;
}

static attr_t attributes_of(unsigned flags)
{
    attr_t attributes = A_NORMAL;

    if (flags & STYLE_BOLD)
        attributes |= A_BOLD;
    if (flags & STYLE_REVERSE)
        attributes |= A_REVERSE;
    if (flags & STYLE_UNDERLINE)
        attributes |= A_UNDERLINE;
    if (flags & STYLE_DIM && !(flags & STYLE_BOLD))
        attributes |= A_DIM;
    return attributes;
}

/* With 8 colours the light ones are the dark ones in bold. */
static struct look look_for(const struct screen *screen, struct style style)
{
    struct look look = theme_look(screen->theme, style);

    if (screen->n_colors < 16 && look.fg >= 8) {
        look.fg = (int8_t)(look.fg - 8);
        look.flags |= STYLE_BOLD;
    }
    if (screen->n_colors < 16 && look.bg >= 8)
        look.bg = (int8_t)(look.bg - 8);
    return look;
}

static void put_cell(struct screen *screen, int x, int y, const struct cell *cell)
{
    struct look look = look_for(screen, cell->style);
    wchar_t text[2] = {(wchar_t)cell->code, L'\0'};
    short pair = pair_of(screen, look.fg, look.bg);
    int n_cells = 1;
    cchar_t out;

    /* What the locale measures otherwise than we do would shift the rest of the row. */
    if (cell->code >= 0x80 && wcwidth((wchar_t)cell->code) != cell->width) {
        text[0] = L'?';
        n_cells = cell->width;
    }
    if (setcchar(&out, text, attributes_of(look.flags), pair, NULL) != OK)
        return;
    for (int i = 0; i < n_cells; i++)
        (void)mvadd_wchnstr(y, x + i, &out, 1);
}

/* How many cells have changed. */
static int put_changes(struct screen *screen, const struct grid *grid)
{
    struct grid *shown = &screen->shown;
    int n_changed = 0;

    for (int y = 0; y < shown->height; y++) {
        for (int x = 0; x < shown->width; x++) {
            struct cell *old = &shown->cells[(size_t)y * (size_t)shown->width + (size_t)x];
            struct cell now = frame_cell(grid, screen->theme, shown->width, x, y);

            if (grid_cell_equals(&now, old))
                continue;
            *old = now;
            n_changed++;
            if (now.width > 0)
                put_cell(screen, x, y, &now);
        }
    }
    return n_changed;
}

static bool put_cursor(struct screen *screen, const struct grid *grid)
{
    struct grid *shown = &screen->shown;
    bool is_visible = grid->cursor_x >= 0;

    if (grid->cursor_x == shown->cursor_x && grid->cursor_y == shown->cursor_y)
        return false;
    if (screen->can_hide_cursor && is_visible != (shown->cursor_x >= 0))
        (void)curs_set(is_visible);
    shown->cursor_x = grid->cursor_x;
    shown->cursor_y = grid->cursor_y;
    return true;
}

void screen_show(struct screen *screen, const struct grid *grid)
{
    bool must_clear = screen->must_clear, is_held;
    int n_changed;

    if (must_clear) {
        (void)werase(stdscr);
        (void)clearok(stdscr, TRUE);
        grid_clear(&screen->shown);
        screen->shown.cursor_x = -1;
        screen->must_clear = false;
        if (screen->can_hide_cursor)
            (void)curs_set(0);
    }
    n_changed = put_changes(screen, grid);
    if (!put_cursor(screen, grid) && n_changed == 0 && !must_clear)
        return;
    /* As with pasting, terminals that speak ANSI ignore the mode when they lack it. */
    is_held = screen->has_paste_mode && (must_clear || n_changed > HELD_CELLS);
    /* A hidden cursor may stay where the last change was; one that cannot be hidden goes out of the
     * way. */
    (void)leaveok(stdscr, grid->cursor_x < 0 && screen->can_hide_cursor);
    if (grid->cursor_x >= 0)
        (void)move(grid->cursor_y, grid->cursor_x);
    else
        (void)move(LINES - 1, COLS - 1);
    (void)wnoutrefresh(stdscr);
    if (is_held)
        write_bytes(HOLD, strlen(HOLD));
    (void)doupdate();
    if (is_held)
        write_bytes(RELEASE, strlen(RELEASE));
}
