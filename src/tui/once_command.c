#include "tui/commands.h"
#include "tui/once.h"
#include "tui/ui.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

struct values {
    struct global_values global;
    bool is_once, is_json, is_ascii, is_read_only;
    const char *theme, *dashboard, *view;
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
     .choices = "overview|drift|quality|latency|alerts|requests|events|sources",
     .fallback = "overview",
     .offset = offsetof(struct values, view),
     .help = "what the console begins with"},
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
        .view = v->view,
        .theme = (enum theme)config->theme,
        .is_read_only = v->is_read_only,
    };

    if (v->theme)
        (void)theme_from_name(v->theme, &options.theme);
    if (wants_no_color())
        options.theme = THEME_MONO;
    options.encoding = encoding_set_locale();
    if (v->is_ascii)
        options.encoding = ENCODING_ASCII;
    if (!isnan(v->refresh_s))
        options.refresh_ms = (int64_t)(v->refresh_s * 1000);
    return options;
}

/* The console; one look where it is asked for, or there is no terminal to open it on. */
int once_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct values *v = values;
    struct ui_options options;

    (void)rest;
    if (v->is_once || v->is_json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return once_run(session, v->is_json);
    options = options_of(v, &session->config);
    return ui_run(session, &options);
}
