#include "tui/draw/theme.h"

#include "common/cleanup.h"

#include <assert.h>
#include <string.h>

/* As ANSI numbers them. What an 8-colour terminal lacks is made there of the low colour and bold. */
enum {
    DEFAULT = LOOK_DEFAULT,
    BLACK = 0,
    RED,
    GREEN,
    YELLOW,
    BLUE,
    MAGENTA,
    CYAN,
    WHITE,
    GRAY,
    LIGHT_RED,
    LIGHT_GREEN,
    LIGHT_YELLOW,
    LIGHT_BLUE,
    LIGHT_MAGENTA,
    LIGHT_CYAN,
    LIGHT_WHITE,
};

struct tint {
    int8_t color;
    uint8_t flags;
};

/* Dark blue is left out of the dark themes and yellow and white out of the light ones: they cannot be
 * read there. The default one has neither, nor cyan, which most palettes make too light for white. */
static const struct tint foregrounds[THEME_COUNT][ROLE_COUNT] =
    {
        [THEME_DEFAULT] =
            {
                [ROLE_NORMAL] = {DEFAULT, 0},
                [ROLE_DIM] = {DEFAULT, STYLE_DIM},
                [ROLE_TITLE] = {DEFAULT, STYLE_BOLD},
                [ROLE_BORDER] = {DEFAULT, STYLE_DIM},
                [ROLE_FOCUS] = {MAGENTA, STYLE_BOLD},
                [ROLE_OK] = {GREEN, 0},
                [ROLE_WARN] = {MAGENTA, STYLE_BOLD},
                [ROLE_CRIT] = {RED, STYLE_BOLD},
                [ROLE_PENDING] = {MAGENTA, 0},
                [ROLE_STALE] = {DEFAULT, STYLE_UNDERLINE},
                [ROLE_ACCENT] = {DEFAULT, STYLE_BOLD},
                [ROLE_SELECTION] = {DEFAULT, STYLE_BOLD},
                [ROLE_PROD] = {DEFAULT, STYLE_BOLD | STYLE_REVERSE},
                [ROLE_AXIS] = {DEFAULT, STYLE_DIM},
                [ROLE_MARK] = {DEFAULT, STYLE_BOLD},
                [ROLE_REFERENCE] = {DEFAULT, STYLE_DIM},
                [ROLE_LIMIT_WARN] = {MAGENTA, STYLE_DIM},
                [ROLE_LIMIT_CRIT] = {RED, 0},
                [ROLE_SERIES_1] = {DEFAULT, 0},
                [ROLE_SERIES_2] = {MAGENTA, 0},
                [ROLE_SERIES_3] = {GREEN, 0},
                [ROLE_SERIES_4] = {RED, 0},
                [ROLE_SERIES_5] = {DEFAULT, STYLE_BOLD},
                [ROLE_SERIES_6] = {MAGENTA, STYLE_BOLD},
                [ROLE_SERIES_7] = {GREEN, STYLE_BOLD},
                [ROLE_SERIES_8] = {DEFAULT, STYLE_DIM},
            },
        [THEME_DARK] =
            {
                [ROLE_NORMAL] = {DEFAULT, 0},
                [ROLE_DIM] = {DEFAULT, STYLE_DIM},
                [ROLE_TITLE] = {DEFAULT, STYLE_BOLD},
                [ROLE_BORDER] = {DEFAULT, STYLE_DIM},
                [ROLE_FOCUS] = {CYAN, STYLE_BOLD},
                [ROLE_OK] = {GREEN, 0},
                [ROLE_WARN] = {YELLOW, STYLE_BOLD},
                [ROLE_CRIT] = {LIGHT_RED, STYLE_BOLD},
                [ROLE_PENDING] = {YELLOW, 0},
                [ROLE_STALE] = {MAGENTA, 0},
                [ROLE_ACCENT] = {CYAN, 0},
                [ROLE_SELECTION] = {DEFAULT, STYLE_BOLD},
                [ROLE_PROD] = {LIGHT_WHITE, STYLE_BOLD},
                [ROLE_AXIS] = {DEFAULT, STYLE_DIM},
                [ROLE_MARK] = {MAGENTA, 0},
                [ROLE_REFERENCE] = {DEFAULT, STYLE_DIM},
                [ROLE_LIMIT_WARN] = {YELLOW, STYLE_DIM},
                [ROLE_LIMIT_CRIT] = {RED, 0},
                [ROLE_SERIES_1] = {CYAN, 0},
                [ROLE_SERIES_2] = {YELLOW, 0},
                [ROLE_SERIES_3] = {MAGENTA, 0},
                [ROLE_SERIES_4] = {GREEN, 0},
                [ROLE_SERIES_5] = {LIGHT_BLUE, 0},
                [ROLE_SERIES_6] = {LIGHT_RED, 0},
                [ROLE_SERIES_7] = {WHITE, 0},
                [ROLE_SERIES_8] = {LIGHT_CYAN, 0},
            },
        [THEME_LIGHT] =
            {
                [ROLE_NORMAL] = {DEFAULT, 0},
                [ROLE_DIM] = {DEFAULT, STYLE_DIM},
                [ROLE_TITLE] = {DEFAULT, STYLE_BOLD},
                [ROLE_BORDER] = {DEFAULT, STYLE_DIM},
                [ROLE_FOCUS] = {BLUE, STYLE_BOLD},
                [ROLE_OK] = {GREEN, 0},
                [ROLE_WARN] = {MAGENTA, STYLE_BOLD},
                [ROLE_CRIT] = {RED, STYLE_BOLD},
                [ROLE_PENDING] = {MAGENTA, 0},
                [ROLE_STALE] = {BLUE, 0},
                [ROLE_ACCENT] = {BLUE, 0},
                [ROLE_SELECTION] = {DEFAULT, STYLE_BOLD},
                [ROLE_PROD] = {DEFAULT, STYLE_BOLD | STYLE_REVERSE},
                [ROLE_AXIS] = {DEFAULT, STYLE_DIM},
                [ROLE_MARK] = {MAGENTA, 0},
                [ROLE_REFERENCE] = {DEFAULT, STYLE_DIM},
                [ROLE_LIMIT_WARN] = {MAGENTA, 0},
                [ROLE_LIMIT_CRIT] = {RED, 0},
                [ROLE_SERIES_1] = {BLUE, 0},
                [ROLE_SERIES_2] = {RED, 0},
                [ROLE_SERIES_3] = {MAGENTA, 0},
                [ROLE_SERIES_4] = {GREEN, 0},
                [ROLE_SERIES_5] = {CYAN, 0},
                [ROLE_SERIES_6] = {DEFAULT, 0},
                [ROLE_SERIES_7] = {GRAY, 0},
                [ROLE_SERIES_8] = {BLUE, STYLE_BOLD},
            },
        [THEME_HIGH_CONTRAST] =
            {
                [ROLE_NORMAL] = {DEFAULT, 0},
                [ROLE_DIM] = {DEFAULT, 0},
                [ROLE_TITLE] = {DEFAULT, STYLE_BOLD},
                [ROLE_BORDER] = {DEFAULT, 0},
                [ROLE_FOCUS] = {DEFAULT, STYLE_BOLD | STYLE_REVERSE},
                [ROLE_OK] = {DEFAULT, 0},
                [ROLE_WARN] = {DEFAULT, STYLE_BOLD | STYLE_UNDERLINE},
                [ROLE_CRIT] = {DEFAULT, STYLE_BOLD | STYLE_REVERSE},
                [ROLE_PENDING] = {DEFAULT, STYLE_UNDERLINE},
                [ROLE_STALE] = {DEFAULT, STYLE_UNDERLINE},
                [ROLE_ACCENT] = {DEFAULT, STYLE_BOLD},
                [ROLE_SELECTION] = {DEFAULT, STYLE_BOLD},
                [ROLE_PROD] = {DEFAULT, STYLE_BOLD | STYLE_REVERSE},
                [ROLE_AXIS] = {DEFAULT, 0},
                [ROLE_MARK] = {DEFAULT, STYLE_BOLD},
                [ROLE_REFERENCE] = {DEFAULT, 0},
                [ROLE_LIMIT_WARN] = {DEFAULT, 0},
                [ROLE_LIMIT_CRIT] = {DEFAULT, STYLE_BOLD},
                [ROLE_SERIES_1] = {DEFAULT, STYLE_BOLD},
                [ROLE_SERIES_2] = {CYAN, STYLE_BOLD},
                [ROLE_SERIES_3] = {MAGENTA, STYLE_BOLD},
                [ROLE_SERIES_4] = {GREEN, STYLE_BOLD},
                [ROLE_SERIES_5] = {RED, STYLE_BOLD},
                [ROLE_SERIES_6] = {YELLOW, STYLE_BOLD},
                [ROLE_SERIES_7] = {DEFAULT, 0},
                [ROLE_SERIES_8] = {CYAN, 0},
            },
        [THEME_COLOUR_BLIND] =
            {
                [ROLE_NORMAL] = {DEFAULT, 0},
                [ROLE_DIM] = {DEFAULT, STYLE_DIM},
                [ROLE_TITLE] = {DEFAULT, STYLE_BOLD},
                [ROLE_BORDER] = {DEFAULT, STYLE_DIM},
                [ROLE_FOCUS] = {CYAN, STYLE_BOLD},
                [ROLE_OK] = {LIGHT_BLUE, 0},
                [ROLE_WARN] = {YELLOW, 0},
                [ROLE_CRIT] = {LIGHT_YELLOW, STYLE_BOLD | STYLE_UNDERLINE},
                [ROLE_PENDING] = {YELLOW, STYLE_DIM},
                [ROLE_STALE] = {DEFAULT, STYLE_UNDERLINE},
                [ROLE_ACCENT] = {CYAN, 0},
                [ROLE_SELECTION] = {DEFAULT, STYLE_BOLD},
                [ROLE_PROD] = {DEFAULT, STYLE_BOLD | STYLE_REVERSE},
                [ROLE_AXIS] = {DEFAULT, STYLE_DIM},
                [ROLE_MARK] = {DEFAULT, STYLE_BOLD},
                [ROLE_REFERENCE] = {DEFAULT, STYLE_DIM},
                [ROLE_LIMIT_WARN] = {YELLOW, STYLE_DIM},
                [ROLE_LIMIT_CRIT] = {YELLOW, 0},
                [ROLE_SERIES_1] = {LIGHT_BLUE, 0},
                [ROLE_SERIES_2] = {YELLOW, 0},
                [ROLE_SERIES_3] = {DEFAULT, STYLE_BOLD},
                [ROLE_SERIES_4] = {CYAN, 0},
                [ROLE_SERIES_5] = {LIGHT_YELLOW, 0},
                [ROLE_SERIES_6] = {LIGHT_BLUE, STYLE_BOLD},
                [ROLE_SERIES_7] = {DEFAULT, 0},
                [ROLE_SERIES_8] = {LIGHT_CYAN, 0},
            },
        [THEME_MONO] =
            {
                [ROLE_NORMAL] = {DEFAULT, 0},
                [ROLE_DIM] = {DEFAULT, STYLE_DIM},
                [ROLE_TITLE] = {DEFAULT, STYLE_BOLD},
                [ROLE_BORDER] = {DEFAULT, STYLE_DIM},
                [ROLE_FOCUS] = {DEFAULT, STYLE_BOLD},
                [ROLE_OK] = {DEFAULT, 0},
                [ROLE_WARN] = {DEFAULT, STYLE_BOLD},
                [ROLE_CRIT] = {DEFAULT, STYLE_BOLD | STYLE_REVERSE},
                [ROLE_PENDING] = {DEFAULT, STYLE_UNDERLINE},
                [ROLE_STALE] = {DEFAULT, STYLE_UNDERLINE},
                [ROLE_ACCENT] = {DEFAULT, STYLE_BOLD},
                [ROLE_SELECTION] = {DEFAULT, STYLE_BOLD},
                [ROLE_PROD] = {DEFAULT, STYLE_BOLD},
                [ROLE_AXIS] = {DEFAULT, STYLE_DIM},
                [ROLE_MARK] = {DEFAULT, 0},
                [ROLE_REFERENCE] = {DEFAULT, STYLE_DIM},
                [ROLE_LIMIT_WARN] = {DEFAULT, STYLE_DIM},
                [ROLE_LIMIT_CRIT] = {DEFAULT, 0},
                [ROLE_SERIES_1] = {DEFAULT, STYLE_BOLD},
                [ROLE_SERIES_2] = {DEFAULT, 0},
                [ROLE_SERIES_3] = {DEFAULT, STYLE_DIM},
                [ROLE_SERIES_4] = {DEFAULT, STYLE_BOLD},
                [ROLE_SERIES_5] = {DEFAULT, 0},
                [ROLE_SERIES_6] = {DEFAULT, STYLE_DIM},
                [ROLE_SERIES_7] = {DEFAULT, STYLE_BOLD},
                [ROLE_SERIES_8] = {DEFAULT, 0},
            },
};

