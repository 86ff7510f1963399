#ifndef TW_TUI_UI_STATE_H
#define TW_TUI_UI_STATE_H

/* What the console is showing, and what each key makes of it. Pure: moments come in, and what is to be
 * done outside goes out as a request; one key leads to one request at most. */

#include "common/settings.h"
#include "tui/data/alert_list.h"
#include "tui/draw/theme.h"
#include "tui/poll/snapshot.h"
#include "tui/state/keys.h"
#include "tui/state/prompt.h"
#include "tui/state/silence_form.h"
#include "tui/state/sim_form.h"
#include "tui/text/choices.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum view_id {
    VIEW_OVERVIEW,
    VIEW_DRIFT,
    VIEW_QUALITY,
    VIEW_LATENCY,
    VIEW_ALERTS,
    VIEW_REQUESTS,
    VIEW_SIMULATIONS,
    VIEW_EVENTS,
    VIEW_SOURCES,
    N_VIEWS
};

struct view_title {
    const char *name;  /* in the header, the picker, and of --view and :view */
    const char *about; /* in the picker */
};

extern const struct view_title view_titles[N_VIEWS];

/* The dashboards, one for each view of panels. The poller asks for the one that was shown last. */
enum board_id { BOARD_OVERVIEW, BOARD_QUALITY, BOARD_LATENCY, N_BOARDS };

/* Names of the dashboards that are shipped, all of them: files of assets/grafana/dashboards. Those of the views
 * come first, in the order of enum board_id; NULL at their end. */
const char *ui_shipped_board(size_t i);

enum overlay {
    OVERLAY_NONE,
    OVERLAY_HELP,
    OVERLAY_PICKER,
    OVERLAY_FORM,
    OVERLAY_SILENCE,
    OVERLAY_CONFIRM,
    OVERLAY_ANSWER,
    OVERLAY_COPY, /* what is to be copied */
    OVERLAY_SAVE, /* what is to be written to a file */
    OVERLAY_PAGE, /* what a command had to tell */
};

/* Which page it is. */
enum ui_page {
    PAGE_CONTEXTS,
    PAGE_VARIABLES,
    PAGE_SAVED, /* the state's page_text, as of the next */
    PAGE_REFUSED,
};

/* How much of the screen the focused panel has. */
enum panel_zoom {
    ZOOM_NONE,
    ZOOM_PANEL, /* all of it */
    ZOOM_CHART, /* with its series, a cursor and the query */
};

/* Where we are: another one only after ui_state_move. Texts are borrowed. */
struct ui_place {
    const char *environment; /* "local" */
    bool is_production;      /* starting something needs its name typed */
    const char *operations_url;
    const char *alertmanager_url;   /* "": there is none, and nothing can be silenced */
    const char *user;               /* in whose name silences are made */
    const char *prometheus_url;     /* without a name and password in it */
    const char *no_token;           /* why nothing can be started; "" when it can */
    bool is_replay, is_replay_over; /* the servers' answers are a recording's */
    bool is_recording, has_recording_ended;
    bool is_read_only; /* by wish: then no_token says so, and the keys that act are not offered */

    const struct setting_family *contexts; /* of the configuration file; NULL: none */
    const char *bare_context;              /* what no context is called here */
    const char *config_file;               /* NULL: there is none */
    enum theme theme;                      /* of the screen now */
    bool is_color_refused;                 /* NO_COLOR: the theme is mono */
    bool has_mouse;                        /* clicks come */

    /* Loaded when they are first shown; NULL until then, and when they cannot be. */
    const struct dashboard *boards[N_BOARDS];
    const char *no_board[N_BOARDS]; /* why there is none; NULL: there is, or will be */
    bool is_overview_of_file;       /* a file that was named is in its place */
};

