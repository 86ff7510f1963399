#include "tui/command/commands.h"

#include "tui/data/sim_kinds.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <string.h>

#define WORDS_SIZE 64

static const struct option_spec global_specs[] = {
    {.name = "config",
     .type = OPTION_TEXT,
     .argument = "FILE",
     .offset = offsetof(struct global_values, config_file),
     .help = "settings to read instead of ~/.config/tidewatch/tidewatch.conf"},
    {.name = "context",
     .type = OPTION_TEXT,
     .argument = "NAME",
     .offset = offsetof(struct global_values, context),
     .help = "the servers of [context.NAME] in the settings; 'tidewatch contexts' lists them"},
    {.name = "confirm",
     .type = OPTION_TEXT,
     .argument = "NAME",
     .offset = offsetof(struct global_values, confirm),
     .help = "the context's name once more: what acts in a production context needs it"},
    {.name = "help",
     .type = OPTION_FLAG,
     .offset = offsetof(struct global_values, is_help),
     .help = "say what there is, and end"},
    {.name = "version",
     .type = OPTION_FLAG,
     .offset = offsetof(struct global_values, is_version),
     .help = "say which version this is, and end"},
};

const struct option_list global_options = {global_specs, COUNT_OF(global_specs)};

const struct command commands[] = {
    {"", "", 0, &once_options, once_command,
     "The console; with --once, or without a terminal, one look at the whole stack, which ends with 0 "
     "ok, 1 warn, 2 crit, 3 unknown."},
    {"contexts", "", 0, &contexts_options, contexts_command,
     "Lists the contexts of the settings: their servers, and which are production."},
    {"sim drift", "", 0, &sim_drill_options, sim_drill_command,
     "Moves the features of predictions until MLModelDriftHigh fires, and follows it."},
    {"sim hallucination", "", 0, &sim_drill_options, sim_drill_command,
     "Has answers made up until LLMHallucinationCritical fires, and follows it."},
    {"sim topic-shift", "", 0, &sim_drill_options, sim_drill_command,
     "Asks questions of another domain until LLMEmbeddingDriftHigh fires, and follows it."},
    {"sim latency", "", 0, &sim_drill_options, sim_drill_command,
     "Sends bursts of slow triages until PipelineLatencyHigh fires, and follows it."},
    {"sim rag", "", 0, &sim_drill_options, sim_drill_command,
     "Has retrieval fail until LLMAbstentionHigh or LLMRetrievalDegraded fires, and follows it."},
    {"sim outage", "", 0, &sim_drill_options, sim_drill_command,
     "Takes an API off its port until APIDown fires, and follows it."},
    {"sim baseline", "", 0, &sim_baseline_options, sim_baseline_command,
     "Starts ordinary traffic, which goes on until it is stopped."},
    {"sim recovery", "", 0, &sim_recovery_options, sim_drill_command,
     "Sends ordinary traffic fast, so that windows that a drill has filled are ordinary again."},
    {"sim all", "", 0, &gameday_run_options, sim_all_command,
     "The same as 'tidewatch gameday all'."},
    {"sim list", "", 0, &sim_show_options, sim_list_command, "Lists simulations, newest first."},
    {"sim status", "ID", 1, &sim_show_options, sim_status_command, "Shows one simulation."},
    {"sim stop", "ID|all", 1, &sim_show_options, sim_stop_command,
     "Stops one simulation, or all of them but the baseline."},
    {"gameday", "KIND", 1, &gameday_run_options, gameday_command,
     "Runs simulations of a kind (drift, hallucination, topic-shift, latency, rag, outage, or all) and "
     "expects of each that its alert fires, is delivered and clears, in time; ends with 1 when one did "
     "not. 'gameday list', 'status' and 'stop' look after them."},
    {"gameday list", "", 0, &sim_show_options, gameday_list_command,
     "Lists game days, newest first."},
    {"gameday status", "ID", 1, &sim_show_options, gameday_status_command,
     "Shows how a game day stands, or its report."},
    {"gameday stop", "ID", 1, &sim_show_options, gameday_stop_command, "Stops a game day."},
    {"ask", "QUESTION...|-", OPERANDS_ANY, &ask_options, ask_command,
     "Asks the knowledge base, and marks every sentence of the answer by its support; - reads the "
     "question from standard input. Ends with 4 when the question is not answered."},
    {"triage", "TEXT...|-", OPERANDS_ANY, &triage_options, triage_command,
     "Rates a ticket and says what to do; - reads it from standard input. Ends with 4 when only the "
     "severity is known."},
    {"load", "", 0, &load_options, load_command,
     "Loads the knowledge base again, and says what has changed."},
    {"predict", "", 0, &predict_options, predict_command, "Asks the model for one severity."},
    {"alerts test", "", 0, &alerts_test_options, alerts_test_command,
     "Posts a marked alert to Alertmanager and says which channels deliver it, and its end. Ends with 1 "
     "when one that is configured does not."},
    {"events", "", 0, &events_options, events_command, "Shows what happened, newest first."},
};

