#include "common/clock.h"
#include "tui/command/commands.h"
#include "tui/command/once.h"
#include "tui/screen/ui.h"
#include "tui/screen/ui_place.h"
#include "tui/state/ui_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct values {
    struct global_values global;
    bool is_once, is_json, is_ascii, is_read_only;
    bool is_over;
    const char *theme, *dashboard, *view, *record, *replay;
    double refresh_s;
};

static const struct option_spec specs[] = {
    {.name = "once",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_once),
     .help = "one look, then end"},
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_json),
     .help = "the look as one JSON object"},
    {.name = "dashboard",
     .type = OPTION_TEXT,
     .argument = "FILE",
     .offset = offsetof(struct values, dashboard),
     .help = "a Grafana dashboard to open instead of the overview"},
    {.name = "view",
     .type = OPTION_CHOICE,
     .choices = CONFIG_VIEWS,
     .offset = offsetof(struct values, view),
     .help = "what the console begins with, instead of console.view of the settings"},
    {.name = "theme",
     .type = OPTION_CHOICE,
     .choices = THEME_NAMES,
     .offset = offsetof(struct values, theme),
     .help = "colours, instead of console.theme of the settings; NO_COLOR wins"},
    {.name = "ascii",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_ascii),
     .help = "draw with ASCII alone"},
    {.name = "read-only",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_read_only),
     .help = "a console from which nothing is changed"},
    {.name = "record",
     .type = OPTION_TEXT,
     .argument = "FILE",
     .offset = offsetof(struct values, record),
     .help = "keep what the servers answer, up to 64 MB"},
    {.name = "overwrite",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_over),
     .help = "record into a file that is there"},
    {.name = "replay",
     .type = OPTION_TEXT,
     .argument = "FILE",
     .offset = offsetof(struct values, replay),
     .help = "show a recording, without any network"},
    {.name = "refresh",
     .type = OPTION_NUMBER,
     .argument = "SECONDS",
     .min = 0.1,
     .max = 600,
     .offset = offsetof(struct values, refresh_s),
     .help = "how often to ask the servers"},
};

const struct option_list once_options = {specs, COUNT_OF(specs)};

/* NO_COLOR (no-color.org): any value but the empty one. */
static bool wants_no_color(void)
{
    const char *no_color = getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe): before any thread

    return no_color && no_color[0];
}

static struct ui_options options_of(const struct values *v, const struct config *config)
{
    struct ui_options options = {
        .dashboard_file = v->dashboard,
        .view = v->view        ? v->view
                : v->dashboard ? view_titles[VIEW_OVERVIEW].name
                               : view_titles[config->view].name,
        .theme = (enum theme)config->theme,
        .is_color_refused = wants_no_color(),
        .encoding = encoding_set_locale(),
        .is_ascii = v->is_ascii || config->is_ascii,
        .refresh_ms = config->refresh_ms,
        .range_ms = config->range_ms,
        .is_read_only = v->is_read_only,
        .has_mouse = config->has_mouse,
    };

    if (v->theme)
        (void)theme_from_name(v->theme, &options.theme);
    if (!isnan(v->refresh_s))
        options.refresh_ms = (int64_t)(v->refresh_s * 1000);
    return options;
}

static int open_recorder(struct session *session,
                         const struct values *v,
                         int64_t refresh_ms,
                         struct tw_error *err)
{
    const struct recorder_options options = {
        .path = v->record,
        .is_over = v->is_over,
        .max_bytes = TAPE_BYTES_MAX,
    };
    struct tape_head head = {.began_ms = clock_now_ms(),
                             .refresh_ms = refresh_ms,
                             .n_columns = UI_RECORD_COLUMNS,
                             .is_production = session->config.is_production};

    (void)snprintf(head.context, sizeof(head.context), "%s",
                   session->config.context ? session->config.context : UI_NO_CONTEXT);
    if (recorder_open(&options, &head, &session->recorder, err) < 0)
        return -1;
    recorder_hide(session->recorder, credentials_access(session->access.prometheus)->secrets);
    recorder_hide(session->recorder, credentials_access(session->access.alertmanager)->secrets);
    recorder_hide(session->recorder, credentials_access(session->access.operations)->secrets);
    return 0;
}

/* Recording and replaying, when one is asked for. 0, or the exit code. */
static int open_tapes(struct session *session, const struct values *v, struct ui_options *options)
{
    struct tw_error err;
    int result = 0;

    if (v->record && v->replay)
        result = tw_fail(&err, TW_INVALID, "--record and --replay exclude each other");
    else if (v->replay)
        result = player_open(v->replay, &session->player, &err);
    else if (v->record)
        result = open_recorder(session, v,
                               options->refresh_ms > 0 ? options->refresh_ms : UI_REFRESH_MS, &err);
    if (result < 0) {
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
        return EXIT_CODE_USAGE;
    }
    if (session->player && options->refresh_ms == 0)
        options->refresh_ms = player_head(session->player)->refresh_ms;
    return 0;
}

static void close_tapes(struct session *session)
{
    struct tw_error err;

    if (recorder_close(session->recorder, &err) < 0)
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
    player_free(session->player);
    session->recorder = NULL;
    session->player = NULL;
}

static int run_console(struct session *session, const struct ui_options *options)
{
    int code = ui_run(session, options);

    if (session->recorder && code == EXIT_CODE_OK)
        once_record(session);
    return code;
}

/* The console; one look where it is asked for, or there is no terminal to open it on. */
int once_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct values *v = values;
    bool is_look = v->is_once || v->is_json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
    struct ui_options options = options_of(v, &session->config);
    int code = open_tapes(session, v, &options);

    (void)rest;
    if (code != 0)
        return code;
    if (is_look && session->player)
        player_skip_to_end(session->player);
    code = is_look ? once_run(session, v->is_json) : run_console(session, &options);
    close_tapes(session);
    return code;
}
