#include "tui/text/input.h"

#include "common/cleanup.h"
#include "common/utf8.h"

#include <stdio.h>
#include <string.h>

static const struct {
    uint32_t key;
    const char *name;
} names[] = {
    {INPUT_TAB, "Tab"},
    {INPUT_ENTER, "Enter"},
    {INPUT_ESC, "Esc"},
    {INPUT_SPACE, "Space"},
    {INPUT_BACKSPACE, "Bksp"},
    {INPUT_UP, "Up"},
    {INPUT_DOWN, "Down"},
    {INPUT_LEFT, "Left"},
    {INPUT_RIGHT, "Right"},
    {INPUT_PAGE_UP, "PgUp"},
    {INPUT_PAGE_DOWN, "PgDn"},
    {INPUT_HOME, "Home"},
    {INPUT_END, "End"},
    {INPUT_INSERT, "Ins"},
    {INPUT_DELETE, "Del"},
    {INPUT_SHIFT_TAB, "S-Tab"},
    {INPUT_CTRL_BACKSLASH, "Ctrl-\\"},
    {INPUT_UNKNOWN, "unknown key"},
};

void input_key_name(uint32_t key, char out[INPUT_NAME_SIZE])
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (names[i].key == key) {
            (void)snprintf(out, INPUT_NAME_SIZE, "%s", names[i].name);
            return;
        }
    }
    if (key >= INPUT_F1 && key <= INPUT_F12)
        (void)snprintf(out, INPUT_NAME_SIZE, "F%d", (int)(key - INPUT_F1) + 1);
    else if (key >= 1 && key <= 26)
        (void)snprintf(out, INPUT_NAME_SIZE, "Ctrl-%c", (char)('A' + key - 1));
    else
        out[utf8_encode(key, out)] = '\0';
}

bool input_key_from_name(const char *name, uint32_t *ret_key)
{
    size_t len = strlen(name), step;
    char other[INPUT_NAME_SIZE];

    if (len == 0)
        return false;
    *ret_key = utf8_decode(name, len, &step);
    if (step == len)
        return utf8_is_valid(name, len);
    for (uint32_t key = 1; key <= INPUT_F12; key = key == INPUT_BACKSPACE ? INPUT_UP : key + 1) {
        input_key_name(key, other);
        if (strcmp(other, name) == 0) {
            *ret_key = key;
            return true;
        }
    }
    return false;
}
