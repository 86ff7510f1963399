#include "common/alloc.h"
#include "common/fetch.h"
#include "common/log.h"
#include "server/app.h"
#include "server/commands.h"
#include "server/config.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* tidewatchd: parse, build, run, stop. */

static int run_server(const struct config *config,
                      const struct command_options *options,
                      struct tw_error *err)
{
    static struct app app; /* in .bss: large, and its address outlives every thread */
    sigset_t signals;
    int caught = 0;

    (void)options;
    /* Blocked before any thread starts, so that every thread inherits it and only sigwait sees them. */
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ,
                 SIG_IGN); /* a file too large is an error of its write, and no end of the server */
    if (fetch_global_init(err) < 0 || fetch_global_trust(config->tls_ca_file, err) < 0 ||
        app_start(&app, config, err) < 0)
        return -1;
    log_info("tidewatchd %s is ready", TW_VERSION);
    while (sigwait(&signals, &caught) == 0 && caught == SIGHUP)
        app_reload(&app);
    log_info("stopping: %s", caught == SIGTERM ? "SIGTERM" : "SIGINT");
    app_stop(&app);
    log_info("stopped");
    return 0;
}

static const struct command {
    const char *name; /* NULL: without a command */
    int (*run)(const struct config *config,
               const struct command_options *options,
               struct tw_error *err);
    const char *summary;
    int n_words; /* that follow it */
} commands[] = {
    {NULL, run_server, "Run the server in the foreground", 0},
    {"train", command_train, "Train the model: --data CSV --classes A,B,C --out FILE", 0},
    {"tickets", command_tickets, "Print the synthetic data set: --seed N --rows N", 0},
    {"token", command_token, "Make an operator's token, print it once and keep its hash: new NAME",
     2},
    {"render-config", command_render,
     "Write the files for Prometheus and Alertmanager: --out DIR [--fast-alerts]", 0},
    {"backup", command_backup,
     "Copy the database, the model and the signing key into one file: FILE [--force]", 1},
    {"restore", command_restore, "Put a backup back; no server may run: FILE", 1},
    {"check-config", command_check_config, "Print the settings that are in force, secrets masked",
     0},
};

static void print_usage(FILE *out)
{
    (void)fputs(
        "Usage: tidewatchd [COMMAND] [--config FILE] [--SECTION.KEY=VALUE ...]\n\nCommands:\n",
        out);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        (void)fprintf(out, "  %-14s %s\n", commands[i].name ? commands[i].name : "(none)",
                      commands[i].summary);
    (void)fputs(
        "\nOther:\n"
        "  --help           this\n"
        "  --help-settings  every setting with its range and default\n"
        "  --check-config   the same as check-config\n"
        "  --version\n\n"
        "A setting's value comes from a flag, else the environment (TIDEWATCH_SECTION_KEY), else a .env\n"
        "file here, else the configuration file (--config, TIDEWATCH_CONFIG), else its default.\n\n"
        "Exit codes: 0 done, 1 it failed, 2 the command line or a setting is wrong. A message on standard\n"
        "error says what to do.\n",
        out);
}

static int print_settings_help(void)
{
    struct buffer out;

    buffer_init(&out, 1U << 20);
    settings_help(config_settings, n_config_settings, &out);
    (void)fputs(buffer_text(&out), stdout);
    buffer_finish(&out);
    return 0;
}

/* Flags that are short for a setting. */
static const char *long_flag(const char *flag)
{
    static const char *const names[][2] = {
        {"--data", "--model.data"},    {"--classes", "--model.classes"},
        {"--roles", "--server.roles"}, {"--fast-alerts", "--prometheus.fast_alerts"},
        {"--state", "--state.dir"},
    };

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(flag, names[i][0]) == 0)
            return names[i][1];
    return flag;
}

struct invocation {
    const struct command *command;
    struct command_options options;
    const char *config_file;
    const char **flags; /* owned array of borrowed words */
    int n_flags;
};

static void finish_invocation(struct invocation *inv)
{
    free(inv->flags);
}

/* True when argv[*at] belongs to a command; *at is left on its value. */
static bool take_command_option(char **argv, int *at, struct invocation *inv)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        {"--config", &inv->config_file},
        {"--out", &inv->options.out},
        {"--seed", &inv->options.seed},
        {"--rows", &inv->options.rows},
    };

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        size_t len = strlen(known[i].name);

        if (strncmp(argv[*at], known[i].name, len) != 0)
            continue;
        if (argv[*at][len] == '=')
            *known[i].value = argv[*at] + len + 1;
        else if (argv[*at][len] == '\0' && argv[*at + 1])
            *known[i].value = argv[++*at];
        else
            continue;
        return true;
    }
    if (inv->command->run == command_backup && strcmp(argv[*at], "--force") == 0) {
        inv->options.force = true;
        return true;
    }
    return false;
}

/* What is left after the command and its own options goes to the settings. */
static int parse_arguments(int argc, char **argv, struct invocation *inv, struct tw_error *err)
{
    int at = 1;

    inv->command = &commands[0];
    inv->flags = xcalloc((size_t)argc + 1, sizeof(*inv->flags));
    if (at < argc && argv[at][0] != '-') {
        for (size_t i = 1; i < COUNT_OF(commands); i++)
            if (strcmp(argv[at], commands[i].name) == 0)
                inv->command = &commands[i];
        if (inv->command == &commands[0])
            return tw_fail(err, TW_INVALID,
                           "there is no command '%s'; tidewatchd --help lists them", argv[at]);
        for (at++; inv->options.n_words < inv->command->n_words && at < argc && argv[at][0] != '-';
             at++)
            inv->options.words[inv->options.n_words++] = argv[at];
    }
    for (; at < argc; at++) {
        if (strcmp(argv[at], "--check-config") == 0)
            inv->command = &commands[COUNT_OF(commands) - 1];
        else if (!take_command_option(argv, &at, inv))
            inv->flags[inv->n_flags++] = long_flag(argv[at]);
    }
    return 0;
}

static int run(int argc, char **argv, struct tw_error *err)
{
    CLEANUP(finish_invocation)
    struct invocation inv = {.config_file =
                                 getenv("TIDEWATCH_CONFIG")}; // NOLINT(concurrency-mt-unsafe)
    struct settings_sources sources = {.dotenv = ".env", .env = (const char *const *)environ};
    struct config config;
    int result;

    if (parse_arguments(argc, argv, &inv, err) < 0)
        return -1;
    sources.file = inv.config_file;
    sources.flags = inv.flags;
    sources.n_flags = inv.n_flags;
    if (config_load(&sources, &config, err) < 0)
        return -1;
    log_set_level((enum log_level)config.log_level);
    result = inv.command->run(&config, &inv.options, err);
    config_finish(&config);
    return result;
}

/* Tokens and keys are in this memory: no core holds them, and no other process of the same user reads them. What
 * the system refuses here it refuses to nobody's harm. */
static void keep_memory_private(void)
{
    const struct rlimit nothing = {0, 0};

    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &nothing);
}

int main(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";
    struct tw_error err = {TW_BROKEN, "no reason given"};

    keep_memory_private();
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
        print_usage(stdout);
        return 0;
    }
    if (strcmp(first, "--version") == 0)
        return printf("tidewatchd %s\n", TW_VERSION) < 0;
    if (strcmp(first, "--help-settings") == 0)
        return print_settings_help();
    if (run(argc, argv, &err) == 0)
        return 0;
    (void)fprintf(stderr, "tidewatchd: %s\n", err.message);
    return err.code == TW_INVALID ? 2 : 1;
}