/* What a key asks of the outside. */
enum ui_request_kind {
    UI_NOTHING,
    UI_QUIT,
    UI_REDRAW, /* the whole terminal anew */
    UI_SUSPEND,
    UI_REFRESH,
    UI_START, /* form: of a simulation, or of a game day */
    UI_STOP_DRILLS,
    UI_STOP_SIMULATION, /* simulation_id */
    UI_STOP_GAMEDAY,    /* gameday_id */
    UI_SET_BASELINE,    /* is_on */
    UI_LOAD_RUNBOOK,    /* runbook_name */
    UI_ENQUIRE,         /* the state's enquiry */
    UI_LOAD_BOARD,      /* the state's board_text: a file in the place of the overview; "": ours */
    UI_SHOW_QUERY,      /* the state's board_text: an expression, in the same place */
    UI_SWITCH_ASCII,
    UI_CHOOSE_VARIABLE, /* the state's board_text: its name and values */
    UI_SET_CONTEXT,     /* the state's context_name */
    UI_RELOAD,
    UI_SAVE_SETTINGS,
    UI_SET_THEME,   /* choice: enum theme */
    UI_SET_MOUSE,   /* is_on */
    UI_SILENCE,     /* the state's draft */
    UI_EXPIRE,      /* the state's silence_id */
    UI_COPY,        /* choice: enum copy_choice */
    UI_SAVE,        /* choice: enum save_choice */
    UI_COPY_REPORT, /* of the game day that is open */
    UI_SAVE_REPORT, /* choice: enum report_choice */
};

struct ui_request {
    enum ui_request_kind kind;
    int64_t simulation_id, gameday_id;
    bool is_on;
    int choice;
    struct sim_form form;
};

/* The moment of a key or a frame. */
struct ui_moment {
    int64_t mono_ms;
    int64_t now_ms; /* Unix time */
};

#define UI_NOTICE_SIZE   240
#define UI_NOTICE_FOR_MS 10000
#define UI_UNDO_FOR_MS   60000
#define UI_GUARD_MS      300 /* a box takes no key so soon after it opened */
#define UI_OWN_MAX       32
#define UI_FILTER_SIZE   32
#define UI_NAME_SIZE     96

enum ui_undo { UNDO_NOTHING, UNDO_SIMULATION, UNDO_GAMEDAY, UNDO_BASELINE, UNDO_SILENCE };

/* What a draft of a silence came from. */
enum ui_silence_act { UI_ACK, UI_FORM, UI_EXTEND };

struct ui_confirm {
    enum ui_request_kind
        what; /* UI_QUIT, UI_SET_CONTEXT, UI_START, UI_STOP_DRILLS, UI_SET_BASELINE, UI_SILENCE,
                 UI_EXPIRE */
    bool is_on;
    int64_t opened_mono_ms;
    char typed[UI_FILTER_SIZE]; /* in production: the name of the environment */
};

struct ui_state { /* NOLINT(clang-analyzer-optin.performance.Padding): there is one of it */
    const struct ui_place *place;
    int width, height; /* of the screen */
    enum view_id view;
    enum board_id board;   /* of this view, or of the last one that had one */
    int selected[N_VIEWS]; /* row, or panel; may be beyond the end: drawing bounds it */
    enum panel_zoom zoom;
    int selected_series;        /* of the panel that is open; -1: none was selected yet */
    uint64_t hidden_series;     /* bits, of the panel that is open */
    int64_t cursor_ms;          /* in the open chart; -1: the newest point */
    uint64_t alert_id;          /* the selected one; 0: that of its row */
    uint64_t panel_alert_id;    /* of those at the open panel; 0: the first */
    struct alert_choice alerts; /* which of them the list shows */
    int64_t compare_ms;         /* it is compared with so much earlier; 0: not */
    bool is_table;              /* its points as numbers */
    bool is_scale_turned;       /* its y axis is not as the dashboard has it */
    bool is_alert_open;
    int text_top; /* first line shown of a text that is read */
    char runbook_name[UI_NAME_SIZE];
    char *runbook; /* owned; NULL: not loaded or not there */
    struct stored_filter requests;
    char request_id[REQUESTS_ID_SIZE]; /* the selected one; "": the first of the list */
    char open_id[REQUESTS_ID_SIZE];    /* the one that is open; "": none */
    bool is_in_worst;                  /* the keys are in quality's list of the worst answers */
    int part;                          /* of its answer; -1: the weakest */
    bool lists_gamedays;               /* among the simulations, in the place of the runs */
    int64_t gameday_id;                /* the selected one; 0: another row is selected */
    int64_t open_gameday_id;           /* the one whose report is open; 0: none */
    int64_t run_id;                    /* the selected run; 0: a kind is selected */
    int64_t open_run_id;               /* the one whose page is open; 0: none */

