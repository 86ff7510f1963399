#include "common/alloc.h"
#include "common/clock.h"
#include "tui/command/commands.h"
#include "tui/command/interrupt.h"
#include "tui/data/answer.h"
#include "tui/data/delivery.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TICK_MS       300
#define OUTLIVES_MS   60000 /* the alert ends by itself so long after we gave up */
#define LOG_BYTES_MAX ((size_t)256 << 10)
#define OUT_BYTES_MAX 65536
#define BODY_MAX      4096

struct values {
    struct global_values global;
    const char *severity;
    double timeout_s;
    bool is_json;
};

static const struct option_spec specs[] = {
    {.name = "severity",
     .type = OPTION_CHOICE,
     .choices = "critical|warning|info",
     .fallback = "critical",
     .offset = offsetof(struct values, severity),
     .help = "it goes where alerts of this severity go"},
    {.name = "timeout",
     .type = OPTION_NUMBER,
     .argument = "SECONDS",
     .min = 1,
     .max = 3600,
     .fallback = "60",
     .offset = offsetof(struct values, timeout_s),
     .help = "how long to wait for each of the two messages"},
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_json),
     .help = "one JSON object at the end"},
};

const struct option_list alerts_test_options = {specs, COUNT_OF(specs)};

struct test {
    struct session *session;
    const struct values *values;
    const struct interrupt *interrupt;
    char id[DELIVERY_ID_SIZE];
    struct delivery_alert alert;
    struct delivery_routing routing;
    struct delivery_channels channels;
    char *before;    /* Alertmanager's metrics before the message that is waited for; owned */
    char *log_path;  /* of the Alertmanager that ./run started; owned; NULL: not known */
    off_t log_start; /* what stands before was there before the test */
    int64_t posted_mono_ms;
};

static void test_finish(struct test *test)
{
    free(test->before);
    free(test->log_path);
}

/* ---- Questions --------------------------------------------------------------------------------- */

/* Without the operator token, which is none of Alertmanager's business. body NULL: GET. */
static void ask_alertmanager(struct test *test,
                             const char *path,
                             const struct buffer *body,
                             struct fetch_reply *ret_reply)
{
    CLEANUP(freep) char *url = session_url(test->session->config.alertmanager_url, path);
    struct fetch_request request = {
        .method = body ? "POST" : "GET",
        .url = url,
        .access = credentials_access(test->session->access.alertmanager),
        .body = body ? buffer_text(body) : NULL,
        .body_len = body ? body->len : 0,
        .timeout_ms = test->session->config.timeout_ms,
        .max_reply_bytes = SESSION_ALERTS_MAX,
    };

    fetch_and_wait(test->session->fetcher, &request, ret_reply);
}

/* 0, or the exit code. */
static int note_counts(struct test *test)
{
    struct fetch_reply reply;
    struct tw_error err;

    ask_alertmanager(test, "/metrics", NULL, &reply);
    if (reply.status != 200) {
        (void)tw_fail(&err, TW_BROKEN, "%s",
                      reply.status == 0 ? reply.error.message : "it does not give its metrics");
        return session_fail("ask Alertmanager", &reply, &err);
    }
    free(test->before);
    test->before = xstrdup(reply.body);
    return 0;
}

/* 0, or the exit code. */
static int post(struct test *test)
{
    struct fetch_reply reply;
    struct buffer body;

    buffer_init(&body, BODY_MAX);
    delivery_write_alert(&test->alert, &body);
    ask_alertmanager(test, "/api/v2/alerts", &body, &reply);
    buffer_finish(&body);
    if (reply.status == 200) {
        test->posted_mono_ms = clock_mono_ms();
        return 0;
    }
    if (reply.status != 0)
        (void)tw_fail(&reply.error, TW_BROKEN, "it answers %d", reply.status);
    return session_fail("post the alert to Alertmanager", &reply, &reply.error);
}

static int64_t elapsed_ms(const struct test *test)
{
    return clock_mono_ms() - test->posted_mono_ms;
}

static bool is_over(const struct test *test)
{
    return elapsed_ms(test) >= (int64_t)(test->values->timeout_s * 1000) ||
           interrupt_came(test->interrupt);
}

static void rest_a_tick(const struct test *test)
{
    int64_t until_mono_ms = clock_mono_ms() + TICK_MS;

    while (clock_mono_ms() < until_mono_ms && !interrupt_came(test->interrupt))
        (void)fetcher_step(test->session->fetcher, (int)(until_mono_ms - clock_mono_ms()));
}

