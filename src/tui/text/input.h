#ifndef TW_TUI_INPUT_H
#define TW_TUI_INPUT_H

/* What comes from the terminal, decoded. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key is a code point, Ctrl-letters as their control characters, or one of these. */
enum input_key {
    INPUT_CTRL_C = 0x03,
    INPUT_TAB = 0x09,
    INPUT_CTRL_L = 0x0c,
    INPUT_ENTER = 0x0d, /* line feed and the keypad's Enter too */
    INPUT_CTRL_Z = 0x1a,
    INPUT_ESC = 0x1b,
    INPUT_CTRL_BACKSLASH = 0x1c,
    INPUT_SPACE = 0x20,
    INPUT_BACKSPACE = 0x7f, /* 0x08 too */
    INPUT_UP = 0x110000,    /* beyond Unicode from here on */
    INPUT_DOWN,
    INPUT_LEFT,
    INPUT_RIGHT,
    INPUT_PAGE_UP,
    INPUT_PAGE_DOWN,
    INPUT_HOME,
    INPUT_END,
    INPUT_INSERT,
    INPUT_DELETE,
    INPUT_SHIFT_TAB,
    INPUT_F1, /* INPUT_F1 + i for F2..F12 */
    INPUT_F12 = INPUT_F1 + 11,
    INPUT_UNKNOWN, /* a key that we have no name for */
};

enum input_kind {
    INPUT_NONE, /* nothing more for now */
    INPUT_KEY,
    INPUT_PASTE,
    INPUT_CLICK, /* of the first button, when it goes down */
    INPUT_WHEEL,
    INPUT_HANGUP, /* the terminal is gone: leave at once */
};

#define INPUT_PASTE_MAX 65536 /* bytes; the rest of a longer paste is dropped */

struct input {
    enum input_kind kind;
    uint32_t key;      /* INPUT_KEY */
    const char *paste; /* INPUT_PASTE: UTF-8, borrowed until the next call; lines end in '\n' */
    bool is_cut;       /* INPUT_PASTE: it was longer */
    int x, y;          /* INPUT_CLICK, INPUT_WHEEL: the cell, from 0 */
    int by;            /* INPUT_WHEEL: -1 up, 1 down */
};

#define INPUT_NAME_SIZE 16

/* "Enter", "F1", "S-Tab", "Ctrl-L", "Space", "a": for help and for hints. */
void input_key_name(uint32_t key, char out[INPUT_NAME_SIZE]);

/* The reverse, for scripts of keys; a single character is itself. */
bool input_key_from_name(const char *name, uint32_t *ret_key);

#endif
