#include "server/api/answers.h"
#include "server/api/api.h"
#include "server/api/scoring.h"

#include "common/clock.h"
#include "common/json_write.h"
#include "server/app.h"
#include "server/llm/answerer.h"
#include "server/llm/sse.h"
#include "server/metrics/metrics.h"

#include <string.h>

#define DOCS_DEFAULT 3

struct chat_body {
    const char *query, *session_id;
    double n_docs;
    bool is_stream;
};

static const struct field chat_fields[] = {
    {"query", FIELD_STRING, true, 1, 5000, offsetof(struct chat_body, query), NULL, "The question"},
    {"session_id", FIELD_STRING, false, 0, 100, offsetof(struct chat_body, session_id), NULL,
     "Whatever the client calls its session; not kept"},
    {"num_context_docs", FIELD_INT, false, 1, ANSWER_PASSAGES_MAX,
     offsetof(struct chat_body, n_docs), NULL, "Passages to answer from, 3 unless given"},
    {"stream", FIELD_BOOL, false, 0, 0, offsetof(struct chat_body, is_stream), NULL,
     "Server-sent events: text as it is written, then the scored answer"},
};
const struct schema chat_schema = SCHEMA_OF(chat_fields);

/* ---- The answer as events ----------------------------------------------------------------------- */

struct event_stream {
    struct reply *reply;
    bool has_begun;
};

/* False: the reader has left, or it could not be made: half an event is not sent. */
static bool send_event(struct event_stream *stream, const char *name, const struct buffer *data)
{
    struct buffer event;
    bool is_sent;

    if (!stream->has_begun) /* from then on the reply is the connection's */
        stream->reply->content_type = "text/event-stream; charset=utf-8";
    stream->has_begun = true;
    buffer_init(&event, 2 * data->len + 64);
    sse_write(&event, name, buffer_text(data), data->len);
    is_sent = !data->failed && !event.failed &&
              stream->reply->send_piece(stream->reply, buffer_text(&event), event.len);
    buffer_finish(&event);
    return is_sent;
}

static bool send_text(void *ctx, const char *text, size_t len)
{
    struct buffer data;
    struct json_writer w = {&data, false};
    bool is_sent;

    buffer_init(&data, 6 * len + 32); /* every byte as \u0000 */
    json_write_object(&w, NULL);
    json_write_text(&w, "text", text, len);
    json_write_object_end(&w);
    is_sent = send_event(ctx, "text", &data);
    buffer_finish(&data);
    return is_sent;
}

/* What began well cannot become a 504 any more. */
static void send_failure(struct event_stream *stream, const struct tw_error *err)
{
    static const char no_memory[] =
        "event: error\ndata: {\"status\":504,\"detail\":\"no memory for the answer\"}\n\n";
    struct buffer data;
    struct json_writer w = {&data, false};

    buffer_init(&data, 2048);
    json_write_object(&w, NULL);
    json_write_int(&w, "status", err->code == TW_BUSY ? 504 : 502);
    json_write_string(&w, "detail", err->message);
    json_write_object_end(&w);
    if (!send_event(stream, "error", &data))
        (void)stream->reply->send_piece(stream->reply, no_memory, sizeof(no_memory) - 1);
    buffer_finish(&data);
}

/* ---- Chat --------------------------------------------------------------------------------------- */

struct chat {
    struct asked asked;
    struct answer answer;
    struct answerer_account account;
};

static void finish_chat(struct chat *chat)
{
    answer_finish(&chat->answer);
    answerer_account_finish(&chat->account);
}

static void write_chat(const struct chat *chat, const struct request *request, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    answer_write(&chat->answer, &w);
    json_write_fixed(&w, "processing_time_ms", chat->asked.duration_ms, 3);
    json_write_int(&w, "id", chat->asked.id);
    json_write_string(&w, "request_id", request->request_id);
    json_write_string(&w, "trace_id", request->trace_id);
    json_write_object_end(&w);
}

static int ask(struct app *app,
               const struct request *http,
               const struct chat_body *body,
               struct chat *chat,
               struct event_stream *stream,
               struct tw_error *err)
{
    char trace_parent[TRACE_PARENT_SIZE];
    struct answerer_request request = {
        .question = body->query,
        .n_passages = (size_t)body->n_docs,
        .trace_parent = trace_parent,
        .deadline_mono_ms = clock_mono_ms() + app->config->http_job_deadline_ms,
        .on_text = stream ? send_text : NULL,
        .ctx = stream,
    };

