#ifndef TW_POLLER_PARTS_H
#define TW_POLLER_PARTS_H

/* What the files of poller.h share. Nobody else includes this. But for what struct poller_shared guards,
 * everything belongs to the poller's thread. */

#include "common/fetch.h"
#include "common/random.h"
#include "tui/board/query_plan.h"
#include "tui/poll/poller.h"

#include <pthread.h>
#include <stdatomic.h>

#define REQUESTS_MAX   32
#define COMMANDS_MAX   32
#define REPLY_SMALL    ((size_t)1 << 20)
#define REPLY_LARGE    ((size_t)8 << 20) /* of a joint query */
#define WINDOW_DEFAULT ((int64_t)3600 * 1000)

/* Questions of each source, as source_state.h has them. */
enum { QUESTION_NONE = -1 };

enum { PROM_QUESTION_VALUES, PROM_QUESTION_ALERTS, PROM_QUESTION_LINES, N_PROM_QUESTIONS };

enum { AM_QUESTION_ALERTS, N_AM_QUESTIONS };

enum {
    OPS_QUESTION_HEALTH,
    OPS_QUESTION_SIMULATIONS,
    OPS_QUESTION_FAULTS,
    OPS_QUESTION_EVENTS,
    N_OPS_QUESTIONS
};

enum { ML_QUESTION_DRIFT, N_ML_QUESTIONS };

struct source_live {
    char *url;                       /* owned; NULL: not configured */
    struct credentials *credentials; /* owned; NULL for none */
    struct source_track track;
    size_t n_in_flight;
    int64_t latency_us, skew_ms;
    char version[32];
    uint64_t n_requests, n_bytes;
};

/* A GET that is repeated; the table is in poller_ask.c. */
enum ask_id {
    ASK_PROM_ALERTS,
    ASK_PROM_TARGETS,
    ASK_PROM_RULES,
    ASK_PROM_BUILD,
    ASK_PROM_PROBE,
    ASK_AM_ALERTS,
    ASK_AM_STATUS,
    ASK_AM_SILENCES,
    ASK_OPS_HEALTH,
    ASK_OPS_SIMULATIONS,
    ASK_OPS_FAULTS,
    ASK_OPS_EVENTS,
    ASK_OPS_REQUESTS,
    ASK_OPS_REQUEST,
    ASK_OPS_GAMEDAYS,
    ASK_OPS_GAMEDAY,
    ASK_ML_DRIFT,
    N_ASKS
};

struct ask {
    int64_t due_mono_ms;
    bool is_in_flight;
    bool is_answered;    /* at least once, well or badly */
    bool is_lacking;     /* by the newest answer the server has no such thing */
    unsigned n_failures; /* in a row */
};

/* Asking for all values, or all lines, once. */
struct round {
    bool is_active;
    int64_t due_mono_ms; /* when the next one may begin */
    int64_t begun_mono_ms;
    int64_t at_ms; /* of PLAN_VALUES: the moment that is asked for */
    struct plan_round plan;
    size_t n_in_flight;
    bool has_failed;     /* as a whole: the rest is not asked */
    unsigned n_failures; /* of rounds, in a row */
    struct prom_notes warnings, infos;
};

/* Stored requests, as a screen wants them. */
struct stored_live {
    struct requests_want want;
    uint64_t generation;        /* of the want */
    struct requests_data *list; /* owned reference or NULL */
    struct request_data *one;   /* owned reference or NULL */
    char list_reason[SOURCE_REASON_SIZE], one_reason[SOURCE_REASON_SIZE]; /* "" */
};

/* Game days, while a screen shows them. */
struct gamedays_live {
    struct gamedays_want want;
    uint64_t generation;        /* of what is asked for */
    int64_t running_id;         /* that it was made for */
    struct gamedays_data *list; /* owned reference or NULL */
    struct gameday_data *one;   /* owned reference or NULL */
    char reason[SOURCE_REASON_SIZE];
};

/* What was asked from the command line and is not answered yet. */
#define ENQUIRIES_MAX 4

struct enquiry_place {
    bool is_used;
    struct poller *poller;
    uint64_t id;
    struct enquiry enquiry;
};

struct enquiries_live {
    char *llm_url; /* owned; NULL: not configured */
    int64_t timeout_ms;
    uint64_t last_id; /* of the newest one: answers of older ones are dropped */
    struct enquiry_place at[ENQUIRIES_MAX];
    struct enquiry_data *newest; /* owned reference or NULL */
};

/* What is asked for one panel alone, in the order of asking. */
enum inspect_job_id {
    JOB_RULES,
    JOB_COST,
    JOB_COMPARE, /* and with each of the other earlier times, in their order */
    JOB_COMPARE_LAST = JOB_COMPARE + N_COMPARES - 1,
    JOB_FLAGS, /* does the server keep exemplars */
    JOB_EXEMPLARS,
    N_INSPECT_JOBS
};

