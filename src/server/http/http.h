#ifndef TW_HTTP_H
#define TW_HTTP_H

/* The HTTP edge: listeners, and the way of one exchange from bytes to reply. Only http_parts.h knows
 * libmicrohttpd; a handler sees a request and fills a reply, and runs either at once on a listener's
 * thread (FAST: it answers from memory) or on a job worker (SLOW). An unanswered question of a client
 * never holds a listener's thread. */

#include "common/buffer.h"
#include "common/error.h"
#include "common/fields.h"
#include "common/json.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct auth;
struct jobs;
struct metrics;
struct rate_limit;
struct request;
struct reply;
struct watch;

enum listener {
    LISTENER_INDEX_ML,
    LISTENER_INDEX_LLM,
    LISTENER_INDEX_VECTOR,
    LISTENER_INDEX_OPS,
    N_LISTENERS
};

extern const char *const listener_names[N_LISTENERS]; /* "ml", "llm", "vector", "operations" */

/* What a caller may do; each includes the ones before it. */
enum role { ROLE_NONE, ROLE_READ, ROLE_INFER, ROLE_OPERATE };

enum speed {
    FAST, /* answers from memory, on the listener's thread; must never block */
    SLOW, /* on a job worker, within the job deadline */
};

/* Returns 0 with the reply filled (status 200 unless set otherwise), or -1 with err, which becomes a
 * problem document: TW_INVALID 422, TW_NOT_FOUND 404, TW_BUSY 503, TW_BROKEN 500, unless reply->status
 * was set to another. Offending fields go to reply->fields. */
typedef int handler_fn(struct app *app,
                       const struct request *request,
                       struct reply *reply,
                       struct tw_error *err);

struct route {
    const char *method;
    const char *path; /* a {name} stands for one segment, a * at the end for any rest */
    enum speed speed;
    enum role role;
    size_t max_body_bytes; /* 0: takes no body */
    handler_fn *handler;
    const char *summary;         /* for the API description */
    const struct schema *schema; /* of the JSON body, for the API description; NULL: any object */
    bool is_body_optional;
    void (*failed)(struct app *app,
                   int status); /* for every answer of 400 or more on this route, also
                                                    those given before the handler ran; or NULL */
};

#define PATH_PARAMS_MAX 3

struct request {
    const struct route *route;
    const char *param[PATH_PARAMS_MAX]; /* what the {names} matched, in order */
    const struct json *json;            /* the body; NULL if there was none */
    const char *text; /* instead, where the service reads_text: JSON that json_check has passed */
    const char *request_id;
    const char *trace_id; /* 32 hex digits */
    const char *by;       /* whose token was shown; "": none was needed */
    int64_t received_ns;  /* monotonic: when the headers were in */
    int64_t parked_ms;    /* how much of the time since then park_ms took */
    void *connection;     /* for request_header and request_query */
};

/* Borrowed for the life of the request; NULL when absent. */
const char *request_header(const struct request *request, const char *name);
const char *request_query(const struct request *request, const char *name);

typedef void reply_ready_fn(void *ctx, bool ok);

struct reply {
    int status;
    struct buffer body;
    const char *content_type; /* a static string; "application/json" unless set */
    const char *allow;        /* for 405 */
    int retry_after_s;        /* 0: none */
    struct field_errors fields;
    /* SLOW handlers: sends a piece of the body at once, the status and the content type with the first.
     * From then on the reply is out of the handler's hands but for further pieces, and the connection
     * may be gone: request_header and request_query must not be asked any more. The answer ends when
     * the handler returns. False: the client has left, or read too slowly; the handler should stop. */
    bool (*send_piece)(struct reply *reply, const char *bytes, size_t len);
    /* Set by a handler whose reply may go only after something else has happened, such as a commit:
     * wait is called with this ctx and ticket and must call ready(arg, ok) exactly once, from any
     * thread. With ok = false the client gets 503. */
    void (*wait)(void *ctx, uint64_t ticket, reply_ready_fn *ready, void *arg);
    void *wait_ctx;
    uint64_t wait_ticket;
};

struct http_options {
    struct app *app; /* handed to handlers */
    struct metrics *metrics;
    struct jobs *jobs;
    struct watch *watch;
    struct rate_limit *rate_limit; /* NULL: none */
    struct auth *_Atomic *auth;    /* may be another from one request to the next */
    const char *const *hosts;      /* further names a Host header may have; n_hosts of them */
    size_t n_hosts;
    unsigned n_threads; /* per listener */
    unsigned connection_limit;
    unsigned address_connection_limit; /* of one address; 0: none */
    bool uses_tls;                     /* certificate_load has been called */
    unsigned idle_timeout_s;
    int64_t body_timeout_ms; /* a body that takes longer is cut off */
    int64_t job_deadline_ms;
    /* How long a request on a SLOW route is put off before a worker takes it; NULL: never. On the listener's
     * thread, so it must not block. */
    int64_t (*park_ms)(struct app *app, const struct request *request);
    /* Told of every request on a route that needs ROLE_OPERATE, once it is answered. Must not block. */
    void (*operated)(struct app *app, const struct request *request, int status);
};

/* Makes reply the error of its status, for a route or (NULL) a path that none matches. */
typedef void write_error_fn(const struct route *route, struct reply *reply, const char *detail);

/* What one listener serves. Borrowed for ever. */
struct http_service {
    const struct route *routes;
    size_t n_routes;
    enum listener listener;
    unsigned metrics_base; /* the value of LABEL_ROUTE of its first route; the one after its last
                              counts requests that match none */
    write_error_fn *write_error; /* NULL: problem documents */
    bool reads_text;             /* bodies are handed over as text, not as a tree */
};

struct http_listener;

/* address is "HOST:PORT" with a numeric host ("127.0.0.1:8000", "[::1]:8000"); port 0 takes a free one.
 * TW_INVALID for an address that cannot be read, TW_BROKEN when it cannot be had. */
int http_listener_start(const struct http_options *options,
                        const struct http_service *service,
                        const char *address,
                        struct http_listener **ret_listener,
                        struct tw_error *err) MUST_CHECK;
uint16_t http_listener_port(const struct http_listener *listener);

/* Takes no new connections; what is under way goes on, and its answer closes the connection. */
void http_listener_drain(struct http_listener *listener);

/* Exchanges under way. */
unsigned http_listener_in_flight(const struct http_listener *listener);

/* For an outage that is simulated: nobody gets in any more, and connections are cut at their next sign of life.
 * False: workers hold exchanges still, call again; true: all its connections are closed. These two are called
 * by one thread, and not beside http_listener_drain or http_listener_stop. */
bool http_listener_close(struct http_listener *listener);
/* After it has closed: on the port that it had. TW_BROKEN: somebody else has that now. */
int http_listener_reopen(struct http_listener *listener, struct tw_error *err) MUST_CHECK;

/* Waits for exchanges under way until deadline, then closes what is left. Every job must have ended
 * (jobs_stop), or the library would abort on a suspended connection. NULL is fine. */
void http_listener_stop(struct http_listener *listener, int64_t deadline_mono_ms);

#endif
