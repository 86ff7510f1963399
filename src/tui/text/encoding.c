#include "tui/text/encoding.h"

#include "common/cleanup.h"

#include <ctype.h>
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

static bool is_utf8(const char *codeset)
{
    return codeset && (strcasecmp(codeset, "UTF-8") == 0 || strcasecmp(codeset, "UTF8") == 0);
}

enum encoding encoding_choose(const char *codeset, const char *term)
{
    return is_utf8(codeset) && !(term && has_poor_font(term)) ? ENCODING_UTF8 : ENCODING_ASCII;
}

/* In Turkish I is no capital of i: a filter would not find "drift" by DRIFT. */
static bool folds_ascii(void)
{
    return tolower('I') == 'i' && toupper('i') == 'I';
}

enum encoding encoding_set_locale(void)
{
    enum encoding encoding;

    /* NOLINTBEGIN(concurrency-mt-unsafe): before any thread, as the header demands. */
    if (!setlocale(LC_ALL, ""))
        (void)setlocale(LC_ALL, "C.UTF-8");
    (void)setlocale(LC_NUMERIC, "C");
    encoding = encoding_choose(nl_langinfo(CODESET), getenv("TERM"));
    if (!folds_ascii())
        (void)setlocale(LC_CTYPE, is_utf8(nl_langinfo(CODESET)) ? "C.UTF-8" : "C");
    return encoding;
    /* NOLINTEND(concurrency-mt-unsafe) */
}
