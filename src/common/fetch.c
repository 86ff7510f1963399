#include "common/fetch.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/fetch_text.h"

#include <curl/curl.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 5000
#define HEADER_BYTES_MAX   65536 /* curl 7.88 bounds a header line, not their number */
#define KEPT_CONNECTIONS   32
#define GIVE_UP_CHECK_MS   200
#define TRUST_KEPT_S       60L /* curl would go on with a renewed file's former certificates for a day */
#define RETRY_AFTER_MAX_MS ((int64_t)86400000)
#define USER_AGENT         "tidewatch/" TW_VERSION

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

struct fetcher {
    CURLM *multi;
    struct exchange *running;
    size_t n_running;
    struct buffer waited_body; /* of fetch_and_wait's last reply */
};

int fetch_global_init(struct tw_error *err)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    if (code != CURLE_OK)
        return tw_fail(err, TW_BROKEN, "cannot start libcurl: %s", curl_easy_strerror(code));
    return 0;
}

static char *trusted_file; /* NULL: the system's alone */

int fetch_global_trust(const char *ca_file, struct tw_error *err)
{
    if (*ca_file && access(ca_file, R_OK) < 0)
        return tw_fail_errno(err, TW_INVALID, errno, "cannot read the certificates in '%.120s'",
                             ca_file);
    free(trusted_file);
    trusted_file = *ca_file ? xstrdup(ca_file) : NULL;
    return 0;
}

struct fetcher *fetcher_new(void)
{
    struct fetcher *fetcher = xcalloc(1, sizeof(*fetcher));

    fetcher->multi = curl_multi_init();
    if (!fetcher->multi)
        abort(); /* out of memory, as in xcalloc */
    (void)curl_multi_setopt(fetcher->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    return fetcher;
}

static void exchange_free(struct exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    fetch_kept_finish(&exchange->kept);
    curl_slist_free_all(exchange->headers);
    curl_slist_free_all(exchange->connect_to);
    buffer_finish(&exchange->body);
    free(exchange);
}

DEFINE_CLEANUP(struct exchange *, exchange_free);

static void link_exchange(struct fetcher *fetcher, struct exchange *exchange)
{
    exchange->next = fetcher->running;
    if (exchange->next)
        exchange->next->previous = exchange;
    fetcher->running = exchange;
    fetcher->n_running++;
}

/* Takes it off curl and the list; the caller owns it now. */
static void unlink_exchange(struct fetcher *fetcher, struct exchange *exchange)
{
    (void)curl_multi_remove_handle(fetcher->multi, exchange->easy);
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else
        fetcher->running = exchange->next;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    fetcher->n_running--;
}

void fetcher_free(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    while (fetcher->running) {
        struct exchange *exchange = fetcher->running;

        unlink_exchange(fetcher, exchange);
        exchange_free(exchange);
    }
    (void)curl_multi_cleanup(fetcher->multi);
    buffer_finish(&fetcher->waited_body);
    free(fetcher);
}

/* ---- Reading an answer ------------------------------------------------------------------------ */

static bool is_success(const struct exchange *exchange)
{
    long status = 0;

    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status <= 299;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *ctx)
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

static size_t take_header(char *line, size_t size, size_t count, void *ctx)
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

static void read_reply(struct exchange *exchange, CURLcode code, struct fetch_reply *ret_reply)
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

/* ---- Asking ----------------------------------------------------------------------------------- */

/* The part of a URL, cut to what fits; false when it has none. */
static bool read_part(CURLU *parsed, CURLUPart part, unsigned flags, char *out, size_t size)
{
    char *text = NULL;

    if (curl_url_get(parsed, part, &text, flags) != CURLUE_OK)
        return false;
    (void)snprintf(out, size, "%s", text);
    curl_free(text);
    return true;
}

/* TW_INVALID unless url is absolute and http(s). */
static int check_url(struct exchange *exchange,
                     const char *url,
                     bool *ret_is_loopback,
                     struct tw_error *err)
{
    char scheme[8] = "", host[112] = "", port[8] = "";
    CURLU *parsed = curl_url();
    bool is_good;

