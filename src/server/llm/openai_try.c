#include "server/llm/openai_try.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/fetch.h"
#include "server/llm/redact.h"

#include <stdio.h>
#include <string.h>

#define STOP_CHECK_MS  200
#define REQUEST_MAX    ((size_t)1 << 20)
#define EVENT_MAX      ((size_t)256 << 10)
#define ERROR_TEXT_MAX 160

static void conclude(struct openai_try *self,
                     enum openai_result result,
                     enum openai_verdict verdict)
{
    self->result = self->is_told && result != OPENAI_GOOD ? OPENAI_OVER : result;
    self->verdict = verdict;
}

/* The error of a body that the server sent with a status or event that means one. */
static void fail_with_body(struct openai_try *self, const char *what, const char *body, size_t len)
{
    const char *key = self->endpoint->api_key ? self->endpoint->api_key : "";
    char shown[ERROR_TEXT_MAX];
    struct buffer text;

    buffer_init(&text, len);
    chat_read_error(body, len, &text);
    (void)redact_text(buffer_text(&text), text.len, key, shown, sizeof(shown));
    buffer_finish(&text);
    (void)tw_fail(&self->error, TW_BROKEN, "the LLM endpoint %s%s%s", what, shown[0] ? ": " : "",
                  shown);
}

/* ---- The stream ------------------------------------------------------------------------------- */

/* Gives out what the text has gained since it had `from` bytes. False: no more is wanted. */
static bool tell(struct openai_try *self, size_t from)
{
    const struct buffer *text = &self->answer.text;

    if (text->len == from)
        return true;
    if (self->first_text_ns == 0)
        self->first_text_ns = clock_mono_ns();
    if (!self->on_text)
        return true;
    self->is_told = true;
    self->is_unwanted = !self->on_text(self->ctx, text->data + from, text->len - from);
    if (self->is_unwanted)
        (void)tw_fail(&self->error, TW_BROKEN, "the answer is not wanted any more");
    return !self->is_unwanted;
}

static bool take_event(void *ctx, const char *name, const char *data, size_t len)
{
    struct openai_try *self = ctx;
    size_t from = self->answer.text.len;

    self->n_events++;
    if (strcmp(name, "error") == 0) {
        fail_with_body(self, "breaks off its answer", data, len);
        self->is_bad = true;
    } else {
        self->is_bad = chat_answer_add(&self->answer, data, len, &self->error) < 0;
    }
    return !self->is_bad && tell(self, from);
}

static bool take_bytes(void *ctx, const char *bytes, size_t len)
{
    struct openai_try *self = ctx;

    if (sse_reader_feed(&self->events, bytes, len, take_event, self, &self->error) < 0) {
        self->is_bad = true;
        self->error.code = TW_BROKEN; /* the server's fault, not our caller's */
    }
    return !self->is_bad && !self->is_unwanted;
}

/* ---- The end ---------------------------------------------------------------------------------- */

/* A success whose answer did not come as events: not asked for, or the server does not stream. */
static void read_whole(struct openai_try *self, const struct fetch_reply *reply)
{
    struct tw_error reason;

    if (chat_answer_read(&self->answer, reply->body, reply->body_len, &reason) < 0) {
        (void)tw_fail(&self->error, TW_BROKEN, "the LLM endpoint gives no answer (%s): %s",
                      reply->content_type[0] ? reply->content_type : "no content type",
                      reason.message);
        conclude(self, OPENAI_FAILED, OPENAI_FAILS);
        return;
    }
    conclude(self, OPENAI_GOOD, OPENAI_WORKS);
    if (!tell(self, 0))
        conclude(self, OPENAI_OVER, OPENAI_WORKS);
}

static void read_stream(struct openai_try *self)
{
    if (!self->answer.is_finished) {
        (void)tw_fail(&self->error, TW_BROKEN, "the stream ended before its answer");
        conclude(self, OPENAI_PASSING, OPENAI_FAILS);
    } else if (self->answer.text.len == 0) {
        (void)tw_fail(&self->error, TW_BROKEN, "the answer has no text");
        conclude(self, OPENAI_FAILED, OPENAI_FAILS);
    } else {
        conclude(self, OPENAI_GOOD, OPENAI_WORKS);
    }
}

