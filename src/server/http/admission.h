#ifndef TW_HTTP_ADMISSION_H
#define TW_HTTP_ADMISSION_H

/* Whether a request may go on to its handler, decided from its headers alone. Pure. */

#include "server/http/headers.h"
#include "server/http/http.h"
#include "server/http/router.h"

struct auth;

#define ADMITTED (-1) /* in place of an enum reject_reason */

/* Header values are NULL when absent; all borrowed. */
struct admission_request {
    const char *method, *path;
    const char *host, *authorization, *content_length, *transfer_encoding, *content_type;
    unsigned n_hosts, n_authorizations, n_lengths, n_encodings; /* how often each was there */
    bool is_http_1_1;                                           /* or later */
    bool has_broken_header; /* one that no two servers need read alike */
};

struct admission {
    int rejected;       /* enum reject_reason, or ADMITTED */
    int status;         /* of the refusal */
    const char *detail; /* of it; static */
    bool
        ends_connection; /* where the next request begins is not to be known, or not worth waiting for */
    const char *by; /* name of the token that was shown; "": none was needed. Borrowed of auth */
};

/* Finds the route (ret_match, also when it is then refused) and checks host, role and body headers. */
struct admission admission_decide(const struct http_service *service,
                                  const struct host_list *hosts,
                                  const struct auth *auth,
                                  const struct admission_request *request,
                                  struct route_match *ret_match);

#endif
