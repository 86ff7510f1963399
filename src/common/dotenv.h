#ifndef TW_DOTENV_H
#define TW_DOTENV_H

/* .env files, a line at a time. Pure.
 *
 *   # comment
 *   NAME=value            blanks at the ends go; " #" starts a comment
 *   export NAME=value
 *   NAME='as it stands'   nothing is special but the closing quote
 *   NAME="with \" and \\"  a backslash before " or another makes that one plain
 *
 * There is no $ expansion and no value of several lines. */

#include <stdbool.h>
#include <stddef.h>

#define DOTENV_NAME_MAX  127
#define DOTENV_VALUE_MAX 4095

struct dotenv {
    const char *at, *end; /* what is left */
    int line;             /* last read; from 1 */
};

struct dotenv_entry {
    int line;
    char name[DOTENV_NAME_MAX + 1];
    char value[DOTENV_VALUE_MAX + 1];
    const char *fault; /* what is wrong with the value, or NULL */
};

void dotenv_start(struct dotenv *reader, const char *text, size_t len);

/* The next entry. Lines that hold none are skipped, whatever is in them: the file is not ours alone.
 * False: there is no further one. */
bool dotenv_next(struct dotenv *reader, struct dotenv_entry *ret_entry);

#endif
