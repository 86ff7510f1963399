#ifndef TW_HTTP_PARTS_H
#define TW_HTTP_PARTS_H

/* For http.c, a listener from its start to its stop, connection.c, a connection from its start to its end, and
 * exchange.c, a request from its headers to its answer: what they share of the library and of each other. */

#include "server/http/headers.h"
#include "server/http/http.h"
#include "server/http/router.h"
#include "server/http/stream.h"
#include "server/http/watch.h"

#include <microhttpd.h>
#include <stdatomic.h>

#define CONNECTION_MEMORY (16U << 10) /* request line and headers */

struct http_listener {
    struct http_options options;
    struct http_service service;
    struct host_list hosts;
    char own_host[HTTP_HOST_SIZE];
    struct http_address address; /* with the port that it got */
    struct MHD_Daemon *daemon;   /* NULL: closed for a while */
    MHD_socket quiesced_socket;
    _Atomic bool is_draining;
    _Atomic bool is_cut; /* it closes: connections are to go */
    _Atomic unsigned in_flight;
    _Atomic unsigned n_held; /* exchanges whose connection is suspended, or was until just now */
    _Atomic unsigned n_large_bodies;
};

enum stage { STAGE_BODY, STAGE_WAITING, STAGE_READY, STAGE_STREAMING };

/* One connection's exchange, reused for each request it carries. Belongs to the listener's thread, but
 * to a worker (or whoever makes its reply ready) between suspend and resume.
 *
 * A streamed answer belongs to both at once: the stream is what they share, and the rest stays as it is.
 * The connection may end before the worker does; whoever of the two is last frees the exchange. */
struct exchange {
    struct http_listener *listener;
    struct MHD_Connection *connection;
    enum stage stage;
    bool is_counted; /* in in_flight */
    bool is_large;   /* counted in n_large_bodies */
    bool is_held;    /* in n_held */
    struct route_match match;
    struct request request;
    struct reply reply;
    struct stream stream;
    struct buffer body;
    size_t body_seen;
    struct json *json;
    int rejected; /* enum reject_reason, or ADMITTED: the handler decides */
    char request_id[REQUEST_ID_SIZE];
    char trace_id[TRACE_ID_SIZE];
    struct random_state rng; /* for ids, not for secrets */
    struct watched watched;
    uint64_t client; /* for the rate limit */
};

void exchange_free(struct exchange *x);

/* The library's callbacks, on the listener's thread (cls). A connection's socket context is its exchange. */

enum MHD_Result exchange_on_request(void *cls,
                                    struct MHD_Connection *connection,
                                    const char *url,
                                    const char *method,
                                    const char *version,
                                    const char *upload_data,
                                    size_t *upload_data_size,
                                    void **con_cls);

void exchange_on_completed(void *cls,
                           struct MHD_Connection *connection,
                           void **con_cls,
                           enum MHD_RequestTerminationCode code);

void exchange_on_connection(void *cls,
                            struct MHD_Connection *connection,
                            void **socket_context,
                            enum MHD_ConnectionNotificationCode code);

#endif
