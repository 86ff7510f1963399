#include "server/http/admission.h"

#include "server/http/auth.h"
#include "server/metrics/metrics_table.h"

static struct admission refuse(enum reject_reason reason, int status, const char *detail)
{
    return (struct admission){(int)reason, status, detail};
}

static struct admission check_role(const struct auth *auth, enum role needed, const char *header)
{
    bool is_known;
    enum role role;

    if (needed == ROLE_NONE)
        return (struct admission){.rejected = ADMITTED};
    role = auth_role(auth, header, &is_known);
    if (is_known && role >= needed)
        return (struct admission){.rejected = ADMITTED};
    if (is_known && role != ROLE_NONE && header)
        return refuse(REJECT_FORBIDDEN, 403, "this token may not do that");
    return refuse(REJECT_UNAUTHORIZED, 401, "a bearer token is needed, and this is none of ours");
}

/* A declared length over the limit is refused at once. */
static struct admission check_body(const struct route *route,
                                   const struct admission_request *request)
{
    int64_t length = headers_content_length(request->content_length);
    bool has_body = length > 0 || request->transfer_encoding;

    if (length > (int64_t)route->max_body_bytes)
        return refuse(REJECT_TOO_LARGE, 413, "the body is larger than this path takes");
    if (route->max_body_bytes > 0 && has_body && !headers_is_json(request->content_type))
        return refuse(REJECT_MEDIA_TYPE, 415, "the body must be application/json");
    return (struct admission){.rejected = ADMITTED};
}

struct admission admission_decide(const struct http_service *service,
                                  const struct host_list *hosts,
                                  const struct auth *auth,
                                  const struct admission_request *request,
                                  struct route_match *ret_match)
{
    struct admission answer;

    if (!headers_host_is_ours(hosts, request->host))
        return refuse(REJECT_BAD_HOST, 421, "this server does not answer to that Host");
    router_match(service->routes, service->n_routes, request->method, request->path, ret_match);
    if (!ret_match->route)
        return ret_match->path_is_known
                   ? refuse(REJECT_METHOD, 405, "this path does not take that method")
                   : refuse(REJECT_NOT_FOUND, 404,
                            "there is nothing at this path; GET / lists what there is");
    answer = check_role(auth, ret_match->route->role, request->authorization);
    return answer.rejected == ADMITTED ? check_body(ret_match->route, request) : answer;
}