    /* What the poller is to be told when it differs from what it was told last. */
    int64_t range_ms, end_ms; /* 0: the dashboard's, live */
    int64_t refresh_ms;       /* 0: as it came */
    bool is_paused;
    struct ui_moment paused_at;

    enum overlay overlay;
    bool is_filtering;
    char filter[UI_FILTER_SIZE];           /* of the help */
    char filters[N_VIEWS][UI_FILTER_SIZE]; /* of the views; "" lets all through */
    int picked;                            /* view, in the picker */
    struct sim_form form;
    struct silence_form silence;
    struct silence_draft draft; /* to be posted; owned */
    enum ui_silence_act silence_act;
    char silence_id[SILENCE_ID_SIZE]; /* to be expired */
    bool is_form_sent;                /* as it stands there: a refusal belongs to it */
    struct ui_confirm confirm;

    bool is_prompt_open;
    struct prompt prompt;
    char prompt_problem[UI_NOTICE_SIZE]; /* what is wrong with the line that was sent; "" */
    char board_text[LINE_EDIT_SIZE];
    char context_name[UI_NAME_SIZE]; /* to be gone to */
    enum ui_page page;
    char *page_text; /* owned; lines as text_view_draw has them; NULL: none */
    bool has_enquiry;
    struct enquiry enquiry; /* the newest one */
    uint64_t enquiry_id;    /* of its command; 0: not sent */
    int64_t enquired_mono_ms;

    char notice[UI_NOTICE_SIZE]; /* "": none */
    bool is_notice_error;
    int64_t notice_until_mono_ms;
    uint64_t last_notice_id; /* of the poller's, that were taken */

    enum ui_undo undo;
    int64_t undo_simulation_id, undo_gameday_id;
    char undo_silence_id[SILENCE_ID_SIZE];
    bool undo_baseline_was_on;
    int64_t undo_until_mono_ms;
    uint64_t silence_command_id; /* of a silence whose answer is awaited; 0: none */
    uint64_t start_command_id;   /* of a start whose answer is awaited; 0: none */
    bool is_start_drill;         /* else of the baseline, which is no drill */
    size_t n_own;
    int64_t own[UI_OWN_MAX]; /* simulations started here */
    int64_t own_gameday_id;  /* the newest game day started here; 0: none */
};

/* What a frame is made of. */
struct ui_model {
    const struct snapshot *snapshot;
    const struct ui_state *state;
    struct ui_moment at; /* paused: when the screen was held */
};

void ui_state_init(struct ui_state *state, const struct ui_place *place);
void ui_state_finish(struct ui_state *state);

/* The place is another one now: what was shown, selected, typed into forms and started here was of the one
 * before and is forgotten. The view, its window and the command line with its history stay. */
void ui_state_move(struct ui_state *state);

/* The moment that a frame is drawn for: now, or when the screen was held. */
struct ui_moment ui_state_moment(const struct ui_state *state, struct ui_moment now);

enum key_context ui_state_context(const struct ui_state *state);

/* idempotency_key is a fresh one, in case the key opens a form. */
struct ui_request ui_state_key(struct ui_state *state,
                               const struct snapshot *snapshot,
                               uint32_t key,
                               const char *idempotency_key,
                               struct ui_moment at);

/* A click on an item of the view, as it draws them (-1: on none): what is not selected is selected, what is
 * selected is opened. It answers no question and fills in no form. */
