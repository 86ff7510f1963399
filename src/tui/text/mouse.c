#include "tui/text/mouse.h"

#include <stdio.h>

/* Bits of the first number, as xterm's "Extended coordinates" has them. */
#define BUTTONS    0xc3 /* which one; 64 and 65 are the wheel */
#define MOVED      0x20
#define MODIFIERS  0x1c /* shift, meta, control: the terminal's own uses of the mouse */
#define WHEEL_UP   64
#define WHEEL_DOWN 65
#define N_NUMBERS  3
#define NUMBER_MAX 9999

/* "0;17;4" up to the letter. False: it is not that. */
static bool read_numbers(const char *text, size_t len, int numbers[N_NUMBERS])
{
    size_t n = 0, digits = 0;

    numbers[0] = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == ';' && digits > 0 && n + 1 < N_NUMBERS) {
            numbers[++n] = 0;
            digits = 0;
        } else if (text[i] >= '0' && text[i] <= '9' && numbers[n] <= NUMBER_MAX / 10) {
            numbers[n] = numbers[n] * 10 + (text[i] - '0');
            digits++;
        } else {
            return false;
        }
    }
    return n + 1 == N_NUMBERS && digits > 0;
}

static struct input input_of(const int numbers[N_NUMBERS], bool is_pressed)
{
    struct input input = {.kind = INPUT_NONE, .x = numbers[1] - 1, .y = numbers[2] - 1};

    if (!is_pressed || numbers[0] & (MOVED | MODIFIERS) || input.x < 0 || input.y < 0)
        return input;
    switch (numbers[0] & BUTTONS) {
    case 0:
        input.kind = INPUT_CLICK;
        break;
    case WHEEL_UP:
        input.kind = INPUT_WHEEL;
        input.by = -1;
        break;
    case WHEEL_DOWN:
        input.kind = INPUT_WHEEL;
        input.by = 1;
        break;
    default: /* other buttons are the terminal's */
        break;
    }
    return input;
}

enum mouse_step mouse_add(struct mouse_report *report, uint32_t code, struct input *ret_input)
{
    int numbers[N_NUMBERS];

    if (code == 'M' || code == 'm') {
        if (!read_numbers(report->text, report->len, numbers))
            return MOUSE_WRONG;
        *ret_input = input_of(numbers, code == 'M');
        return MOUSE_WHOLE;
    }
    if (report->len == MOUSE_REPORT_MAX || code >= 0x80)
        return MOUSE_WRONG;
    report->text[report->len++] = (char)code;
    return code == ';' || (code >= '0' && code <= '9') ? MOUSE_MORE : MOUSE_WRONG;
}
