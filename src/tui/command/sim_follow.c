#include "tui/command/sim_follow.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/json_write.h"
#include "tui/command/bar_line.h"
#include "tui/command/interrupt.h"
#include "tui/command/look_queries.h"
#include "tui/data/answer.h"
#include "tui/data/prom.h"
#include "tui/data/sim_progress.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS         500
#define SILENCE_MAX_MS  30000   /* of the operations API, before we give up looking */
#define DELIVERY_MAX_MS 30000   /* group_wait is 10 s */
#define CLEAR_MAX_MS    1800000 /* the drift window has to fill with ordinary traffic again */
#define LINE_BYTES_MAX  4096
#define END_BYTES_MAX   65536

enum outcome { FOLLOW_ON, FOLLOW_OVER, FOLLOW_INTERRUPTED, FOLLOW_SILENT };

struct follow {
    struct session *session;
    const struct sim_follow_options *options;
    const struct interrupt *interrupt;
    struct sim_progress progress;
    char *last_body; /* of the newest answer with the simulation in it; owned */
    bool asks_status, asks_score, asks_alerts; /* under way */
    int64_t heard_mono_ms;                     /* its last good one */
    int64_t ended_mono_ms;                     /* 0: it runs */
    struct tw_error silence;
    struct bar_line bar;
};

/* ---- Writing ----------------------------------------------------------------------------------- */

static void write_bar(const void *ctx, struct page *page)
{
    sim_progress_write_bar(ctx, page);
}

static void write_changes(struct follow *follow, const struct sim_progress *before)
{
    struct page page = {.style = follow->session->style};
    struct buffer lines;

    if (follow->options->is_json || follow->bar.is_on)
        return;
    buffer_init(&lines, LINE_BYTES_MAX);
    page.out = &lines;
    sim_progress_write_changes(before, &follow->progress, clock_now_ms(), &page);
    (void)session_put(&lines);
    buffer_finish(&lines);
}

/* ---- Answers ----------------------------------------------------------------------------------- */

static void take_status(void *ctx, const struct fetch_reply *reply)
{
    struct follow *follow = ctx;
    struct sim_progress before = follow->progress;
    struct simulation simulation;

    follow->asks_status = false;
    if (operations_read_simulation(reply, &simulation, &follow->silence) < 0) {
        follow->progress.silent_for_ms = clock_mono_ms() - follow->heard_mono_ms + 1;
        write_changes(follow, &before);
        return;
    }
    follow->progress.silent_for_ms = 0;
    follow->heard_mono_ms = clock_mono_ms();
    free(follow->last_body);
    follow->last_body = server_text_json_dup(reply->body, reply->body_len);
    follow->progress.simulation = simulation;
    if (simulation.state != SIMULATION_RUNNING && follow->ended_mono_ms == 0)
        follow->ended_mono_ms = follow->heard_mono_ms;
    write_changes(follow, &before);
}

static void take_score(void *ctx, const struct fetch_reply *reply)
{
    struct follow *follow = ctx;
    struct sim_progress before = follow->progress;
    double score = (double)NAN, age_s = 0, at_s = 0;
    struct prom_vector vector;

    follow->asks_score = false;
    follow->progress.score = (double)NAN;
    if (prom_read_vector(reply, &vector, NULL) < 0)
        return; /* shown as no score: the simulation itself goes on */
    for (size_t i = 0; i < vector.n; i++) {
        const char *tag = labels_get(&vector.at[i].labels, "tw");

        if (look_query_of(tag) == (enum look_query)LOOK_DRIFT) {
            score = vector.at[i].value;
            at_s = vector.at[i].at_s;
        } else if (isfinite(vector.at[i].value)) {
            age_s = vector.at[i].value;
        }
    }
    prom_vector_finish(&vector);
    if (follow->ended_mono_ms == 0)
        (void)sim_progress_take_score(&follow->progress, score, (int64_t)((at_s - age_s) * 1000));
    else
        follow->progress.score = score;
    write_changes(follow, &before);
}

static bool is_firing(const struct prom_alerts *alerts, const char *name)
{
    for (size_t i = 0; i < alerts->n; i++)
        if (alerts->at[i].is_firing &&
            strcmp(labels_get(&alerts->at[i].labels, "alertname"), name) == 0)
            return true;
    return false;
}

