#include "server/http/admission.h"

#include "server/http/auth.h"
#include "server/metrics/metrics_table.h"

#include <strings.h>

static struct admission refuse(enum reject_reason reason, int status, const char *detail)
{
    return (struct admission){.rejected = (int)reason,
                              .status = status,
                              .detail = detail,
                              .ends_connection = status == 400 || status == 413,
                              .by = ""};
}

static struct admission admitted(const char *by)
{
    return (struct admission){.rejected = ADMITTED, .by = by};
}

/* What two servers in a row may read differently, so that one takes for a body what is a request to the other
 * (RFC 9112, 3.2, 6.1, 6.3 and 11.2). */
static const char *framing_fault(const struct admission_request *request)
{
    if (request->has_broken_header)
        return "a header is malformed";
    if (request->n_hosts != 1 && (request->n_hosts > 1 || request->is_http_1_1))
        return "there must be one Host";
    if (request->n_authorizations > 1)
        return "there is more than one Authorization";
    if (request->n_lengths > 1)
        return "there is more than one Content-Length";
    if (request->n_lengths == 1 && headers_content_length(request->content_length) < 0)
        return "Content-Length is no number";
    if (request->n_encodings == 0)
        return NULL;
    if (request->n_lengths > 0)
        return "there are both Content-Length and Transfer-Encoding";
    if (request->n_encodings > 1 || !request->is_http_1_1 ||
        strcasecmp(request->transfer_encoding, "chunked") != 0)
        return "of Transfer-Encoding only chunked is taken, once, with HTTP/1.1";
    return NULL;
}

static struct admission check_role(const struct auth *auth, enum role needed, const char *header)
{
    const char *name = "";
    enum role role;

    if (needed == ROLE_NONE)
        return admitted(name);
    role = auth_role(auth, header, &name);
    if (name && role >= needed)
        return admitted(name);
    if (name && role != ROLE_NONE && header)
        return refuse(REJECT_FORBIDDEN, 403, "this token may not do that");
    return refuse(REJECT_UNAUTHORIZED, 401, "a bearer token is needed, and this is none of ours");
}

/* A declared length over the limit is refused at once. */
static struct admission check_body(const struct route *route,
                                   const struct admission_request *request,
                                   const char *by)
{
    int64_t length = headers_content_length(request->content_length);
    bool has_body = length > 0 || request->transfer_encoding;

    if (length > (int64_t)route->max_body_bytes)
        return refuse(REJECT_TOO_LARGE, 413, "the body is larger than this path takes");
    if (route->max_body_bytes > 0 && has_body && !headers_is_json(request->content_type))
        return refuse(REJECT_MEDIA_TYPE, 415, "the body must be application/json");
    return admitted(by);
}

struct admission admission_decide(const struct http_service *service,
                                  const struct host_list *hosts,
                                  const struct auth *auth,
                                  const struct admission_request *request,
                                  struct route_match *ret_match)
{
    const char *fault = framing_fault(request);
    struct admission answer;

    if (fault)
        return refuse(REJECT_MALFORMED, 400, fault);
    if (!headers_host_is_ours(hosts, request->host))
        return refuse(REJECT_BAD_HOST, 421, "this server does not answer to that Host");
    router_match(service->routes, service->n_routes, request->method, request->path, ret_match);
    if (!ret_match->route)
        return ret_match->path_is_known
                   ? refuse(REJECT_METHOD, 405, "this path does not take that method")
                   : refuse(REJECT_NOT_FOUND, 404,
                            "there is nothing at this path; GET / lists what there is");
    answer = check_role(auth, ret_match->route->role, request->authorization);
    return answer.rejected == ADMITTED ? check_body(ret_match->route, request, answer.by) : answer;
}
