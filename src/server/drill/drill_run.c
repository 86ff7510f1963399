#include "server/drill/drill_run.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/credentials.h"
#include "common/json.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REQUEST_TIMEOUT_MS    60000 /* a job's deadline: a model may take long */
#define REPLY_MAX_BYTES       262144
#define ALERT_TIMEOUT_MS      5000
#define ALERT_REPLY_MAX_BYTES 524288
#define SAVE_EVERY_MS         30000 /* so that a crash loses little of the counts */
#define STEP_MAX_US           INT64_C(1000000)
#define FAULT_TTL_MS          15000
#define FAULT_RENEW_MS        2000
#define ALERTS_PATH           "/api/v1/alerts"
#define HEADER_NAME           "X-Tidewatch-Simulation: "

/* A request under way. */
struct exchange {
    struct drill_run *run;
    const char *path; /* NULL: free */
    struct drill_follow_up follow_up;
};

/* A post put off. */
struct later {
    int64_t due_us;
    const char *path;
    size_t body_len;
    char body[DRILL_LATER_BODY_MAX + 1];
};

struct stream_state {
    struct drill_schedule schedule;
    struct random_state rng; /* of its own: the order of draws does not depend on other streams */
    size_t n_due;            /* requests of the last arrival that are still to be sent */
};

struct drill_run {
    const struct drill_hooks *hooks;
    const struct drill_kind_info *info;
    struct drill_record *record;
    struct drill_status first; /* what does not change: kind, parameters */
    struct fetcher *fetcher;
    struct credentials *credentials; /* for Prometheus; NULL: none yet, or none at all */
    char mark_header[128];
    struct stream_state streams[DRILL_STREAMS_MAX];
    struct exchange exchanges[DRILL_IN_FLIGHT_MAX];
    size_t n_exchanges; /* how many of them it may use */
    struct later later[DRILL_LATER_MAX];
    size_t n_later;
    bool has_fault;
    struct fault_order fault;
    int64_t next_renewal_mono_ms;
    int64_t next_poll_mono_ms;
    bool is_polling;
    int64_t next_save_mono_ms;
    int64_t ends_by_mono_ms; /* INT64_MAX: it has no end of its own */
};

struct drill_run *drill_run_new(const struct drill_hooks *hooks,
                                struct drill_record *record,
                                const char *mark)
{
    struct drill_run *run = xcalloc(1, sizeof(*run));
    struct drill_moment now = drill_moment_now();

    run->hooks = hooks;
    run->record = record;
    drill_record_read(record, &now, &run->first);
    run->info = &drill_kinds[run->first.kind];
    run->n_exchanges =
        run->info->in_flight_max > 0 ? run->info->in_flight_max : DRILL_IN_FLIGHT_USUAL;
    run->fetcher = fetcher_new();
    (void)snprintf(run->mark_header, sizeof(run->mark_header), HEADER_NAME "%s", mark);
    return run;
}

void drill_run_free(struct drill_run *run)
{
    if (!run)
        return;
    fetcher_free(run->fetcher);
    credentials_free(run->credentials);
    free(run);
}

void drill_run_wake(struct drill_run *run)
{
    fetcher_wake(run->fetcher);
}

const struct drill_hooks *drill_run_hooks(const struct drill_run *run)
{
    return run->hooks;
}

const struct drill_params *drill_run_params(const struct drill_run *run)
{
    return &run->first.params;
}

void drill_run_note_error(struct drill_run *run, const char *fmt, ...)
{
    char message[DRILL_ERROR_SIZE];
    va_list args;

    va_start(args, fmt);
    /* The analyzer of clang 14 loses va_start when it inlines the call. */
    (void)vsnprintf(message, sizeof(message), fmt, args); // NOLINT(clang-analyzer-valist.*)
    va_end(args);
    drill_record_note_error(run->record, message);
}

/* ---- Requests ------------------------------------------------------------------------------------ */

static struct exchange *free_exchange(struct drill_run *run)
{
    for (size_t i = 0; i < run->n_exchanges; i++)
        if (!run->exchanges[i].path)
            return &run->exchanges[i];
    return NULL;
}