struct ui_request ui_state_click(struct ui_state *state,
                                 const struct snapshot *snapshot,
                                 int item,
                                 const char *idempotency_key,
                                 struct ui_moment at);

/* The wheel, by -1 up or 1 down: what the arrow keys do. */
void ui_state_wheel(struct ui_state *state, const struct snapshot *snapshot, int by);

/* Text that was pasted. False: there is nothing here that takes it. */
bool ui_state_paste(struct ui_state *state, const char *text, bool is_cut);

/* A newer snapshot has come: notices are taken from it, true when one was shown. */
bool ui_state_take_notices(struct ui_state *state,
                           const struct snapshot *snapshot,
                           struct ui_moment at);

/* A start was sent under this id: its notice will tell which simulation it became. */
void ui_state_sent(struct ui_state *state, const struct ui_request *request, uint64_t command_id);

void ui_state_say(struct ui_state *state, bool is_error, const char *text, struct ui_moment at);

/* Has the notice's time run out? True when something was taken off. */
bool ui_state_expire(struct ui_state *state, struct ui_moment at);

/* ---- What drawing and keys must see alike ------------------------------------------------------ */

/* The window of the charts, as asked for. */
int64_t ui_range_ms(const struct ui_state *state, const struct snapshot *snapshot);

/* One panel is looked into, whatever lies over it. */
bool ui_is_inspecting(const struct ui_state *state);

/* The panel that is looked into shows what is now: it has no line, and no cursor. */
bool ui_inspects_now(const struct ui_state *state, const struct snapshot *snapshot);

/* What the poller is to ask for it. */
struct inspect_want ui_inspect_want(const struct ui_state *state, const struct snapshot *snapshot);

/* What is known of panel i alone, or NULL. */
const struct inspect_data *ui_inspect_data(const struct snapshot *snapshot, size_t i);

/* The selected series of the panel, bounded; while none was selected the one of its title. 0 when there is
 * none. */
size_t ui_selected_series(const struct ui_state *state,
                          const struct panel *panel,
                          const struct panel_data *data);

/* The panel that has the keys; NULL: the dashboard has none. */
const struct panel *ui_focused_panel(const struct ui_model *model, size_t *ret_index);

/* The selected row of n, bounded; -1 when there is none. */
int ui_selected(const struct ui_state *state, enum view_id view, size_t n);

/* The alert that is selected; NULL: there is none, or the open one is gone. */
const struct alert *ui_selected_alert(const struct ui_state *state,
                                      const struct snapshot *snapshot);

/* ---- ui_at_hand.c ------------------------------------------------------------------------------- */

/* The alerts of the rules that look at a panel, worst first, then the rules that have none. */
#define UI_PANEL_RULES_MAX 32

struct ui_panel_rules {
    size_t n, n_all; /* n_all: with those beyond UI_PANEL_RULES_MAX */
    int selected;    /* the one that keys act on; -1: there is no alert */

    struct ui_panel_rule {
        const struct prom_rule *rule;
        const struct alert *alert; /* NULL: it has none */
    } at[UI_PANEL_RULES_MAX];
};

void ui_panel_rules(const struct ui_state *state,
                    const struct snapshot *snapshot,
                    const struct inspect_data *known,
                    struct ui_panel_rules *ret_rules);

/* The alert that a key of this screen acts on: the selected one, or in a board one that looks at the focused
 * panel, else the strip's. wants_held_back: of a board only one that is held back. NULL: there is none. */
const struct alert *ui_alert_at_hand(const struct ui_state *state,
                                     const struct snapshot *snapshot,
                                     bool wants_held_back);

/* ---- ui_alerts.c --------------------------------------------------------------------------------- */

/* Its row in the list that is shown; -1: there is none. */
int ui_alert_row(const struct ui_state *state, const struct snapshot *snapshot);

/* The active silence that holds it back and ends last, as far as silences are known; or NULL. */
const struct silence *ui_silence_of(const struct snapshot *snapshot, const struct alert *alert);

