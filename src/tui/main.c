#include "common/alloc.h"
#include "tui/command/commands.h"
#include "tui/screen/terminal.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *variable(const char *name)
{
    return getenv(name); // NOLINT(concurrency-mt-unsafe): before any thread
}

static int fail_usage(const struct tw_error *err, const struct command *command)
{
    (void)fprintf(stderr, "tidewatch: %s\ntidewatch: see 'tidewatch%s%s --help'\n", err->message,
                  command && command->words[0] ? " " : "", command ? command->words : "");
    return EXIT_CODE_USAGE;
}

static bool asks_for_help(int n, const char *const *arguments)
{
    for (int i = 0; i < n && strcmp(arguments[i], "--") != 0; i++)
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0)
            return true;
    return false;
}

static int print_help(int n, const char *const *arguments, struct tw_error *err)
{
    struct buffer out;
    const struct command *command;
    int n_words, result;

    buffer_init(&out, 65536);
    command = command_find(n, arguments, &n_words, err);
    if (command && command->words[0])
        command_write_help(command, &out);
    else if (command)
        commands_write_help("", &out);
    else
        commands_write_help(arguments[0], &out);
    result = out.len > 0 ? session_put(&out) : fail_usage(err, NULL);
    buffer_finish(&out);
    return result;
}

static int parse(const struct command *command,
                 int n,
                 const char *const *arguments,
                 void *values,
                 struct option_rest *ret_rest,
                 struct tw_error *err)
{
    struct option_spec specs[COMMAND_OPTIONS_MAX];
    struct option_table table = {specs, command_options(command, specs), config_settings,
                                 N_CONFIG_SETTINGS};

    if (options_parse(&table, n, arguments, values, ret_rest, err) < 0)
        return -1;
    if (((const struct global_values *)values)->is_version)
        return 0;
    if (command->n_operands == OPERANDS_ANY ? ret_rest->n_operands > 0
                                            : ret_rest->n_operands == command->n_operands)
        return 0;
    if (command->n_operands >= 0 && ret_rest->n_operands > command->n_operands)
        return tw_fail(err, TW_INVALID, "there are %d arguments too many",
                       ret_rest->n_operands - command->n_operands);
    return tw_fail(err, TW_INVALID, "%s is missing", command->operands);
}

/* What acts in production needs its name typed, as in the console. */
static int check_confirmed(const struct global_values *global,
                           const struct config *config,
                           struct tw_error *err)
{
    if (!config->is_production || !command_is_acting(global->command) ||
        (global->confirm && strcmp(global->confirm, config->context) == 0))
        return 0;
    return tw_fail(err, TW_INVALID, "'%s' is a production context: add --confirm %s to do this",
                   config->context, config->context);
}

/* 0 with a session to work with, or the exit code. */
static int open_session(const struct global_values *global,
                        const struct option_rest *rest,
                        struct session *session)
{
    const struct session called = {
        .env =
            {
                .home = variable("HOME"),
                .xdg_config_home = variable("XDG_CONFIG_HOME"),
                .xdg_state_home = variable("XDG_STATE_HOME"),
                .tidewatch_config = variable("TIDEWATCH_CONFIG"),
                .tidewatch_state = variable("TIDEWATCH_STATE"),
                .all = (const char *const *)environ,
            },
        .config_file = global->config_file,
        .n_flags = rest->n_settings,
        .flags = rest->settings,
        .first_context = global->context,
    };
    struct tw_error err;

    if (session_read(&called, global->context, session, &err) < 0 ||
        check_confirmed(global, &session->config, &err) < 0 || fetch_global_init(&err) < 0) {
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
        session_finish(session);
        return EXIT_CODE_CONFIG;
    }
    session->fetcher = fetcher_new();
    terminal_style(&session->style, &session->is_terminal);
    return 0;
}

static void close_session(struct session *session)
{
    fetcher_free(session->fetcher);
    session_finish(session);
}

int main(int argc, char **argv)
{
    const char *const *arguments = (const char *const *)argv + 1;
    CLEANUP(freep) struct global_values *values = xcalloc(1, COMMAND_VALUES_MAX);
    const struct command *command;
    struct session session = {0};
    struct option_rest rest;
    struct tw_error err;
    int n = argc > 0 ? argc - 1 : 0, n_words, code;

    /* One heap for both threads: they seldom meet in it, and an arena of its own that the poller's thread
     * got grew and shrank by a system call a page. */
    (void)mallopt(M_ARENA_MAX, 1);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that leaves is seen as a failed write */
    if (asks_for_help(n, arguments))
        return print_help(n, arguments, &err);
    command = command_find(n, arguments, &n_words, &err);
    if (!command)
        return fail_usage(&err, NULL);
    if (parse(command, n - n_words, arguments + n_words, values, &rest, &err) < 0)
        return fail_usage(&err, command);
    if (values->is_version) {
        (void)puts("tidewatch " TW_VERSION);
        return EXIT_CODE_OK;
    }
    values->command = command;
    code = open_session(values, &rest, &session);
    if (code == 0) {
        code = command->run(&session, values, &rest);
        close_session(&session);
    }
    return code;
}
