#ifndef TW_COMMANDS_H
#define TW_COMMANDS_H

/* The commands of the program: one line of the table each, and one function. */

#include "tui/data/options.h"
#include "tui/poll/session.h"

#define COMMAND_VALUES_MAX  256 /* bytes of any command's values */
#define COMMAND_OPTIONS_MAX 32  /* of a command and the ones that all have */

struct sim_kind;

/* The options that all commands have; the first member of every command's values. */
struct global_values {
    const struct command *command; /* that they are for */
    bool is_help, is_version;
    const char *config_file, *context;
    const char *confirm; /* the context's name, typed for what acts in production */
};

/* Of the commands that show something: sim_show_options fills it. */
struct show_values {
    struct global_values global;
    bool is_json;
};

struct option_list {
    const struct option_spec *specs;
    size_t n;
};

#define OPERANDS_ANY (-1)

struct command {
    const char *words;    /* "sim drift"; "" is the program without a command */
    const char *operands; /* "ID|all"; "" for none; what --help shows */
    int n_operands;       /* exactly; OPERANDS_ANY: one or more */
    const struct option_list *options;
    int (*run)(struct session *session, const void *values, const struct option_rest *rest);
    const char *help; /* one sentence */
};

extern const struct command commands[];
extern const size_t n_commands;
extern const struct option_list global_options;

/* Each in the file of its commands; all return the exit code. */
extern const struct option_list gameday_run_options, sim_recovery_options;
extern const struct option_list contexts_options, once_options, predict_options, events_options,
    sim_drill_options, sim_baseline_options, sim_show_options, ask_options, triage_options,
    load_options, alerts_test_options;

int once_command(struct session *session, const void *values, const struct option_rest *rest);
int predict_command(struct session *session, const void *values, const struct option_rest *rest);
int ask_command(struct session *session, const void *values, const struct option_rest *rest);
int triage_command(struct session *session, const void *values, const struct option_rest *rest);
int load_command(struct session *session, const void *values, const struct option_rest *rest);
int alerts_test_command(struct session *session,
                        const void *values,
                        const struct option_rest *rest);
int events_command(struct session *session, const void *values, const struct option_rest *rest);
int sim_drill_command(struct session *session, const void *values, const struct option_rest *rest);
int sim_baseline_command(struct session *session,
                         const void *values,
                         const struct option_rest *rest);
int contexts_command(struct session *session, const void *values, const struct option_rest *rest);
int sim_all_command(struct session *session, const void *values, const struct option_rest *rest);
int gameday_command(struct session *session, const void *values, const struct option_rest *rest);
int gameday_list_command(struct session *session,
                         const void *values,
                         const struct option_rest *rest);
int gameday_status_command(struct session *session,
                           const void *values,
                           const struct option_rest *rest);
int gameday_stop_command(struct session *session,
                         const void *values,
                         const struct option_rest *rest);
int sim_list_command(struct session *session, const void *values, const struct option_rest *rest);
int sim_status_command(struct session *session, const void *values, const struct option_rest *rest);
int sim_stop_command(struct session *session, const void *values, const struct option_rest *rest);

/* The parameters of a kind as options, in its order; returns how many. In sim_command.c. */
size_t sim_param_options(const struct sim_kind *kind, struct option_spec *out);

/* What "sim KIND" starts: its parameters are options too. NULL: the command starts none. */
const struct sim_kind *command_sim_kind(const struct command *command);

/* It changes what a server does, and not by ending something: a production context wants --confirm NAME. */
bool command_is_acting(const struct command *command);

/* All options of the command: of its simulation, its own, those that all have. Returns how many. */
size_t command_options(const struct command *command, struct option_spec out[COMMAND_OPTIONS_MAX]);

/* The command that the first of the arguments name, and in *ret_n_words how many of them did. NULL when
 * they name none; the message then has the nearest. */
const struct command *command_find(int n,
                                   const char *const *arguments,
                                   int *ret_n_words,
                                   struct tw_error *err);

/* Help of one command, or of all that begin with the word ("sim"; "" for the program's). */
void command_write_help(const struct command *command, struct buffer *out);
void commands_write_help(const char *word, struct buffer *out);

#endif