static void note_failure(struct drill_run *run,
                         const char *method,
                         const char *path,
                         const struct fetch_reply *reply)
{
    if (reply->status == 0)
        drill_run_note_error(run, "%s %s: %s", method, path, reply->error.message);
    else
        drill_run_note_error(run, "%s %s answered %d", method, path, reply->status);
}

static void count_reply(struct drill_run *run, enum drill_outcome outcome)
{
    if (drill_record_count_reply(run->record, outcome) && run->hooks->count_request)
        run->hooks->count_request(run->hooks->ctx, run->first.kind, outcome);
}

static bool is_success(const struct fetch_reply *reply)
{
    return reply->status >= 200 && reply->status < 300;
}

static void finish_exchange(void *ctx, const struct fetch_reply *reply)
{
    struct exchange *exchange = ctx;
    struct drill_run *run = exchange->run;
    struct exchange done = *exchange;

    /* Free before the follow-up, which may need the place. */
    exchange->path = NULL;
    if (is_success(reply)) {
        count_reply(run, DRILL_REQUEST_SUCCEEDED);
        if (done.follow_up.done)
            done.follow_up.done(run, reply, &done.follow_up);
    } else {
        count_reply(run, DRILL_REQUEST_FAILED);
        note_failure(run, "POST", done.path, reply);
    }
}

static int start_exchange(struct exchange *exchange,
                          const char *base_url,
                          const char *body,
                          size_t body_len,
                          struct tw_error *err)
{
    struct drill_run *run = exchange->run;
    CLEANUP(freep) char *url = xprintf_dup("%s%s", base_url, exchange->path);
    const struct drill_hooks *hooks = run->hooks;
    bool is_llm = base_url == hooks->llm_url;
    const char *headers[] = {run->mark_header, NULL};
    struct fetch_request request = {
        .method = "POST",
        .url = url,
        .headers = headers,
        .connect_to = is_llm ? hooks->llm_address : hooks->ml_address,
        .bearer = is_llm ? hooks->llm_token : hooks->token,
        .body = body,
        .body_len = body_len,
        .timeout_ms = REQUEST_TIMEOUT_MS,
        .max_reply_bytes = REPLY_MAX_BYTES,
    };

    return fetcher_start(run->fetcher, &request, finish_exchange, exchange, err);
}

static void post(struct drill_run *run,
                 const char *base_url,
                 const char *path,
                 const char *body,
                 size_t body_len,
                 const struct drill_follow_up *follow_up)
{
    struct exchange *exchange = free_exchange(run);
    struct tw_error err;

    assert(exchange);
    *exchange = (struct exchange){run, path, *follow_up};
    drill_record_count_sent(run->record);
    if (start_exchange(exchange, base_url, body, body_len, &err) < 0) {
        exchange->path = NULL;
        count_reply(run, DRILL_REQUEST_FAILED);
        drill_run_note_error(run, "%s", err.message);
    }
}

void drill_run_post(struct drill_run *run,
                    const char *base_url,
                    const char *path,
                    const struct buffer *body,
                    const struct drill_follow_up *follow_up)
{
    if (body->starved) {
        drill_run_note_error(run, "no memory for %s", path);
        return;
    }
    assert(!body->failed);
    post(run, base_url, path, buffer_text(body), body->len, follow_up);
}

void drill_run_post_later(struct drill_run *run,
                          int64_t delay_ms,
                          const char *path,
                          const struct buffer *body)
{
    struct later *later = &run->later[run->n_later];

    if (body->starved) {
        drill_run_note_error(run, "no memory for %s", path);
        return;
    }
    assert(!body->failed && body->len <= DRILL_LATER_BODY_MAX);
    if (run->n_later == DRILL_LATER_MAX) {
        drill_run_note_error(run, "the listener is too slow: feedback was left out");
        return;
    }
    run->n_later++;
    later->due_us = clock_mono_ns() / 1000 + delay_ms * 1000;
    later->path = path;
    later->body_len = body->len;
    memcpy(later->body, buffer_text(body), body->len);
}

static void send_later_posts(struct drill_run *run, int64_t now_us)
{
    size_t i = 0;

    while (i < run->n_later && free_exchange(run)) {
        struct later *later = &run->later[i];

        if (later->due_us > now_us) {
            i++;
            continue;
        }
        post(run, run->hooks->ml_url, later->path, later->body, later->body_len,
             &(struct drill_follow_up){0});
        *later = run->later[--run->n_later];
    }
}

