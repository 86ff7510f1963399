#ifndef TW_FETCH_PARTS_H
#define TW_FETCH_PARTS_H

/* For fetch.c, a fetcher with its exchanges under way, fetch_request.c, an exchange before it starts, and fetch_reply.c,
 * what comes back: what they share of libcurl and of each other. */

#include "common/buffer.h"
#include "common/fetch.h"
#include "common/fetch_text.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One fetch under way; on the fetcher's list from start until its call. */
struct exchange {
    struct exchange *previous, *next;
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    fetch_done_fn *done;
    void *ctx;
    char peer[128]; /* "127.0.0.1:9090", for messages */
    struct fetch_kept kept;
    int64_t timeout_ms, stall_timeout_ms;
    fetch_data_fn *on_data;
    void *data_ctx;
    int64_t start_ns, first_byte_ns; /* monotonic; the latter 0 until it came */
    int64_t last_byte_ms;            /* monotonic */
    struct buffer body;
    size_t header_bytes;
    bool is_given_up; /* by on_data */
    bool is_stalled;
    bool is_body_too_long;
    bool are_headers_too_long;
    int64_t server_date_ms;
    char retry_after[64]; /* as sent; "" when absent */
    char wants[32];
    char error_text[CURL_ERROR_SIZE];
};

/* Makes its easy handle ask what the request says; callbacks are those below. TW_INVALID as fetcher_start. */
int fetch_exchange_set_up(struct exchange *exchange,
                          const struct fetch_request *request,
                          struct tw_error *err) MUST_CHECK;

/* What curl calls with an exchange as ctx. */
size_t fetch_take_body(char *bytes, size_t size, size_t count, void *ctx);
size_t fetch_take_header(char *line, size_t size, size_t count, void *ctx);

/* What became of it, as curl ended with code. Borrows from the exchange. */
void fetch_read_reply(struct exchange *exchange, CURLcode code, struct fetch_reply *ret_reply);

#endif
