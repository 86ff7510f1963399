#ifndef TW_TUI_ENCODING_H
#define TW_TUI_ENCODING_H

/* Which characters a screen may use. */

enum encoding {
    ENCODING_ASCII,
    ENCODING_UTF8,
};

/* Pure. codeset is nl_langinfo(CODESET), term is $TERM; NULL is fine. UTF-8 only when the codeset says
 * so, and not on terminals whose fonts have neither braille nor block glyphs: the Linux console and the
 * VT100 family. */
enum encoding encoding_choose(const char *codeset, const char *term);

/* Sets the process's locale from the environment, LC_NUMERIC left at "C"; C.UTF-8 stands in for one
 * that is not installed, and for the LC_CTYPE of one in which i and I are different letters. Returns what encoding_choose says of it and of $TERM. Main thread, before
 * any other is started. */
enum encoding encoding_set_locale(void);

#endif
