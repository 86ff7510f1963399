#include "tui/text/osc52.h"

#include "common/base64.h"
#include "common/buffer.h"

#include <string.h>

#define BEGIN "\033]52;c;"
#define END   "\a"

bool osc52_write(const char *text, size_t len, bool is_in_tmux, struct buffer *out)
{
    if (len > OSC52_TEXT_MAX)
        return false;
    (void)buffer_puts(out, BEGIN);
    base64_encode(text, len, out);
    (void)buffer_puts(out, END);
    if (!is_in_tmux)
        return true;
    /* Inside a device control string every escape is doubled; base64 has none. */
    (void)buffer_puts(out, "\033Ptmux;\033" BEGIN);
    base64_encode(text, len, out);
    (void)buffer_puts(out, END "\033\\");
    return true;
}

bool osc52_is_known(const char *term)
{
    /* These would show it as text. */
    static const char *const without[] = {"linux", "vt", "ansi", "cons25", "sun", "dumb"};

    for (size_t i = 0; i < COUNT_OF(without); i++)
        if (strncmp(term, without[i], strlen(without[i])) == 0)
            return false;
    return true;
}