/* A role as background; reverse video wherever a colour could swallow what is written on it. */
static struct tint background_of(enum theme theme, enum role role)
{
    if (role == ROLE_NORMAL)
        return (struct tint){DEFAULT, 0};
    if (role == ROLE_PROD && theme == THEME_DARK)
        return (struct tint){RED, 0};
    return (struct tint){DEFAULT, STYLE_REVERSE};
}

struct look theme_look(enum theme theme, struct style style)
{
    struct tint fg, bg;

    assert((unsigned)theme < THEME_COUNT && style.fg < ROLE_COUNT && style.bg < ROLE_COUNT);
    fg = foregrounds[theme][style.fg];
    bg = background_of(theme, style.bg);
    return (struct look){
        .fg = fg.color,
        .bg = bg.color,
        .flags = (uint8_t)(fg.flags | bg.flags | style.flags),
    };
}

static const char *const names[THEME_COUNT] = {
    [THEME_DEFAULT] = "default",
    [THEME_DARK] = "dark",
    [THEME_LIGHT] = "light",
    [THEME_HIGH_CONTRAST] = "high-contrast",
    [THEME_COLOUR_BLIND] = "colour-blind",
    [THEME_MONO] = "mono",
};

const char *theme_name(enum theme theme)
{
    assert((unsigned)theme < THEME_COUNT);
    return names[theme];
}

bool theme_from_name(const char *name, enum theme *ret_theme)
{
    for (int i = 0; i < THEME_COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_theme = (enum theme)i;
            return true;
        }
    }
    return false;
}
