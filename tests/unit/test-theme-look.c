/* Encodings, glyphs, themes, keys, pastes: what lies between the cells and the terminal. */

#include "test.h"

#include "common/cleanup.h"
#include "tui/draw/frame.h"
#include "tui/draw/theme.h"
#include "tui/text/encoding.h"
#include "tui/text/glyph.h"
#include "tui/text/input.h"
#include "tui/text/paste.h"
#include "tui/text/server_text.h"

static void utf8_needs_a_codeset_and_a_terminal_that_can(void **state)
{
    (void)state;
    CHECK(encoding_choose("UTF-8", "xterm-256color") == ENCODING_UTF8);
    CHECK(encoding_choose("utf8", NULL) == ENCODING_UTF8);
    CHECK(encoding_choose("ANSI_X3.4-1968", "xterm") == ENCODING_ASCII);
    CHECK(encoding_choose(NULL, "xterm") == ENCODING_ASCII);
    CHECK(encoding_choose("UTF-8", "linux") == ENCODING_ASCII);
    CHECK(encoding_choose("UTF-8", "linux-16color") == ENCODING_ASCII);
    CHECK(encoding_choose("UTF-8", "vt100") == ENCODING_ASCII);
    CHECK(encoding_choose("UTF-8", "linuxish") == ENCODING_UTF8);
}

static void every_glyph_is_one_cell_in_both_encodings(void **state)
{
    (void)state;
    for (int i = 0; i < GLYPH_COUNT; i++) {
        uint32_t ascii = glyph_code((enum glyph)i, ENCODING_ASCII);

        CHECK(ascii >= 0x20 && ascii < 0x7f);
        CHECK(server_text_cells_of(glyph_code((enum glyph)i, ENCODING_UTF8)) == 1);
        CHECK(glyph_code((enum glyph)i, ENCODING_UTF8) > 0x7f);
    }
}

static void the_mono_theme_has_no_colour(void **state)
{
    (void)state;
    for (int fg = 0; fg < ROLE_COUNT; fg++) {
        for (int bg = 0; bg < ROLE_COUNT; bg++) {
            struct look look = theme_look(THEME_MONO, (struct style){(uint8_t)fg, (uint8_t)bg, 0});

            CHECK(look.fg == LOOK_DEFAULT && look.bg == LOOK_DEFAULT);
        }
    }
}

static void text_and_background_are_the_terminals_own(void **state)
{
    (void)state;
    for (int theme = 0; theme < THEME_COUNT; theme++) {
        struct look look = theme_look((enum theme)theme, style_of(ROLE_NORMAL));

        CHECK(look.fg == LOOK_DEFAULT && look.bg == LOOK_DEFAULT && look.flags == 0);
    }
}

/* Nobody can read yellow or white on a light ground, or dark blue on black. */
static void no_theme_writes_in_what_its_ground_swallows(void **state)
{
    (void)state;
    for (int role = 0; role < ROLE_COUNT; role++) {
        int8_t on_dark = theme_look(THEME_DARK, style_of((enum role)role)).fg;
        int8_t on_light = theme_look(THEME_LIGHT, style_of((enum role)role)).fg;

        CHECK(on_dark != 0 && on_dark != 4 && on_dark != 8);
        CHECK(on_light != 3 && on_light != 7 && on_light < 9);
    }
}

static void the_default_theme_can_be_read_on_both_grounds(void **state)
{
    (void)state;
    for (int role = 0; role < ROLE_COUNT; role++) {
        int8_t fg = theme_look(THEME_DEFAULT, style_of((enum role)role)).fg;

        CHECK(fg == LOOK_DEFAULT || fg == 1 || fg == 2 || fg == 5);
    }
    for (int bg = 0; bg < ROLE_COUNT; bg++)
        CHECK(theme_look(THEME_DEFAULT, (struct style){ROLE_NORMAL, (uint8_t)bg, 0}).bg ==
              LOOK_DEFAULT);
}