struct inspect_job {
    int64_t due_mono_ms;
    uint64_t generation; /* an older one's answer is dropped */
    bool is_in_flight;
    size_t target; /* of the panel, that is asked next */
    unsigned n_failures;
};

struct inspect_live {
    struct inspect_want want;
    struct time_grid window; /* that its jobs are at */
    struct dashboard_times times;
    int64_t range_ms, end_ms, step_ms; /* that the window was made of */
    struct inspect_job jobs[N_INSPECT_JOBS];

    /* Gathered target by target; given to `data` when the last one has answered. */
    struct inspect_cost cost;
    struct series_set sets[N_COMPARES];
    struct prom_exemplars exemplars;
    int64_t exemplars_until_ms; /* those before are known, but for what came late; 0: none are */

    struct inspect_data *data; /* owned reference, never published; NULL: nothing is looked into */
    struct inspect_data *part; /* as last published; owned reference or NULL */
    bool is_changed;           /* since `part` was made */
};

/* What the server says besides an answer. Nearly always nothing. */
struct panel_notes {
    struct prom_notes warnings, infos;
};

struct panel_live {
    struct series_set set;
    struct dashboard_times times;
    int64_t good_mono_ms;                    /* -1 never */
    struct panel_notes *notes[N_PLAN_MODES]; /* owned; NULL: none */
    bool is_changed;                         /* since `part` was made */
    struct panel_data *part;                 /* as last published; owned reference or NULL */
};

/* A dashboard with what is known of its panels. */
struct board_live {
    struct dashboard *dashboard; /* owned reference */
    struct query_plan *plan;     /* owned; NULL: there is none here */
    struct panel_live *panels;   /* owned */
};

enum command_kind {
    COMMAND_REFRESH,
    COMMAND_WINDOW,
    COMMAND_COLUMNS,
    COMMAND_INTERVAL,
    COMMAND_PAUSE,
    COMMAND_DASHBOARD,
    COMMAND_REQUESTS,
    COMMAND_GAMEDAYS,
    COMMAND_ENQUIRE,
    COMMAND_INSPECT,
    COMMAND_START,
    COMMAND_STOP,
    COMMAND_STOP_ALL,
    COMMAND_BASELINE,
    COMMAND_START_GAMEDAY,
    COMMAND_STOP_GAMEDAY,
    COMMAND_SILENCE,
    COMMAND_EXPIRE,
};

#define COMMAND_NUMBERS_MAX 16
#define PARKED_MAX          3

struct command {
    enum command_kind kind;
    uint64_t id;
    int64_t range_ms, end_ms, refresh_ms;
    size_t n_columns;
    bool is_on;                  /* of PAUSE and BASELINE */
    struct dashboard *dashboard; /* owned reference */
    struct requests_want requests;
    struct gamedays_want gamedays;
    struct inspect_want inspect;
    int64_t simulation_id; /* or of a game day */
    char simulation_kind[32];
    char *body;              /* of a POST; owned */
    struct enquiry *enquiry; /* owned */
    struct silence_draft silence;
    char silence_id[SILENCE_ID_SIZE];
    bool is_repeated;
};

void command_free(struct command *command); /* NULL is fine */

enum request_kind {
    REQUEST_ASK,
    REQUEST_CHUNK,
    REQUEST_VARIABLE,
    REQUEST_COMMAND,
    REQUEST_INSPECT
};

/* The variable that is asked for. */
struct variables_live {
    bool is_in_flight;
    int64_t due_mono_ms;
    unsigned n_failures;             /* in a row */
    struct dashboard *of;            /* owned reference; whose it is */
    char reason[SOURCE_REASON_SIZE]; /* why the newest answer was none; "" */
    char name[64];
    char query[DASHBOARD_EXPR_MAX + 1]; /* as it was asked */
};

struct request {
    bool is_used;
    struct poller *poller;
    enum request_kind kind;
    enum source_id source;
    int question;
    int64_t asked_mono_ms, timeout_ms;
    enum ask_id ask;
    enum plan_mode mode;
    enum inspect_job_id job;
    uint64_t generation;      /* of a chunk, of stored requests: an older one's answer is dropped */
    struct plan_chunk *chunk; /* owned */
    struct command *command;  /* owned */
    bool is_recorded;
    struct tape_question asked; /* when it is recorded */
};

/* The mutex guards all of it; never held over I/O or a call into another module but part_ref. */
struct poller_shared {
    pthread_mutex_t mutex;
    struct command *commands[COMMANDS_MAX]; /* owned; first in, first out */
    size_t n_commands;
    uint64_t last_command_id;
    struct snapshot *newest; /* owned reference */
};

