#ifndef TW_FAKE_STACK_H
#define TW_FAKE_STACK_H

/* A Prometheus, an Alertmanager, an operations API and an ML API in one small HTTP server, which answers
 * well and badly as it is told. A thread per connection. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fake_mode {
    FAKE_GOOD,
    FAKE_HUNG, /* takes the request and is silent */
    FAKE_SLOW, /* answers after 300 ms */
    FAKE_HTML, /* 502 with a proxy's page */
    FAKE_HTML_OK,
    FAKE_GARBAGE, /* 200, half a JSON */
    FAKE_503,
    FAKE_WARNING, /* good, with a warning */
    FAKE_LOST,    /* does it, and closes without an answer */
    FAKE_401,
    FAKE_422,
};

enum fake_part { FAKE_PROM, FAKE_AM, FAKE_OPS, FAKE_ML, N_FAKE_PARTS };

#define FAKE_THREADS_MAX 256

struct fake_stack {
    int listener, port;
    pthread_t acceptor, threads[FAKE_THREADS_MAX];
    int sockets[FAKE_THREADS_MAX];
    atomic_size_t n_threads;
    atomic_int modes[N_FAKE_PARTS];
    _Atomic int64_t skew_ms;            /* of the Date header; 0: there is none */
    atomic_bool is_metricsql, is_empty; /* VictoriaMetrics; no series at all */
    atomic_bool lines_hang;             /* only /query_range */
    atomic_bool requests_hang;          /* only /requests */
    atomic_bool gameday_runs;           /* by the backend's health */
    atomic_bool exemplars_fail;         /* only /query_exemplars */
    atomic_size_t n_inspections;        /* questions about rules, flags and exemplars */
    _Atomic int64_t exemplars_first_ms; /* of the newest question about them */

    pthread_mutex_t mutex; /* guards what follows */
    size_t n_queries, n_ranges, n_starts, n_requests, n_stored, n_gamedays;
    int64_t first_ms, last_ms, step_ms; /* of the newest range query */
    size_t most_points, least_points;   /* that a range query asked for */
    double newest_time_s;               /* of the newest instant query */
    char last_key[80], last_method[16], last_path[128], last_query[16384];
    char bearer[80]; /* of the newest request to the operations API */
};

void fake_start(struct fake_stack *fake);
void fake_stop(struct fake_stack *fake);
void fake_set(struct fake_stack *fake, enum fake_part part, enum fake_mode mode);

#endif
