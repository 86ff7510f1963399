#ifndef TW_TUI_TEXT_VIEW_H
#define TW_TUI_TEXT_VIEW_H

/* Long text, wrapped and scrolled. Pure. */

#include "tui/draw/grid.h"

#include <stddef.h>

struct buffer;

/* A line that begins with this is drawn as a title. */
#define TEXT_VIEW_TITLE '\x01'

/* Lines from `top` on; returns the first line shown, bounded so that the last screen stays full. */
int text_view_draw(struct grid *grid, struct rect rect, const char *text, int top);

/* The rows that it takes in all, up to GRID_SIDE_MAX. */
int text_view_rows(const struct grid *grid, int width, const char *text);

/* Markdown as our runbooks use it to text for text_view_draw: paragraphs joined, headings marked,
 * code indented, emphasis left out, of links the text and the address. */
void text_view_write_markdown(const char *markdown, struct buffer *out);

#endif