struct poller {
    struct poller_shared shared;
    pthread_t thread;
    int event_fd;
    atomic_bool is_stopping;
    struct fetcher *fetcher; /* the thread's; others only wake it */

    struct recorder *recorder;   /* borrowed; NULL: none */
    const struct player *player; /* borrowed; NULL: the network */

    char *context; /* owned; NULL: none */
    struct source_live sources[N_SOURCES];
    struct ask asks[N_ASKS];
    struct request requests[REQUESTS_MAX];
    struct random_state rng;
    enum prom_flavour flavour, build_flavour;
    bool is_metricsql; /* the probe says VictoriaMetrics */
    int64_t lag_ms;    /* the newest data that this server shows is so old */

    int64_t refresh_ms, scrape_interval_ms;
    int64_t range_ms, end_ms;
    size_t n_columns;
    bool is_paused;
    struct dashboard *dashboard; /* owned reference */
    struct query_plan *plan;
    struct panel_live *panels;            /* of the dashboard */
    struct board_live parked[PARKED_MAX]; /* of dashboards that are not shown; the oldest first */
    struct round rounds[N_PLAN_MODES];
    struct variables_live variables;
    uint64_t generation;
    int64_t whole_mono_ms; /* when lines were last fetched whole */

    bool has_prom_alerts, has_am_alerts;
    struct prom_alerts prom_alerts;
    struct am_alerts am_alerts;
    struct prom_rules prom_rules;
    bool has_prom_rules;
    struct silences_data *silences;           /* owned reference or NULL */
    char silences_reason[SOURCE_REASON_SIZE]; /* "" */
    struct alert_board *board;                /* owned reference */
    struct operations_data *operations;       /* owned reference */
    struct drift_data *drift;                 /* owned reference or NULL */
    struct targets_data *targets;             /* owned reference or NULL */

    struct stored_live stored;
    struct gamedays_live gamedays;
    struct enquiries_live enquiries;
    struct inspect_live inspect;

    size_t n_notices;
    struct notice notices[SNAPSHOT_NOTICES];
    uint64_t last_notice_id, last_snapshot_id;
    bool has_new_notice;
    int64_t dirty_since_mono_ms; /* -1: nothing to publish */
    int64_t next_change_mono_ms; /* when a state changes of itself */
};

/* ---- poller_request.c: one exchange with a server */

/* A free place, or NULL: too much is under way for that source. */
struct request *request_obtain(struct poller *poller, enum source_id source, int question);

/* Sends it; path follows the source's address. What cannot be sent is answered as failed. body NULL: none;
 * is_form: it is a form, else JSON. */
struct request_text {
    const char *method, *path, *body;
    size_t body_len;
    bool is_form;
    size_t max_reply_bytes;
};

void request_send(struct request *request, const struct request_text *text);

/* The answer was good, or not; err holds why. Retry-After of the reply is kept to. */
void request_good(const struct request *request);
void request_failed(const struct request *request,
                    const struct fetch_reply *reply,
                    const struct tw_error *err);

/* What the server is shown, read again when its files have changed. *ret_access may become NULL: nothing. */
int source_access(struct poller *poller,
                  enum source_id source,
                  const struct fetch_access **ret_access,
                  struct tw_error *err);

bool source_may_be_asked(const struct poller *poller, enum source_id source, int64_t mono_ms);

/* Requests under way to one source. The backend's leave room for a command beside all that is asked. */
static inline size_t in_flight_max(enum source_id source)
{
    return source == SOURCE_OPERATIONS ? 8 : 4;
}

int64_t poller_timeout_ms(const struct poller *poller);
void poller_mark_dirty(struct poller *poller);

/* Unix ms: ours, or the recording's. */
int64_t poller_clock_ms(const struct poller *poller);

/* Prometheus's clock as far as its Date header tells. */
int64_t poller_now_ms(const struct poller *poller);

/* That clock minus the one of the operations API, by which simulations are told. */
int64_t poller_ahead_ms(const struct poller *poller);

/* ---- poller_ask.c */

void asks_start_due(struct poller *poller, int64_t mono_ms);
void asks_hurry(struct poller *poller, enum source_id source); /* they are due now */
void ask_answered(struct request *request, const struct fetch_reply *reply);
int64_t asks_next_due_mono_ms(const struct poller *poller);
/* Why the server has no alert rules; NULL: it has, or that is not known. *ret_is_settled: what it is, and so how
 * its list of alerts is to be taken, is known. */
const char *asks_without_rules(const struct poller *poller, bool *ret_is_settled);
struct operations_data *operations_data_copy(const struct operations_data *old);
struct operations_data *operations_data_new(void);

/* ---- poller_stored.c: stored requests, of which a screen says which it wants */

