#ifndef TW_TUI_PROMPT_H
#define TW_TUI_PROMPT_H

/* The command line at the bottom of the console: the line, what was sent before, and the commands. The
 * completion, the hints and the help all come from the one table. Pure. */

#include "common/buffer.h"
#include "common/error.h"
#include "common/settings.h"
#include "tui/board/dashboard.h"
#include "tui/data/enquiry.h"
#include "tui/data/sim_kinds.h"
#include "tui/state/keys.h"
#include "tui/text/line_edit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- The line and its history -------------------------------------------------------------------- */

#define PROMPT_HISTORY_MAX 50

struct prompt {
    struct line_edit line;
    char *history[PROMPT_HISTORY_MAX]; /* owned, the oldest first */
    size_t n_history, at;              /* at: of the history; n_history: the line itself */
    size_t n_new;                      /* of the history, at its end: of this run */
    char *draft;                       /* owned: what was typed before history was looked at */
};

void prompt_finish(struct prompt *prompt); /* zeroed is fine */

/* An empty line, before the newest of the history. */
void prompt_begin(struct prompt *prompt);

/* The line goes into the history; not twice the same in a row, and nothing empty. */
void prompt_remember(struct prompt *prompt);

/* by -1: the line before in the history, 1: the one behind. */
void prompt_recall(struct prompt *prompt, int by);

/* The newest of the history; NULL: there is none. */
const char *prompt_last(const struct prompt *prompt);

/* Between runs, a line of text each. Before what is in the history already: */
void prompt_read_history(struct prompt *prompt, const char *text, size_t len);

/* Those of this run behind the ones that other runs have left in old_text. Only lines that are commands; none that
 * asks a question or has the text of a ticket, which may be private. */
void prompt_write_history(const struct prompt *prompt,
                          const char *old_text,
                          size_t old_len,
                          struct buffer *out);

/* ---- Commands ------------------------------------------------------------------------------------ */

enum prompt_command_id {
    PROMPT_VIEW,
    PROMPT_RANGE,
    PROMPT_REFRESH,
    PROMPT_ASK,
    PROMPT_PREDICT,
    PROMPT_TRIAGE,
    PROMPT_ANSWER,
    PROMPT_SIM,
    PROMPT_DASHBOARD,
    PROMPT_QUERY,
    PROMPT_VAR,
    PROMPT_CONTEXT,
    PROMPT_RELOAD,
    PROMPT_SAVE,
    PROMPT_THEME,
    PROMPT_ASCII,
    PROMPT_MOUSE,
    PROMPT_REPEAT,
    PROMPT_HELP,
    PROMPT_QUIT,
    N_PROMPT_COMMANDS,
    PROMPT_KEY = N_PROMPT_COMMANDS, /* a word of keys.h: what its key does */
};

/* Words that not the program but its surroundings know; borrowed. Zeroed: none. */
struct prompt_known {
    enum key_context context;              /* whose keys' words can be typed */
    bool is_read_only;                     /* what acts is not offered */
    const struct setting_family *contexts; /* of the configuration file; NULL: none */
    const char *bare_context;          /* what no context is called; NULL: it cannot be gone to */
    const struct dashboard *dashboard; /* whose variables can be chosen; NULL: none */
};

struct prompt_command {
    const char *name;
    const char *brief;     /* another name; NULL */
    const char *arguments; /* "NAME"; "" for none; in brackets: may be left out */
    const char *help;
    /* What an argument may be, for completion: the i-th word, NULL behind the last one. NULL: anything. */
    const char *(*word)(const struct prompt_known *known, size_t i);
    bool is_sending; /* something to a server: not offered where nothing may be changed */
};

/* As EXPR of the query: the one of the panel, to be changed. */
#define PROMPT_QUERY_EDIT "edit"

extern const struct prompt_command prompt_commands[N_PROMPT_COMMANDS];

/* What a line asks for. */
struct prompt_order {
    enum prompt_command_id id;
    int number;                /* of VIEW: of the view; SIM: enum sim_kind_id; THEME: enum theme;
                                  MOUSE: 1 on, 0 off, -1 the other */
    int64_t ms;                /* of RANGE, REFRESH */
    struct enquiry enquiry;    /* of ASK, PREDICT, TRIAGE */
    char text[LINE_EDIT_SIZE]; /* of DASHBOARD, QUERY, VAR, CONTEXT, THEME, KEY; "" for none */
};

/* TW_INVALID with a sentence that says what is wrong, or which command comes near. */
int prompt_parse(const char *line, struct prompt_order *ret_order, struct tw_error *err) MUST_CHECK;

/* ---- Completion ---------------------------------------------------------------------------------- */

#define PROMPT_CHOICES_MAX (DASHBOARD_VALUES_MAX + 1) /* and "All" */

/* What may stand at the cursor, in the order of the table. */
struct prompt_choices {
    size_t from; /* byte of the line where the word begins */
    size_t n;
    const char *at[PROMPT_CHOICES_MAX];
    const struct prompt_command *command; /* whose argument it is; NULL: it is the command's name */
};

void prompt_complete(const struct line_edit *line,
                     const struct prompt_known *known,
                     struct prompt_choices *ret_choices);

/* Tab: the word becomes what all choices have in common; the only one gets a blank behind it, unless it ends
 * with '='. */
void prompt_tab(struct line_edit *line, const struct prompt_known *known);

/* ---- prompt_variable.c: "NAME VALUE, VALUE" of the command var ------------------------------------- */

/* "All", in whatever case. */
#define PROMPT_ALL "All"

/* Of a text whose cursor is its end: what may stand there. choices->from becomes the byte of text where the word begins. */
void prompt_variable_complete(const struct dashboard *dashboard,
                              const char *text,
                              size_t len,
                              struct prompt_choices *choices);

/* Another dashboard of the same file with what the text says. The values are separated by commas where the
 * variable takes several, and may hold blanks; those that have a comma in them are known among the options.
 * Errors of dashboard_choose, and TW_INVALID for variables that are not for people. */
int prompt_variable_choose(const struct dashboard *dashboard,
                           const char *text,
                           struct dashboard **ret_dashboard,
                           struct tw_error *err) MUST_CHECK;

#endif