static void take_alerts(void *ctx, const struct fetch_reply *reply)
{
    struct follow *follow = ctx;
    struct sim_progress before = follow->progress;
    struct prom_alerts alerts;

    follow->asks_alerts = false;
    if (prom_read_alerts(reply, &alerts, NULL) < 0)
        return; /* asked again in a second */
    if (!is_firing(&alerts, follow->progress.simulation.alert))
        follow->progress.cleared_at_ms = clock_now_ms();
    prom_alerts_finish(&alerts);
    write_changes(follow, &before);
}

/* ---- Questions --------------------------------------------------------------------------------- */

static bool ask(struct follow *follow, const struct fetch_request *request, fetch_done_fn *take)
{
    struct fetch_request bounded = *request;

    bounded.timeout_ms = follow->session->config.timeout_ms;
    bounded.max_reply_bytes = SESSION_ALERTS_MAX;
    return fetcher_start(follow->session->fetcher, &bounded, take, follow, &follow->silence) == 0;
}

static void ask_status(struct follow *follow)
{
    CLEANUP(freep)
    char *path = xprintf_dup("/simulations/%lld", (long long)follow->progress.simulation.id);
    CLEANUP(freep) char *url = session_url(follow->session->config.operations_url, path);
    struct fetch_request request = {
        .url = url, .access = credentials_access(follow->session->access.operations)};

    if (!follow->asks_status)
        follow->asks_status = ask(follow, &request, take_status);
}

static void ask_score(struct follow *follow)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    const struct config *config = &follow->session->config;
    CLEANUP(freep) char *url = session_url(config->prometheus_url, "/api/v1/query");
    struct fetch_request request = {.method = "POST",
                                    .url = url,
                                    .headers = headers,
                                    .access =
                                        credentials_access(follow->session->access.prometheus)};
    struct buffer expr, form;

    if (follow->asks_score || !sim_progress_has_score(&follow->progress))
        return;
    buffer_init(&expr, SESSION_QUERY_FORM_MAX);
    buffer_init(&form, SESSION_QUERY_FORM_MAX);
    look_write_query((enum look_query)LOOK_DRIFT, &expr);
    (void)buffer_puts(&expr, " or ");
    look_write_query((enum look_query)(LOOK_QUERY_AGES + LOOK_AGE_DRIFT), &expr);
    prom_write_query_form(buffer_text(&expr), config->timeout_ms, &form);
    request.body = buffer_text(&form);
    request.body_len = form.len;
    follow->asks_score = ask(follow, &request, take_score);
    buffer_finish(&expr);
    buffer_finish(&form);
}

static void ask_alerts(struct follow *follow)
{
    CLEANUP(freep)
    char *url = session_url(follow->session->config.prometheus_url, "/api/v1/alerts");
    struct fetch_request request = {
        .url = url, .access = credentials_access(follow->session->access.prometheus)};

    if (!follow->asks_alerts)
        follow->asks_alerts = ask(follow, &request, take_alerts);
}

/* ---- The run ----------------------------------------------------------------------------------- */

static enum outcome judge(struct follow *follow)
{
    struct sim_progress *progress = &follow->progress;
    int64_t now_ms = clock_mono_ms(), since_end_ms = now_ms - follow->ended_mono_ms;
    bool has_fired = progress->simulation.firing_at_ms > 0;

    if (interrupt_came(follow->interrupt))
        return FOLLOW_INTERRUPTED;
    if (progress->silent_for_ms > SILENCE_MAX_MS ||
        (progress->silent_for_ms > 0 && follow->silence.code == TW_NOT_FOUND))
        return FOLLOW_SILENT;
    if (follow->ended_mono_ms == 0)
        return FOLLOW_ON;
    progress->waits_for_delivery =
        has_fired && progress->simulation.delivered_at_ms == 0 && since_end_ms < DELIVERY_MAX_MS;
    progress->waits_for_clear = has_fired && follow->options->waits_for_clear &&
                                progress->cleared_at_ms == 0 && since_end_ms < CLEAR_MAX_MS;
    return progress->waits_for_delivery || progress->waits_for_clear ? FOLLOW_ON : FOLLOW_OVER;
}

static enum outcome run(struct follow *follow)
{
    int64_t tick_ms = clock_mono_ms();

    for (;;) {
        enum outcome outcome = judge(follow);
        int64_t now_ms = clock_mono_ms();

        if (outcome != FOLLOW_ON)
            return outcome;
        if (now_ms >= tick_ms) {
            bar_line_draw(&follow->bar, write_bar, &follow->progress);
            ask_status(follow);
            ask_score(follow);
            if (follow->progress.waits_for_clear)
                ask_alerts(follow);
            tick_ms = now_ms + TICK_MS;
        }
        (void)fetcher_step(follow->session->fetcher, (int)(tick_ms - now_ms));
    }
}