void stored_set_want(struct poller *poller, const struct requests_want *want);
void stored_finish(struct poller *poller);
bool stored_wants_list(const struct poller *poller);
bool stored_wants_one(const struct poller *poller);
void stored_write_list_path(const struct poller *poller, struct buffer *out);
void stored_write_one_path(const struct poller *poller, struct buffer *out);
int stored_take_list(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err);
int stored_take_one(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err);
void stored_fail_list(struct poller *poller, const struct tw_error *err);
void stored_fail_one(struct poller *poller, const struct tw_error *err);
void stored_publish(const struct poller *poller, struct snapshot *snapshot);

/* ---- poller_gameday.c: game days, while a screen shows them */

void gamedays_set_want(struct poller *poller, const struct gamedays_want *want);
void gamedays_hear_health(struct poller *poller); /* another one runs, or none does any more */
void gamedays_live_finish(struct poller *poller);
bool gamedays_wants_list(const struct poller *poller);
bool gamedays_wants_one(const struct poller *poller);
void gamedays_write_list_path(const struct poller *poller, struct buffer *out);
void gamedays_write_one_path(const struct poller *poller, struct buffer *out);
int gamedays_take_list(struct poller *poller,
                       const struct fetch_reply *reply,
                       struct tw_error *err);
int gamedays_take_one(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err);
void gamedays_fail(struct poller *poller, const struct tw_error *err);
void gamedays_publish(const struct poller *poller, struct snapshot *snapshot);

/* ---- poller_enquiry.c: what is asked from the command line */

void enquiries_finish(struct poller *poller); /* after its fetcher went */
void enquiry_send(struct poller *poller, const struct command *command);
void enquiries_publish(const struct poller *poller, struct snapshot *snapshot);

/* ---- poller_silence.c: the silences of Alertmanager, and what changes them */

int silences_take(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err);
void silences_fail(struct poller *poller, const struct tw_error *err);
/* Takes the command, or answers it by a notice. */
void silence_send(struct poller *poller, struct command *owned_command);
void silence_answered(struct request *request, const struct fetch_reply *reply);
void silences_publish(const struct poller *poller, struct snapshot *snapshot);

/* ---- poller_inspect.c: one panel, looked into */

void inspect_set_want(struct poller *poller, const struct inspect_want *want);
void inspect_hurry(struct poller *poller);
void inspect_finish(struct poller *poller);
void inspect_start_due(struct poller *poller, int64_t mono_ms);
void inspect_answered(struct request *request, const struct fetch_reply *reply);
int64_t inspect_next_due_mono_ms(const struct poller *poller);
void inspect_publish(struct poller *poller, struct snapshot *snapshot);

/* ---- poller_query.c */

/* What the charts are to show now, and with what their expressions are filled in. */
void rounds_window(const struct poller *poller,
                   struct time_grid *ret_want,
                   struct dashboard_times *ret_times);

void rounds_init(struct poller *poller);
void rounds_finish(struct poller *poller);

/* Starts anew, for another window, step or dashboard: what is under way is dropped. */
void rounds_restart(struct poller *poller);
void rounds_start_due(struct poller *poller, int64_t mono_ms);
void rounds_hurry(struct poller *poller);
void chunk_answered(struct request *request, const struct fetch_reply *reply);
int64_t rounds_next_due_mono_ms(const struct poller *poller);
void poller_set_plan(struct poller *poller, struct dashboard *dashboard); /* takes a reference */
void poller_drop_plans(struct poller *poller);

/* In the place of the one that is shown: both come of one file. Takes a reference. */
void poller_replace_plan(struct poller *poller, struct dashboard *dashboard);

/* ---- poller_variables.c */

bool variables_are_awaited(const struct poller *poller);

/* What panels wait for; false when they do not. */
bool variables_describe(const struct poller *poller, char *out, size_t size);
void variables_start_due(struct poller *poller, int64_t mono_ms);
int64_t variables_next_due_mono_ms(const struct poller *poller);
void variable_answered(struct request *request, const struct fetch_reply *reply);
void variables_finish(struct poller *poller);

/* ---- poller_command.c */

void commands_run(struct poller *poller);
void command_answered(struct request *request, const struct fetch_reply *reply);
void poller_notice(struct poller *poller,
                   bool is_error,
                   uint64_t command_id,
                   int64_t simulation_id,
                   const char *fmt,
                   ...) PRINTF_LIKE(5, 6);

/* ---- poller_publish.c */

#define POLLER_SETTING_SIZE 96

/* What to set so that a server ("ml") is asked: "ml.url", "ml in [context.live]". */
void poller_name_setting(const struct poller *poller, const char *server, char *out, size_t size);

/* Adds what is not among them. */
void poller_join_notes(struct prom_notes *all, const struct prom_notes *more);

/* Makes a snapshot of how things stand, and wakes who waits for it. */
void poller_publish(struct poller *poller, int64_t mono_ms);

#endif