/* Red, green and magenta are one to many: only blue, yellow (an orange), their light ones and none. */
static void the_colour_blind_theme_has_blue_and_orange_alone(void **state)
{
    (void)state;
    for (int role = 0; role < ROLE_COUNT; role++) {
        int8_t fg = theme_look(THEME_COLOUR_BLIND, style_of((enum role)role)).fg;

        CHECK(fg == LOOK_DEFAULT || fg == 3 || fg == 6 || fg == 11 || fg == 12 || fg == 14);
    }
}

static bool same_look(struct look a, struct look b)
{
    return a.fg == b.fg && a.bg == b.bg && a.flags == b.flags;
}

static void states_look_different_in_every_theme(void **state)
{
    static const enum role states[] = {ROLE_OK, ROLE_WARN, ROLE_CRIT, ROLE_STALE};

    (void)state;
    for (int theme = 0; theme < THEME_COUNT; theme++)
        for (size_t a = 0; a < COUNT_OF(states); a++)
            for (size_t b = 0; b < a; b++)
                CHECK(!same_look(theme_look((enum theme)theme, style_of(states[a])),
                                 theme_look((enum theme)theme, style_of(states[b]))));
}

/* What selects or warns must be seen with neither colour nor bold. */
static void a_selection_is_seen_in_every_theme(void **state)
{
    (void)state;
    for (int theme = 0; theme < THEME_COUNT; theme++) {
        struct look look =
            theme_look((enum theme)theme, (struct style){ROLE_NORMAL, ROLE_SELECTION, 0});

        CHECK(look.flags & STYLE_REVERSE || look.bg != LOOK_DEFAULT);
    }
}

static void themes_have_names(void **state)
{
    enum theme theme = THEME_COUNT;

    (void)state;
    for (int i = 0; i < THEME_COUNT; i++)
        CHECK(theme_from_name(theme_name((enum theme)i), &theme) && theme == (enum theme)i);
    CHECK(!theme_from_name("pink", &theme));
}

static void settings_and_options_know_the_same_themes_in_the_same_order(void **state)
{
    const char *at = THEME_NAMES;

    (void)state;
    for (int i = 0; i < THEME_COUNT; i++) {
        const char *name = theme_name((enum theme)i);

        assert_memory_equal(at, name, strlen(name));
        at += strlen(name);
        CHECK(*at == (i + 1 < THEME_COUNT ? '|' : '\0'));
        at++;
    }
}

static void every_role_has_a_letter_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < ROLE_COUNT; a++) {
        CHECK(style_letter((enum role)a) > ' ' && style_letter((enum role)a) != ',');
        for (int b = 0; b < a; b++)
            CHECK(style_letter((enum role)a) != style_letter((enum role)b));
    }
}

static void a_single_blank_takes_the_style_before_it(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 8, 1, ENCODING_ASCII);
    (void)grid_put(&grid, 0, 0, 1, style_of(ROLE_OK), "a");
    (void)grid_put(&grid, 2, 0, 1, style_of(ROLE_CRIT), "b");
    (void)grid_put(&grid, 4, 0, 1, style_of(ROLE_OK), "c");
    CHECK(frame_cell(&grid, THEME_DARK, 8, 1, 0).style.fg == ROLE_OK);
    CHECK(frame_cell(&grid, THEME_DARK, 8, 5, 0).style.fg == ROLE_NORMAL);
    CHECK(frame_cell(&grid, THEME_DARK, 8, 3, 0).style.fg == ROLE_CRIT);
    /* In this theme that would be a reversed blank. */
    CHECK(frame_cell(&grid, THEME_MONO, 8, 3, 0).style.fg == ROLE_NORMAL);
    grid_set_background(&grid, (struct rect){1, 0, 1, 1}, ROLE_SELECTION);
    CHECK(frame_cell(&grid, THEME_DARK, 8, 1, 0).style.bg == ROLE_SELECTION);
}

