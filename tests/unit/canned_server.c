#include "canned_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a connection's thread is given. */
struct connection {
    struct canned_server *server;
    int fd;
};

void canned_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

void canned_send_text(int fd, const char *text)
{
    canned_send(fd, text, strlen(text));
}

void canned_send_answer(int fd, const char *head, const char *body)
{
    char start[512];

    (void)snprintf(start, sizeof(start), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", head,
                   strlen(body));
    canned_send_text(fd, start);
    canned_send_text(fd, body);
}

void canned_wait_for_close(int fd)
{
    char c;

    while (recv(fd, &c, 1, 0) > 0)
        ;
}

/* One request into text; bodies come with Content-Length. False at the end of the connection. */
static bool read_request(int fd, char *text, size_t size)
{
    size_t len = 0, body_len = 0;
    const char *end = NULL;

    text[0] = '\0';
    while (!end || len < (size_t)(end - text) + 4 + body_len) {
        ssize_t n = recv(fd, text + len, size - 1 - len, 0);
        const char *length;

        if (n <= 0 || len + (size_t)n >= size - 1)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        end = strstr(text, "\r\n\r\n");
        length = strstr(text, "Content-Length: ");
        body_len = length ? strtoul(length + 16, NULL, 10) : 0;
    }
    return true;
}

static void *serve(void *arg)
{
    struct connection *connection = arg;
    struct canned_server *server = connection->server;
    int fd = connection->fd;
    char *request = calloc(1, CANNED_REQUEST_MAX);

    free(connection);
    while (request && read_request(fd, request, CANNED_REQUEST_MAX)) {
        (void)pthread_mutex_lock(&server->lock);
        memcpy(server->last_request, request, CANNED_REQUEST_MAX);
        (void)pthread_mutex_unlock(&server->lock);
        if (!server->answer(server, fd, request, server->n_requests++))
            break;
    }
    free(request);
    (void)shutdown(fd, SHUT_RDWR);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct canned_server *server = arg;

    for (;;) {
        size_t i = server->n_connections;
        int fd = accept(server->listener, NULL, NULL);
        struct connection *connection = malloc(sizeof(*connection));

        if (fd < 0 || i == CANNED_CONNECTIONS_MAX || !connection) {
            free(connection);
            return NULL;
        }
        *connection = (struct connection){server, fd};
        server->sockets[i] = fd;
        if (pthread_create(&server->threads[i], NULL, serve, connection) != 0)
            abort();
        server->n_connections = i + 1;
    }
}

void canned_start(struct canned_server *server, canned_answer_fn *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    memset(server, 0, sizeof(*server));
    server->answer = answer;
    (void)pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&address, len) < 0 ||
        listen(server->listener, 64) < 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &len) < 0 ||
        pthread_create(&server->acceptor, NULL, accept_all, server) != 0)
        abort();
    server->port = ntohs(address.sin_port);
}

void canned_stop(struct canned_server *server)
{
    (void)shutdown(server->listener, SHUT_RDWR);
    (void)pthread_join(server->acceptor, NULL);
    (void)close(server->listener);
    for (size_t i = 0; i < server->n_connections; i++) {
        (void)shutdown(server->sockets[i], SHUT_RDWR);
        (void)pthread_join(server->threads[i], NULL);
        (void)close(server->sockets[i]);
    }
    (void)pthread_mutex_destroy(&server->lock);
}

void canned_read_last(struct canned_server *server, char *out)
{
    (void)pthread_mutex_lock(&server->lock);
    memcpy(out, server->last_request, CANNED_REQUEST_MAX);
    (void)pthread_mutex_unlock(&server->lock);
}