    if (!parsed)
        return tw_fail(err, TW_BROKEN, "out of memory");
    is_good = !fetch_has_control(url) && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
              read_part(parsed, CURLUPART_SCHEME, 0, scheme, sizeof(scheme)) &&
              read_part(parsed, CURLUPART_HOST, 0, host, sizeof(host)) &&
              read_part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)) &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_url_cleanup(parsed);
    /* The URL is not shown: it may hold a password. */
    if (!is_good)
        return tw_fail(err, TW_INVALID, "the address is not an http or https URL");
    (void)snprintf(exchange->peer, sizeof(exchange->peer), "%s:%s", host, port);
    *ret_is_loopback = fetch_is_loopback(host);
    return 0;
}

static bool add_header(struct exchange *exchange, const char *line)
{
    struct curl_slist *grown = curl_slist_append(exchange->headers, line);

    if (grown)
        exchange->headers = grown;
    return grown != NULL;
}

static int add_headers(struct exchange *exchange,
                       const char *const *lines,
                       bool *has_type,
                       struct tw_error *err)
{
    for (; lines && *lines; lines++) {
        if (fetch_has_control(*lines))
            return tw_fail(err, TW_INVALID, "a header holds control characters");
        *has_type = *has_type || fetch_names_content_type(*lines);
        if (!add_header(exchange, *lines))
            return tw_fail(err, TW_BROKEN, "out of memory");
    }
    return 0;
}

static int set_headers(struct exchange *exchange,
                       const struct fetch_request *request,
                       struct tw_error *err)
{
    CLEANUP(freep) char *authorization = fetch_authorization_dup(request);
    bool has_type = false, is_added = true;

    if (add_headers(exchange, request->headers, &has_type, err) < 0 ||
        (request->access && add_headers(exchange, request->access->headers, &has_type, err) < 0))
        return -1;
    if (authorization) {
        if (fetch_has_control(authorization))
            return tw_fail(err, TW_INVALID, "the token holds control characters");
        is_added = is_added && add_header(exchange, authorization);
    }
    if (request->body && !has_type)
        is_added = is_added && add_header(exchange, "Content-Type: application/json");
    /* Without it curl holds back a large body for a second, waiting for "100 Continue". */
    is_added = is_added && add_header(exchange, "Expect:");
    return is_added ? 0 : tw_fail(err, TW_BROKEN, "out of memory");
}

static bool set_method(CURL *easy, const struct fetch_request *request)
{
    const char *method = request->method ? request->method : "GET";
    bool sends_body = request->body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;

    if (strcmp(method, "HEAD") == 0)
        return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    if (sends_body && (curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                        (curl_off_t)request->body_len) != CURLE_OK ||
                       curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
                                        request->body ? request->body : "") != CURLE_OK))
        return false;
    return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
}

static bool set_limits(CURL *easy, const struct fetch_request *request)
{
    int64_t timeout_ms = request->timeout_ms;
    int64_t connect_ms =
        request->connect_timeout_ms > 0 ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS;

    if (connect_ms > timeout_ms)
        connect_ms = timeout_ms;
    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 0L) == CURLE_OK;
}

static bool set_callbacks(struct exchange *exchange)
{
    CURL *easy = exchange->easy;

    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error_text) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange) == CURLE_OK;
}

/* The contents and not the paths: they were looked at by who read them, and a connection that was made with
 * others is not taken again. */
