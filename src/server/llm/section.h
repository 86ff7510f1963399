#ifndef TW_SECTION_H
#define TW_SECTION_H

/* The sections of a passage, and a section as a person reads it. Pure. */

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct passage;

/* Bytes of the passage's text, of the words behind the heading. */
struct section {
    const struct passage *passage;
    char *heading; /* without marks; the passage's own where it begins in the middle of one */
    size_t start, end;
    size_t n_words;
};

struct sections {
    struct section *items;
    size_t n;
};

/* Appends a passage's sections; those without words behind the heading are none. */
void sections_add(struct sections *sections, const struct passage *passage);
void sections_finish(struct sections *sections); /* zeroed is fine */

/* Says whether a row of a table is worth its place; `text` is not NUL-terminated. */
typedef bool section_wants_row_fn(void *ctx, const char *text, size_t len);

/* Appends the section as plain text, every block with the citation (" [1]") at its end: sentences as they
 * are, paragraphs on one line, lists and their numbers item by item, a table's rows as items "first: second;
 * third". Of a table only the wanted rows, or all of them where none is. */
void section_append_text(struct buffer *out,
                         const struct section *section,
                         const char *citation,
                         section_wants_row_fn *wants_row,
                         void *ctx);

#endif
