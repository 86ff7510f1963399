#include "server/llm/query_window.h"

#include "common/alloc.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

struct query_window {
    size_t dim;

    pthread_mutex_t mutex; /* guards all below */
    float *reference;      /* room for EMBEDDING_DRIFT_REFERENCE_MAX rows */
    size_t n_reference;
    bool is_reference_set; /* else it is made of queries */
    float *window;         /* QUERY_WINDOW_VECTORS rows, used round and round */
    size_t first, n;       /* the oldest one, and how many */
    uint64_t n_queries;
    uint64_t n_changes; /* references and resets: what was begun before the last one is obsolete */
    bool has_latest;
    struct embedding_drift_result latest;
    uint64_t n_queries_then; /* when the latest was begun, as the moment */
    int64_t begun_mono_ms;
};

struct query_window *query_window_new(size_t dim)
{
    struct query_window *w = xcalloc(1, sizeof(*w));

    assert(dim > 0);
    w->dim = dim;
    w->reference = xcalloc(EMBEDDING_DRIFT_REFERENCE_MAX * dim, sizeof(*w->reference));
    w->window = xcalloc(QUERY_WINDOW_VECTORS * dim, sizeof(*w->window));
    (void)pthread_mutex_init(&w->mutex, NULL);
    return w;
}

void query_window_free(struct query_window *w)
{
    if (!w)
        return;
    (void)pthread_mutex_destroy(&w->mutex);
    free(w->reference);
    free(w->window);
    free(w);
}

static void copy_rows(const struct query_window *w, float *to, const float *from, size_t n_rows)
{
    memcpy(to, from, n_rows * w->dim * sizeof(*to));
}

/* Both with the mutex held. */
static void forget_result(struct query_window *w)
{
    w->n_changes++;
    w->has_latest = false;
}

static void empty(struct query_window *w)
{
    forget_result(w);
    w->first = w->n = 0;
    if (!w->is_reference_set)
        w->n_reference = 0;
}

void query_window_set_reference(struct query_window *w, const float *vectors, size_t n)
{
    size_t n_picked = n < EMBEDDING_DRIFT_REFERENCE_MAX ? n : EMBEDDING_DRIFT_REFERENCE_MAX;

    (void)pthread_mutex_lock(&w->mutex);
    w->is_reference_set = n > 0;
    if (n == 0)
        empty(w);
    else
        forget_result(w);
    for (size_t i = 0; i < n_picked; i++)
        copy_rows(w, w->reference + i * w->dim, vectors + embedding_drift_pick(i, n) * w->dim, 1);
    w->n_reference = n_picked;
    (void)pthread_mutex_unlock(&w->mutex);
}

void query_window_reset(struct query_window *w)
{
    (void)pthread_mutex_lock(&w->mutex);
    empty(w);
    (void)pthread_mutex_unlock(&w->mutex);
}

/* Where the next query goes; NULL: nowhere. With the mutex held. */
static float *next_row(struct query_window *w, bool is_drill)
{
    size_t row;

    if (!w->is_reference_set && w->n_reference < QUERY_WINDOW_VECTORS)
        return is_drill ? NULL : w->reference + w->n_reference++ * w->dim;
    row = (w->first + w->n) % QUERY_WINDOW_VECTORS;
    if (w->n < QUERY_WINDOW_VECTORS)
        w->n++;
    else
        w->first = (w->first + 1) % QUERY_WINDOW_VECTORS;
    return w->window + row * w->dim;
}

bool query_window_put(struct query_window *w, const float *vector, bool is_drill)
{
    float *row;
    bool is_due;

    (void)pthread_mutex_lock(&w->mutex);
    row = next_row(w, is_drill);
    if (row) {
        copy_rows(w, row, vector, 1);
        w->n_queries++;
    }
    is_due = w->n_queries - w->n_queries_then >= QUERY_WINDOW_DUE_QUERIES;
    (void)pthread_mutex_unlock(&w->mutex);
    return is_due;
}

uint64_t query_window_count(struct query_window *w)
{
    uint64_t n;

    (void)pthread_mutex_lock(&w->mutex);
    n = w->n_queries;
    (void)pthread_mutex_unlock(&w->mutex);
    return n;
}

int64_t query_window_due_in_ms(struct query_window *w, int64_t now_mono_ms)
{
    int64_t in_ms = INT64_MAX;
    uint64_t n_new;

    (void)pthread_mutex_lock(&w->mutex);
    n_new = w->n_queries - w->n_queries_then;
    if (!w->has_latest)
        in_ms = 0;
    else if (n_new > 0)
        in_ms = w->begun_mono_ms - now_mono_ms +
                (n_new >= QUERY_WINDOW_DUE_QUERIES ? QUERY_WINDOW_REST_MS : QUERY_WINDOW_DUE_MS);
    (void)pthread_mutex_unlock(&w->mutex);
    return in_ms > 0 ? in_ms : 0;
}

bool query_window_is_due(struct query_window *w, int64_t now_mono_ms)
{
    return query_window_due_in_ms(w, now_mono_ms) == 0;
}

/* What a computation looks at, out of the mutex' reach. */
struct copy {
    float *reference, *window; /* owned; the window's oldest row first */
    size_t n_reference, n_window;
    uint64_t n_queries, n_changes;
};

static void take_copy(struct query_window *w, struct copy *copy)
{
    size_t n_to_end;

    (void)pthread_mutex_lock(&w->mutex);
    copy->n_reference = w->n_reference;
    copy->n_window = w->n;
    copy->n_queries = w->n_queries;
    copy->n_changes = w->n_changes;
    copy_rows(w, copy->reference, w->reference, w->n_reference);
    n_to_end = QUERY_WINDOW_VECTORS - w->first;
    if (n_to_end > w->n)
        n_to_end = w->n;
    copy_rows(w, copy->window, w->window + w->first * w->dim, n_to_end);
    copy_rows(w, copy->window + n_to_end * w->dim, w->window, w->n - n_to_end);
    (void)pthread_mutex_unlock(&w->mutex);
}

bool query_window_compute(struct query_window *w,
                          int64_t now_mono_ms,
                          struct embedding_drift_result *ret_result)
{
    CLEANUP(freep)
    float *reference = xcalloc(EMBEDDING_DRIFT_REFERENCE_MAX * w->dim, sizeof(float));
    CLEANUP(freep) float *window = xcalloc(QUERY_WINDOW_VECTORS * w->dim, sizeof(float));
    struct copy copy = {.reference = reference, .window = window};
    bool is_latest;

    take_copy(w, &copy);
    embedding_drift_compute(reference, copy.n_reference, window, copy.n_window, w->dim, ret_result);
    (void)pthread_mutex_lock(&w->mutex);
    is_latest = copy.n_changes == w->n_changes;
    if (is_latest) {
        w->latest = *ret_result;
        w->has_latest = true;
        w->n_queries_then = copy.n_queries;
        w->begun_mono_ms = now_mono_ms;
    }
    (void)pthread_mutex_unlock(&w->mutex);
    return is_latest;
}

bool query_window_latest(struct query_window *w, struct embedding_drift_result *ret_result)
{
    bool has_latest;

    (void)pthread_mutex_lock(&w->mutex);
    has_latest = w->has_latest;
    *ret_result =
        has_latest ? w->latest : (struct embedding_drift_result){.diversity = (double)NAN};
    (void)pthread_mutex_unlock(&w->mutex);
    return has_latest;
}
