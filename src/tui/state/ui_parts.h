#ifndef TW_TUI_UI_PARTS_H
#define TW_TUI_UI_PARTS_H

/* What the files of ui_state.h share. Nobody else includes this. Pure. */

#include "tui/state/ui_state.h"

/* ---- ui_window.c: which time the charts show */

/* True when it was a key for the charts' window, or for how often it is filled. */
bool ui_window_key(struct ui_state *state,
                   const struct snapshot *snapshot,
                   enum action action,
                   struct ui_moment at);

/* Up to where they show it now. */
void ui_window_set_range(struct ui_state *state, int64_t range_ms);

/* The cursor moves by one point of the chart. */
void ui_window_move_cursor(struct ui_state *state, const struct snapshot *snapshot, int by);

/* ---- ui_rows.c: the filter that is typed: the help's, or the view's */

void ui_filter_type(struct ui_state *state, uint32_t code);
void ui_filter_erase(struct ui_state *state);
void ui_filter_clear(struct ui_state *state);

/* ---- ui_inspect.c: one panel, looked into */

/* True when it was a key of that view. */
bool ui_inspect_key(struct ui_state *state, enum action action);
void ui_inspect_move_series(struct ui_state *state, const struct snapshot *snapshot, int by);

/* Hides the selected one, or shows it again. */
void ui_inspect_hide_series(struct ui_state *state, const struct snapshot *snapshot);
void ui_inspect_open(struct ui_state *state);

/* What y and w offered, and was taken. */
struct ui_request ui_inspect_choose(struct ui_state *state, int choice);

/* ---- ui_at_hand.c: what looks at the open panel */

/* The next alert, or the one before. */
void ui_panel_move_alert(struct ui_state *state, const struct snapshot *snapshot, int by);

/* ---- ui_requests.c: the list of requests, and the one that is open */

/* By rows of the list, or by sentences of the open one; bounded. */
void ui_requests_move(struct ui_state *state, const struct snapshot *snapshot, int by);

/* The row above or below is opened instead. */
void ui_requests_turn(struct ui_state *state, const struct snapshot *snapshot, int by);

void ui_requests_open(struct ui_state *state, const struct snapshot *snapshot);

/* The stored request of that id is opened, among those of all kinds. */
void ui_requests_open_id(struct ui_state *state, const char *id);
/* Into quality's list of the worst answers, from wherever the keys are; and by rows of it. */
void ui_worst_enter(struct ui_state *state);
void ui_worst_move(struct ui_state *state, const struct snapshot *snapshot, int by);

/* The selected one is opened among the requests, where the same list stands. */
void ui_worst_open(struct ui_state *state, const struct snapshot *snapshot);

void ui_requests_next_kind(struct ui_state *state);
void ui_requests_next_order(struct ui_state *state);

/* ---- ui_alerts.c: alerts, and silencing them */

void ui_alerts_next_grouping(struct ui_state *state);
void ui_alerts_next_show(struct ui_state *state, const struct snapshot *snapshot);
void ui_alerts_move(struct ui_state *state, const struct snapshot *snapshot, int by);

/* True when it was a key for the selected alert. */
bool ui_alerts_key(struct ui_state *state,
                   const struct snapshot *snapshot,
                   enum action action,
                   struct ui_moment at,
                   struct ui_request *ret_request);

/* What the form says becomes the draft, and is asked about, unless something is wrong in it. */
struct ui_request ui_silence_review(struct ui_state *state, struct ui_moment at);

/* The answer to a silence that was posted; true: the form is there again and says it. */
bool ui_silence_take(struct ui_state *state, const struct notice *notice, struct ui_moment at);

/* ---- ui_simulations.c: forms, runs */

/* As ui_requests_chosen. */
int ui_simulations_chosen(const struct ui_state *state, const struct snapshot *snapshot);
void ui_simulations_move(struct ui_state *state, const struct snapshot *snapshot, int by);

/* The form of the selected kind, or the page of the selected run. */
void ui_simulations_open(struct ui_state *state,
                         const struct snapshot *snapshot,
                         const char *idempotency_key,
                         struct ui_moment at);

void ui_form_open(struct ui_state *state,
                  const struct snapshot *snapshot,
                  enum sim_kind_id kind,
                  const char *idempotency_key,
                  struct ui_moment at);

/* The start was refused: the form is there again and says so, unless something else lies over the view. */
bool ui_form_refuse(struct ui_state *state, const struct notice *notice);

/* ---- ui_gamedays.c: the list of game days, and a report */

/* Runs or game days in the list, whichever it does not have. */
void ui_gamedays_turn(struct ui_state *state);
void ui_gamedays_open(struct ui_state *state, int64_t id);

/* The form of a game day; gameday_kinds[kind]. */
void ui_gameday_form_open(struct ui_state *state,
                          size_t kind,
                          const char *idempotency_key,
                          struct ui_moment at);

/* One was started here. */
void ui_gamedays_take_own(struct ui_state *state, int64_t id, struct ui_moment at);

/* ---- ui_prompt.c: the command line, and the answer to what was asked from it */

void ui_prompt_open(struct ui_state *state);

/* True when the key was for the line itself. */
bool ui_prompt_edit(struct ui_state *state,
                    const struct snapshot *snapshot,
                    uint32_t key,
                    struct key_match match);

/* Does what the line says. */
struct ui_request ui_prompt_send(struct ui_state *state,
                                 const struct snapshot *snapshot,
                                 const char *idempotency_key,
                                 struct ui_moment at);
struct ui_request ui_prompt_repeat(struct ui_state *state,
                                   const struct snapshot *snapshot,
                                   const char *idempotency_key,
                                   struct ui_moment at);

/* By sentences, or by lines. */
void ui_answer_move(struct ui_state *state, const struct snapshot *snapshot, int by);

/* As it is stored, or it is said why that cannot be. */
void ui_answer_open(struct ui_state *state, const struct snapshot *snapshot, struct ui_moment at);

/* ---- ui_move.c */

/* Rows, panels or lines of text, whatever moves here. */
void ui_move(struct ui_state *state, const struct snapshot *snapshot, int by);
int ui_panels_per_row(const struct ui_state *state);

/* True when it was a moving key. */
bool ui_move_by_key(struct ui_state *state, const struct snapshot *snapshot, enum action action);

/* Tab goes round. */
void ui_cycle(struct ui_state *state, const struct snapshot *snapshot, int by);

/* Another panel is shown from its first line on. What has no lines to look into is only made larger. */
void ui_select_panel(struct ui_state *state, const struct snapshot *snapshot, int panel);

/* ---- ui_key.c */

/* What Enter does. */
struct ui_request ui_open_selected(struct ui_state *state,
                                   const struct snapshot *snapshot,
                                   const char *idempotency_key,
                                   struct ui_moment at);

void ui_go_to(struct ui_state *state, enum view_id view);
void ui_open_help(struct ui_state *state);

/* Asks first when something that was started here runs. */
struct ui_request ui_quit(struct ui_state *state,
                          const struct snapshot *snapshot,
                          struct ui_moment at);

/* The question before it is done. */
struct ui_request ui_ask(struct ui_state *state,
                         enum ui_request_kind what,
                         bool is_on,
                         struct ui_moment at);

/* False, and it was said why, when nothing can be changed from here. */
bool ui_can_act(struct ui_state *state, struct ui_moment at);

#endif
