#ifndef TW_TUI_TEXT_FLOW_H
#define TW_TUI_TEXT_FLOW_H

/* Running text in several styles, wrapped at blanks, of which a window of rows is shown. With an empty window
 * nothing is drawn, and the rows are counted alone. Pure. */

#include "tui/draw/grid.h"

struct text_flow {
    struct grid *grid;
    struct rect rect; /* the window; its width is the text's */
    int top;          /* the row of the text that stands first in it */
    int indent;       /* cells that every line begins with */
    int row, column;  /* where the next character goes, from the beginning of the text */
    int blanks;       /* that stand before it, when it is on the same line */
};

struct text_flow text_flow_at(struct grid *grid, struct rect rect, int top, int indent);

/* Line feeds begin a new line. A word that is longer than a line is cut where it must. */
void text_flow_put(struct text_flow *flow, struct style style, const char *text);
void text_flow_putn(struct text_flow *flow, struct style style, const char *text, size_t len);

/* Nothing when the line is empty. */
void text_flow_end_line(struct text_flow *flow);

/* At the beginning of the line that is empty, left of the indent. */
void text_flow_put_sign(struct text_flow *flow, struct style style, const char *text);
void text_flow_put_glyph(struct text_flow *flow, struct style style, enum glyph glyph);

/* The rows that the text takes so far. */
int text_flow_rows(const struct text_flow *flow);

#endif