    answers_trace_parent(&chat->asked, trace_parent);
    app_faults_on(app, chat->asked.simulation_id, chat->asked.id, http->parked_ms, &request.faults);
    return answerer_answer(&app->answerer, &request, &chat->answer, &chat->account, err);
}

/* A question that a triage asked of this replica is counted as one. */
static uint8_t kind_of(const struct request *request)
{
    const char *source = request_header(request, "X-Tidewatch-Source");

    return source && strcmp(source, "triage") == 0 ? ANSWER_TRIAGE : ANSWER_CHAT;
}

static void count_chat(struct app *app, struct chat *chat, const struct request *request)
{
    chat->asked.duration_ms = (double)(clock_mono_ns() - request->received_ns) * 1e-6;
    metrics_add(app->metrics, METRIC_LLM_REQUESTS_TOTAL,
                LABELS(chat->answer.is_abstained ? LLM_ABSTAINED : LLM_SUCCESS), 1);
    answers_count_scores(app, &chat->asked, &chat->answer);
    answers_count_work(app, &chat->asked, &chat->answer, &chat->account);
}

static int answer_stream(struct app *app,
                         const struct request *request,
                         struct chat *chat,
                         struct event_stream *stream,
                         uint64_t ticket)
{
    const struct tw_error lost = {TW_BROKEN, "it could not be stored; nothing was kept"};
    const struct tw_error unmade = {TW_BUSY, "there was no room for the answer"};
    struct buffer data;

    if (app->config->store_durability == STORE_COMMIT && !scoring_wait_until_durable(app, ticket)) {
        send_failure(stream, &lost);
        return 0;
    }
    buffer_init(&data, 1U << 20);
    write_chat(chat, request, &data);
    if (!send_event(stream, "answer", &data))
        send_failure(stream, &unmade);
    buffer_finish(&data);
    app_judge(app, &chat->asked, request->request_id, &chat->answer);
    return 0;
}

/* An answer that has not begun becomes a problem document, which api_chat_failed counts. */
static int fail_chat(struct app *app,
                     const struct chat *chat,
                     struct event_stream *stream,
                     const struct tw_error *err)
{
    if (stream->has_begun) {
        send_failure(stream, err);
        api_chat_failed(app, err->code == TW_BUSY ? 504 : 502);
    } else if (chat->account.is_timeout) {
        stream->reply->status = 504;
    }
    return -1;
}

int api_chat(struct app *app,
             const struct request *request,
             struct reply *reply,
             struct tw_error *err)
{
    struct chat_body body = {.n_docs = DOCS_DEFAULT};
    struct event_stream stream = {.reply = reply};
    CLEANUP(finish_chat) struct chat chat = {0};
    uint64_t ticket = 0;

    answer_init(&chat.answer);
    if (!fields_decode(&chat_schema, request->json, "", &body, &reply->fields))
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    answers_note_caller(app, request, &chat.asked);
    chat.asked.kind = kind_of(request);
    chat.asked.query = body.query;
    if (ask(app, request, &body, &chat, body.is_stream ? &stream : NULL, err) < 0)
        return fail_chat(app, &chat, &stream, err);
    count_chat(app, &chat, request);
    if (chat.asked.kind == ANSWER_CHAT &&
        answers_keep(app, &chat.asked, &chat.answer,
                     chat.answer.is_abstained ? ANSWER_ABSTAINED : ANSWER_SUCCESS, &ticket,
                     err) < 0)
        return fail_chat(app, &chat, &stream, err);
    if (body.is_stream)
        return answer_stream(app, request, &chat, &stream, ticket);
    write_chat(&chat, request, &reply->body);
    app_judge(app, &chat.asked, request->request_id, &chat.answer);
    if (chat.asked.kind == ANSWER_CHAT)
        scoring_answer_when_durable(app, reply, ticket);
    return 0;
}

void api_chat_failed(struct app *app, int status)
{
    enum llm_status how = status == 504 ? LLM_TIMEOUT : status >= 500 ? LLM_ERROR : LLM_INVALID;

    metrics_add(app->metrics, METRIC_LLM_REQUESTS_TOTAL, LABELS(how), 1);
}
