#ifndef TW_HTTP_HEADERS_H
#define TW_HTTP_HEADERS_H

/* What request headers and listen addresses mean. Pure, but for http_address_parse's use of the
 * numeric address parser of the C library. A header that is absent is NULL. */

#include "common/error.h"
#include "common/random.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_ID_SIZE 65
#define TRACE_ID_SIZE   33
#define HTTP_HOST_SIZE  64

struct host_list {
    const char *const *names; /* from the settings; borrowed */
    size_t n_names;
    const char *own; /* the host that is listened on */
};

/* Localhost by any of its names, the own address, or a name of the list, with any port. HTTP/1.0 may
 * leave it out. */
bool headers_host_is_ours(const struct host_list *hosts, const char *host);

/* The client's id if it is 1 to 64 of A-Z a-z 0-9 . _ -, else one of our own. */
void headers_request_id(const char *header, struct random_state *rng, char out[REQUEST_ID_SIZE]);

/* The trace id of a valid W3C traceparent, else a new one. */
void headers_trace_id(const char *traceparent, struct random_state *rng, char out[TRACE_ID_SIZE]);

/* -1 when absent or no number. */
int64_t headers_content_length(const char *header);

/* A field's name as RFC 9110, 5.6.2, has it: no blank, no control character, not empty. */
bool headers_is_token(const char *name);

/* A field's value has no control character but the tabulator. */
bool headers_is_clean(const char *value);

/* application/json, with or without charset=utf-8. */
bool headers_is_json(const char *content_type);

struct http_address {
    struct sockaddr_storage storage;
    bool is_v6, is_loopback;
    uint16_t port;
    char host[HTTP_HOST_SIZE]; /* as in a Host header: IPv6 in brackets */
};

/* "127.0.0.1:8000", "[::1]:8000", "0.0.0.0:0". TW_INVALID otherwise. */
int http_address_parse(const char *text,
                       struct http_address *ret_address,
                       struct tw_error *err) MUST_CHECK;
void http_address_set_port(struct http_address *address, uint16_t port);

#endif