/* Which receivers and channels it goes to. 0, or the exit code. */
static int find_channels(struct test *test)
{
    CLEANUP(freep) char *path = xprintf_dup("/api/v2/alerts?filter=test%%3D%%22%s%%22", test->id);
    struct fetch_reply reply;
    struct tw_error err;

    for (;;) {
        ask_alertmanager(test, path, NULL, &reply);
        if (delivery_read_routing(&reply, &test->routing, &err) < 0)
            return session_fail("ask Alertmanager for the alert", &reply, &err);
        if (test->routing.n > 0 || is_over(test))
            break;
        rest_a_tick(test);
    }
    ask_alertmanager(test, "/api/v2/status", NULL, &reply);
    if (delivery_read_channels(&reply, &test->routing, &test->channels, &err) < 0)
        return session_fail("read Alertmanager's configuration", &reply, &err);
    return 0;
}

/* ---- Reasons ----------------------------------------------------------------------------------- */

/* Of another Alertmanager there is no log here, and then no reason either. */
static void note_log(struct test *test)
{
    CLEANUP(freep) char *state = config_state_dup(&test->session->env);
    struct stat info;

    if (!state)
        return;
    test->log_path = xprintf_dup("%s/logs/alertmanager.log", state);
    if (stat(test->log_path, &info) == 0 && S_ISREG(info.st_mode))
        test->log_start = info.st_size;
}

