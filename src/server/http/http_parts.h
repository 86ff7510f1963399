#ifndef TW_HTTP_PARTS_H
#define TW_HTTP_PARTS_H

/* For http.c, a listener from its start to its stop, and exchange.c, a request from its headers to its
 * answer: what the two share of the library and of a listener. */

#include "server/http/headers.h"
#include "server/http/http.h"

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
