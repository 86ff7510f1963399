#ifndef TW_HTTP_ROUTER_H
#define TW_HTTP_ROUTER_H

/* Which route a method and path mean. Pure. */

#include "server/http/http.h"

#include <stddef.h>

#define PATH_LEN_MAX 1200 /* three of the longest names that the vector store has */

struct route_match {
    const struct route *route;  /* NULL: none */
    bool path_is_known;         /* some other method would do */
    char allow[64];             /* those methods, for the Allow header */
    char storage[PATH_LEN_MAX]; /* what param points into */
    const char *param[PATH_PARAMS_MAX];
};

/* path is as the client sent it, without its query. HEAD counts as GET. */
void router_match(const struct route *routes,
                  size_t n_routes,
                  const char *method,
                  const char *path,
                  struct route_match *ret_match);

#endif
