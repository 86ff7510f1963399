#include "common/alloc.h"
#include "common/clock.h"
#include "tui/data/answer.h"
#include "tui/data/clock_skew.h"
#include "tui/poll/poller_parts.h"
#include "tui/text/moment.h"

#include <stdio.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 2000
#define TIMEOUT_MS_MIN     200
#define TIMEOUT_MS_MAX     10000
#define RETRY_AFTER_MAX_MS 30000

int64_t poller_timeout_ms(const struct poller *poller)
{
    int64_t timeout_ms = 2 * poller->refresh_ms;

    if (timeout_ms < TIMEOUT_MS_MIN)
        return TIMEOUT_MS_MIN;
    return timeout_ms > TIMEOUT_MS_MAX ? TIMEOUT_MS_MAX : timeout_ms;
}

void poller_mark_dirty(struct poller *poller)
{
    if (poller->dirty_since_mono_ms < 0)
        poller->dirty_since_mono_ms = clock_mono_ms();
}

int64_t poller_clock_ms(const struct poller *poller)
{
    return poller->player ? player_now_ms(poller->player) : clock_now_ms();
}

int64_t poller_now_ms(const struct poller *poller)
{
    return poller_clock_ms(poller) + poller->sources[SOURCE_PROMETHEUS].skew_ms;
}

int64_t poller_ahead_ms(const struct poller *poller)
{
    return poller->sources[SOURCE_PROMETHEUS].skew_ms - poller->sources[SOURCE_OPERATIONS].skew_ms;
}

bool source_may_be_asked(const struct poller *poller, enum source_id source, int64_t mono_ms)
{
    const struct source_live *live = &poller->sources[source];

    return live->url && mono_ms >= live->track.retry_at_mono_ms &&
           live->n_in_flight < in_flight_max(source);
}

struct request *request_obtain(struct poller *poller, enum source_id source, int question)
{
    struct source_live *live = &poller->sources[source];
    struct request *request = NULL;

    if (!live->url || live->n_in_flight >= in_flight_max(source))
        return NULL;
    for (size_t i = 0; i < REQUESTS_MAX && !request; i++)
        if (!poller->requests[i].is_used)
            request = &poller->requests[i];
    if (!request)
        return NULL;
    live->n_in_flight++;
    live->n_requests++;
    *request = (struct request){
        .is_used = true,
        .poller = poller,
        .source = source,
        .question = question,
        .asked_mono_ms = clock_mono_ms(),
        .timeout_ms = poller_timeout_ms(poller),
    };
    if (question != QUESTION_NONE)
        live->track.questions[question].asked_mono_ms = request->asked_mono_ms;
    return request;
}

/* ---- Answers ------------------------------------------------------------------------------------ */

static void on_reply(void *ctx, const struct fetch_reply *reply)
{
    struct request *request = ctx;
    struct source_live *live = &request->poller->sources[request->source];

    if (request->is_recorded)
        recorder_put(request->poller->recorder, &request->asked, reply);
    tape_question_finish(&request->asked);
    live->n_in_flight--;
    live->n_bytes += reply->body_len;
    if (reply->status > 0)
        (void)clock_skew_read(reply, poller_clock_ms(request->poller), &live->skew_ms);
    if (reply->status >= 200 && reply->status < 300)
        live->latency_us = reply->elapsed_us;
    poller_mark_dirty(request->poller);
    switch (request->kind) {
    case REQUEST_ASK:
        ask_answered(request, reply);
        break;
    case REQUEST_CHUNK:
        chunk_answered(request, reply);
        break;
    case REQUEST_VARIABLE:
        variable_answered(request, reply);
        break;
    case REQUEST_COMMAND:
        command_answered(request, reply);
        break;
    case REQUEST_INSPECT:
        inspect_answered(request, reply);
        break;
    }
    plan_chunk_free(request->chunk);
    command_free(request->command);
    *request = (struct request){0};
}

/* What changes a server is neither recorded nor replayed. */
static bool is_question(const struct request_text *text)
{
    return text->is_form || strcmp(text->method, "GET") == 0;
}