/* What the log has grown by, as owned text; NULL: nothing. */
static char *read_log(const struct test *test)
{
    CLEANUP(freep) char *text = NULL;
    ssize_t len;
    int fd =
        test->log_path ? open(test->log_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;

    if (fd < 0)
        return NULL;
    text = xcalloc(1, LOG_BYTES_MAX + 1);
    len = pread(fd, text, LOG_BYTES_MAX, test->log_start);
    (void)close(fd);
    return len > 0 ? TAKE(text) : NULL;
}

static void explain(const struct test *test,
                    const struct delivery_channel *channel,
                    struct delivery *delivery)
{
    CLEANUP(freep) char *log = read_log(test);
    char reason[DELIVERY_REASON_SIZE] = "";

    if (log)
        delivery_find_reason(log, channel->integration, reason);
    if (reason[0])
        memcpy(delivery->reason, reason, sizeof(reason));
}

/* ---- Waiting ----------------------------------------------------------------------------------- */

static void print_line(const struct test *test,
                       const struct delivery_channel *channel,
                       bool is_resolved)
{
    struct page page = {.style = test->session->style};
    struct buffer line;

    if (test->values->is_json)
        return;
    buffer_init(&line, OUT_BYTES_MAX);
    page.out = &line;
    delivery_write_line(channel, test->values->severity, is_resolved, &page);
    (void)session_put(&line);
    buffer_finish(&line);
}

/* Fills the part of look that the log decides, if the server can be asked. */
static void look_into_log(struct test *test, bool is_resolved, struct delivery_look *look)
{
    CLEANUP(freep)
    char *url = session_url(test->session->config.operations_url, "/events?limit=100");
    struct fetch_request request = {.url = url};
    struct fetch_reply reply;
    bool has_firing, has_resolved;

    session_ask(test->session, &request, false, &reply);
    look->has_log = delivery_read_log(&reply, test->id, &has_firing, &has_resolved, NULL) == 0;
    if (look->has_log)
        look->is_in_log = is_resolved ? has_resolved : has_firing;
}

static struct delivery *delivery_of(struct delivery_channel *channel, bool is_resolved)
{
    return is_resolved ? &channel->resolved : &channel->firing;
}

/* One look at all channels; those that are settled by it are told. Returns how many are not. */
static size_t look(struct test *test, bool is_resolved)
{
    struct delivery_look seen = {.is_over = is_over(test)}, log = {0};
    CLEANUP(freep) char *metrics = NULL;
    struct fetch_reply reply;
    size_t n_waiting = 0;

    ask_alertmanager(test, "/metrics", NULL, &reply);
    metrics = xstrdup(reply.status == 200 ? reply.body : test->before);
    look_into_log(test, is_resolved, &log);
    seen.elapsed_ms = elapsed_ms(test);
    for (size_t i = 0; i < test->channels.n; i++) {
        struct delivery_channel *channel = &test->channels.at[i];
        struct delivery *delivery = delivery_of(channel, is_resolved);
        bool is_log = strcmp(channel->integration, "webhook") == 0;

        if (!channel->is_routed || delivery->state != DELIVERY_WAITING)
            continue;
        seen.has_log = is_log && log.has_log;
        seen.is_in_log = is_log && log.is_in_log;
        delivery_read_counts(test->before, channel->integration, &seen.before);
        delivery_read_counts(metrics, channel->integration, &seen.now);
        delivery_judge(delivery, &seen);
        n_waiting += delivery->state == DELIVERY_WAITING;
        if (delivery->state == DELIVERY_FAILED)
            explain(test, channel, delivery);
        if (delivery->state != DELIVERY_WAITING)
            print_line(test, channel, is_resolved);
    }
    return n_waiting;
}

static void wait_for_all(struct test *test, bool is_resolved)
{
    while (!interrupt_came(test->interrupt) && look(test, is_resolved) > 0)
        rest_a_tick(test);
}

/* ---- The two messages -------------------------------------------------------------------------- */

static void say(const struct test *test, const char *text)
{
    if (!test->values->is_json) {
        (void)puts(text);
        (void)fflush(stdout);
    }
}

static void say_where(const struct test *test)
{
    CLEANUP(freep) char *url = session_url_shown(test->session->config.alertmanager_url);
    CLEANUP(freep)
    char *text = xprintf_dup("%s (%s), by %s, receiver %s", DELIVERY_ALERT, test->alert.severity,
                             url, test->routing.n > 0 ? test->routing.receivers[0] : "none");

    say(test, text);
    for (size_t i = 0; i < test->channels.n; i++)
        if (!test->channels.at[i].is_routed)
            print_line(test, &test->channels.at[i], false);
}

/* What is held back does not go out: there is nothing to wait for. */
static void fail_all(struct test *test, const char *reason)
{
    for (size_t i = 0; i < test->channels.n; i++) {
        struct delivery_channel *channel = &test->channels.at[i];

        if (!channel->is_routed)
            continue;
        channel->firing.state = DELIVERY_FAILED;
        (void)snprintf(channel->firing.reason, sizeof(channel->firing.reason), "%s", reason);
        print_line(test, channel, false);
    }
}

/* 0, or the exit code. */
static int send_firing(struct test *test)
{
    int code = note_counts(test);

    if (code == 0)
        code = post(test);
    if (code == 0)
        code = find_channels(test);
    if (code != 0)
        return code;
    say_where(test);
    if (test->routing.held_back[0])
        fail_all(test, test->routing.held_back);
    else
        wait_for_all(test, false);
    return 0;
}

/* Only who has heard that it fires is told that it is over. */
static void expect_resolved(struct delivery_channels *channels)
{
    for (size_t i = 0; i < channels->n; i++) {
        struct delivery_channel *channel = &channels->at[i];

        if (!channel->sends_resolved || channel->firing.state != DELIVERY_DONE)
            channel->resolved.state = DELIVERY_NOT_SENT;
    }
}

/* 0, or the exit code. */
static int send_resolved(struct test *test)
{
    int code = note_counts(test);

    test->alert.ends_at_ms = clock_now_ms();
    if (code == 0)
        code = post(test);
    if (code != 0 || interrupt_came(test->interrupt))
        return code;
    expect_resolved(&test->channels);
    say(test, "resolved");
    for (size_t i = 0; i < test->channels.n; i++)
        if (test->channels.at[i].firing.state == DELIVERY_DONE &&
            test->channels.at[i].resolved.state == DELIVERY_NOT_SENT)
            print_line(test, &test->channels.at[i], true);
    wait_for_all(test, true);
    return 0;
}

static int print_end(const struct test *test)
{
    CLEANUP(freep) char *url = session_url_shown(test->session->config.alertmanager_url);
    const struct delivery_report report = {
        .alert = &test->alert,
        .alertmanager_url = url,
        .routing = &test->routing,
        .channels = &test->channels,
    };
    struct buffer out;
    int code;

    buffer_init(&out, OUT_BYTES_MAX);
    if (test->values->is_json)
        delivery_write_json(&report, &out);
    else
        (void)buffer_puts(&out, delivery_is_good(&test->channels)
                                    ? "Every channel of this severity works.\n"
                                    : "Not every channel of this severity works.\n");
    code = session_put(&out);
    buffer_finish(&out);
    return code != 0 || delivery_is_good(&test->channels) ? code : EXIT_CODE_FAILED;
}

static int run(struct test *test)
{
    int code = send_firing(test), resolve_code = 0;

    if (test->posted_mono_ms > 0)
        resolve_code = send_resolved(test);
    if (interrupt_came(test->interrupt))
        return EXIT_CODE_INTERRUPTED;
    if (code != 0 || resolve_code != 0)
        return code != 0 ? code : resolve_code;
    return print_end(test);
}

static int name_test(struct test *test, struct tw_error *err)
{
    unsigned char bytes[(DELIVERY_ID_SIZE - 1) / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot name the test");
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(test->id + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

int alerts_test_command(struct session *session, const void *values, const struct option_rest *rest)
{
    CLEANUP(interrupt_stopp) struct interrupt *interrupt = NULL;
    CLEANUP(test_finish) struct test test = {.session = session, .values = values};
    int64_t now_ms = clock_now_ms();
    struct tw_error err;

    (void)rest;
    if (interrupt_start(session->fetcher, &interrupt, &err) < 0 || name_test(&test, &err) < 0) {
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
        return EXIT_CODE_FAILED;
    }
    test.interrupt = interrupt;
    test.alert = (struct delivery_alert){
        .id = test.id,
        .severity = test.values->severity,
        .starts_at_ms = now_ms,
        .ends_at_ms = now_ms + (int64_t)(test.values->timeout_s * 1000) + OUTLIVES_MS,
    };
    note_log(&test);
    return run(&test);
}
