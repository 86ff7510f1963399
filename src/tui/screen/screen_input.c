#include "tui/screen/screen_parts.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "tui/text/mouse.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SEQUENCE_MAX 32 /* of an unknown escape sequence */

/* ---- Sequences ------------------------------------------------------------------------------ */

/* What terminals send under another TERM than theirs, or leave out of it: without these lines the D of
 * a left arrow would be a D. */
void screen_define_keys(void)
{
    static const struct {
        const char *sequence;
        int code;
    } keys[] = {
        {"\033[200~", KEY_PASTE_BEGIN},
        {"\033[201~", KEY_PASTE_END},
        {"\033[<", KEY_MOUSE_REPORT},
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

    /* Some descriptions have this as their mouse's, in the mode that they think of: it is read here alike. */
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (key_defined(keys[i].sequence) <= 0 || keys[i].code == KEY_MOUSE_REPORT)
            (void)define_key(keys[i].sequence, keys[i].code);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

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

/* The next character of a sequence that has begun; false: it does not come. */
static bool next_of_sequence(struct screen *screen, wint_t *ret_code)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    int kind = wget_wch(screen->keys, ret_code);

    if (kind == ERR && poll(&in, 1, ESCAPE_MS) > 0)
        kind = wget_wch(screen->keys, ret_code);
    return kind == OK;
}

/* A report of the mouse, up to its letter; read even while ours is off, since another program may have left it
 * on. INPUT_NONE: there is nothing in it for us. */
static struct input mouse_input(struct screen *screen)
{
    struct mouse_report report = {.len = 0};
    struct input input = {.kind = INPUT_NONE};
    enum mouse_step step = MOUSE_MORE;
    wint_t code = 0;

    while (step == MOUSE_MORE && next_of_sequence(screen, &code))
        step = mouse_add(&report, code, &input);
    if (step == MOUSE_WRONG && !(code >= 0x40 && code <= 0x7e))
        skip_sequence(screen);
    if (step != MOUSE_WHOLE || !screen->has_mouse)
        input.kind = INPUT_NONE;
    return input;
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
        if (kind == KEY_CODE_YES && code == KEY_MOUSE_REPORT && !screen->paste.is_open) {
            input = mouse_input(screen);
            if (input.kind == INPUT_NONE)
                continue;
            return input;
        }
        if (!take_paste(screen, kind, code, &input))
            return key_input(screen, kind, code);
        if (input.kind != INPUT_NONE)
            return input;
    }
}