/* The dashboard that the state asks for, if the snapshot has its panels; else NULL. */
const struct dashboard *ui_board(const struct ui_state *state, const struct snapshot *snapshot);

/* Of the view; N_BOARDS: it has no panels. */
enum board_id ui_board_of(enum view_id view);

/* ---- ui_requests.c ------------------------------------------------------------------------------ */

/* Which of them are listed: what was chosen in their own view, the worst answers in that of quality. */
struct stored_filter ui_requests_filter(const struct ui_state *state);

/* The row that was chosen, whether the filter lets it through or not. */
int ui_requests_chosen(const struct ui_state *state, const struct stored_requests *requests);

/* The list, if the snapshot has the one that the state asks for; else NULL. */
const struct stored_requests *ui_requests(const struct ui_state *state,
                                          const struct snapshot *snapshot);

/* The selected row; -1: there is none. */
int ui_requests_row(const struct ui_state *state, const struct snapshot *snapshot);

/* The one that is open, if the snapshot has it; else NULL. */
const struct stored_detail *ui_request(const struct ui_state *state,
                                       const struct snapshot *snapshot);

/* The part of its answer that the cursor is on; -1: there is none. */
int ui_request_part(const struct ui_state *state, const struct stored_detail *detail);

struct requests_want ui_requests_want(const struct ui_state *state);

/* Does the open question want the environment's name typed? Leaving changes nothing there. */
bool ui_confirm_wants_name(const struct ui_state *state);

/* ---- ui_prompt.c -------------------------------------------------------------------------------- */

/* What the words of the command line can be here. */
struct prompt_known ui_prompt_known(const struct ui_state *state, const struct snapshot *snapshot);

/* Shows a page with that text, owned from now on. */
void ui_page_show(struct ui_state *state, enum ui_page page, char *owned_text);

/* What came of the newest enquiry; NULL: nothing yet. */
const struct enquiry_data *ui_enquiry(const struct ui_state *state,
                                      const struct snapshot *snapshot);

/* ---- ui_simulations.c: what can be started, then the runs or the game days ------------------------- */

/* Rows: the kinds, in the order of sim_kinds, then the game day, then what is listed. */
#define UI_GAMEDAY_ROW N_SIM_KINDS
#define UI_FIRST_RUN   (N_SIM_KINDS + 1)

size_t ui_simulations_count(const struct ui_state *state, const struct snapshot *snapshot);

/* The selected row. */
int ui_simulations_row(const struct ui_state *state, const struct snapshot *snapshot);

/* The run whose page is open, if the snapshot has it; else NULL. */
const struct simulation *ui_open_run(const struct ui_state *state, const struct snapshot *snapshot);

/* ---- ui_gamedays.c ------------------------------------------------------------------------------- */

struct gamedays_want ui_gamedays_want(const struct ui_state *state);

/* The i-th of the list, as fresh as it is known. */
const struct gameday *ui_gameday(const struct snapshot *snapshot, size_t i);
size_t ui_count_gamedays(const struct snapshot *snapshot);

/* The one whose report is open, if the snapshot has it; else NULL. */
const struct gameday *ui_open_gameday(const struct ui_state *state,
                                      const struct snapshot *snapshot);

/* The one that runs, as far as the backend's health tells; NULL: none does. */
const struct gameday_glance *ui_running_gameday(const struct snapshot *snapshot);
bool ui_is_own_gameday_running(const struct ui_state *state, const struct snapshot *snapshot);

/* Of drills that run; "baseline" is no drill. */
bool ui_is_drill_running(const struct simulation *simulation);

/* Simulations of this console that run; drills of others too. */
size_t ui_count_own_running(const struct ui_state *state, const struct snapshot *snapshot);
size_t ui_count_drills_running(const struct snapshot *snapshot);

/* The baseline's entry while it runs, or NULL. */
const struct simulation *ui_baseline(const struct snapshot *snapshot);

#endif
