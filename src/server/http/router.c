#include "server/http/router.h"

#include <stdio.h>
#include <string.h>

/* Does path follow pattern? {names} take one non-empty segment each; n_found segments go to found. */
static bool path_matches(const char *pattern,
                         const char *path,
                         const char *found[PATH_PARAMS_MAX],
                         size_t found_len[PATH_PARAMS_MAX])
{
    size_t n_found = 0;

    while (*pattern) {
        if (*pattern == '*')
            return true;
        if (*pattern == '{' && n_found < PATH_PARAMS_MAX) {
            size_t len = strcspn(path, "/");

            if (len == 0)
                return false;
            found[n_found] = path;
            found_len[n_found++] = len;
            path += len;
            pattern += strcspn(pattern, "}") + 1;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

static void note_allowed(struct route_match *match, const char *method)
{
    size_t len = strlen(match->allow);

    match->path_is_known = true;
    (void)snprintf(match->allow + len, sizeof(match->allow) - len, "%s%s%s", len ? ", " : "",
                   method, strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

static void keep_params(struct route_match *match,
                        const char *const *found,
                        const size_t *found_len)
{
    size_t used = 0;

    for (size_t i = 0; i < PATH_PARAMS_MAX && found[i]; i++) {
        memcpy(match->storage + used, found[i], found_len[i]);
        match->param[i] = match->storage + used;
        used += found_len[i];
        match->storage[used++] = '\0';
    }
}

void router_match(const struct route *routes,
                  size_t n_routes,
                  const char *method,
                  const char *path,
                  struct route_match *ret_match)
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

    ret_match->route = NULL;
    ret_match->path_is_known = false;
    ret_match->allow[0] = '\0';
    memset(ret_match->param, 0, sizeof(ret_match->param));
    if (strlen(path) + PATH_PARAMS_MAX >= PATH_LEN_MAX)
        return;
    for (size_t i = 0; i < n_routes; i++) {
        const char *found[PATH_PARAMS_MAX] = {NULL};
        size_t found_len[PATH_PARAMS_MAX] = {0};

        if (!path_matches(routes[i].path, path, found, found_len))
            continue;
        if (strcmp(routes[i].method, wanted) == 0) {
            ret_match->route = &routes[i];
            keep_params(ret_match, found, found_len);
            return;
        }
        note_allowed(ret_match, routes[i].method);
    }
}
