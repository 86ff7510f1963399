#include "tui/screen/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MIN 40
#define WIDTH_MAX 120

/* Before any thread, as the header demands. */
static const char *variable(const char *name)
{
    const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe)

    return value ? value : "";
}

/* The locale by name, for systems that lack the locale's files but not its character set. */
static bool names_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = variable(names[i]);

        if (value[0])
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

static bool is_utf8(void)
{
    if (!setlocale(LC_CTYPE, "")) // NOLINT(concurrency-mt-unsafe)
        return names_utf8();
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; // NOLINT(concurrency-mt-unsafe)
}

static bool has_colour(void)
{
    const char *term = variable("TERM");

    return !variable("NO_COLOR")[0] && term[0] && strcmp(term, "dumb") != 0;
}

static size_t width(void)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return TERMINAL_WIDTH;
    if (size.ws_col < WIDTH_MIN)
        return WIDTH_MIN;
    return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

void terminal_style(struct page_style *ret_style, bool *ret_is_terminal)
{
    *ret_is_terminal = isatty(STDOUT_FILENO) == 1;
    ret_style->is_utf8 = is_utf8();
    ret_style->has_colour = *ret_is_terminal && has_colour();
    ret_style->width = *ret_is_terminal ? width() : TERMINAL_WIDTH;
}
