#include "server/http/watch.h"

#include "common/alloc.h"
#include "common/clock.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

#define ROUNDS_PER_LIMIT 8 /* so much of the limit may pass beyond it */
#define ROUND_MIN_MS     50
#define ROUND_MAX_MS     1000

struct watch {
    pthread_mutex_t
        lock; /* guards first, the links, is_stopping, and that no watched fd is closed */
    pthread_cond_t stops; /* on the monotonic clock */
    struct watched *first;
    bool is_stopping;
    int64_t limit_ms;
    pthread_t thread;
};

/* A socket that is shut down wakes its listener's thread, which closes it. */
static void cut_late(const struct watch *watch, int64_t now_ms)
{
    for (struct watched *w = watch->first; w; w = w->next) {
        int64_t since_ms = w->waits_since_ms;

        if (since_ms == 0 || now_ms - since_ms <= watch->limit_ms)
            continue;
        w->waits_since_ms = 0;
        (void)shutdown(w->fd, SHUT_RDWR);
        w->cut(w->ctx);
    }
}

static void *look(void *ctx)
{
    struct watch *watch = ctx;
    int64_t round_ms = watch->limit_ms / ROUNDS_PER_LIMIT;

    if (round_ms < ROUND_MIN_MS)
        round_ms = ROUND_MIN_MS;
    if (round_ms > ROUND_MAX_MS)
        round_ms = ROUND_MAX_MS;
    (void)pthread_setname_np(pthread_self(), "http-watch");
    (void)pthread_mutex_lock(&watch->lock);
    while (!watch->is_stopping) {
        int64_t due_ms = clock_mono_ms() + round_ms;
        struct timespec due = {due_ms / 1000, due_ms % 1000 * 1000000};

        (void)pthread_cond_timedwait(&watch->stops, &watch->lock, &due);
        cut_late(watch, clock_mono_ms());
    }
    (void)pthread_mutex_unlock(&watch->lock);
    return NULL;
}

struct watch *watch_start(int64_t limit_ms)
{
    struct watch *watch = xcalloc(1, sizeof(*watch));
    pthread_condattr_t monotonic;

    watch->limit_ms = limit_ms;
    (void)pthread_mutex_init(&watch->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&watch->stops, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (pthread_create(&watch->thread, NULL, look, watch) != 0)
        abort(); /* out of memory, as in xcalloc */
    return watch;
}

void watch_stop(struct watch *watch)
{
    if (!watch)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    watch->is_stopping = true;
    (void)pthread_cond_signal(&watch->stops);
    (void)pthread_mutex_unlock(&watch->lock);
    (void)pthread_join(watch->thread, NULL);
    (void)pthread_cond_destroy(&watch->stops);
    (void)pthread_mutex_destroy(&watch->lock);
    free(watch);
}

void watch_add(struct watch *watch, struct watched *watched)
{
    watched->waits_since_ms = clock_mono_ms();
    watched->previous = NULL;
    (void)pthread_mutex_lock(&watch->lock);
    watched->next = watch->first;
    if (watched->next)
        watched->next->previous = watched;
    watch->first = watched;
    (void)pthread_mutex_unlock(&watch->lock);
}

void watch_remove(struct watch *watch, struct watched *watched)
{
    (void)pthread_mutex_lock(&watch->lock);
    if (watched->previous)
        watched->previous->next = watched->next;
    else
        watch->first = watched->next;
    if (watched->next)
        watched->next->previous = watched->previous;
    (void)pthread_mutex_unlock(&watch->lock);
}
