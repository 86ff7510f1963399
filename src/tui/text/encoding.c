#include "tui/text/encoding.h"

#include "common/cleanup.h"

#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Terminals by name, also as "linux-16color" and the like, whose fonts end at a few hundred signs. */
static bool has_poor_font(const char *term)
{
    static const char *const families[] = {"linux", "vt100", "vt102", "vt220", "ansi", "cons25"};

    for (size_t i = 0; i < COUNT_OF(families); i++) {
        size_t len = strlen(families[i]);

        if (strncmp(term, families[i], len) == 0 && (term[len] == '\0' || term[len] == '-'))
            return true;
    }
    return false;
}

enum encoding encoding_choose(const char *codeset, const char *term)
{
    bool is_utf8 =
        codeset && (strcasecmp(codeset, "UTF-8") == 0 || strcasecmp(codeset, "UTF8") == 0);

    return is_utf8 && !(term && has_poor_font(term)) ? ENCODING_UTF8 : ENCODING_ASCII;
}

enum encoding encoding_set_locale(void)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): before any thread, as the header demands. */
    if (!setlocale(LC_ALL, ""))
        (void)setlocale(LC_ALL, "C.UTF-8");
    (void)setlocale(LC_NUMERIC, "C");
    return encoding_choose(nl_langinfo(CODESET), getenv("TERM"));
    /* NOLINTEND(concurrency-mt-unsafe) */
}
