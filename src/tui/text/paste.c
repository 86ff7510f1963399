#include "tui/text/paste.h"

#include "common/alloc.h"
#include "common/utf8.h"

#include <string.h>

#define ABANDONED_MS 1000

void paste_finish(struct paste *paste)
{
    free(paste->text);
    *paste = (struct paste){0};
}

void paste_begin(struct paste *paste, int64_t now_mono_ms)
{
    if (!paste->text)
        paste->text = xcalloc(1, INPUT_PASTE_MAX + 1);
    paste->len = 0;
    paste->is_cut = false;
    paste->is_open = true;
    paste->last_mono_ms = now_mono_ms;
}

void paste_add(struct paste *paste, uint32_t code, int64_t now_mono_ms)
{
    char bytes[4];
    size_t len;

    paste->last_mono_ms = now_mono_ms;
    if (code == '\r')
        code = '\n';
    if (code != '\n' && code != '\t' && (code < 0x20 || (code >= 0x7f && code < 0xa0)))
        return;
    len = utf8_encode(code, bytes);
    if (len > INPUT_PASTE_MAX - paste->len) {
        paste->is_cut = true;
        return;
    }
    memcpy(paste->text + paste->len, bytes, len);
    paste->len += len;
}

struct input paste_end(struct paste *paste)
{
    paste->text[paste->len] = '\0';
    paste->is_open = false;
    return (struct input){.kind = INPUT_PASTE, .paste = paste->text, .is_cut = paste->is_cut};
}

bool paste_is_abandoned(const struct paste *paste, int64_t now_mono_ms)
{
    return paste->is_open && now_mono_ms - paste->last_mono_ms >= ABANDONED_MS;
}