/* ---- Streams ------------------------------------------------------------------------------------- */

static double rate_of(const struct drill_run *run, const struct drill_stream *stream)
{
    double number = run->first.params.value[stream->rate_param].number;

    return stream->is_period ? 1 / number : number;
}

static size_t burst_of(const struct drill_run *run, const struct drill_stream *stream)
{
    return stream->burst_param > 0 ? (size_t)run->first.params.value[stream->burst_param].number
                                   : 1;
}

static void start_streams(struct drill_run *run)
{
    int64_t now_us = clock_mono_ns() / 1000;
    uint64_t seed = (uint64_t)drill_kind_seed(run->info, &run->first.params);

    for (size_t s = 0; s < DRILL_STREAMS_MAX && run->info->streams[s].fire; s++) {
        const struct drill_stream *stream = &run->info->streams[s];
        struct stream_state *state = &run->streams[s];

        random_seed(&state->rng, seed * DRILL_STREAMS_MAX + s);
        drill_schedule_init(&state->schedule, stream->arrivals, rate_of(run, stream), now_us,
                            &state->rng);
    }
}

/* True once per request that is due. */
static bool take_request(struct drill_run *run, size_t s, int64_t now_us)
{
    struct stream_state *state = &run->streams[s];

    if (state->n_due == 0 && drill_schedule_take(&state->schedule, now_us, &state->rng))
        state->n_due = burst_of(run, &run->info->streams[s]);
    if (state->n_due == 0)
        return false;
    state->n_due--;
    return true;
}

static void send_arrivals(struct drill_run *run, int64_t now_us)
{
    for (size_t s = 0; s < DRILL_STREAMS_MAX && run->info->streams[s].fire; s++) {
        struct stream_state *state = &run->streams[s];
        uint64_t n_skipped = state->schedule.n_skipped;

        while (free_exchange(run) && take_request(run, s, now_us))
            run->info->streams[s].fire(run, &state->rng);
        if (state->schedule.n_skipped > n_skipped)
            drill_run_note_error(run, "the listener is too slow: requests were left out");
    }
}

/* ---- The alert ----------------------------------------------------------------------------------- */

static void finish_poll(void *ctx, const struct fetch_reply *reply)
{
    struct drill_run *run = ctx;
    struct drill_moment now = drill_moment_now();
    CLEANUP(json_freep) struct json *answer = NULL;
    enum drill_alert_state state = DRILL_ALERT_UNKNOWN;
    struct tw_error err;

    run->is_polling = false;
    if (!is_success(reply)) {
        note_failure(run, "GET", ALERTS_PATH, reply);
    } else if (json_parse(reply->body, reply->body_len, &answer, &err) < 0 ||
               drill_alert_read(answer, run->first.alert.name, &state, &err) < 0) {
        drill_run_note_error(run, "GET %s: %s", ALERTS_PATH, err.message);
    }
    drill_record_observe(run->record, state, &now);
}

static bool has_prometheus(const struct drill_run *run)
{
    return run->first.alert.name && run->hooks->prometheus_url &&
           run->hooks->prometheus_url[0] != '\0';
}

static void poll_alert(struct drill_run *run, int64_t mono_ms)
{
    CLEANUP(freep) char *url = NULL;
    struct tw_error err;
    struct fetch_request request = {
        .timeout_ms = ALERT_TIMEOUT_MS,
        .max_reply_bytes = ALERT_REPLY_MAX_BYTES,
    };

    if (run->is_polling || !has_prometheus(run) || mono_ms < run->next_poll_mono_ms)
        return;
    run->next_poll_mono_ms = mono_ms + run->hooks->alert_poll_ms;
    url = xprintf_dup("%s" ALERTS_PATH, run->hooks->prometheus_url);
    request.url = url;
    if (credentials_obtain(&run->credentials, run->hooks->prometheus_access, "prometheus",
                           &request.access, &err) < 0 ||
        fetcher_start(run->fetcher, &request, finish_poll, run, &err) < 0)
        drill_run_note_error(run, "%s", err.message);
    else
        run->is_polling = true;
}

