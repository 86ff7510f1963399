#include "tui/command/gameday_follow.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"
#include "tui/command/bar_line.h"
#include "tui/command/interrupt.h"
#include "tui/data/gameday_report.h"

#include <stdio.h>
#include <string.h>

#define TICK_MS         500
#define SILENCE_MAX_MS  30000 /* of the operations API, before we give up looking */
#define LINES_BYTES_MAX 65536
#define JUNIT_BYTES_MAX 262144

struct follow {
    struct session *session;
    const struct gameday_follow_options *options;
    struct gameday gameday; /* as the server told last */
    char *last_body;        /* of the newest answer with it; owned; NULL: none */
    size_t last_len;
    bool asks;             /* under way */
    int64_t heard_mono_ms; /* its last good answer */
    bool is_silent;
    struct tw_error silence; /* why */
    struct bar_line bar;
};

/* ---- Writing ------------------------------------------------------------------------------------- */

static void write_bar(const void *ctx, struct page *page)
{
    const struct follow *follow = ctx;

    if (follow->is_silent)
        page_text(page, PAGE_WARN, "no answer from the operations API");
    else
        gameday_write_bar(&follow->gameday, page);
}

static void write_changes(struct follow *follow, const struct gameday *before)
{
    struct page page = {.style = follow->session->style};
    struct buffer lines;

    if (follow->options->is_json)
        return;
    buffer_init(&lines, LINES_BYTES_MAX);
    page.out = &lines;
    gameday_write_changes(before, &follow->gameday, !follow->bar.is_on, &page);
    if (lines.len > 0)
        bar_line_erase(&follow->bar);
    (void)session_put(&lines);
    buffer_finish(&lines);
}

int gameday_put_junit(const struct gameday *gameday, const char *kind, const char *file)
{
    struct tw_error err;
    struct buffer xml;
    int result;

    buffer_init(&xml, JUNIT_BYTES_MAX);
    gameday_write_junit(gameday, kind, &xml);
    result = xml.failed ? tw_fail(&err, TW_BROKEN, "the report is too long")
                        : file_write_atomically(file, buffer_text(&xml), xml.len, 0644, &err);
    if (result < 0)
        (void)fprintf(stderr, "tidewatch: cannot write the report: %s\n", err.message);
    buffer_finish(&xml);
    return result < 0 ? EXIT_CODE_FAILED : 0;
}

/* ---- Answers ------------------------------------------------------------------------------------- */

static void take_answer(void *ctx, const struct fetch_reply *reply)
{
    struct follow *follow = ctx;
    CLEANUP(freep) struct gameday *before = xcalloc(1, sizeof(*before));

    *before = follow->gameday;
    follow->asks = false;
    if (gameday_read(reply, &follow->gameday, &follow->silence) < 0) {
        follow->is_silent = true;
        return;
    }
    follow->is_silent = false;
    follow->heard_mono_ms = clock_mono_ms();
    free(follow->last_body);
    follow->last_body = xcalloc(reply->body_len + 1, 1);
    memcpy(follow->last_body, reply->body, reply->body_len);
    follow->last_len = reply->body_len;
    write_changes(follow, before);
}

static char *url_of(const struct follow *follow)
{
    CLEANUP(freep) char *path = xprintf_dup("/gamedays/%lld", (long long)follow->gameday.id);

    return session_url(follow->session->config.operations_url, path);
}

static void ask(struct follow *follow)
{
    CLEANUP(freep) char *url = url_of(follow);
    struct fetch_request request = {.url = url,
                                    .access =
                                        credentials_access(follow->session->access.operations),
                                    .timeout_ms = follow->session->config.timeout_ms,
                                    .max_reply_bytes = SESSION_REPLY_MAX};

    if (!follow->asks)
        follow->asks = fetcher_start(follow->session->fetcher, &request, take_answer, follow,
                                     &follow->silence) == 0;
}

