#ifndef TW_UI_INSIDE_H
#define TW_UI_INSIDE_H

/* What the files of ui.h share. Nobody else includes this. On the UI thread. */

#include "tui/poll/poller.h"
#include "tui/screen/screen.h"
#include "tui/screen/ui.h"
#include "tui/screen/ui_place.h"
#include "tui/state/ui_state.h"

#include <pthread.h>
#include <stdatomic.h>

/* What the poller was told last. */
struct told {
    int64_t range_ms, end_ms, refresh_ms;
    bool is_paused;
    int columns;
    enum board_id board;
    struct requests_want requests;
    struct inspect_want inspect;
};

/* A poller whose place was left: it may still wait for a name to be looked up or a socket to be closed. */
struct ui_leaving {
    struct poller *poller; /* owned; NULL: none */
    pthread_t thread;      /* that stops it */
    atomic_bool is_done;
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
    char *overview_file;                /* owned; in its place; NULL: ours, or a query */
    bool is_overview_query;
    struct ui_leaving leaving;
    struct grid grid;
    struct told told;
    int signal_fd, timer_fd;
    enum theme theme; /* that is wished for; see options->is_color_refused */
    bool is_ascii;
    bool must_draw, is_over;
    int exit_code;
};

/* ---- ui.c */

struct ui_moment ui_moment_now(const struct ui *ui);

/* In the footer. */
void ui_say(struct ui *ui, bool is_error, const char *text);

/* Why something was not done: in the footer too, or where that has no room for it, on a page. */
void ui_refuse(struct ui *ui, const struct tw_error *err);

/* Points as fine as the charts that are shown; other views leave them as they are. */
int ui_chart_columns(const struct ui *ui);

/* ---- ui_boards.c: which dashboards are shown */

/* The user's own, or ours. Without ours there is a console all the same: alerts, drift, requests. */
int ui_boards_load_first(struct ui *ui, struct tw_error *err) MUST_CHECK;

/* Tells the poller which one the view has. A file is read when it is first shown. */
void ui_boards_show(struct ui *ui, enum board_id board);

/* What the poller has made of a dashboard by asking for its variables is what is shown from now on. */
void ui_boards_keep(struct ui *ui);

/* Another one in the place of the overview, as the state's board_text says: UI_LOAD_BOARD or UI_SHOW_QUERY. */
void ui_boards_change_overview(struct ui *ui, enum ui_request_kind kind);

/* The variable and values of the state's board_text are chosen in the dashboard that is shown. */
void ui_boards_choose(struct ui *ui);

/* The place's pointers to what is loaded, after the place was made anew. */
void ui_boards_place(struct ui *ui);

/* The same dashboards without what was asked and chosen. */
void ui_boards_forget(struct ui *ui);

/* All that are loaded from their files again, or none of them; the choices of variables stay. *ret_n: how many. */
int ui_boards_reload(struct ui *ui, size_t *ret_n, struct tw_error *err) MUST_CHECK;

/* ---- ui_context.c: where the console is */

/* Makes the place of the session, with what is on the screen. */
void ui_place_renew(struct ui *ui);

/* In ui->poller, for a session; told is made anew. */
int ui_poller_start(struct ui *ui, const struct session *session, struct tw_error *err) MUST_CHECK;

/* Waits for what was let go. */
void ui_leaving_finish(struct ui *ui);

/* To the context of the state's context_name. When that cannot be, all stays and it is said why. */
void ui_context_go(struct ui *ui);

/* Settings, tokens and dashboards from their files again; all of them or none. */
void ui_reload(struct ui *ui);

/* ---- ui_history.c: the command line's, between runs, in the state folder; a convenience: where it cannot be
 * kept there is none, and nothing is said */

void ui_history_read(struct ui *ui);
void ui_history_write(const struct ui *ui);

/* ---- ui_settings.c: how it looks */

void ui_settings_begin(struct ui *ui); /* as the options say; after the screen is open */
void ui_set_theme(struct ui *ui, enum theme theme);
void ui_set_ascii(struct ui *ui, bool is_ascii);
void ui_set_mouse(struct ui *ui, bool is_on);

/* Writes them to the configuration file, and shows what was written. */
void ui_settings_save(struct ui *ui);

/* What another configuration says otherwise than the one before is applied. */
void ui_settings_follow(struct ui *ui, const struct config *before, const struct config *now);

#endif
