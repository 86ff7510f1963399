#ifndef TW_PAGE_H
#define TW_PAGE_H

/* Lines of text for people: aligned by cells, cut at the page's width, in UTF-8 or ASCII, with colours
 * or without. Text given to it has passed server_text. Pure. */

#include "common/buffer.h"

#include <stdbool.h>
#include <stddef.h>

enum page_colour {
    PAGE_PLAIN,
    PAGE_BOLD,
    PAGE_DIM,
    PAGE_GOOD, /* blue and orange rather than green and red, for eyes that cannot tell those */
    PAGE_WARN,
    PAGE_BAD,
};

struct page_style {
    bool is_utf8; /* else every character beyond ASCII is shown as '?' */
    bool has_colour;
    size_t width; /* cells */
};

struct page {
    struct buffer *out; /* borrowed */
    struct page_style style;
    size_t column; /* cells used of the line at hand */
};

void page_text(struct page *page, enum page_colour colour, const char *text);
void page_printf(struct page *page, enum page_colour colour, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Cut to `cells` and filled up with blanks to them. */
void page_field(struct page *page, enum page_colour colour, const char *text, size_t cells);

/* All of it, from the column at hand on, in as many lines as it takes: broken at blanks and line feeds,
 * words that are longer than a line where they must; further lines begin at column `indent`. The last
 * line stays open unless the text ends with a line feed. */
void page_wrapped(struct page *page, enum page_colour colour, size_t indent, const char *text);

void page_skip_to(struct page *page, size_t column); /* blanks */
void page_end_line(struct page *page);

/* "[#####-----]", `cells` wide; ratio is taken as 0..1, and NaN as 0. */
void page_bar(struct page *page, double ratio, size_t cells);

#endif