/* ---- The fault ----------------------------------------------------------------------------------- */

static void end_for_fault(struct drill_run *run, enum drill_state state, const struct tw_error *err)
{
    struct drill_moment now = drill_moment_now();

    (void)drill_record_end(run->record, state, err->message, &now);
}

static void inject_fault(struct drill_run *run)
{
    struct tw_error err = {TW_BROKEN, "no faults can be injected here"};

    if (!run->info->fault)
        return;
    run->fault = (struct fault_order){.ttl_ms = FAULT_TTL_MS, .simulation_id = run->first.id};
    run->info->fault(&run->first.params, &run->fault);
    run->has_fault = run->hooks->inject_fault &&
                     run->hooks->inject_fault(run->hooks->ctx, &run->fault, &err) == 0;
    if (!run->has_fault)
        end_for_fault(run, DRILL_FAILED, &err);
}

static void renew_fault(struct drill_run *run, int64_t mono_ms)
{
    struct tw_error err;

    if (!run->has_fault || mono_ms < run->next_renewal_mono_ms)
        return;
    run->next_renewal_mono_ms = mono_ms + FAULT_RENEW_MS;
    if (run->hooks->renew_fault(run->hooks->ctx, &run->fault, &err) < 0)
        end_for_fault(run, DRILL_STOPPED, &err);
}

static void release_fault(struct drill_run *run)
{
    if (run->has_fault)
        run->hooks->release_fault(run->hooks->ctx, run->fault.fault, run->first.id);
    run->has_fault = false;
}

/* ---- The loop ------------------------------------------------------------------------------------ */

static void save_changes(struct drill_run *run, const struct drill_moment *now)
{
    struct drill_status status;

    if (now->mono_ms >= run->next_save_mono_ms) {
        run->next_save_mono_ms = now->mono_ms + SAVE_EVERY_MS;
        drill_record_want_save(run->record);
    }
    if (drill_record_take_unsaved(run->record, now, &status) && run->hooks->save)
        run->hooks->save(run->hooks->ctx, &status);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When the next thing is due, in microseconds. With every place taken nothing can be sent, and a
 * reply ends the wait anyway. */
static int64_t next_due_us(struct drill_run *run, int64_t now_us)
{
    int64_t due_us = now_us + STEP_MAX_US;

    if (run->ends_by_mono_ms < INT64_MAX)
        due_us = earlier(due_us, run->ends_by_mono_ms * 1000);
    if (has_prometheus(run) && !run->is_polling)
        due_us = earlier(due_us, run->next_poll_mono_ms * 1000);
    if (!free_exchange(run))
        return due_us;
    for (size_t s = 0; s < DRILL_STREAMS_MAX && run->info->streams[s].fire; s++)
        due_us = earlier(due_us, run->streams[s].schedule.next_us);
    for (size_t i = 0; i < run->n_later; i++)
        due_us = earlier(due_us, run->later[i].due_us);
    return due_us;
}

/* Rounded up: a wait that ends a little early would spin until the moment has come. */
static int wait_ms(struct drill_run *run)
{
    int64_t now_us = clock_mono_ns() / 1000;
    int64_t wait_us = next_due_us(run, now_us) - now_us;

    return wait_us > 0 ? (int)((wait_us + 999) / 1000) : 0;
}

void drill_run_work(struct drill_run *run)
{
    struct drill_moment now = drill_moment_now();

    run->next_save_mono_ms = now.mono_ms + SAVE_EVERY_MS;
    run->ends_by_mono_ms = INT64_MAX;
    if (run->first.ends_by_ms > 0)
        run->ends_by_mono_ms = now.mono_ms + run->first.ends_by_ms - run->first.started_at_ms;
    inject_fault(run);
    start_streams(run);
    while (!drill_record_check_goal(run->record, &now)) {
        int64_t now_us = clock_mono_ns() / 1000;

        save_changes(run, &now);
        renew_fault(run, now.mono_ms);
        poll_alert(run, now.mono_ms);
        send_later_posts(run, now_us);
        send_arrivals(run, now_us);
        (void)fetcher_step(run->fetcher, wait_ms(run));
        now = drill_moment_now();
    }
    release_fault(run);
}
