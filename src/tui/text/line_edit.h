#ifndef TW_TUI_LINE_EDIT_H
#define TW_TUI_LINE_EDIT_H

/* One line of text that is typed, with a cursor in it: the keys that shells have. Always valid UTF-8 without
 * control characters. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_EDIT_SIZE 2048 /* bytes with the NUL; what goes beyond is not taken */

enum line_edit_action {
    EDIT_LEFT,
    EDIT_RIGHT,
    EDIT_HOME,
    EDIT_END,
    EDIT_ERASE,      /* the character before the cursor */
    EDIT_DELETE,     /* the one under it */
    EDIT_ERASE_WORD, /* these three are kept for EDIT_YANK */
    EDIT_ERASE_ALL_BEFORE,
    EDIT_ERASE_ALL_BEHIND,
    EDIT_YANK,
    EDIT_SWAP, /* the two characters around the cursor */
    N_EDIT_ACTIONS,
};

struct line_edit {
    char text[LINE_EDIT_SIZE];
    size_t len, cursor; /* bytes */
    char erased[LINE_EDIT_SIZE];
};

/* The cursor is behind it. Text as line_edit_paste takes it. */
void line_edit_set(struct line_edit *line, const char *text);

/* False: it is no character to be shown, or there is no room. */
bool line_edit_type(struct line_edit *line, uint32_t code);

/* Line breaks and tabs become blanks, what could act on a terminal becomes '?' or goes (server_text.h).
 * False: not all of it had room. */
bool line_edit_paste(struct line_edit *line, const char *text);

/* Puts text in the place of the bytes [from, cursor). False, and nothing is done: there is no room. */
bool line_edit_replace(struct line_edit *line, size_t from, const char *text);

void line_edit_do(struct line_edit *line, enum line_edit_action action);

#endif
