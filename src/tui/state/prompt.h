#ifndef TW_TUI_PROMPT_H
#define TW_TUI_PROMPT_H

/* The command line at the bottom of the console: the line, what was sent before, and the commands. The
 * completion, the hints and the help all come from the one table. Pure. */

#include "common/error.h"
#include "tui/data/enquiry.h"
#include "tui/data/sim_kinds.h"
#include "tui/text/line_edit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- The line and its history -------------------------------------------------------------------- */

#define PROMPT_HISTORY_MAX 50

struct prompt {
    struct line_edit line;
    char *history[PROMPT_HISTORY_MAX]; /* owned, the oldest first; in memory alone */
    size_t n_history, at;              /* at: of the history; n_history: the line itself */
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
    PROMPT_GAMEDAY,
    PROMPT_DASHBOARD,
    PROMPT_QUERY,
    PROMPT_ASCII,
    PROMPT_REPEAT,
    PROMPT_HELP,
    PROMPT_QUIT,
    N_PROMPT_COMMANDS
};

struct prompt_command {
    const char *name;
    const char *brief;     /* another name; NULL */
    const char *arguments; /* "NAME"; "" for none; in brackets: may be left out */
    const char *help;
    const char *(*word)(
        size_t i);   /* what an argument may be, for completion; NULL at its end; or NULL */
    bool is_sending; /* something to a server: not offered where nothing may be changed */
};

extern const struct prompt_command prompt_commands[N_PROMPT_COMMANDS];

/* What a line asks for. */
struct prompt_order {
    enum prompt_command_id id;
    int number; /* of VIEW: of the view; of SIM: enum sim_kind_id; of GAMEDAY: of gameday_kinds */
    int64_t ms; /* of RANGE, REFRESH */
    struct enquiry enquiry;    /* of ASK, PREDICT, TRIAGE */
    char text[LINE_EDIT_SIZE]; /* of DASHBOARD, QUERY; "" for none */
};

/* TW_INVALID with a sentence that says what is wrong, or which command comes near. */
int prompt_parse(const char *line, struct prompt_order *ret_order, struct tw_error *err) MUST_CHECK;

/* ---- Completion ---------------------------------------------------------------------------------- */

#define PROMPT_CHOICES_MAX 24

/* What may stand at the cursor, in the order of the table. */
struct prompt_choices {
    size_t from; /* byte of the line where the word begins */
    size_t n;
    const char *at[PROMPT_CHOICES_MAX];
    const struct prompt_command *command; /* whose argument it is; NULL: it is the command's name */
};

void prompt_complete(const struct line_edit *line, struct prompt_choices *ret_choices);

/* Tab: the word becomes what all choices have in common; the only one gets a blank behind it, unless it ends
 * with '='. */
void prompt_tab(struct line_edit *line);

#endif
