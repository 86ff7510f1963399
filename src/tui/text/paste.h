#ifndef TW_TUI_PASTE_H
#define TW_TUI_PASTE_H

/* A bracketed paste, gathered over as many reads as it takes. Pure but for its memory. */

#include "tui/text/input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct paste {
    char *text; /* owned; INPUT_PASTE_MAX bytes and a NUL, from the first paste on */
    size_t len;
    bool is_open, is_cut;
    int64_t last_mono_ms; /* when something came */
};

void paste_finish(struct paste *paste); /* zeroed is fine */

void paste_begin(struct paste *paste, int64_t now_mono_ms);

/* Line ends become '\n', other control characters but the tab are left out. */
void paste_add(struct paste *paste, uint32_t code, int64_t now_mono_ms);

/* Closes it. The text is borrowed until the next paste_begin. */
struct input paste_end(struct paste *paste);

/* Open, and nothing has come for so long that its end never will. */
bool paste_is_abandoned(const struct paste *paste, int64_t now_mono_ms);

#endif