static bool set_pem(CURL *easy, CURLoption option, const char *pem)
{
    struct curl_blob blob;

    if (!pem)
        return true;
    /* With COPY curl only reads them. */
    blob = (struct curl_blob){(void *)(uintptr_t)pem, strlen(pem), CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

static bool set_access(struct exchange *exchange, const struct fetch_access *access)
{
    CURL *easy = exchange->easy;

    if (!access)
        return true;
    fetch_kept_init(&exchange->kept, access);
    return set_pem(easy, CURLOPT_CAINFO_BLOB, access->ca_pem) &&
           set_pem(easy, CURLOPT_SSLCERT_BLOB, access->cert_pem) &&
           set_pem(easy, CURLOPT_SSLKEY_BLOB,
                   access->key_pem ? access->key_pem : access->cert_pem) &&
           /* Not asked for at the terminal: a key with a passphrase is an error. */
           curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "") == CURLE_OK;
}

static bool set_connect_to(struct exchange *exchange, const char *address)
{
    CLEANUP(freep) char *any_to_it = xprintf_dup("::%s", address);

    exchange->connect_to = curl_slist_append(NULL, any_to_it);
    return exchange->connect_to &&
           curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_TO, exchange->connect_to) == CURLE_OK;
}

static int set_up(struct exchange *exchange,
                  const struct fetch_request *request,
                  struct tw_error *err)
{
    CURL *easy = exchange->easy;
    bool loopback = false;

    if (check_url(exchange, request->url, &loopback, err) < 0 ||
        set_headers(exchange, request, err) < 0)
        return -1;
    if (!set_callbacks(exchange) || !set_limits(easy, request) || !set_method(easy, request) ||
        !set_access(exchange, request->access) ||
        curl_easy_setopt(easy, CURLOPT_URL, request->url) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT) != CURLE_OK ||
        /* All encodings that curl can undo; take_body counts the bytes after undoing. */
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "") != CURLE_OK)
        return tw_fail(err, TW_BROKEN, "libcurl refuses an option");
    /* The folder of the system's certificates stays in force beside the file. */
    if (trusted_file &&
        (curl_easy_setopt(easy, CURLOPT_CAINFO, trusted_file) != CURLE_OK ||
         curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, TRUST_KEPT_S) != CURLE_OK))
        return tw_fail(err, TW_BROKEN, "libcurl refuses the certificates");
    if (request->connect_to && !set_connect_to(exchange, request->connect_to))
        return tw_fail(err, TW_BROKEN, "libcurl refuses an address");
    /* A proxy of the environment must not be asked for this very machine. */
    if ((loopback || request->connect_to) &&
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") != CURLE_OK)
        return tw_fail(err, TW_BROKEN, "out of memory");
    return 0;
}

int fetcher_start(struct fetcher *fetcher,
                  const struct fetch_request *request,
                  fetch_done_fn *done,
                  void *ctx,
                  struct tw_error *err)
{
    CLEANUP(exchange_freep) struct exchange *exchange = xcalloc(1, sizeof(*exchange));

    exchange->done = done;
    exchange->ctx = ctx;
    exchange->timeout_ms = request->timeout_ms;
    exchange->stall_timeout_ms = request->stall_timeout_ms;
    exchange->on_data = request->on_data;
    exchange->data_ctx = request->data_ctx;
    exchange->start_ns = clock_mono_ns();
    buffer_init(&exchange->body, request->max_reply_bytes);
    exchange->easy = curl_easy_init();
    if (!exchange->easy)
        return tw_fail(err, TW_BROKEN, "out of memory");
    if (set_up(exchange, request, err) < 0)
        return -1;
    if (curl_multi_add_handle(fetcher->multi, exchange->easy) != CURLM_OK)
        return tw_fail(err, TW_BROKEN, "libcurl refuses a further fetch");
    link_exchange(fetcher, TAKE(exchange));
    return 0;
}

/* ---- Going on --------------------------------------------------------------------------------- */

static void finish(struct fetcher *fetcher, struct exchange *exchange, CURLcode code)
{
    struct fetch_reply reply;

    read_reply(exchange, code, &reply);
    /* Off the list first: the call may start further fetches. */
    unlink_exchange(fetcher, exchange);
    exchange->done(exchange->ctx, &reply);
    exchange_free(exchange);
}

static size_t finish_all(struct fetcher *fetcher)
{
    size_t n_finished = 0;
    int n_left;

    for (;;) {
        CURLMsg *message = curl_multi_info_read(fetcher->multi, &n_left);
        struct exchange *exchange = NULL;

        if (!message)
            return n_finished;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
        finish(fetcher, exchange, message->data.result);
        n_finished++;
    }
}

