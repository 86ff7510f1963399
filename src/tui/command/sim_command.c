#include "common/alloc.h"
#include "tui/command/command_show.h"
#include "tui/command/commands.h"
#include "tui/command/interrupt.h"
#include "tui/command/sim_follow.h"
#include "tui/data/answer.h"
#include "tui/data/operations.h"
#include "tui/data/sim_kinds.h"
#include "tui/data/sim_progress.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define BODY_MAX 8192

/* ---- Starting a run: the options ---------------------------------------------------------------- */

/* Of every kind: what its parameters got, by their place in the table. */
struct start_values {
    struct global_values global;
    struct sim_values sim;
    const char *until;
    bool is_json, waits_for_clear;
};

static_assert(sizeof(struct start_values) <= COMMAND_VALUES_MAX, "they must fit");

static const struct option_spec drill_specs[] = {
    {.name = "until",
     .type = OPTION_CHOICE,
     .choices = "alert|duration|notified",
     .fallback = "alert",
     .offset = offsetof(struct start_values, until),
     .help = "what ends it"},
    {.name = "wait-clear",
     .type = OPTION_FLAG,
     .offset = offsetof(struct start_values, waits_for_clear),
     .help = "wait until the alert has cleared, for at most 30 minutes"},
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct start_values, is_json),
     .help = "one JSON object at the end"},
};

static const struct option_spec baseline_specs[] = {
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct start_values, is_json),
     .help = "the server's answer as it came"},
};

const struct option_list sim_drill_options = {drill_specs, COUNT_OF(drill_specs)};
/* Without an alert there is no choice of an end, and none to wait for. */
const struct option_list sim_recovery_options = {&drill_specs[COUNT_OF(drill_specs) - 1], 1};
const struct option_list sim_baseline_options = {baseline_specs, COUNT_OF(baseline_specs)};

/* No bounds: the ranges are the server's to check, and it names every field that is wrong. */
size_t sim_param_options(const struct sim_kind *kind, struct option_spec *out)
{
    static const enum option_type types[] = {[SIM_NUMBER] = OPTION_NUMBER,
                                             [SIM_WHOLE] = OPTION_WHOLE,
                                             [SIM_CHOICE] = OPTION_CHOICE,
                                             [SIM_FEATURES] = OPTION_TEXT};

    for (size_t i = 0; i < kind->n_params; i++) {
        const struct sim_param *param = &kind->params[i];
        bool is_number = param->type == SIM_NUMBER || param->type == SIM_WHOLE;

        out[i] = (struct option_spec){
            .name = param->option,
            .type = types[param->type],
            .argument = param->argument,
            .choices = param->choices,
            .fallback = param->fallback,
            .help = param->help,
            .offset = is_number ? offsetof(struct start_values, sim.numbers) + i * sizeof(double)
                                : offsetof(struct start_values, sim.words) + i * sizeof(char *),
        };
    }
    return kind->n_params;
}

/* ---- sim list, status, stop -------------------------------------------------------------------- */

static const struct option_spec show_specs[] = {
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct show_values, is_json),
     .help = "the server's answer as it came"},
};

const struct option_list sim_show_options = {show_specs, COUNT_OF(show_specs)};

/* ---- Starting ---------------------------------------------------------------------------------- */

/* 0 with the reply and the simulation in it, or the exit code. */
static int start(struct session *session,
                 const struct simulation_request *description,
                 struct fetch_reply *ret_reply,
                 struct simulation *ret_simulation)
{
    CLEANUP(freep) char *url = session_url(session->config.operations_url, "/simulations");
    struct fetch_request request = {.method = "POST", .url = url};
    struct simulation_request keyed = *description;
    char key[SESSION_KEY_SIZE];
    struct tw_error err;
    struct buffer body;
    int code = session_need_token(session);

    if (code == 0)
        code = session_make_key(key);
    if (code != 0)
        return code;
    keyed.idempotency_key = key;
    buffer_init(&body, BODY_MAX);
    operations_write_start(&keyed, &body);
    request.body = buffer_text(&body);
    request.body_len = body.len;
    session_ask(session, &request, true, ret_reply);
    buffer_finish(&body);
    if (operations_read_simulation(ret_reply, ret_simulation, &err) < 0)
        return session_fail("start the simulation", ret_reply, &err);
    return 0;
}

static void write_started(const void *shown, struct page *page)
{
    const struct simulation *simulation = shown;

    page_printf(page, PAGE_BOLD, "%s #%lld", simulation->kind, (long long)simulation->id);
    page_printf(page, PAGE_PLAIN, "  %s", simulation->params);
    page_end_line(page);
}