const size_t n_commands = COUNT_OF(commands);

/* Up to two words of the arguments, as the table writes them. */
static int join_words(int n, const char *const *arguments, char out[WORDS_SIZE])
{
    int n_words = 0;

    out[0] = '\0';
    for (; n_words < n && n_words < 2 && arguments[n_words][0] != '-'; n_words++) {
        size_t len = strlen(out);

        (void)snprintf(out + len, WORDS_SIZE - len, "%s%s", n_words ? " " : "", arguments[n_words]);
    }
    return n_words;
}

static const struct command *find(const char *words)
{
    for (size_t i = 0; i < n_commands; i++)
        if (strcmp(commands[i].words, words) == 0)
            return &commands[i];
    return NULL;
}

static void fail_unknown(const char *words, struct tw_error *err)
{
    const char *names[32];
    char shown[WORDS_SIZE], hint[OPTIONS_HINT_SIZE];
    size_t n = 0;

    names[n++] = "sim";
    for (size_t i = 1; i < n_commands && n < COUNT_OF(names); i++)
        names[n++] = commands[i].words;
    if (strcmp(words, "sim") == 0) {
        (void)tw_fail(err, TW_INVALID, "'sim' needs a further word");
        return;
    }
    options_hint(words, names, n, hint);
    if (!hint[0] && strchr(words, ' ')) { /* the second word may be an operand */
        (void)snprintf(shown, sizeof(shown), "%.*s", (int)strcspn(words, " "), words);
        options_hint(shown, names, n, hint);
    }
    (void)server_text_copy(shown, sizeof(shown), words, strlen(words));
    (void)tw_fail(err, TW_INVALID, "there is no command '%s'%s", shown, hint);
}

const struct command *command_find(int n,
                                   const char *const *arguments,
                                   int *ret_n_words,
                                   struct tw_error *err)
{
    char words[WORDS_SIZE];
    const struct command *command;

    *ret_n_words = join_words(n, arguments, words);
    command = find(words);
    if (!command && *ret_n_words == 2) { /* one word and an operand, or a mistake */
        int n_words = join_words(1, arguments, words);

        command = find(words);
        if (command)
            *ret_n_words = n_words;
        else
            (void)join_words(n, arguments, words);
    }
    if (!command)
        fail_unknown(words, err);
    return command;
}

const struct sim_kind *command_sim_kind(const struct command *command)
{
    static const char sim[] = "sim ";

    if (strncmp(command->words, sim, sizeof(sim) - 1) != 0)
        return NULL;
    return sim_kind_find(command->words + sizeof(sim) - 1);
}

bool command_is_acting(const struct command *command)
{
    static const char *const words[] = {"sim all", "sim baseline", "gameday", "load",
                                        "alerts test"};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(command->words, words[i]) == 0)
            return true;
    return command_sim_kind(command) != NULL;
}

static size_t append(const struct option_list *list, struct option_spec *out, size_t n)
{
    for (size_t i = 0; i < list->n; i++)
        out[n++] = list->specs[i];
    return n;
}

size_t command_options(const struct command *command, struct option_spec out[COMMAND_OPTIONS_MAX])
{
    const struct sim_kind *kind = command_sim_kind(command);
    size_t n = kind ? sim_param_options(kind, out) : 0;

    n = append(command->options, out, n);
    return append(&global_options, out, n);
}

void command_write_help(const struct command *command, struct buffer *out)
{
    struct option_spec specs[COMMAND_OPTIONS_MAX];

    (void)buffer_printf(out, "tidewatch%s%s%s%s [OPTIONS]\n%s\n\n", command->words[0] ? " " : "",
                        command->words, command->operands[0] ? " " : "", command->operands,
                        command->help);
    options_write_help(specs, command_options(command, specs), out);
}

void commands_write_help(const char *word, struct buffer *out)
{
    size_t len = strlen(word);

    if (len == 0) {
        command_write_help(&commands[0], out);
        (void)buffer_puts(out, "\nCommands (each has --help):\n");
    }
    for (size_t i = 1; i < n_commands; i++)
        if (len == 0 ||
            (strncmp(commands[i].words, word, len) == 0 && commands[i].words[len] == ' '))
            (void)buffer_printf(out, "  tidewatch %s%s%s\n      %s\n", commands[i].words,
                                commands[i].operands[0] ? " " : "", commands[i].operands,
                                commands[i].help);
    if (len == 0) {
        (void)buffer_puts(out,
                          "\nSettings (--section.key=VALUE, TIDEWATCH_SECTION_KEY, or a file):\n");
        settings_help(config_settings, N_CONFIG_SETTINGS, out);
    }
}