/* How long until the exchange counts as stalled; INT64_MAX when it cannot. */
static int64_t stalls_in_ms(const struct exchange *exchange, int64_t now_mono_ms)
{
    if (exchange->stall_timeout_ms <= 0 || exchange->first_byte_ns == 0)
        return INT64_MAX;
    return exchange->last_byte_ms + exchange->stall_timeout_ms - now_mono_ms;
}

/* The wait of a step, shortened to the next moment at which an exchange may have stalled. */
static int wait_ms(const struct fetcher *fetcher, int timeout_ms)
{
    int64_t now_ms = clock_mono_ms();

    for (const struct exchange *e = fetcher->running; e; e = e->next) {
        int64_t left_ms = stalls_in_ms(e, now_ms);

        if (left_ms < timeout_ms)
            timeout_ms = left_ms > 0 ? (int)left_ms : 0;
    }
    return timeout_ms;
}

/* One at a time, from the start: the call may start and so link further exchanges. */
static void finish_stalled(struct fetcher *fetcher)
{
    int64_t now_ms = clock_mono_ms();
    struct exchange *exchange = fetcher->running;

    while (exchange) {
        if (stalls_in_ms(exchange, now_ms) > 0) {
            exchange = exchange->next;
            continue;
        }
        exchange->is_stalled = true;
        finish(fetcher, exchange, CURLE_OPERATION_TIMEDOUT);
        exchange = fetcher->running;
    }
}

size_t fetcher_step(struct fetcher *fetcher, int timeout_ms)
{
    int n_active;

    (void)curl_multi_perform(fetcher->multi, &n_active);
    if (finish_all(fetcher) > 0)
        return fetcher->n_running;
    (void)curl_multi_poll(fetcher->multi, NULL, 0, wait_ms(fetcher, timeout_ms), NULL);
    (void)curl_multi_perform(fetcher->multi, &n_active);
    (void)finish_all(fetcher);
    finish_stalled(fetcher);
    return fetcher->n_running;
}

void fetcher_wake(struct fetcher *fetcher)
{
    (void)curl_multi_wakeup(fetcher->multi);
}

struct waiting {
    struct fetcher *fetcher;
    struct fetch_reply *ret_reply;
    bool is_done;
};

static void keep_reply(void *ctx, const struct fetch_reply *reply)
{
    struct waiting *waiting = ctx;
    struct buffer *body = &waiting->fetcher->waited_body;

    *waiting->ret_reply = *reply;
    if (!buffer_append(body, reply->body, reply->body_len)) {
        waiting->ret_reply->status = 0;
        (void)tw_fail(&waiting->ret_reply->error, TW_BROKEN, "out of memory");
    }
    waiting->ret_reply->body = buffer_text(body);
    waiting->ret_reply->body_len = body->len;
    waiting->is_done = true;
}

void fetch_and_wait(struct fetcher *fetcher,
                    const struct fetch_request *request,
                    struct fetch_reply *ret_reply)
{
    struct waiting waiting = {fetcher, ret_reply, false};
    struct exchange *exchange;

    buffer_finish(&fetcher->waited_body);
    buffer_init(&fetcher->waited_body, request->max_reply_bytes);
    *ret_reply = (struct fetch_reply){.body = "", .retry_after_ms = -1, .first_byte_us = -1};
    if (fetcher_start(fetcher, request, keep_reply, &waiting, &ret_reply->error) < 0)
        return;
    exchange = fetcher->running;
    while (!waiting.is_done && !(request->gives_up && atomic_load(request->gives_up)))
        (void)fetcher_step(fetcher, request->gives_up ? GIVE_UP_CHECK_MS : 1000);
    if (waiting.is_done)
        return;
    (void)tw_fail(&ret_reply->error, TW_BROKEN, "the wait for %s was given up", exchange->peer);
    unlink_exchange(fetcher, exchange);
    exchange_free(exchange);
}
