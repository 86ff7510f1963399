#include "tui/screen/screen.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "tui/draw/frame.h"
#include "tui/screen/rescue.h"
#include "tui/text/paste.h"

#include <curses.h>
#include <poll.h>
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

#define ESCAPE_MS      25
#define SEQUENCE_MAX   32 /* of an unknown escape sequence */
#define N_COLORS       17 /* 16 and the default */
#define PASTE_ON       "\033[?2004h"
#define PASTE_OFF      "\033[?2004l"
#define WITHOUT_SCREEN "'tidewatch --once' needs none"

/* Codes of our own, beyond those that curses gives to a terminal's extended keys from KEY_MAX on. */
enum {
    KEY_PASTE_BEGIN = KEY_MAX + 1000,
    KEY_PASTE_END,
};

struct screen {
    SCREEN *terminal;
    WINDOW *keys; /* a pad: reading keys must not refresh the screen */
    struct grid shown;
    bool must_clear; /* the terminal shows something else than `shown` */
    bool can_hide_cursor;
    bool has_paste_mode;
    enum theme theme;
    int n_colors;
    bool has_default_colors;
    short pairs[N_COLORS][N_COLORS]; /* by foreground + 1, background + 1; 0: none yet */
    int n_pairs;
    struct paste paste;
};

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

