#ifndef TW_CANNED_SERVER_H
#define TW_CANNED_SERVER_H

/* An HTTP server on a loopback port that says what a test makes it say, byte by byte. A thread per
 * connection; connections are kept while the answers leave them open. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define CANNED_CONNECTIONS_MAX 256
#define CANNED_REQUEST_MAX     65536

struct canned_server;

/* Answers one request (head and body, NUL-terminated) on fd. n: how many came before it, over all
 * connections. True: the connection stays open. */
typedef bool canned_answer_fn(struct canned_server *server, int fd, const char *request, size_t n);

struct canned_server {
    canned_answer_fn *answer;
    int listener, port;
    pthread_t acceptor, threads[CANNED_CONNECTIONS_MAX];
    int sockets[CANNED_CONNECTIONS_MAX];
    atomic_size_t n_connections, n_requests;

    pthread_mutex_t lock; /* guards the next */
    char last_request[CANNED_REQUEST_MAX];
};

void canned_start(struct canned_server *server, canned_answer_fn *answer);
void canned_stop(struct canned_server *server);

void canned_send(int fd, const char *bytes, size_t len);
void canned_send_text(int fd, const char *text);
/* head: status line without "HTTP/1.1 ", and further headers without the last line break. */
void canned_send_answer(int fd, const char *head, const char *body);
void canned_wait_for_close(int fd);

/* A copy of the newest request, in a buffer of CANNED_REQUEST_MAX bytes. */
void canned_read_last(struct canned_server *server, char *out);

#endif
