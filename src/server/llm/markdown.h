#ifndef TW_MARKDOWN_H
#define TW_MARKDOWN_H

/* Markdown cut into blocks, and its marks taken out for reading: the part of CommonMark that matters
 * for chunks and answers. Nothing is refused; what is not understood is a paragraph. Linear in the
 * text's length whatever it holds. Pure. */

#include <stdbool.h>
#include <stddef.h>

struct buffer;

enum markdown_kind {
    MARKDOWN_HEADING,   /* one line, or a line and what underlines it */
    MARKDOWN_PARAGRAPH, /* quotes too */
    MARKDOWN_NUMBERED,  /* a whole list with what is indented below its items */
    MARKDOWN_BULLETS,
    MARKDOWN_CODE, /* with its fences */
    MARKDOWN_TABLE,
};

struct markdown_block {
    enum markdown_kind kind;
    size_t start, end; /* bytes, from the line's beginning, without the last line's end */
    int level;         /* of a heading, 1..6 */
    size_t words_start, words_end; /* of a heading: without the marks around it */
    int number;                    /* of a numbered list's first item */
};

struct markdown_reader {
    const char *text;
    size_t len, at;
    bool is_plain;         /* a text file: no '#' headings, fences, tables or comments */
    bool has_open_comment; /* no comment is closed any more from here on */
};

/* Borrows the text. What stands between "---" lines at the very beginning is passed over (metadata of
 * site generators); so are comments and rules, later. */
void markdown_init(struct markdown_reader *reader, const char *text, size_t len, bool is_plain);

/* False at the end. */
bool markdown_next(struct markdown_reader *reader, struct markdown_block *ret_block);

/* The end of the line at `at`, without its "\n" or "\r\n"; *ret_next is where the next one begins. */
size_t markdown_line_end(const char *text, size_t len, size_t at, size_t *ret_next);

/* Whether an item of a list begins at the line: its mark's bytes ("  1. " is 5), else 0. *ret_number
 * is the item's number, or -1 for a bullet. */
size_t markdown_item_mark(const char *line, size_t len, int *ret_number);

/* Appends the text without inline marks: **bold**, `code`, [words](address) to "words (address)". Words
 * stay as they are. */
void markdown_append_plain(struct buffer *out, const char *text, size_t len);

#endif