/* What gives the terminal back: everything endwin sends. */
static void arm_rescue(const struct screen *screen, const struct termios *settings)
{
    static const char *const names[] = {"sgr0", "cnorm", "rmkx", "rmcup"};
    char bytes[RESCUE_BYTES_MAX];
    size_t len = 0;

    if (screen->has_paste_mode) {
        len = strlen(PASTE_OFF);
        memcpy(bytes, PASTE_OFF, len);
    }
    if (screen->n_colors > 0)
        add_capability(bytes, &len, "op");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        add_capability(bytes, &len, names[i]);
    if (!capability("rmcup")) {
        bytes[len++] = '\r';
        bytes[len++] = '\n';
    }
    rescue_arm(STDOUT_FILENO, settings, bytes, len);
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

/* What terminals send under another TERM than theirs, or leave out of it: without these lines the D of
 * a left arrow would be a D. */
static void define_keys(void)
{
    static const struct {
        const char *sequence;
        int code;
    } keys[] = {
        {"\033[200~", KEY_PASTE_BEGIN},
        {"\033[201~", KEY_PASTE_END},
        {"\033[Z", KEY_BTAB},
        {"\033[A", KEY_UP},
        {"\033[B", KEY_DOWN},
        {"\033[C", KEY_RIGHT},
        {"\033[D", KEY_LEFT},
        {"\033OA", KEY_UP},
        {"\033OB", KEY_DOWN},
        {"\033OC", KEY_RIGHT},
        {"\033OD", KEY_LEFT},
        {"\033[H", KEY_HOME},
        {"\033[F", KEY_END},
        {"\033OH", KEY_HOME},
        {"\033OF", KEY_END},
        {"\033[1~", KEY_HOME},
        {"\033[4~", KEY_END},
        {"\033[2~", KEY_IC},
        {"\033[3~", KEY_DC},
        {"\033[5~", KEY_PPAGE},
        {"\033[6~", KEY_NPAGE},
        {"\033OP", KEY_F(1)},
        {"\033OQ", KEY_F(2)},
        {"\033OR", KEY_F(3)},
        {"\033OS", KEY_F(4)},
        {"\033[11~", KEY_F(1)},
        {"\033[12~", KEY_F(2)},
        {"\033[13~", KEY_F(3)},
        {"\033[14~", KEY_F(4)},
        {"\033[15~", KEY_F(5)},
        {"\033[17~", KEY_F(6)},
        {"\033[18~", KEY_F(7)},
        {"\033[19~", KEY_F(8)},
        {"\033[20~", KEY_F(9)},
        {"\033[21~", KEY_F(10)},
        {"\033[23~", KEY_F(11)},
        {"\033[24~", KEY_F(12)},
        {"\033[[A", KEY_F(1)},
        {"\033[[B", KEY_F(2)},
        {"\033[[C", KEY_F(3)},
        {"\033[[D", KEY_F(4)},
        {"\033[[E", KEY_F(5)},
    };

    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (key_defined(keys[i].sequence) <= 0)
            (void)define_key(keys[i].sequence, keys[i].code);
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
    define_keys();
    /* Terminals that speak ANSI at least ignore the mode when they lack it. */
    screen->has_paste_mode = cup && strncmp(cup, "\033[", 2) == 0;
    if (screen->has_paste_mode)
        write_bytes(PASTE_ON, strlen(PASTE_ON));
}

int screen_open(enum theme theme, struct screen **ret_screen, struct tw_error *err)
{
    CLEANUP(freep) struct screen *screen = NULL;
    struct termios settings;

    if (check_terminal(err) < 0)
        return -1;
    screen = xcalloc(1, sizeof(*screen));
    screen->theme = theme;
    if (tcgetattr(STDOUT_FILENO, &settings) != 0)
        return tw_fail(err, TW_BROKEN, "cannot read the terminal's settings; %s", WITHOUT_SCREEN);
    screen->terminal = open_terminal();
    if (!screen->terminal)
        return tw_fail(err, TW_BROKEN, "cannot use the terminal; %s", WITHOUT_SCREEN);
    start_colors(screen);
    start_input(screen);
    arm_rescue(screen, &settings);
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
    screen->must_clear = true;
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

static bool put_changes(struct screen *screen, const struct grid *grid)
{
    struct grid *shown = &screen->shown;
    bool has_changed = false;

    for (int y = 0; y < shown->height; y++) {
        for (int x = 0; x < shown->width; x++) {
            struct cell *old = &shown->cells[(size_t)y * (size_t)shown->width + (size_t)x];
            struct cell now = frame_cell(grid, screen->theme, shown->width, x, y);

            if (grid_cell_equals(&now, old))
                continue;
            *old = now;
            has_changed = true;
            if (now.width > 0)
                put_cell(screen, x, y, &now);
        }
    }
    return has_changed;
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
    bool has_changed, must_clear = screen->must_clear;

    if (must_clear) {
        (void)werase(stdscr);
        (void)clearok(stdscr, TRUE);
        grid_clear(&screen->shown);
        screen->shown.cursor_x = -1;
        screen->must_clear = false;
        if (screen->can_hide_cursor)
            (void)curs_set(0);
    }
    has_changed = put_changes(screen, grid);
    has_changed = put_cursor(screen, grid) || has_changed || must_clear;
    if (!has_changed)
        return;
    /* A hidden cursor may stay where the last change was; one that cannot be hidden goes out of the
     * way. */
    (void)leaveok(stdscr, grid->cursor_x < 0 && screen->can_hide_cursor);
    if (grid->cursor_x >= 0)
        (void)move(grid->cursor_y, grid->cursor_x);
    else
        (void)move(LINES - 1, COLS - 1);
    (void)wnoutrefresh(stdscr);
    (void)doupdate();
}

/* ---- In ------------------------------------------------------------------------------------- */

static uint32_t key_of_code(wint_t code)
{
    static const struct {
        wint_t code;
        uint32_t key;
    } table[] = {
        {KEY_UP, INPUT_UP},       {KEY_DOWN, INPUT_DOWN},      {KEY_LEFT, INPUT_LEFT},
        {KEY_RIGHT, INPUT_RIGHT}, {KEY_PPAGE, INPUT_PAGE_UP},  {KEY_NPAGE, INPUT_PAGE_DOWN},
        {KEY_HOME, INPUT_HOME},   {KEY_END, INPUT_END},        {KEY_IC, INPUT_INSERT},
        {KEY_DC, INPUT_DELETE},   {KEY_BTAB, INPUT_SHIFT_TAB}, {KEY_BACKSPACE, INPUT_BACKSPACE},
        {KEY_ENTER, INPUT_ENTER}, {KEY_FIND, INPUT_HOME}, /* so VT220s call these two */
        {KEY_SELECT, INPUT_END},
    };

    if (code >= KEY_F(1) && code <= KEY_F(12))
        return INPUT_F1 + (uint32_t)(code - KEY_F(1));
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (table[i].code == code)
            return table[i].key;
    return INPUT_UNKNOWN;
}

static uint32_t key_of_character(wint_t code)
{
    if (code == '\n' || code == '\r')
        return INPUT_ENTER;
    if (code == 0x08)
        return INPUT_BACKSPACE;
    if (code == 0 || (code >= 0x80 && code < 0xa0) || code > 0x10ffff)
        return INPUT_UNKNOWN;
    return code;
}

/* Takes what is left of an escape sequence, up to its final letter. */
static void skip_sequence(struct screen *screen)
{
    wint_t code = 0;

    for (int i = 0; i < SEQUENCE_MAX; i++)
        if (wget_wch(screen->keys, &code) != OK || (code >= 0x40 && code <= 0x7e))
            return;
}

/* Esc has been read. The rest of a sequence that curses did not know is taken away: its letters are no
 * keys. */
static uint32_t key_after_escape(struct screen *screen)
{
    wint_t code = 0;
    int kind = wget_wch(screen->keys, &code);

    if (kind == ERR)
        return INPUT_ESC;
    if (kind == OK && code == 'O') {
        (void)wget_wch(screen->keys, &code);
        return INPUT_UNKNOWN;
    }
    if (kind == OK && code == '[') {
        skip_sequence(screen);
        return INPUT_UNKNOWN;
    }
    /* A character after Esc at once is Alt with it, to most terminals: both are given. */
    (void)(kind == OK ? unget_wch((wchar_t)code) : ungetch((int)code));
    return INPUT_ESC;
}

bool screen_wants_input(const struct screen *screen)
{
    return screen->paste.is_open;
}

/* Nothing could be read: is there nobody at the other end? */
static bool is_hung_up(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    int n_bytes = 0;

    if (poll(&in, 1, 0) <= 0)
        return false;
    if (in.revents & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    /* Readable and empty is the end of a file. */
    return in.revents & POLLIN && (ioctl(STDIN_FILENO, FIONREAD, &n_bytes) != 0 || n_bytes == 0);
}

static struct input input_when_idle(struct screen *screen)
{
    if (is_hung_up())
        return (struct input){.kind = INPUT_HANGUP};
    if (paste_is_abandoned(&screen->paste, clock_mono_ms()))
        return paste_end(&screen->paste);
    return (struct input){.kind = INPUT_NONE};
}

/* False when the character belongs to no paste. *ret_input is set when it ends one. */
static bool take_paste(struct screen *screen, int kind, wint_t code, struct input *ret_input)
{
    struct paste *paste = &screen->paste;

    if (kind == KEY_CODE_YES && code == KEY_PASTE_BEGIN) {
        paste_begin(paste, clock_mono_ms());
        return true;
    }
    if (!paste->is_open)
        return false;
    if (kind == KEY_CODE_YES && code == KEY_PASTE_END)
        *ret_input = paste_end(paste);
    else if (kind == OK || code == KEY_ENTER)
        paste_add(paste, kind == OK ? code : '\n', clock_mono_ms());
    return true;
}

static struct input key_input(struct screen *screen, int kind, wint_t code)
{
    struct input input = {.kind = INPUT_KEY};

    if (kind == KEY_CODE_YES && code == KEY_MOUSE)
        skip_sequence(screen); /* its coordinates; some other program left the mouse on */
    input.key = kind == KEY_CODE_YES ? key_of_code(code) : key_of_character(code);
    if (input.key == INPUT_ESC)
        input.key = key_after_escape(screen);
    return input;
}

struct input screen_read(struct screen *screen)
{
    for (;;) {
        struct input input = {.kind = INPUT_NONE};
        wint_t code = 0;
        int kind = wget_wch(screen->keys, &code);

        if (kind == ERR)
            return input_when_idle(screen);
        if (kind == KEY_CODE_YES && code == KEY_RESIZE)
            continue;
        if (!take_paste(screen, kind, code, &input))
            return key_input(screen, kind, code);
        if (input.kind != INPUT_NONE)
            return input;
    }
}
