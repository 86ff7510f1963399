#include "common/alloc.h"
#include "common/fetch_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 5000
#define TRUST_KEPT_S       60L /* curl would go on with a renewed file's former certificates for a day */
#define USER_AGENT         "tidewatch/" TW_VERSION

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

    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, fetch_take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, fetch_take_header) == CURLE_OK &&
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

int fetch_exchange_set_up(struct exchange *exchange,
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
        /* All encodings that curl can undo; fetch_take_body counts the bytes after undoing. */
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
