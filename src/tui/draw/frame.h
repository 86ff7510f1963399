#ifndef TW_TUI_FRAME_H
#define TW_TUI_FRAME_H

/* From a grid to what is sent of it. Pure. */

#include "tui/draw/grid.h"
#include "tui/draw/theme.h"

/* The cell as a screen of this width sends it. A blank between two characters takes the style of the
 * one before it where that cannot be seen, since a change of style and back costs about 20 bytes.
 * Outside the grid, and for a wide character over the edge, a blank. */
struct cell frame_cell(const struct grid *grid, enum theme theme, int width, int x, int y);

#endif
