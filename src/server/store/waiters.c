#include "server/store/waiters.h"

#include "common/alloc.h"

#include <pthread.h>

/* Runs of lost tickets that are remembered for those who ask late. */
#define LOST_RUNS 64

struct waiter {
    uint64_t ticket;
    store_committed_fn *done;
    void *ctx;
};

struct lost_run {
    uint64_t first, last;
};

/* lock guards everything here; it is never held over a callback. */
struct waiters {
    pthread_mutex_t lock;
    uint64_t settled; /* the last ticket that is decided */
    size_t n, capacity;
    struct waiter *waiting;
    struct lost_run lost[LOST_RUNS]; /* a ring, ascending */
    uint64_t n_lost;
    uint64_t forgotten; /* up to here a lost run may have been overwritten: say lost, to be safe */
};

struct waiters *waiters_new(void)
{
    struct waiters *waiters = xcalloc(1, sizeof(*waiters));

    (void)pthread_mutex_init(&waiters->lock, NULL);
    return waiters;
}

void waiters_free(struct waiters *waiters)
{
    if (!waiters)
        return;
    (void)pthread_mutex_destroy(&waiters->lock);
    free(waiters->waiting);
    free(waiters);
}

static bool is_lost(const struct waiters *waiters, uint64_t ticket)
{
    uint64_t kept = waiters->n_lost < LOST_RUNS ? waiters->n_lost : LOST_RUNS;

    if (ticket <= waiters->forgotten)
        return true;
    for (uint64_t i = 0; i < kept; i++)
        if (ticket >= waiters->lost[i].first && ticket <= waiters->lost[i].last)
            return true;
    return false;
}

static void keep(struct waiters *waiters, struct waiter waiter)
{
    if (waiters->n == waiters->capacity) {
        waiters->capacity = waiters->capacity ? 2 * waiters->capacity : 64;
        waiters->waiting =
            xrealloc_array(waiters->waiting, waiters->capacity, sizeof(*waiters->waiting));
    }
    waiters->waiting[waiters->n++] = waiter;
}

void waiters_add(struct waiters *waiters, uint64_t ticket, store_committed_fn *done, void *ctx)
{
    bool is_settled, ok = false;

    (void)pthread_mutex_lock(&waiters->lock);
    is_settled = ticket <= waiters->settled;
    if (is_settled)
        ok = !is_lost(waiters, ticket);
    else
        keep(waiters, (struct waiter){ticket, done, ctx});
    (void)pthread_mutex_unlock(&waiters->lock);
    if (is_settled)
        done(ctx, ok);
}

static void append_run(struct waiters *waiters, struct lost_run run)
{
    struct lost_run *next = &waiters->lost[waiters->n_lost % LOST_RUNS];

    if (waiters->n_lost >= LOST_RUNS)
        waiters->forgotten = next->last;
    *next = run;
    waiters->n_lost++;
}

void waiters_note_lost(struct waiters *waiters, uint64_t first_ticket, uint64_t last_ticket)
{
    struct lost_run *previous;

    (void)pthread_mutex_lock(&waiters->lock);
    previous = &waiters->lost[(waiters->n_lost + LOST_RUNS - 1) % LOST_RUNS];
    if (waiters->n_lost > 0 && previous->last + 1 == first_ticket)
        previous->last = last_ticket;
    else
        append_run(waiters, (struct lost_run){first_ticket, last_ticket});
    (void)pthread_mutex_unlock(&waiters->lock);
}

struct verdict {
    struct waiter waiter;
    bool ok;
};

static int by_ticket(const void *left, const void *right)
{
    uint64_t a = ((const struct verdict *)left)->waiter.ticket;
    uint64_t b = ((const struct verdict *)right)->waiter.ticket;

    return (a > b) - (a < b);
}

/* Moves those whose ticket is settled out of the list. */
static size_t take_settled(struct waiters *waiters, struct verdict *verdicts)
{
    size_t n_taken = 0, n_kept = 0;

    for (size_t i = 0; i < waiters->n; i++) {
        struct waiter waiter = waiters->waiting[i];

        if (waiter.ticket <= waiters->settled)
            verdicts[n_taken++] = (struct verdict){waiter, !is_lost(waiters, waiter.ticket)};
        else
            waiters->waiting[n_kept++] = waiter;
    }
    waiters->n = n_kept;
    return n_taken;
}

void waiters_settle(struct waiters *waiters, uint64_t last_ticket)
{
    CLEANUP(freep) struct verdict *verdicts = NULL;
    size_t n = 0;

    (void)pthread_mutex_lock(&waiters->lock);
    waiters->settled = last_ticket;
    if (waiters->n > 0) {
        verdicts = xcalloc(waiters->n, sizeof(*verdicts));
        n = take_settled(waiters, verdicts);
    }
    (void)pthread_mutex_unlock(&waiters->lock);
    if (n > 1)
        qsort(verdicts, n, sizeof(*verdicts), by_ticket);
    for (size_t i = 0; i < n; i++)
        verdicts[i].waiter.done(verdicts[i].waiter.ctx, verdicts[i].ok);
}