static void what_a_screen_cannot_show_of_a_grid_is_blank(void **state)
{
    CLEANUP(grid_finish) struct grid grid;

    (void)state;
    grid_init(&grid, 4, 1, ENCODING_UTF8);
    (void)grid_put(&grid, 1, 0, 3, style_of(ROLE_OK), "漢");
    CHECK(frame_cell(&grid, THEME_DARK, 4, 1, 0).width == 2);
    CHECK(frame_cell(&grid, THEME_DARK, 2, 1, 0).code == ' ');
    CHECK(frame_cell(&grid, THEME_DARK, 9, 8, 0).code == ' ');
}

static void a_paste_has_lines_and_no_controls(void **state)
{
    static const uint32_t codes[] = {'a', '\r', 0x1b, '\t', 0x9b, 0x7f, 0xe4, '\n'};
    struct paste paste = {0};

    (void)state;
    paste_begin(&paste, 5000);
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        paste_add(&paste, codes[i], 5000);
    CHECK(!paste_is_abandoned(&paste, 5999) && paste_is_abandoned(&paste, 6000));
    assert_string_equal(paste_end(&paste).paste, "a\n\t\xc3\xa4\n");
    CHECK(!paste_is_abandoned(&paste, 99999));
    paste_finish(&paste);
}

static void a_long_paste_is_cut_between_characters(void **state)
{
    struct paste paste = {0};
    struct input input;

    (void)state;
    paste_begin(&paste, 0);
    paste_add(&paste, 'x', 0);
    for (int i = 0; i < INPUT_PASTE_MAX; i++)
        paste_add(&paste, 0x6f22, 0);
    input = paste_end(&paste);
    CHECK(input.is_cut && strlen(input.paste) == 1 + (INPUT_PASTE_MAX - 1) / 3 * 3);
    paste_finish(&paste);
}

static void keys_have_names_that_lead_back(void **state)
{
    static const uint32_t keys[] = {INPUT_TAB,    INPUT_ENTER,  INPUT_ESC,
                                    INPUT_SPACE,  INPUT_UP,     INPUT_F1,
                                    INPUT_F1 + 8, INPUT_F12,    INPUT_SHIFT_TAB,
                                    INPUT_CTRL_L, INPUT_CTRL_Z, INPUT_CTRL_BACKSLASH,
                                    INPUT_DELETE, 'a',          'Z',
                                    '?',          0xe4,         0x6f22,
                                    0x1f600};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        char name[INPUT_NAME_SIZE];
        uint32_t key = 0;

        input_key_name(keys[i], name);
        CHECK(input_key_from_name(name, &key));
        assert_int_equal(key, keys[i]);
    }
}

static void what_is_no_key_has_none(void **state)
{
    uint32_t key;

    (void)state;
    CHECK(!input_key_from_name("", &key) && !input_key_from_name("F99", &key) &&
          !input_key_from_name("ab", &key) && !input_key_from_name("\xff", &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(utf8_needs_a_codeset_and_a_terminal_that_can),
        TEST(every_glyph_is_one_cell_in_both_encodings),
        TEST(the_mono_theme_has_no_colour),
        TEST(text_and_background_are_the_terminals_own),
        TEST(no_theme_writes_in_what_its_ground_swallows),
        TEST(a_selection_is_seen_in_every_theme),
        TEST(the_default_theme_can_be_read_on_both_grounds),
        TEST(the_colour_blind_theme_has_blue_and_orange_alone),
        TEST(states_look_different_in_every_theme),
        TEST(themes_have_names),
        TEST(settings_and_options_know_the_same_themes_in_the_same_order),
        TEST(every_role_has_a_letter_of_its_own),
        TEST(a_single_blank_takes_the_style_before_it),
        TEST(what_a_screen_cannot_show_of_a_grid_is_blank),
        TEST(a_paste_has_lines_and_no_controls),
        TEST(a_long_paste_is_cut_between_characters),
        TEST(keys_have_names_that_lead_back),
        TEST(what_is_no_key_has_none),
    };

    return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
