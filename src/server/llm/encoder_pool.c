#include "server/llm/encoder_pool.h"

#include "common/alloc.h"
#include "server/llm/bert.h"

#include <pthread.h>
#include <sys/resource.h>

#define N_URGENCIES 2

/* The network is fastest per token from about 100 tokens on; a request waits for one such batch at most
 * (longer ones are a single text). */
#define BULK_TOKENS 128

/* A request is spread over the threads, but not in parts so small that each reads all weights for little. */
#define REQUEST_TOKENS_MIN 48

struct call_list {
    struct encoder_call *first, **end; /* end: where the next is hung */
};

struct worker {
    pthread_t thread;
    struct bert_room *room;
    struct encoder_pool *pool;
};

struct encoder_pool {
    const struct bert *bert;
    unsigned n_workers;
    struct worker *workers;

    pthread_mutex_t
        lock; /* guards what follows and the calls' last fields; not held while a batch runs */
    pthread_cond_t has_work, has_result;
    struct call_list lists[N_URGENCIES]; /* calls with texts that nobody has taken */
    bool is_stopping;
};

/* Takes the next texts of a call: as many as stay within its batch_tokens, but one at least. */
static size_t take_batch(struct encoder_call *call)
{
    size_t first = call->next_text, last = first + 1;

    while (last < call->n_texts &&
           call->starts[last + 1] - call->starts[first] <= call->batch_tokens)
        last++;
    call->next_text = last;
    return last - first;
}

/* The call to work on, or NULL when the pool stops. Called with the lock held. */
static struct call_list *wait_for_work(struct encoder_pool *pool)
{
    for (;;) {
        for (size_t i = 0; i < N_URGENCIES; i++)
            if (pool->lists[i].first)
                return &pool->lists[i];
        if (pool->is_stopping)
            return NULL;
        (void)pthread_cond_wait(&pool->has_work, &pool->lock);
    }
}

static void drop_first(struct call_list *list)
{
    list->first = list->first->next;
    if (!list->first)
        list->end = &list->first;
}

/* Called with the lock held, which is let go while the batch runs. */
static void run_batch(struct worker *worker, struct call_list *list)
{
    struct encoder_pool *pool = worker->pool;
    struct encoder_call *call = list->first;
    size_t first = call->next_text, n = take_batch(call);

    if (call->next_text == call->n_texts)
        drop_first(list);
    (void)pthread_mutex_unlock(&pool->lock);
    bert_encode(pool->bert, worker->room, call->ids, call->starts + first, n,
                call->vectors + first * BERT_WIDTH);
    (void)pthread_mutex_lock(&pool->lock);
    call->n_done += n;
    if (call->n_done == call->n_texts)
        (void)pthread_cond_broadcast(&pool->has_result);
}

static void *work(void *ctx)
{
    struct worker *worker = ctx;
    struct encoder_pool *pool = worker->pool;
    struct call_list *list;

    (void)pthread_setname_np(pthread_self(), "encoder");
    (void)setpriority(PRIO_PROCESS, 0, 5); /* of this thread: a niceness is per thread on Linux */
    (void)pthread_mutex_lock(&pool->lock);
    while ((list = wait_for_work(pool)))
        run_batch(worker, list);
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static int start_worker(struct encoder_pool *pool, struct tw_error *err)
{
    struct worker *worker = &pool->workers[pool->n_workers];

    worker->pool = pool;
    worker->room = bert_room_new();
    if (!worker->room)
        return tw_fail(err, TW_BUSY, "no memory for an encoder thread");
    if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
        bert_room_free(worker->room);
        return tw_fail(err, TW_BUSY, "cannot start an encoder thread");
    }
    pool->n_workers++;
    return 0;
}

int encoder_pool_start(const struct bert *bert,
                       unsigned n_threads,
                       struct encoder_pool **ret_pool,
                       struct tw_error *err)
{
    struct encoder_pool *pool = xcalloc(1, sizeof(*pool));

    pool->bert = bert;
    pool->workers = xcalloc(n_threads, sizeof(*pool->workers));
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->has_work, NULL);
    (void)pthread_cond_init(&pool->has_result, NULL);
    for (size_t i = 0; i < N_URGENCIES; i++)
        pool->lists[i].end = &pool->lists[i].first;
    for (unsigned i = 0; i < n_threads; i++)
        if (start_worker(pool, err) < 0) {
            encoder_pool_stop(pool);
            return -1;
        }
    *ret_pool = pool;
    return 0;
}

void encoder_pool_stop(struct encoder_pool *pool)
{
    if (!pool)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->is_stopping = true;
    (void)pthread_cond_broadcast(&pool->has_work);
    (void)pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->n_workers; i++) {
        (void)pthread_join(pool->workers[i].thread, NULL);
        bert_room_free(pool->workers[i].room);
    }
    (void)pthread_cond_destroy(&pool->has_result);
    (void)pthread_cond_destroy(&pool->has_work);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

static size_t batch_tokens(const struct encoder_pool *pool,
                           const struct encoder_call *call,
                           enum encoder_urgency urgency)
{
    size_t n_tokens = call->starts[call->n_texts] - call->starts[0];
    size_t share = (n_tokens + pool->n_workers - 1) / pool->n_workers;

    if (urgency == ENCODER_BULK)
        return BULK_TOKENS;
    share = share < REQUEST_TOKENS_MIN ? REQUEST_TOKENS_MIN : share;
    return share < BERT_BATCH_TOKENS_MAX ? share : BERT_BATCH_TOKENS_MAX;
}

void encoder_pool_run(struct encoder_pool *pool,
                      struct encoder_call *call,
                      enum encoder_urgency urgency)
{
    struct call_list *list = &pool->lists[urgency];

    call->batch_tokens = batch_tokens(pool, call, urgency);
    call->next_text = call->n_done = 0;
    call->next = NULL;
    (void)pthread_mutex_lock(&pool->lock);
    *list->end = call;
    list->end = &call->next;
    (void)pthread_cond_broadcast(&pool->has_work);
    while (call->n_done < call->n_texts)
        (void)pthread_cond_wait(&pool->has_result, &pool->lock);
    (void)pthread_mutex_unlock(&pool->lock);
}
