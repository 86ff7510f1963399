#include "common/fetch.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/fetch_parts.h"

#include <stdbool.h>

#define KEPT_CONNECTIONS 32
#define GIVE_UP_CHECK_MS 200

struct fetcher {
    CURLM *multi;
    struct exchange *running;
    size_t n_running;
    struct buffer waited_body; /* of fetch_and_wait's last reply */
};

int fetch_global_init(struct tw_error *err)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    if (code != CURLE_OK)
        return tw_fail(err, TW_BROKEN, "cannot start libcurl: %s", curl_easy_strerror(code));
    return 0;
}

struct fetcher *fetcher_new(void)
{
    struct fetcher *fetcher = xcalloc(1, sizeof(*fetcher));

    fetcher->multi = curl_multi_init();
    if (!fetcher->multi)
        abort(); /* out of memory, as in xcalloc */
    (void)curl_multi_setopt(fetcher->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    return fetcher;
}

static void exchange_free(struct exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    fetch_kept_finish(&exchange->kept);
    curl_slist_free_all(exchange->headers);
    curl_slist_free_all(exchange->connect_to);
    buffer_finish(&exchange->body);
    free(exchange);
}

DEFINE_CLEANUP(struct exchange *, exchange_free);

static void link_exchange(struct fetcher *fetcher, struct exchange *exchange)
{
    exchange->next = fetcher->running;
    if (exchange->next)
        exchange->next->previous = exchange;
    fetcher->running = exchange;
    fetcher->n_running++;
}

/* Takes it off curl and the list; the caller owns it now. */
static void unlink_exchange(struct fetcher *fetcher, struct exchange *exchange)
{
    (void)curl_multi_remove_handle(fetcher->multi, exchange->easy);
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else
        fetcher->running = exchange->next;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    fetcher->n_running--;
}

void fetcher_free(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    while (fetcher->running) {
        struct exchange *exchange = fetcher->running;

        unlink_exchange(fetcher, exchange);
        exchange_free(exchange);
    }
    (void)curl_multi_cleanup(fetcher->multi);
    buffer_finish(&fetcher->waited_body);
    free(fetcher);
}

int fetcher_start(struct fetcher *fetcher,
                  const struct fetch_request *request,
                  fetch_done_fn *done,
                  void *ctx,
                  struct tw_error *err)
{
    CLEANUP(exchange_freep) struct exchange *exchange = xcalloc(1, sizeof(*exchange));

