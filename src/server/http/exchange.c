#include "common/clock.h"
#include "common/json_check.h"
#include "common/log.h"
#include "server/http/admission.h"
#include "server/http/http_parts.h"
#include "server/http/incoming.h"
#include "server/http/jobs.h"
#include "server/http/problem.h"
#include "server/http/rate_limit.h"
#include "server/http/stream.h"
#include "server/metrics/metrics.h"

#include <stdio.h>
#include <string.h>

#define REPLY_BYTES_MAX   (32U << 20)
#define KEPT_BUFFER_MAX   (64U << 10) /* a connection keeps no larger buffer between requests */
#define SLOW_READER_BYTES (1U << 20)  /* that a client of a streamed answer may lag behind */
#define LARGE_BODY_BYTES  (8U << 20)  /* of these few at a time, and none of unknown length */
#define LARGE_BODIES_MAX  4

/* ---- What handlers may ask ---------------------------------------------------------------------- */

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_query(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

static void write_error(struct exchange *x, const char *detail)
{
    write_error_fn *write = x->listener->service.write_error;

    if (write)
        write(x->match.route, &x->reply, detail);
    else
        problem_write(&x->reply, detail);
}

/* ---- Sending ------------------------------------------------------------------------------------ */

static unsigned route_label(const struct exchange *x)
{
    const struct http_service *service = &x->listener->service;
    const struct route *route = x->match.route;

    return service->metrics_base +
           (unsigned)(route ? (size_t)(route - service->routes) : service->n_routes);
}

static void count_answer(const struct exchange *x)
{
    struct metrics *metrics = x->listener->options.metrics;
    unsigned code_class = (unsigned)(x->reply.status / 100) - 2;
    double seconds = (double)(clock_mono_ns() - x->request.received_ns) * 1e-9;

    metrics_add(metrics, METRIC_HTTP_REQUESTS_TOTAL, LABELS(route_label(x), code_class), 1);
    metrics_observe(metrics, METRIC_HTTP_REQUEST_DURATION_SECONDS, LABELS(route_label(x)), seconds,
                    NULL);
    if (x->rejected != ADMITTED)
        metrics_add(metrics, METRIC_HTTP_REQUEST_REJECTED_TOTAL,
                    LABELS(x->listener->service.listener, (unsigned)x->rejected), 1);
    if (x->reply.status >= 400 && x->match.route && x->match.route->failed)
        x->match.route->failed(x->listener->options.app, x->reply.status);
}

/* Whoever was refused for want of a token has operated nothing. */
static void tell_operated(const struct exchange *x)
{
    const struct http_options *options = &x->listener->options;

    if (options->operated && *x->request.by && x->match.route->role == ROLE_OPERATE)
        options->operated(options->app, &x->request, x->reply.status);
}

static void add_headers(const struct exchange *x, struct MHD_Response *response)
{
    const struct reply *reply = &x->reply;
    char seconds[16];

    (void)MHD_add_response_header(response, "Content-Type", reply->content_type);
    (void)MHD_add_response_header(response, "X-Request-Id", x->request_id);
    if (reply->status == 401)
        (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (reply->allow)
        (void)MHD_add_response_header(response, "Allow", reply->allow);
    if (reply->retry_after_s > 0) {
        (void)snprintf(seconds, sizeof(seconds), "%d", reply->retry_after_s);
        (void)MHD_add_response_header(response, "Retry-After", seconds);
    }
    if (x->listener->is_draining)
        (void)MHD_add_response_header(response, "Connection", "close");
}

/* The body stays where it is: the exchange outlives the response. */
static enum MHD_Result send_reply(struct exchange *x)
{
    struct reply *reply = &x->reply;
    struct MHD_Response *response;
    enum MHD_Result result;

    if (reply->body.failed) {
        reply->status = reply->body.starved ? 503 : 500;
        write_error(x,
                    reply->body.starved ? "no memory for the answer" : "the answer is too large");
    }
    response =
        MHD_create_response_from_buffer(reply->body.len, reply->body.data, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    add_headers(x, response);
    count_answer(x);
    tell_operated(x);
    result = MHD_queue_response(x->connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- Streaming ---------------------------------------------------------------------------------- */

static ssize_t read_stream(void *cls, uint64_t position, char *out, size_t max)
{
    struct exchange *x = cls;
    ssize_t n_read = stream_read(&x->stream, out, max);

    (void)position;
    if (n_read == STREAM_FAILED || x->listener->is_cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return n_read == STREAM_AT_END ? MHD_CONTENT_READER_END_OF_STREAM : n_read;
}

static enum MHD_Result begin_stream(struct exchange *x)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, x, NULL);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    add_headers(x, response);
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    result = MHD_queue_response(x->connection, (unsigned)x->reply.status, response);
    MHD_destroy_response(response);
    return result;
}

static bool send_piece(struct reply *reply, const char *bytes, size_t len)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)reply - offsetof(struct exchange, reply));

    if (x->stage !=
        STAGE_STREAMING) /* the connection's thread looks once the first piece resumed it */
        x->stage = STAGE_STREAMING;
    return stream_put(&x->stream, bytes, len);
}

/* ---- Answering ---------------------------------------------------------------------------------- */

static void reject(struct exchange *x, int reason, int status, const char *detail)
{
    x->rejected = reason;
    x->reply.status = status;
    x->reply.retry_after_s = status == 503 ? 1 : 0;
    write_error(x, detail);
}

/* Parses the body, if the route takes one. False: rejected. */
static bool read_body(struct exchange *x)
{
    const struct route *route = x->match.route;
    bool as_text = x->listener->service.reads_text;
    const char *text = buffer_text(&x->body);
    struct tw_error err;

    if (route->max_body_bytes == 0 || (x->body.len == 0 && route->is_body_optional))
        return true;
    if (x->body.failed) {
        reject(x, REJECT_OVERLOAD, 503, "no memory for the body");
        return false;
    }
    if ((as_text ? json_check(text, x->body.len, JSON_DEPTH_MAX, &err)
                 : json_parse(text, x->body.len, &x->json, &err)) < 0) {
        if (err.code == TW_BUSY)
            reject(x, REJECT_OVERLOAD, 503, err.message);
        else
            reject(x, REJECT_MALFORMED, 400, err.message);
        return false;
    }
    if (route->is_body_optional && text[strspn(text, " \t\r\n")] != '{') {
        reject(x, REJECT_MALFORMED, 422, "the body must be an object, or empty");
        return false;
    }
    x->request.json = x->json;
    x->request.text = as_text ? text : NULL;
    return true;
}

static void answer_failure(struct exchange *x, const struct tw_error *err)
{
    struct reply *reply = &x->reply;
    int status = reply->status >= 400 ? reply->status : problem_status(err->code);

    if (status >= 500 && err->code == TW_BROKEN) {
        log_error("%s %s: %s (request %s)", x->match.route->method, x->match.route->path,
                  err->message, x->request_id);
        reject(x, ADMITTED, status, "something failed inside; the server's log has the reason");
        return;
    }
    reject(x, err->code == TW_BUSY ? REJECT_OVERLOAD : REJECT_INVALID, status, err->message);
    if (status == 404)
        x->rejected = REJECT_NOT_FOUND;
}

static void run_handler(struct exchange *x)
{
    struct tw_error err = {TW_BROKEN, "no reason given"};

    if (!read_body(x))
        return;
    if (x->match.route->handler(x->listener->options.app, &x->request, &x->reply, &err) < 0) {
        if (x->stage == STAGE_STREAMING) { /* the handler has told the client itself */
            log_warn("%s: %s (request %s)", x->match.route->path, err.message, x->request_id);
            return;
        }
        x->reply.wait = NULL;
        answer_failure(x, &err);
    }
}

/* Gives the exchange back to its listener's thread, which then owns it. */
static void make_ready(struct exchange *x)
{
    x->stage = STAGE_READY;
    MHD_resume_connection(x->connection);
}

/* What the reply waited for has happened (ok) or never will. Any thread. */
static void wait_is_over(void *ctx, bool ok)
{
    struct exchange *x = ctx;

    if (!ok)
        reject(x, REJECT_OVERLOAD, 503, "it could not be stored; nothing was kept");
    make_ready(x);
}

static void finish_waiting(struct exchange *x)
{
    if (x->reply.wait)
        x->reply.wait(x->reply.wait_ctx, x->reply.wait_ticket, wait_is_over, x);
    else
        make_ready(x);
}

static void count_job(const struct exchange *x, enum job_outcome outcome)
{
    metrics_add(x->listener->options.metrics, METRIC_TIDEWATCH_JOBS_TOTAL, LABELS(outcome), 1);
}

static void run_job(void *ctx, bool is_late)
{
    struct exchange *x = ctx;

    count_job(x, is_late ? JOB_OUTCOME_LATE : JOB_OUTCOME_DONE);
    if (is_late)
        reject(x, REJECT_OVERLOAD, 503, "the request waited too long for a worker");
    else
        run_handler(x);
    switch (stream_end(&x->stream)) {
    case STREAM_NOT_BEGUN:
        finish_waiting(x);
        break;
    case STREAM_ENDED:
        break;
    case STREAM_ORPHANED:
        exchange_free(x);
        break;
    }
}

static int put_job(struct exchange *x, struct tw_error *err)
{
    const struct http_options *options = &x->listener->options;
    int64_t now_mono_ms = clock_mono_ms(), parked_ms = 0;

    if (options->park_ms)
        parked_ms = options->park_ms(options->app, &x->request);
    x->request.parked_ms = parked_ms;
    return jobs_put_later(options->jobs, run_job, x, parked_ms > 0 ? now_mono_ms + parked_ms : 0,
                          now_mono_ms + options->job_deadline_ms, err);
}

/* Before a suspend. False: the listener closes, and the connection is to go instead. Counted first and asked
 * then, while http_listener_close says so first and counts then: one of the two sees the other. */
static bool hold(struct exchange *x)
{
    x->is_held = true;
    x->listener->n_held++;
    return !x->listener->is_cut;
}

/* The suspend comes first: a connection that is resumed before it is suspended hangs. */
static enum MHD_Result answer_slowly(struct exchange *x)
{
    struct tw_error err;

    if (!hold(x))
        return MHD_NO;
    x->stage = STAGE_WAITING;
    stream_start(&x->stream, SLOW_READER_BYTES);
    x->reply.send_piece = send_piece;
    MHD_suspend_connection(x->connection);
    if (put_job(x, &err) < 0) {
        count_job(x, JOB_OUTCOME_REFUSED);
        reject(x, REJECT_OVERLOAD, 503, err.message);
        (void)stream_end(&x->stream);
        make_ready(x);
    }
    return MHD_YES;
}

static enum MHD_Result answer(struct exchange *x)
{
    if (x->rejected != ADMITTED)
        return send_reply(x);
    if (x->match.route->speed == SLOW)
        return answer_slowly(x);
    run_handler(x);
    if (!x->reply.wait)
        return send_reply(x);
    if (!hold(x))
        return MHD_NO;
    x->stage = STAGE_WAITING;
    MHD_suspend_connection(x->connection);
    finish_waiting(x);
    return MHD_YES;
}

/* ---- Headers ------------------------------------------------------------------------------------ */

static void reset_buffer(struct buffer *buf, size_t limit)
{
    if (buf->capacity > KEPT_BUFFER_MAX)
        buffer_finish(buf);
    buffer_clear(buf);
    buf->limit = limit;
}

static void reset_exchange(struct exchange *x)
{
    x->stage = STAGE_BODY;
    x->rejected = ADMITTED;
    x->body_seen = 0;
    x->json = NULL;
    reset_buffer(&x->body, 0);
    reset_buffer(&x->reply.body, REPLY_BYTES_MAX);
    x->reply.status = 200;
    x->reply.content_type = "application/json";
    x->reply.allow = NULL;
    x->reply.retry_after_s = 0;
    x->reply.fields.n = 0;
    x->reply.wait = NULL;
    x->reply.send_piece = NULL;
    x->match.route = NULL;
}

/* How many bytes of body the admitted request may send. A large body needs a place among the few, which
 * exchange_on_completed gives back; one of an unknown length is not taken for one. */
static void admit_body(struct exchange *x, const char *content_length)
{
    int64_t length = headers_content_length(content_length);
    size_t limit = x->match.route->max_body_bytes;

    x->body.limit = length < 0 && limit > LARGE_BODY_BYTES ? LARGE_BODY_BYTES : limit;
    x->is_large = length > LARGE_BODY_BYTES;
    if (x->is_large && x->listener->n_large_bodies++ >= LARGE_BODIES_MAX)
        reject(x, REJECT_OVERLOAD, 503, "too many large bodies are under way");
}

/* False: the address has asked too often of late. */
static bool admit_client(struct exchange *x)
{
    struct rate_limit *limit = x->listener->options.rate_limit;
    int64_t wait_ms = limit ? rate_limit_take(limit, x->client, x->request.received_ns) : 0;

    if (wait_ms == 0)
        return true;
    reject(x, REJECT_RATE_LIMITED, 429, "this address asks more often than it may");
    x->reply.retry_after_s = (int)((wait_ms + 999) / 1000);
    return false;
}

/* False: the answer ends the connection. */
static bool admit(struct exchange *x, const struct admission_request *asked)
{
    const struct http_listener *listener = x->listener;
    struct admission answer;

    if (!admit_client(x))
        return true;
    answer = admission_decide(&listener->service, &listener->hosts, *listener->options.auth, asked,
                              &x->match);
    if (answer.rejected == ADMITTED) {
        x->request.by = answer.by;
        admit_body(x, asked->content_length);
        return true;
    }
    x->reply.allow = answer.rejected == REJECT_METHOD ? x->match.allow : NULL;
    reject(x, answer.rejected, answer.status, answer.detail);
    return !answer.ends_connection;
}

/* The headers are in: decides what can be decided without the body. */
static enum MHD_Result begin_exchange(struct exchange *x, const struct incoming *incoming)
{
    bool goes_on;

    reset_exchange(x);
    x->is_counted = true;
    x->listener->in_flight++;
    x->request = (struct request){.connection = x->connection,
                                  .request_id = x->request_id,
                                  .trace_id = x->trace_id,
                                  .by = "",
                                  .received_ns = clock_mono_ns()};
    x->watched.waits_since_ms = 0;
    headers_request_id(incoming->request_id, &x->rng, x->request_id);
    headers_trace_id(incoming->traceparent, &x->rng, x->trace_id);
    goes_on = admit(x, &incoming->asked);
    x->request.route = x->match.route;
    memcpy(x->request.param, x->match.param, sizeof(x->request.param));
    /* A reply queued now closes the connection, which is right for a body nobody will read. */
    return goes_on ? MHD_YES : send_reply(x);
}

/* Takes a piece of the body, or drops it when the request is refused already. */
static enum MHD_Result take_body(struct exchange *x, const char *data, size_t len)
{
    size_t limit = x->match.route ? x->match.route->max_body_bytes : 0;
    int64_t age_ms = (clock_mono_ns() - x->request.received_ns) / 1000000;

    x->body_seen += len;
    if (age_ms > x->listener->options.body_timeout_ms) {
        metrics_add(x->listener->options.metrics, METRIC_HTTP_REQUEST_REJECTED_TOTAL,
                    LABELS(x->listener->service.listener, REJECT_TIMEOUT), 1);
        return MHD_NO;
    }
    if (x->body_seen > x->body.limit && x->rejected == ADMITTED)
        reject(x, REJECT_TOO_LARGE, 413, "the body is larger than this path takes");
    /* The answer can only be queued after the body; a client that goes on and on is cut off. */
    if (x->body_seen > 2 * limit + CONNECTION_MEMORY)
        return MHD_NO;
    if (x->rejected == ADMITTED)
        (void)buffer_append(&x->body, data, len);
    return MHD_YES;
}

/* ---- libmicrohttpd's callbacks ------------------------------------------------------------------ */

// NOLINTNEXTLINE(readability-function-size): the library sets the parameters
enum MHD_Result exchange_on_request(void *cls,
                                    struct MHD_Connection *connection,
                                    const char *url,
                                    const char *method,
                                    const char *version,
                                    const char *upload_data,
                                    size_t *upload_data_size,
                                    void **con_cls)
{
    const struct http_listener *listener = cls;
    struct exchange *x = *con_cls;

    if (listener->is_cut)
        return MHD_NO;
    if (!x) {
        struct incoming incoming;

        x = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        x->connection = connection;
        *con_cls = x;
        incoming_read(connection, version, &incoming);
        incoming.asked.method = method;
        incoming.asked.path = url;
        return begin_exchange(x, &incoming);
    }
    if (*upload_data_size > 0) {
        enum MHD_Result result = take_body(x, upload_data, *upload_data_size);

        *upload_data_size = 0;
        return result;
    }
    if (x->stage == STAGE_STREAMING)
        return begin_stream(x);
    return x->stage == STAGE_READY ? send_reply(x) : answer(x);
}

void exchange_on_completed(void *cls,
                           struct MHD_Connection *connection,
                           void **con_cls,
                           enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *con_cls;

    (void)cls;
    (void)connection;
    (void)code;
    if (!x || !x->is_counted)
        return;
    if (x->stage == STAGE_STREAMING)
        count_answer(x);
    x->is_counted = false;
    x->watched.waits_since_ms = clock_mono_ms();
    x->listener->in_flight--;
    x->listener->n_held -= x->is_held;
    x->is_held = false;
    x->listener->n_large_bodies -= x->is_large;
    x->is_large = false;
    if (stream_cut(&x->stream)) /* the worker still reads the body; the connection closes next */
        return;
    json_free(x->json);
    x->json = NULL;
    /* Idle connections keep no large ones. */
    reset_buffer(&x->body, 0);
    reset_buffer(&x->reply.body, REPLY_BYTES_MAX);
}
