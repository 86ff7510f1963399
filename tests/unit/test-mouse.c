/* What a terminal tells of the mouse. */

#include "test.h"

#include "common/cleanup.h"
#include "tui/text/mouse.h"

/* The last step, with what it led to. */
static enum mouse_step read_report(const char *text, struct input *ret_input)
{
    struct mouse_report report = {.len = 0};
    enum mouse_step step = MOUSE_MORE;

    *ret_input = (struct input){.kind = INPUT_NONE};
    for (; *text && step == MOUSE_MORE; text++)
        step = mouse_add(&report, (unsigned char)*text, ret_input);
    return step;
}

static void a_click_and_the_wheel_are_read_with_their_cell(void **unused)
{
    struct input input;

    (void)unused;
    CHECK(read_report("0;17;4M", &input) == MOUSE_WHOLE);
    CHECK(input.kind == INPUT_CLICK && input.x == 16 && input.y == 3);
    CHECK(read_report("64;1;1M", &input) == MOUSE_WHOLE);
    CHECK(input.kind == INPUT_WHEEL && input.by == -1);
    CHECK(read_report("65;9999;1000M", &input) == MOUSE_WHOLE);
    CHECK(input.kind == INPUT_WHEEL && input.by == 1 && input.x == 9998);
}

static void releases_moves_and_other_buttons_are_nothing(void **unused)
{
    static const char *const texts[] = {"0;1;1m", "1;1;1M",   "2;1;1M",  "32;5;5M",  "35;5;5M",
                                        "4;1;1M", "16;1;1M",  "66;1;1M", "128;1;1M", "0;0;1M",
                                        "0;1;0M", "192;1;1M", "68;1;1M"};
    struct input input;

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        CHECK(read_report(texts[i], &input) == MOUSE_WHOLE);
        CHECK(input.kind == INPUT_NONE);
    }
}

static void what_is_no_report_is_refused_and_bounded(void **unused)
{
    static const char *const texts[] = {"M",
                                        "0M",
                                        ";1;1M",
                                        "0;1M",
                                        "0;1;M",
                                        "0;1;1;1M",
                                        "-1;1;1M",
                                        "0;1;1x",
                                        "0;1;1\x1b",
                                        "99999;1;1M",
                                        "0000000000000000001;1;1M",
                                        "\xc3\xa9"};
    struct input input;

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        CHECK(read_report(texts[i], &input) == MOUSE_WRONG);
        CHECK(input.kind == INPUT_NONE);
    }
    CHECK(read_report("0;1;1", &input) == MOUSE_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_click_and_the_wheel_are_read_with_their_cell),
        TEST(releases_moves_and_other_buttons_are_nothing),
        TEST(what_is_no_report_is_refused_and_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
