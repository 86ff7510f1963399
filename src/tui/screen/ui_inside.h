#ifndef TW_UI_INSIDE_H
#define TW_UI_INSIDE_H

/* What the files of ui.h share. Nobody else includes this. On the UI thread. */

#include "tui/poll/poller.h"
#include "tui/screen/screen.h"
#include "tui/screen/ui.h"
#include "tui/screen/ui_place.h"
#include "tui/state/ui_state.h"

/* What the poller was told last. */
struct told {
    int64_t range_ms, end_ms, refresh_ms;
    bool is_paused;
    int columns;
    enum board_id board;
    struct requests_want requests;
    struct inspect_want inspect;
};

struct ui {
    struct session *session;
    const struct ui_options *options;
    struct ui_place place;
    struct ui_place_texts place_texts;
    struct ui_state state;
    struct screen *screen;
    struct poller *poller;
    struct snapshot *shown;             /* what is drawn; paused: the one of that moment */
    struct dashboard *boards[N_BOARDS]; /* owned references; NULL: not loaded */
    char no_board[N_BOARDS][256];       /* why not; "" */
    struct grid grid;
    struct told told;
    int signal_fd, timer_fd;
    enum encoding encoding; /* the terminal's */
    bool must_draw, is_over;
    int exit_code;
};

/* ---- ui.c */

struct ui_moment ui_moment_now(const struct ui *ui);

/* In the footer. */
void ui_say(struct ui *ui, bool is_error, const char *text);

/* ---- ui_boards.c: which dashboards are shown */

/* The user's own, or ours. Without ours there is a console all the same: alerts, drift, requests. */
int ui_boards_load_first(struct ui *ui, struct tw_error *err) MUST_CHECK;

/* Tells the poller which one the view has. A file is read when it is first shown. */
void ui_boards_show(struct ui *ui, enum board_id board);

/* What the poller has made of a dashboard by asking for its variables is what is shown from now on. */
void ui_boards_keep(struct ui *ui);

/* Another one in the place of the overview, as the state's board_text says: UI_LOAD_BOARD or UI_SHOW_QUERY. */
void ui_boards_change_overview(struct ui *ui, enum ui_request_kind kind);

#endif