    exchange->done = done;
    exchange->ctx = ctx;
    exchange->timeout_ms = request->timeout_ms;
    exchange->stall_timeout_ms = request->stall_timeout_ms;
    exchange->on_data = request->on_data;
    exchange->data_ctx = request->data_ctx;
    exchange->start_ns = clock_mono_ns();
    buffer_init(&exchange->body, request->max_reply_bytes);
    exchange->easy = curl_easy_init();
    if (!exchange->easy)
        return tw_fail(err, TW_BROKEN, "out of memory");
    if (fetch_exchange_set_up(exchange, request, err) < 0)
        return -1;
    if (curl_multi_add_handle(fetcher->multi, exchange->easy) != CURLM_OK)
        return tw_fail(err, TW_BROKEN, "libcurl refuses a further fetch");
    link_exchange(fetcher, TAKE(exchange));
    return 0;
}

/* ---- Going on --------------------------------------------------------------------------------- */

static void finish(struct fetcher *fetcher, struct exchange *exchange, CURLcode code)
{
    struct fetch_reply reply;

    fetch_read_reply(exchange, code, &reply);
    /* Off the list first: the call may start further fetches. */
    unlink_exchange(fetcher, exchange);
    exchange->done(exchange->ctx, &reply);
    exchange_free(exchange);
}

static size_t finish_all(struct fetcher *fetcher)
{
    size_t n_finished = 0;
    int n_left;

    for (;;) {
        CURLMsg *message = curl_multi_info_read(fetcher->multi, &n_left);
        struct exchange *exchange = NULL;

        if (!message)
            return n_finished;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
        finish(fetcher, exchange, message->data.result);
        n_finished++;
    }
}

/* How long until the exchange counts as stalled; INT64_MAX when it cannot. */
static int64_t stalls_in_ms(const struct exchange *exchange, int64_t now_mono_ms)
{
    if (exchange->stall_timeout_ms <= 0 || exchange->first_byte_ns == 0)
        return INT64_MAX;
    return exchange->last_byte_ms + exchange->stall_timeout_ms - now_mono_ms;
}

/* The wait of a step, shortened to the next moment at which an exchange may have stalled. */
static int wait_ms(const struct fetcher *fetcher, int timeout_ms)
{
    int64_t now_ms = clock_mono_ms();

    for (const struct exchange *e = fetcher->running; e; e = e->next) {
        int64_t left_ms = stalls_in_ms(e, now_ms);

        if (left_ms < timeout_ms)
            timeout_ms = left_ms > 0 ? (int)left_ms : 0;
    }
    return timeout_ms;
}

/* One at a time, from the start: the call may start and so link further exchanges. */
static void finish_stalled(struct fetcher *fetcher)
{
    int64_t now_ms = clock_mono_ms();
    struct exchange *exchange = fetcher->running;

    while (exchange) {
        if (stalls_in_ms(exchange, now_ms) > 0) {
            exchange = exchange->next;
            continue;
        }
        exchange->is_stalled = true;
        finish(fetcher, exchange, CURLE_OPERATION_TIMEDOUT);
        exchange = fetcher->running;
    }
}

size_t fetcher_step(struct fetcher *fetcher, int timeout_ms)
{
    int n_active;

    (void)curl_multi_perform(fetcher->multi, &n_active);
    if (finish_all(fetcher) > 0)
        return fetcher->n_running;
    (void)curl_multi_poll(fetcher->multi, NULL, 0, wait_ms(fetcher, timeout_ms), NULL);
    (void)curl_multi_perform(fetcher->multi, &n_active);
    (void)finish_all(fetcher);
    finish_stalled(fetcher);
    return fetcher->n_running;
}

void fetcher_wake(struct fetcher *fetcher)
{
    (void)curl_multi_wakeup(fetcher->multi);
}

struct waiting {
    struct fetcher *fetcher;
    struct fetch_reply *ret_reply;
    bool is_done;
};

static void keep_reply(void *ctx, const struct fetch_reply *reply)
{
    struct waiting *waiting = ctx;
    struct buffer *body = &waiting->fetcher->waited_body;

    *waiting->ret_reply = *reply;
    if (!buffer_append(body, reply->body, reply->body_len)) {
        waiting->ret_reply->status = 0;
        (void)tw_fail(&waiting->ret_reply->error, TW_BROKEN, "out of memory");
    }
    waiting->ret_reply->body = buffer_text(body);
    waiting->ret_reply->body_len = body->len;
    waiting->is_done = true;
}

void fetch_and_wait(struct fetcher *fetcher,
                    const struct fetch_request *request,
                    struct fetch_reply *ret_reply)
{
    struct waiting waiting = {fetcher, ret_reply, false};
    struct exchange *exchange;

    buffer_finish(&fetcher->waited_body);
    buffer_init(&fetcher->waited_body, request->max_reply_bytes);
    *ret_reply = (struct fetch_reply){.body = "", .retry_after_ms = -1, .first_byte_us = -1};
    if (fetcher_start(fetcher, request, keep_reply, &waiting, &ret_reply->error) < 0)
        return;
    exchange = fetcher->running;
    while (!waiting.is_done && !(request->gives_up && atomic_load(request->gives_up)))
        (void)fetcher_step(fetcher, request->gives_up ? GIVE_UP_CHECK_MS : 1000);
    if (waiting.is_done)
        return;
    (void)tw_fail(&ret_reply->error, TW_BROKEN, "the wait for %s was given up", exchange->peer);
    unlink_exchange(fetcher, exchange);
    exchange_free(exchange);
}
