#include "common/alloc.h"
#include "common/clock.h"
#include "tui/command/bar_line.h"
#include "tui/command/commands.h"
#include "tui/data/answer.h"
#include "tui/data/knowledge.h"

#include <stdio.h>
#include <string.h>

#define TICK_MS        500
#define SILENCE_MAX_MS 30000 /* of the LLM API, before we give up looking */
#define OUT_BYTES_MAX  65536

struct values {
    struct global_values global;
    bool is_json;
};

static const struct option_spec specs[] = {
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_json),
     .help = "the server's figures at the end, as they came"},
};

const struct option_list load_options = {specs, COUNT_OF(specs)};

struct load {
    struct session *session;
    struct bar_line bar;
    struct knowledge_load begun; /* as the server answered at first */
    struct knowledge_stats stats;
    struct fetch_reply reply; /* with them; valid until the next question */
    struct tw_error err;
};

static void write_progress(const void *ctx, struct page *page)
{
    knowledge_write_progress(ctx, page);
}

/* Where there is no line to write over, each phase is told once. */
static void tell(struct load *load, const struct knowledge_load *before)
{
    struct page page = {.style = load->session->style};
    struct buffer out;

    bar_line_draw(&load->bar, write_progress, &load->stats.load);
    if (load->session->is_terminal || strcmp(before->phase, load->stats.load.phase) == 0 ||
        load->stats.load.state != LOAD_RUNNING)
        return;
    buffer_init(&out, OUT_BYTES_MAX);
    page.out = &out;
    knowledge_write_progress(&load->stats.load, &page);
    (void)fprintf(stderr, "%s\n", buffer_text(&out));
    buffer_finish(&out);
}

static int ask_stats(struct load *load)
{
    CLEANUP(freep) char *url = session_url(load->session->config.llm_url, "/kb/stats");
    struct fetch_request request = {.url = url};
    struct knowledge_load before = load->stats.load;

    session_ask(load->session, &request, true, &load->reply);
    if (knowledge_read_stats(&load->reply, &load->stats, &load->err) < 0)
        return -1;
    tell(load, &before);
    return 0;
}

static void wait_until(struct load *load, int64_t mono_ms)
{
    while (clock_mono_ms() < mono_ms)
        (void)fetcher_step(load->session->fetcher, (int)(mono_ms - clock_mono_ms()));
}

/* Twice is once: what has not changed is left as it is. */
static int ask_for_load(struct load *load)
{
    CLEANUP(freep) char *url = session_url(load->session->config.llm_url, "/load-knowledge");
    struct fetch_request request = {
        .method = "POST", .url = url, .timeout_ms = load->session->config.answer_timeout_ms};

    session_ask(load->session, &request, true, &load->reply);
    return knowledge_read_load(&load->reply, &load->begun, &load->err);
}

/* 0 with the answer in load->begun, or the exit code. A load that is at work already may have read the files
 * before they changed: it is waited for, for as long as it goes on. */
static int begin(struct load *load)
{
    int64_t until_mono_ms = clock_mono_ms() + load->session->config.answer_timeout_ms;
    bool is_told = false;

    while (ask_for_load(load) < 0) {
        int64_t asked_mono_ms = clock_mono_ms();

        if (load->reply.status != 503 || asked_mono_ms >= until_mono_ms)
            return session_fail("load the knowledge base", &load->reply, &load->err);
        if (!is_told)
            (void)fprintf(stderr, "tidewatch: waiting: %s\n", load->err.message);
        is_told = true;
        if (ask_stats(load) == 0 && load->stats.load.state == LOAD_RUNNING)
            until_mono_ms = asked_mono_ms + load->session->config.answer_timeout_ms;
        wait_until(load, asked_mono_ms + TICK_MS);
    }
    return 0;
}

/* Over, and it is the load that was begun here that is over. */
static bool is_over(const struct load *load)
{
    const struct knowledge_load *now = &load->stats.load, *begun = &load->begun;

    return now->state != LOAD_RUNNING &&
           (now->started_at_ms > begun->started_at_ms ||
            (!begun->is_to_come && now->started_at_ms == begun->started_at_ms));
}

/* 0 when it is over, or the exit code. */
static int follow(struct load *load)
{
    int64_t heard_mono_ms = clock_mono_ms();

    for (;;) {
        int64_t asked_mono_ms = clock_mono_ms();

        if (ask_stats(load) == 0) {
            heard_mono_ms = asked_mono_ms;
            if (is_over(load))
                return 0;
        } else if (load->reply.status >= 400 && load->reply.status < 500) {
            return session_fail("see how the load stands", &load->reply, &load->err);
        }
        if (asked_mono_ms - heard_mono_ms > SILENCE_MAX_MS)
            return session_fail("see how the load stands", &load->reply, &load->err);
        wait_until(load, asked_mono_ms + TICK_MS);
    }
}

static int print_end(const struct load *load, bool is_json)
{
    struct buffer out;
    struct page page = {.out = &out, .style = load->session->style};
    int result;

    if (is_json)
        return session_put_json(load->reply.body, load->reply.body_len);
    buffer_init(&out, OUT_BYTES_MAX);
    knowledge_write_end(&load->stats, &page);
    result = session_put(&out);
    buffer_finish(&out);
    return result;
}

int load_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct values *v = values;
    struct load load = {
        .session = session,
        .bar = {.session = session, .is_on = session->is_terminal && !v->is_json},
    };
    int code = session_need_token(session);

    (void)rest;
    if (code == 0)
        code = begin(&load);
    if (code == 0)
        code = follow(&load);
    bar_line_erase(&load.bar);
    if (code == 0)
        code = print_end(&load, v->is_json);
    if (code == 0 && load.stats.load.state == LOAD_FAILED)
        code = EXIT_CODE_FAILED;
    return code;
}
