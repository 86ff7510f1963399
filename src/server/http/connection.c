#include "common/alloc.h"
#include "common/clock.h"
#include "server/http/http_parts.h"
#include "server/http/rate_limit.h"
#include "server/metrics/metrics.h"

#include <sys/random.h>

/* A connection from its start to its end; what it carries between is exchange.c's. */

static void suspend_connection(void *ctx)
{
    struct exchange *x = ctx;

    MHD_suspend_connection(x->connection);
}

static void resume_connection(void *ctx)
{
    struct exchange *x = ctx;

    MHD_resume_connection(x->connection);
}

void exchange_free(struct exchange *x)
{
    json_free(x->json);
    buffer_finish(&x->body);
    buffer_finish(&x->reply.body);
    stream_finish(&x->stream);
    free(x);
}

static void count_cut(void *ctx)
{
    const struct http_listener *listener = ctx;

    metrics_add(listener->options.metrics, METRIC_HTTP_REQUEST_REJECTED_TOTAL,
                LABELS(listener->service.listener, REJECT_TIMEOUT), 1);
}

static struct exchange *new_exchange(struct http_listener *listener,
                                     struct MHD_Connection *connection)
{
    struct exchange *x = xcalloc(1, sizeof(*x));
    const struct rate_limit *limit = listener->options.rate_limit;
    uint64_t seed = 0;

    x->listener = listener;
    (void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
    stream_init(&x->stream, suspend_connection, resume_connection, x);
    random_seed(&x->rng, seed ^ (uint64_t)clock_mono_ns());
    if (limit)
        x->client = rate_limit_client(
            limit,
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    x->watched.fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    x->watched.cut = count_cut;
    x->watched.ctx = listener;
    watch_add(listener->options.watch, &x->watched);
    return x;
}

void exchange_on_connection(void *cls,
                            struct MHD_Connection *connection,
                            void **socket_context,
                            enum MHD_ConnectionNotificationCode code)
{
    struct exchange *x = *socket_context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = new_exchange(cls, connection);
    } else if (x) {
        *socket_context = NULL;
        watch_remove(x->listener->options.watch, &x->watched); /* the socket is closed after this */
        if (!stream_orphan(&x->stream))
            exchange_free(x);
    }
}
