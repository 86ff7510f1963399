#ifndef TW_FETCH_H
#define TW_FETCH_H

/* HTTP out, over libcurl's multi interface, which nobody else uses. A fetcher belongs to one
 * thread, which steps it; only fetcher_wake may come from others. Connections are kept and reused.
 * Only http and https, no redirects followed, replies bounded, certificates verified. The proxy of
 * the environment is used, but never for loopback. The program ignores SIGPIPE. */

#include "common/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetcher;

/* Shows a server who asks, and us that it is the server. Texts and the contents of files; the files' names
 * are for messages. NULL for none. */
struct fetch_access {
    const char *authorization;        /* value of the header: "Bearer ...", "Basic ..." */
    const char *const *headers;       /* further lines "Name: value", NULL-terminated */
    const char *ca_pem, *ca_file;     /* who may vouch for the server, instead of the system's */
    const char *cert_pem, *cert_file; /* of the client */
    const char *key_pem, *key_file;   /* its key; NULL: it stands beside the certificate */
    const char *const *secrets;       /* blanked where an answer repeats them; NULL-terminated */
};

/* Bytes of an answer's body, undone from any encoding, as they come; on the fetcher's thread, from
 * fetcher_step. False gives the exchange up. May neither step nor free the fetcher. */
typedef bool fetch_data_fn(void *ctx, const char *bytes, size_t len);

/* Everything is copied by fetcher_start. */
struct fetch_request {
    const char *method;         /* "GET" when NULL */
    const char *url;            /* absolute */
    const char *const *headers; /* "Name: value" lines, NULL-terminated; NULL for none */
    const char *connect_to;     /* HOST:PORT to go to in place of the URL's, whose name still holds;
                                   on this machine. NULL: where the URL says */
    const char *bearer;         /* token; sent as Authorization, never logged; NULL for none */
    const struct fetch_access *access; /* NULL for none; a bearer goes before its authorization */
    const char *body; /* NULL for none; sent as application/json unless headers say else */
    size_t body_len;
    int64_t timeout_ms;         /* whole exchange; over 0 */
    int64_t connect_timeout_ms; /* of it; 0: 5 s */
    size_t max_reply_bytes;     /* a longer body fails the fetch */
    int64_t stall_timeout_ms;   /* silence after a first byte of the body; 0: only the timeout */
    fetch_data_fn *on_data; /* NULL for none; called for 2xx answers, all else only in the reply */
    void *data_ctx;
    const atomic_bool
        *gives_up; /* of fetch_and_wait: ends its wait within 0.2 s; NULL: nothing does */
};

struct fetch_reply {
    int status; /* 0: no whole HTTP answer came; then error says why */
    struct tw_error
        error; /* TW_BUSY for a timeout or stall, TW_BROKEN else; code TW_OK when status is set */
    bool is_too_long; /* status is 0 because the body is over max_reply_bytes */
    const char *body; /* NUL-terminated, may hold NULs before its end; with on_data too */
    size_t body_len;
    char content_type[64];  /* "" when absent */
    char redirect_to[128];  /* where a 3xx answer leads, without what stands after '?'; "" */
    char wants[32];         /* how to log in, the first word of WWW-Authenticate; "" */
    int64_t server_date_ms; /* the Date header as Unix time, 0 when absent */
    int64_t retry_after_ms; /* -1 when absent */
    int64_t elapsed_us;
    int64_t first_byte_us; /* from the start to the body's first byte; -1: none came */
};

/* Called from fetcher_step on the fetcher's thread. The reply is borrowed until it returns. It may
 * start further fetches, but neither step nor free the fetcher. */
typedef void fetch_done_fn(void *ctx, const struct fetch_reply *reply);

/* Once in main, before any thread. */
int fetch_global_init(struct tw_error *err) MUST_CHECK;

/* Certificates, as PEM, that are believed in beside the system's when https asks who is there; "" for none. In
 * main, before any thread. TW_INVALID: the file cannot be read. */
int fetch_global_trust(const char *ca_file, struct tw_error *err) MUST_CHECK;

struct fetcher *fetcher_new(void);
void fetcher_free(struct fetcher *fetcher); /* unfinished fetches are dropped without their call */
DEFINE_CLEANUP(struct fetcher *, fetcher_free);

/* TW_INVALID for a URL that is not http(s), or control characters in it, a header or the token. On
 * success done is called exactly once unless the fetcher is freed before; on failure never. */
int fetcher_start(struct fetcher *fetcher,
                  const struct fetch_request *request,
                  fetch_done_fn *done,
                  void *ctx,
                  struct tw_error *err) MUST_CHECK;

/* Waits until something happens, a wake, or timeout_ms, then makes the calls that are due. Returns
 * the number of fetches still under way. */
size_t fetcher_step(struct fetcher *fetcher, int timeout_ms);

void fetcher_wake(struct fetcher *fetcher); /* any thread: ends the wait of fetcher_step */

/* One exchange, waited for; calls of other fetches under way are made meanwhile. The reply's body is
 * owned by the fetcher until its next fetch_and_wait. A request that cannot start gives status 0, and so does
 * one that is given up. */
void fetch_and_wait(struct fetcher *fetcher,
                    const struct fetch_request *request,
                    struct fetch_reply *ret_reply);

#endif