static void note_question(struct request *request, const struct request_text *text)
{
    request->is_recorded = request->poller->recorder && is_question(text);
    if (request->is_recorded)
        tape_question_init(&request->asked, source_name(request->source), text->method, text->path,
                           text->is_form ? text->body : NULL);
}

/* The answer of the recording, at once. */
static void replay(struct request *request, const struct request_text *text)
{
    struct fetch_reply reply = {.body = "", .retry_after_ms = -1};
    struct tape_question question;

    if (!is_question(text)) {
        (void)tw_fail(&reply.error, TW_INVALID, "nothing is changed in a replay");
    } else {
        tape_question_init(&question, source_name(request->source), text->method, text->path,
                           text->is_form ? text->body : NULL);
        player_answer(request->poller->player, &question, &reply);
        tape_question_finish(&question);
    }
    on_reply(request, &reply);
}

int source_access(struct poller *poller,
                  enum source_id source,
                  const struct fetch_access **ret_access,
                  struct tw_error *err)
{
    struct credentials *credentials = poller->sources[source].credentials;
    bool is_changed = false;

    if (credentials_refresh(credentials, &is_changed, err) < 0)
        return -1;
    *ret_access = credentials_access(credentials);
    if (is_changed && poller->recorder)
        recorder_hide(poller->recorder, (*ret_access)->secrets);
    return 0;
}

void request_send(struct request *request, const struct request_text *text)
{
    static const char *const form[] = {"Content-Type: application/x-www-form-urlencoded", NULL};

    struct poller *poller = request->poller;
    const struct source_live *live = &poller->sources[request->source];
    CLEANUP(freep) char *url = xprintf_dup("%s%s", live->url, text->path);
    struct fetch_reply none = {.body = "", .retry_after_ms = -1};
    struct fetch_request fetch = {
        .method = text->method,
        .url = url,
        .headers = text->is_form ? form : NULL,
        .body = text->body,
        .body_len = text->body_len,
        .timeout_ms = request->timeout_ms,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .max_reply_bytes = text->max_reply_bytes,
    };

    if (poller->player) {
        replay(request, text);
        return;
    }
    note_question(request, text);
    if (source_access(poller, request->source, &fetch.access, &none.error) < 0 ||
        fetcher_start(poller->fetcher, &fetch, on_reply, request, &none.error) < 0)
        on_reply(request, &none);
}

void request_good(const struct request *request)
{
    struct source_live *live = &request->poller->sources[request->source];
    bool was_down = live->track.retry_at_mono_ms > 0;

    if (request->question == QUESTION_NONE)
        return;
    source_track_good(&live->track, (size_t)request->question, clock_mono_ms());
    if (!was_down)
        return;
    asks_hurry(request->poller, request->source);
    if (request->source == SOURCE_PROMETHEUS)
        rounds_hurry(request->poller);
}

void request_failed(const struct request *request,
                    const struct fetch_reply *reply,
                    const struct tw_error *err)
{
    struct poller *poller = request->poller;
    struct source_track *track = &poller->sources[request->source].track;
    bool is_timeout = reply->status == 0 && reply->error.code == TW_BUSY;
    int64_t mono_ms = clock_mono_ms(), wait_ms = reply->retry_after_ms;
    char reason[SOURCE_REASON_SIZE], span[MOMENT_SPAN_SIZE];

    if (request->question == QUESTION_NONE)
        return;
    moment_format_span(request->timeout_ms, span);
    if (is_timeout)
        (void)snprintf(reason, sizeof(reason), "no answer within %s", span);
    else
        (void)snprintf(reason, sizeof(reason), "%s", err->message);
    source_track_failed(track, (size_t)request->question,
                        is_timeout ? OUTCOME_TIMEOUT : OUTCOME_FAILED, reason, mono_ms,
                        random_uniform(&poller->rng));
    if (wait_ms > RETRY_AFTER_MAX_MS)
        wait_ms = RETRY_AFTER_MAX_MS;
    if (wait_ms > 0 && track->retry_at_mono_ms < mono_ms + wait_ms)
        track->retry_at_mono_ms = mono_ms + wait_ms;
}
