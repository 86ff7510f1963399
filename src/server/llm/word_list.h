#ifndef TW_WORD_LIST_H
#define TW_WORD_LIST_H

/* Is a word among a few? For the short closed lists of grammar; longer ones are sorted and searched. Most
 * words differ in the first byte, which costs no call. */

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool word_list_has(const char *const *list, size_t n, const char *form)
{
    for (size_t i = 0; i < n; i++)
        if (form[0] == list[i][0] && strcmp(form, list[i]) == 0)
            return true;
    return false;
}

/* As strcmp; for bsearch. */
static inline int word_list_compare(const char *form, const char *other)
{
    int first = (unsigned char)form[0] - (unsigned char)other[0];

    return first != 0 ? first : strcmp(form, other);
}

#define IS_AMONG(form, list) word_list_has(list, COUNT_OF(list), form)

/* "don't", "can't" */
static inline bool word_ends_in_not(const char *form)
{
    size_t len = strlen(form);

    return len > 3 && strcmp(form + len - 3, "n't") == 0;
}

#endif
