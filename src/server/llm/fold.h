#ifndef TW_FOLD_H
#define TW_FOLD_H

/* What a character is to the reader of words, and its plain form: lower case, Latin letters without
 * their accents ("é" is "e", "ß" is "ss"), one kind of apostrophe and hyphen. By tables of our own and not
 * towlower, so that no locale changes a result. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fold_class {
    FOLD_LETTER,
    FOLD_DIGIT,     /* 0-9, also full-width */
    FOLD_IDEOGRAPH, /* a word of its own: scripts without spaces */
    FOLD_MARK,      /* inside a word and without weight: combining accents, zero-width characters */
    FOLD_SPACE,
    FOLD_OTHER, /* punctuation, symbols, pictures, control characters */
};

#define FOLD_BYTES_MAX 4 /* of one folded character */

enum fold_class fold_class_of(uint32_t code);
bool fold_is_upper(uint32_t code); /* Latin, Greek, Cyrillic */

struct fold_at {
    uint32_t code;
    enum fold_class class;
    size_t len; /* bytes */
};

/* The character at text[at], which is before len. An invalid byte is U+FFFD, and FOLD_OTHER. */
struct fold_at fold_read(const char *text, size_t len, size_t at);

/* The plain form of a code point: its bytes, without a NUL; 0 of them for a mark. */
size_t fold_character(uint32_t code, char out[FOLD_BYTES_MAX]);

#endif