/* No whole HTTP answer came. */
static void read_failure(struct openai_try *self, const struct fetch_reply *reply)
{
    bool is_complete = self->answer.is_finished && self->answer.text.len > 0;

    if (self->is_unwanted) {
        conclude(self, OPENAI_OVER, OPENAI_WORKS);
    } else if (self->is_bad) {
        conclude(self, OPENAI_FAILED, OPENAI_FAILS);
    } else if (is_complete) { /* all was said: only the end of the transfer is missing */
        conclude(self, OPENAI_GOOD, OPENAI_WORKS);
    } else {
        self->error = reply->error;
        if (reply->error.code == TW_INVALID)
            conclude(self, OPENAI_OVER, OPENAI_UNKNOWN);
        else if (reply->error.code == TW_BUSY || reply->is_too_long)
            conclude(self, OPENAI_FAILED, OPENAI_FAILS);
        else
            conclude(self, OPENAI_PASSING, OPENAI_FAILS);
    }
}

static void read_refusal(struct openai_try *self, const struct fetch_reply *reply)
{
    int status = reply->status;
    bool may_pass = status == 408 || status == 429 || status >= 500;
    /* Some servers answer 500 to a field that they cannot read. */
    bool may_be_foreign = status == 400 || status == 422 || status == 500;
    unsigned dialect = self->dialect;
    char what[64];

    (void)snprintf(what, sizeof(what), "answers %d%s", status,
                   status >= 300 && status <= 399 ? " (redirects are not followed)" : "");
    fail_with_body(self, what, reply->body, reply->body_len);
    self->retry_after_ms = reply->retry_after_ms;
    if (may_be_foreign)
        self->dialect = chat_read_refusal(reply->body, reply->body_len, self->request, dialect);
    if (self->dialect != dialect)
        conclude(self, OPENAI_FOREIGN, OPENAI_WORKS);
    else if (may_pass)
        conclude(self, OPENAI_PASSING, OPENAI_FAILS);
    else
        conclude(self, OPENAI_FAILED, OPENAI_UNKNOWN);
}

static void take_reply(void *ctx, const struct fetch_reply *reply)
{
    struct openai_try *self = ctx;

    self->is_done = true;
    if (reply->status == 0)
        read_failure(self, reply);
    else if (reply->status > 299)
        read_refusal(self, reply);
    else if (self->n_events > 0)
        read_stream(self);
    else
        read_whole(self, reply);
}

/* ---- The exchange ----------------------------------------------------------------------------- */

static int start(struct openai_try *self, struct fetcher *fetcher)
{
    CLEANUP(freep)
    char *trace = self->trace_parent ? xprintf_dup("traceparent: %s", self->trace_parent) : NULL;
    const char *headers[] = {"Accept: application/json, text/event-stream", trace, NULL};
    bool is_stream = self->request->is_stream;
    struct fetch_request request = {
        .method = "POST",
        .url = self->endpoint->url,
        .headers = headers,
        .bearer = self->endpoint->api_key,
        .timeout_ms = self->timeout_ms,
        .max_reply_bytes = CHAT_REPLY_MAX,
        .stall_timeout_ms = self->endpoint->stall_timeout_ms,
        .on_data = is_stream ? take_bytes : NULL,
        .data_ctx = self,
    };
    struct buffer body;
    int r;

    buffer_init(&body, REQUEST_MAX);
    chat_write_request(&body, self->request, self->dialect);
    request.body = buffer_text(&body);
    request.body_len = body.len;
    if (body.failed)
        r = tw_fail(&self->error, TW_INVALID, "the prompt is longer than %zu bytes", REQUEST_MAX);
    else
        r = fetcher_start(fetcher, &request, take_reply, self, &self->error);
    buffer_finish(&body);
    return r;
}

void openai_try_run(struct openai_try *self, struct fetcher *fetcher)
{
    self->retry_after_ms = -1;
    chat_answer_init(&self->answer);
    sse_reader_init(&self->events, EVENT_MAX);
    if (start(self, fetcher) < 0) {
        conclude(self, OPENAI_OVER, OPENAI_UNKNOWN);
        return;
    }
    while (!self->is_done && !atomic_load(self->is_stopping))
        (void)fetcher_step(fetcher, STOP_CHECK_MS);
    if (self->is_done)
        return;
    (void)tw_fail(&self->error, TW_BROKEN, "the server stops");
    conclude(self, OPENAI_OVER, OPENAI_UNKNOWN);
}

void openai_try_finish(struct openai_try *self)
{
    chat_answer_finish(&self->answer);
    sse_reader_finish(&self->events);
}
