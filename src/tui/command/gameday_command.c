#include "common/alloc.h"
#include "tui/command/command_show.h"
#include "tui/command/commands.h"
#include "tui/command/gameday_follow.h"
#include "tui/command/interrupt.h"
#include "tui/data/gameday_report.h"

#include <stdio.h>
#include <string.h>

#define BODY_MAX 1024

struct run_values {
    struct global_values global;
    const char *junit_file;
    bool is_json, skips_resolved;
};

static const struct option_spec run_specs[] = {
    {.name = "junit",
     .type = OPTION_TEXT,
     .argument = "FILE",
     .offset = offsetof(struct run_values, junit_file),
     .help = "the report as JUnit XML too"},
    {.name = "no-wait-resolved",
     .type = OPTION_FLAG,
     .offset = offsetof(struct run_values, skips_resolved),
     .help = "do not wait until Alertmanager has delivered that an alert has cleared"},
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct run_values, is_json),
     .help = "the report as the server has it, at the end"},
};

const struct option_list gameday_run_options = {run_specs, COUNT_OF(run_specs)};

/* ---- Starting ------------------------------------------------------------------------------------ */

/* 0 with the game day, or the exit code. */
static int start(struct session *session,
                 const char *kind,
                 bool skips_resolved,
                 struct gameday *ret_gameday)
{
    CLEANUP(freep) char *url = session_url(session->config.operations_url, "/gamedays");
    struct fetch_request request = {.method = "POST", .url = url};
    struct fetch_reply reply;
    char key[SESSION_KEY_SIZE];
    const struct gameday_request start = {kind, key, skips_resolved};
    struct tw_error err;
    struct buffer body;
    int code = session_make_key(key);

    if (code != 0)
        return code;
    buffer_init(&body, BODY_MAX);
    gameday_write_start(&start, &body);
    request.body = buffer_text(&body);
    request.body_len = body.len;
    session_ask(session, &request, true, &reply);
    buffer_finish(&body);
    if (gameday_read(&reply, ret_gameday, &err) < 0)
        return session_fail("start the game day", &reply, &err);
    return 0;
}

static int run(struct session *session, const struct run_values *v, const char *kind)
{
    const struct gameday_follow_options options = {v->is_json, v->junit_file};
    CLEANUP(interrupt_stopp) struct interrupt *interrupt = NULL;
    CLEANUP(freep) struct gameday *gameday = xcalloc(1, sizeof(*gameday));
    struct tw_error err;
    int code = session_need_token(session);

    if (code != 0)
        return code;
    if (interrupt_start(session->fetcher, &interrupt, &err) < 0) {
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
        return EXIT_CODE_FAILED;
    }
    /* Before anything is injected: a file that cannot be written is told now, and if this program is killed, what
     * stands there passes for no success. */
    if (v->junit_file && (code = gameday_put_junit(NULL, kind, v->junit_file)) != 0)
        return code;
    code = start(session, kind, v->skips_resolved, gameday);
    if (code != 0)
        return code;
    if (!v->is_json)
        (void)printf("game day #%lld %s, %zu steps%s\n", (long long)gameday->id, gameday->kind,
                     gameday->n_steps, gameday->fast_alerts ? ", fast alerts" : "");
    return gameday_follow(session, interrupt, gameday, &options);
}

int gameday_command(struct session *session, const void *values, const struct option_rest *rest)
{
    return run(session, values, rest->operands[0]);
}

int sim_all_command(struct session *session, const void *values, const struct option_rest *rest)
{
    (void)rest;
    return run(session, values, "all");
}

/* ---- Looking and stopping ------------------------------------------------------------------------ */

static void write_list(const void *shown, struct page *page)
{
    const struct gamedays *gamedays = shown;

    for (size_t i = 0; i < gamedays->n; i++)
        gameday_write_line(&gamedays->at[i], page);
    if (gamedays->n == 0)
        (void)buffer_puts(page->out, "no game days\n");
}

int gameday_list_command(struct session *session,
                         const void *values,
                         const struct option_rest *rest)
{
    const struct show_values *v = values;
    CLEANUP(freep) char *url = session_url(session->config.operations_url, "/gamedays");
    struct fetch_request request = {.url = url};
    struct gamedays gamedays;
    struct fetch_reply reply;
    struct tw_error err;
    int result;

    (void)rest;
    session_ask(session, &request, true, &reply);
    if (gamedays_read(&reply, &gamedays, &err) < 0)
        return session_fail("list the game days", &reply, &err);
    result = command_show(session, &reply, v->is_json, write_list, &gamedays);
    gamedays_finish(&gamedays);
    return result;
}

static void write_status(const void *shown, struct page *page)
{
    gameday_write_table(shown, page);
}

static int show(struct session *session,
                const char *method,
                const char *doing,
                const char *operand,
                bool is_json)
{
    CLEANUP(freep) char *url = session_item_url(session, "/gamedays", operand);
    CLEANUP(freep) struct gameday *gameday = xcalloc(1, sizeof(*gameday));
    struct fetch_request request = {.method = method, .url = url};
    struct fetch_reply reply;
    struct tw_error err;

    if (!url) {
        (void)fputs(
            "tidewatch: a game day is named by its number; 'tidewatch gameday list' shows them\n",
            stderr);
        return EXIT_CODE_USAGE;
    }
    session_ask(session, &request, true, &reply);
    if (gameday_read(&reply, gameday, &err) < 0)
        return session_fail(doing, &reply, &err);
    return command_show(session, &reply, is_json, write_status, gameday);
}

int gameday_status_command(struct session *session,
                           const void *values,
                           const struct option_rest *rest)
{
    const struct show_values *v = values;

    return show(session, "GET", "show the game day", rest->operands[0], v->is_json);
}

int gameday_stop_command(struct session *session,
                         const void *values,
                         const struct option_rest *rest)
{
    const struct show_values *v = values;
    int code = session_need_token(session);

    return code != 0 ? code
                     : show(session, "DELETE", "stop the game day", rest->operands[0], v->is_json);
}
