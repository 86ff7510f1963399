#ifndef TW_HTTP_WATCH_H
#define TW_HTTP_WATCH_H

/* Cuts connections that take too long over their headers, which the library's own timeout does not: that one measures
 * silence, and a byte now and then is none. A connection waits from its start, and from each answer on, until
 * the headers of the next request are in. One thread for all listeners. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct watch;

/* Part of what it is about; all of it belongs to watch.c, but for what is said. */
struct watched {
    struct watched *previous, *next;
    int fd;
    _Atomic int64_t
        waits_since_ms;     /* monotonic; 0: headers are in. Written by the connection's thread */
    void (*cut)(void *ctx); /* told on the watch's thread, with a lock held */
    void *ctx;
};

/* limit_ms: how long headers may take. */
struct watch *watch_start(int64_t limit_ms);
void watch_stop(struct watch *watch); /* when nothing is watched any more; NULL is fine */

/* watched has fd, cut and ctx. It waits from now on. */
void watch_add(struct watch *watch, struct watched *watched);
void watch_remove(struct watch *watch, struct watched *watched); /* before its fd is closed */

#endif
