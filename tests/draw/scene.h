#ifndef TW_TEST_SCENE_H
#define TW_TEST_SCENE_H

/* A console's screen made of invented data, for goldens and for looking at: the drawing half without
 * the data half. */

#include "tui/draw/grid.h"

enum scene_state {
    SCENE_OK,
    SCENE_STALE,
    SCENE_ERROR,
    SCENE_NAN,
    SCENE_EMPTY,
    SCENE_HUGE,
    SCENE_COUNT,
};

struct scene {
    enum scene_state state;
    int focus;           /* panel 1..9; 0: none */
    int first_row;       /* scrolled to */
    int seconds;         /* since the first frame: ages grow with it */
    const char *message; /* in the row of the simulations, instead of them; NULL for none */
};

const char *scene_state_name(enum scene_state state);

/* The whole screen, as large as the grid. */
void scene_draw(struct grid *grid, const struct scene *scene);

#endif
