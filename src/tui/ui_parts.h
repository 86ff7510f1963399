#ifndef TW_TUI_UI_PARTS_H
#define TW_TUI_UI_PARTS_H

/* What the files of ui_state.h share. Nobody else includes this. Pure. */

#include "tui/ui_state.h"

/* ---- ui_window.c: which time the charts show */

/* True when it was a key for the charts' window, or for how often it is filled. */
bool ui_window_key(struct ui_state *state,
                   const struct snapshot *snapshot,
                   enum action action,
                   struct ui_moment at);

/* The cursor moves by one point of the chart. */
void ui_window_move_cursor(struct ui_state *state, const struct snapshot *snapshot, int by);

/* ---- ui_requests.c: the list of requests, and the one that is open */

/* By rows of the list, or by sentences of the open one; bounded. */
void ui_requests_move(struct ui_state *state, const struct snapshot *snapshot, int by);

/* The row above or below is opened instead. */
void ui_requests_turn(struct ui_state *state, const struct snapshot *snapshot, int by);

void ui_requests_open(struct ui_state *state, const struct snapshot *snapshot);
void ui_requests_next_kind(struct ui_state *state);
void ui_requests_next_order(struct ui_state *state);

#endif
