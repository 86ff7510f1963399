#ifndef TW_MARKUP_H
#define TW_MARKUP_H

/* HTML and what of it stands in Markdown, as plain text. Pure. */

#include <stdbool.h>

struct buffer;

/* Tags left out, entities undone. In HTML line feeds are blanks and blocks begin lines; else they stay. */
void markup_strip_tags(const char *text, bool is_html, struct buffer *out);

#endif