/* Starts a drill and follows it to its end: the exit code. */
static int run_drill(struct session *session,
                     const struct simulation_request *request,
                     const struct sim_follow_options *options)
{
    CLEANUP(interrupt_stopp) struct interrupt *interrupt = NULL;
    struct simulation simulation;
    struct fetch_reply reply;
    struct tw_error err;
    int code;

    if (interrupt_start(session->fetcher, &interrupt, &err) < 0) {
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
        return EXIT_CODE_FAILED;
    }
    code = start(session, request, &reply, &simulation);
    if (code != 0)
        return code;
    if (!options->is_json)
        (void)command_show(session, &reply, false, write_started, &simulation);
    return sim_follow(session, interrupt, &simulation, options);
}

int sim_drill_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct start_values *v = values;
    const struct sim_follow_options options = {v->is_json, v->waits_for_clear};
    struct simulation_number numbers[SIM_PARAMS_MAX];
    struct simulation_request request =
        sim_kind_request(command_sim_kind(v->global.command), &v->sim, numbers);

    (void)rest;
    request.until = v->until;
    return run_drill(session, &request, &options);
}

int sim_baseline_command(struct session *session,
                         const void *values,
                         const struct option_rest *rest)
{
    const struct start_values *v = values;
    struct simulation_number numbers[SIM_PARAMS_MAX];
    struct simulation_request request =
        sim_kind_request(command_sim_kind(v->global.command), &v->sim, numbers);
    struct simulation simulation;
    struct fetch_reply reply;
    int code;

    (void)rest;
    code = start(session, &request, &reply, &simulation);
    if (code != 0)
        return code;
    code = command_show(session, &reply, v->is_json, write_started, &simulation);
    if (code == 0 && !v->is_json)
        (void)printf("it goes on until 'tidewatch sim stop %lld'\n", (long long)simulation.id);
    return code;
}

/* ---- Looking and stopping ---------------------------------------------------------------------- */

static int fail_no_id(void)
{
    (void)fputs("tidewatch: a simulation is named by its number; 'tidewatch sim list' shows them\n",
                stderr);
    return EXIT_CODE_USAGE;
}

static void write_status(const void *shown, struct page *page)
{
    sim_write_status(shown, page);
}

/* One simulation in the reply, shown. */
static int show(const struct session *session,
                const char *doing,
                const struct fetch_reply *reply,
                bool is_json)
{
    struct simulation simulation;
    struct tw_error err;

    if (operations_read_simulation(reply, &simulation, &err) < 0)
        return session_fail(doing, reply, &err);
    return command_show(session, reply, is_json, write_status, &simulation);
}

static void write_list(const void *shown, struct page *page)
{
    const struct simulations *simulations = shown;

    for (size_t i = 0; i < simulations->n; i++)
        sim_write_line(&simulations->at[i], page);
    if (simulations->n == 0)
        (void)buffer_puts(page->out, "no simulations\n");
}

int sim_list_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct show_values *v = values;
    CLEANUP(freep) char *url = session_url(session->config.operations_url, "/simulations");
    struct fetch_request request = {.url = url};
    struct simulations simulations;
    struct fetch_reply reply;
    struct tw_error err;
    int result;

    (void)rest;
    session_ask(session, &request, true, &reply);
    if (operations_read_simulations(&reply, &simulations, &err) < 0)
        return session_fail("list the simulations", &reply, &err);
    result = command_show(session, &reply, v->is_json, write_list, &simulations);
    simulations_finish(&simulations);
    return result;
}

int sim_status_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct show_values *v = values;
    CLEANUP(freep) char *url = session_item_url(session, "/simulations", rest->operands[0]);
    struct fetch_request request = {.url = url};
    struct fetch_reply reply;

    if (!url)
        return fail_no_id();
    session_ask(session, &request, true, &reply);
    return show(session, "show the simulation", &reply, v->is_json);
}

static int stop_all(struct session *session, bool is_json)
{
    CLEANUP(freep) char *url = session_url(session->config.operations_url, "/simulations");
    struct fetch_request request = {.method = "DELETE", .url = url};
    CLEANUP(json_freep) struct json *json = NULL;
    struct fetch_reply reply;
    struct tw_error err;

    session_ask(session, &request, true, &reply);
    /* 204 has nothing to read, and is as good. */
    if (reply.status != 204 && answer_read(&reply, &json, &err) < 0)
        return session_fail("stop the simulations", &reply, &err);
    if (is_json)
        return session_put_json(reply.status == 204 ? "{}" : reply.body,
                                reply.status == 204 ? 2 : reply.body_len);
    (void)puts("all simulations but the baseline are stopped");
    return EXIT_CODE_OK;
}

int sim_stop_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct show_values *v = values;
    bool is_all = strcmp(rest->operands[0], "all") == 0;
    CLEANUP(freep)
    char *url = is_all ? NULL : session_item_url(session, "/simulations", rest->operands[0]);
    struct fetch_request request = {.method = "DELETE", .url = url};
    struct fetch_reply reply;
    int code;

    if (!is_all && !url)
        return fail_no_id();
    code = session_need_token(session);
    if (code != 0)
        return code;
    if (is_all)
        return stop_all(session, v->is_json);
    session_ask(session, &request, true, &reply);
    return show(session, "stop the simulation", &reply, v->is_json);
}
