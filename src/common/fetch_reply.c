#include "common/clock.h"
#include "common/fetch_parts.h"

#include <stdio.h>
#include <string.h>

#define HEADER_BYTES_MAX   65536 /* curl 7.88 bounds a header line, not their number */
#define RETRY_AFTER_MAX_MS ((int64_t)86400000)

static bool is_success(const struct exchange *exchange)
{
    long status = 0;

    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status <= 299;
}

size_t fetch_take_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct exchange *exchange = ctx;
    size_t len = size * count;

    if (exchange->first_byte_ns == 0)
        exchange->first_byte_ns = clock_mono_ns();
    exchange->is_body_too_long = !buffer_append(&exchange->body, bytes, len);
    if (exchange->is_body_too_long)
        return 0;
    exchange->is_given_up = exchange->on_data && is_success(exchange) &&
                            !exchange->on_data(exchange->data_ctx, bytes, len);
    exchange->last_byte_ms = clock_mono_ms(); /* not before: a slow on_data is no silence */
    return exchange->is_given_up ? 0 : len;
}

/* A moment as HTTP writes it, in Unix ms; 0 when it is none. */
static int64_t parse_http_date(const char *text)
{
    time_t seconds = curl_getdate(text, NULL);

    return seconds > 0 ? (int64_t)seconds * 1000 : 0;
}

size_t fetch_take_header(char *line, size_t size, size_t count, void *ctx)
{
    struct exchange *exchange = ctx;
    size_t len = size * count;
    char date[64];

    exchange->header_bytes += len;
    if (exchange->header_bytes > HEADER_BYTES_MAX) {
        exchange->are_headers_too_long = true;
        return 0;
    }
    /* A further status line: what came before belonged to a 1xx answer or to a proxy. */
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        exchange->server_date_ms = 0;
        exchange->retry_after[0] = exchange->wants[0] = '\0';
    }
    if (fetch_read_header(line, len, "Date", date, sizeof(date)))
        exchange->server_date_ms = parse_http_date(date);
    (void)fetch_read_header(line, len, "Retry-After", exchange->retry_after,
                            sizeof(exchange->retry_after));
    fetch_read_challenge(line, len, exchange->wants, sizeof(exchange->wants));
    return len;
}

/* Retry-After: seconds or a date, RFC 9110 10.2.3. */
static int64_t retry_after_ms(const struct exchange *exchange)
{
    const char *text = exchange->retry_after;
    int64_t ms = 0;

    if (!text[0])
        return -1;
    if (text[strspn(text, "0123456789")] == '\0') {
        for (; *text && ms < RETRY_AFTER_MAX_MS; text++)
            ms = ms * 10 + (*text - '0') * (int64_t)1000;
    } else {
        int64_t now_ms = exchange->server_date_ms ? exchange->server_date_ms : clock_now_ms();
        int64_t until_ms = parse_http_date(text);

        if (until_ms == 0)
            return -1;
        ms = until_ms > now_ms ? until_ms - now_ms : 0;
    }
    return ms < RETRY_AFTER_MAX_MS ? ms : RETRY_AFTER_MAX_MS;
}

/* Those that curl cannot use; "" when it is not about them. */
static const char *bad_files(const struct exchange *exchange, CURLcode code)
{
    return code == CURLE_SSL_CERTPROBLEM      ? exchange->kept.own_files
           : code == CURLE_SSL_CACERT_BADFILE ? exchange->kept.ca_file
                                              : "";
}

/* Curl's own sentences are kept but for the two everyday cases, which it tells at more length. */
static void explain(const struct exchange *exchange, CURLcode code, struct tw_error *ret_error)
{
    long os_error = 0;

    (void)curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &os_error);
    if (exchange->is_body_too_long)
        (void)tw_fail(ret_error, TW_BROKEN, "the reply is longer than %zu bytes",
                      exchange->body.limit);
    else if (exchange->are_headers_too_long)
        (void)tw_fail(ret_error, TW_BROKEN, "the reply's headers are longer than %d bytes",
                      HEADER_BYTES_MAX);
    else if (exchange->is_given_up)
        (void)tw_fail(ret_error, TW_BROKEN, "the answer of %s was not wanted to its end",
                      exchange->peer);
    else if (exchange->is_stalled)
        (void)tw_fail(ret_error, TW_BUSY, "%s fell silent for %lld ms within its answer",
                      exchange->peer, (long long)exchange->stall_timeout_ms);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        (void)tw_fail(ret_error, TW_BUSY, "no answer from %s within %lld ms", exchange->peer,
                      (long long)exchange->timeout_ms);
    else if (bad_files(exchange, code)[0])
        (void)tw_fail(ret_error, TW_INVALID, "cannot use %.150s: %.90s", bad_files(exchange, code),
                      exchange->error_text[0] ? exchange->error_text : curl_easy_strerror(code));
    else if (code == CURLE_COULDNT_CONNECT && os_error != 0)
        (void)tw_fail_errno(ret_error, TW_BROKEN, (int)os_error, "cannot connect to %s",
                            exchange->peer);
    else
        (void)tw_fail(ret_error, TW_BROKEN, "%s",
                      exchange->error_text[0] ? exchange->error_text : curl_easy_strerror(code));
}

/* What stands after '?' may be a token of somebody's. */
static void read_redirect(CURL *easy, char *out, size_t size)
{
    const char *url = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &url) == CURLE_OK && url)
        (void)snprintf(out, size, "%.*s", (int)strcspn(url, "?#"), url);
}

void fetch_read_reply(struct exchange *exchange, CURLcode code, struct fetch_reply *ret_reply)
{
    const char *content_type = NULL;
    curl_off_t elapsed_us = 0;
    long status = 0;

    fetch_kept_blank(&exchange->kept, exchange->body.data, exchange->body.len);
    *ret_reply = (struct fetch_reply){
        .body = buffer_text(&exchange->body),
        .body_len = exchange->body.len,
        .server_date_ms = exchange->server_date_ms,
        .retry_after_ms = retry_after_ms(exchange),
        .first_byte_us = -1,
    };
    if (exchange->first_byte_ns > 0)
        ret_reply->first_byte_us = (exchange->first_byte_ns - exchange->start_ns) / 1000;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_TOTAL_TIME_T, &elapsed_us);
    ret_reply->elapsed_us = elapsed_us;
    if (code != CURLE_OK) {
        explain(exchange, code, &ret_reply->error);
        ret_reply->is_too_long = exchange->is_body_too_long;
        return;
    }
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_TYPE, &content_type);
    ret_reply->status = (int)status;
    memcpy(ret_reply->wants, exchange->wants, sizeof(ret_reply->wants));
    read_redirect(exchange->easy, ret_reply->redirect_to, sizeof(ret_reply->redirect_to));
    if (content_type)
        (void)snprintf(ret_reply->content_type, sizeof(ret_reply->content_type), "%s",
                       content_type);
}