static void write_moment(struct json_writer *w, const char *key, int64_t at_ms)
{
    if (at_ms > 0)
        json_write_int(w, key, at_ms);
    else
        json_write_null(w, key);
}

static void print_end(struct follow *follow, int exit_code)
{
    struct page page = {.style = follow->session->style};
    struct buffer out;

    bar_line_erase(&follow->bar);
    buffer_init(&out, END_BYTES_MAX + SESSION_REPLY_MAX);
    page.out = &out;
    if (follow->options->is_json) {
        struct json_writer w = {&out, false};

        json_write_object(&w, NULL);
        json_write_int(&w, "exit_code", exit_code);
        write_moment(&w, "score_over_at_ms", follow->progress.score_over_at_ms);
        write_moment(&w, "cleared_at_ms", follow->progress.cleared_at_ms);
        if (follow->last_body)
            json_write_raw(&w, "simulation", follow->last_body, strlen(follow->last_body));
        else
            json_write_null(&w, "simulation");
        json_write_object_end(&w);
        (void)buffer_putc(&out, '\n');
    } else {
        sim_progress_write_end(&follow->progress, &page);
    }
    (void)session_put(&out);
    buffer_finish(&out);
}

/* Stops it on the server; the program is to be left whatever the answer is. */
static void stop(struct follow *follow)
{
    CLEANUP(freep)
    char *path = xprintf_dup("/simulations/%lld", (long long)follow->progress.simulation.id);
    CLEANUP(freep) char *url = session_url(follow->session->config.operations_url, path);
    struct fetch_request request = {.method = "DELETE", .url = url};
    struct fetch_reply reply;

    if (follow->ended_mono_ms != 0)
        return;
    bar_line_say(&follow->bar, "tidewatch: stopping %s (again Ctrl-C: leave at once)\n",
                 follow->progress.simulation.kind);
    session_ask(follow->session, &request, true, &reply);
    take_status(follow, &reply);
    if (follow->progress.silent_for_ms == 0) {
        bar_line_say(&follow->bar, "tidewatch: %s is stopped on the server\n",
                     follow->progress.simulation.kind);
        return;
    }
    bar_line_say(&follow->bar, "tidewatch: it could not be stopped: %s\n", follow->silence.message);
    bar_line_say(&follow->bar,
                 "tidewatch: it ends by itself; 'tidewatch sim stop all' stops it before\n");
}

static int finish(struct follow *follow, enum outcome outcome)
{
    int exit_code = EXIT_CODE_FAILED;

    switch (outcome) {
    case FOLLOW_ON:
    case FOLLOW_OVER:
        exit_code = sim_progress_exit_code(&follow->progress);
        if (follow->options->waits_for_clear && follow->progress.simulation.firing_at_ms > 0 &&
            follow->progress.cleared_at_ms == 0)
            exit_code = EXIT_CODE_FAILED;
        break;
    case FOLLOW_INTERRUPTED:
        stop(follow);
        exit_code = EXIT_CODE_INTERRUPTED;
        break;
    case FOLLOW_SILENT:
        bar_line_say(&follow->bar,
                     "tidewatch: the operations API does not tell of it any more: %s\n",
                     follow->silence.message);
        bar_line_say(&follow->bar, "tidewatch: the %s simulation may go on, up to its end\n",
                     follow->progress.simulation.kind);
        exit_code = EXIT_CODE_UNREACHABLE;
        break;
    }
    print_end(follow, exit_code);
    return exit_code;
}

int sim_follow(struct session *session,
               const struct interrupt *interrupt,
               const struct simulation *simulation,
               const struct sim_follow_options *options)
{
    struct follow follow = {
        .session = session,
        .options = options,
        .interrupt = interrupt,
        .progress = {.simulation = *simulation, .score = (double)NAN},
        .heard_mono_ms = clock_mono_ms(),
        .bar = {.session = session, .is_on = session->is_terminal && !options->is_json},
    };
    int exit_code = finish(&follow, run(&follow));

    /* Answers still under way would come to a struct that is gone. */
    while (fetcher_step(session->fetcher, 1000) > 0)
        ;
    free(follow.last_body);
    return exit_code;
}
