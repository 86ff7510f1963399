#include "tui/draw/style.h"

#include <assert.h>

char style_letter(enum role role)
{
    static const char letters[ROLE_COUNT] = {
        [ROLE_NORMAL] = '.',    [ROLE_DIM] = 'd',        [ROLE_TITLE] = 't',
        [ROLE_BORDER] = 'b',    [ROLE_FOCUS] = 'f',      [ROLE_OK] = 'o',
        [ROLE_WARN] = 'w',      [ROLE_CRIT] = 'c',       [ROLE_PENDING] = 'p',
        [ROLE_STALE] = 's',     [ROLE_ACCENT] = 'a',     [ROLE_SELECTION] = 'l',
        [ROLE_PROD] = 'e',      [ROLE_AXIS] = 'x',       [ROLE_MARK] = 'm',
        [ROLE_REFERENCE] = 'r', [ROLE_LIMIT_WARN] = 'v', [ROLE_LIMIT_CRIT] = 'k',
        [ROLE_SERIES_1] = '1',  [ROLE_SERIES_2] = '2',   [ROLE_SERIES_3] = '3',
        [ROLE_SERIES_4] = '4',  [ROLE_SERIES_5] = '5',   [ROLE_SERIES_6] = '6',
        [ROLE_SERIES_7] = '7',  [ROLE_SERIES_8] = '8',
    };

    assert((unsigned)role < ROLE_COUNT);
    return letters[role];
}
