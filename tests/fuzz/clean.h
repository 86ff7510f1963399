#ifndef TW_FUZZ_CLEAN_H
#define TW_FUZZ_CLEAN_H

/* What the console keeps of a server's text. */

#include "fuzz.h"

#include "common/utf8.h"

#include <string.h>

/* Nothing in it can command a terminal. */
static inline void expect_clean(const char *text)
{
    FUZZ_EXPECT(utf8_is_valid(text, strlen(text)));
    for (; *text; text++)
        FUZZ_EXPECT((unsigned char)*text >= ' ' && *text != 0x7f);
}

#endif