/* Stops it on the server; the program is to be left whatever the answer is. */
static void stop(struct follow *follow)
{
    CLEANUP(freep) char *url = url_of(follow);
    struct fetch_request request = {.method = "DELETE", .url = url};
    struct fetch_reply reply;

    bar_line_say(&follow->bar, "tidewatch: stopping the game day (again Ctrl-C: leave at once)\n");
    session_ask(follow->session, &request, true, &reply);
    take_answer(follow, &reply);
    if (!follow->is_silent) {
        bar_line_say(&follow->bar, "tidewatch: the game day is stopped on the server\n");
        return;
    }
    bar_line_say(&follow->bar, "tidewatch: it could not be stopped: %s\n", follow->silence.message);
    bar_line_say(
        &follow->bar,
        "tidewatch: it goes on to its end; 'tidewatch gameday stop %lld' stops it before\n",
        (long long)follow->gameday.id);
}

/* ---- The run ------------------------------------------------------------------------------------- */

enum outcome { FOLLOW_ON, FOLLOW_OVER, FOLLOW_INTERRUPTED, FOLLOW_SILENT };

static enum outcome judge(const struct follow *follow, const struct interrupt *interrupt)
{
    if (interrupt_came(interrupt))
        return FOLLOW_INTERRUPTED;
    if (follow->is_silent && (follow->silence.code == TW_NOT_FOUND ||
                              clock_mono_ms() - follow->heard_mono_ms > SILENCE_MAX_MS))
        return FOLLOW_SILENT;
    return follow->gameday.state == GAMEDAY_RUNNING ? FOLLOW_ON : FOLLOW_OVER;
}

static enum outcome run(struct follow *follow, const struct interrupt *interrupt)
{
    int64_t tick_ms = clock_mono_ms();
    enum outcome outcome;

    while ((outcome = judge(follow, interrupt)) == FOLLOW_ON) {
        int64_t now_ms = clock_mono_ms();

        if (now_ms >= tick_ms) {
            bar_line_draw(&follow->bar, write_bar, follow);
            ask(follow);
            tick_ms = now_ms + TICK_MS;
        }
        (void)fetcher_step(follow->session->fetcher, (int)(tick_ms - now_ms));
    }
    return outcome;
}

static int print_end(struct follow *follow)
{
    struct page page = {.style = follow->session->style};
    struct buffer out;
    int result = 0;

    bar_line_erase(&follow->bar);
    if (follow->options->junit_file)
        result =
            gameday_put_junit(&follow->gameday, follow->gameday.kind, follow->options->junit_file);
    if (follow->options->is_json && follow->last_body)
        return session_put_json(follow->last_body, follow->last_len) != 0 ? EXIT_CODE_FAILED
                                                                          : result;
    buffer_init(&out, LINES_BYTES_MAX);
    page.out = &out;
    gameday_write_table(&follow->gameday, &page);
    if (session_put(&out) != 0)
        result = EXIT_CODE_FAILED;
    buffer_finish(&out);
    return result;
}

static int finish(struct follow *follow, enum outcome outcome)
{
    int exit_code = follow->gameday.state == GAMEDAY_PASSED ? EXIT_CODE_OK : EXIT_CODE_FAILED;
    int written;

    if (outcome == FOLLOW_INTERRUPTED) {
        stop(follow);
        exit_code = EXIT_CODE_INTERRUPTED;
    }
    if (outcome == FOLLOW_SILENT) {
        bar_line_say(&follow->bar,
                     "tidewatch: the operations API does not tell of it any more: %s\n",
                     follow->silence.message);
        bar_line_say(&follow->bar, "tidewatch: the game day may go on, up to its end\n");
        exit_code = EXIT_CODE_UNREACHABLE;
    }
    written = print_end(follow);
    return exit_code == EXIT_CODE_OK ? written : exit_code;
}

int gameday_follow(struct session *session,
                   const struct interrupt *interrupt,
                   const struct gameday *gameday,
                   const struct gameday_follow_options *options)
{
    struct follow follow = {
        .session = session,
        .options = options,
        .gameday = *gameday,
        .heard_mono_ms = clock_mono_ms(),
        .bar = {.session = session, .is_on = session->is_terminal && !options->is_json},
    };
    int exit_code = finish(&follow, run(&follow, interrupt));

    /* Answers still under way would come to a struct that is gone. */
    while (fetcher_step(session->fetcher, 1000) > 0)
        ;
    free(follow.last_body);
    return exit_code;
}
