#include "test.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

/* A small HTTP server, one thread per connection, that answers well and badly by path. */

#define BODY_1MB        ((size_t)1 << 20)
#define CONNECTIONS_MAX 128

struct server {
    int listener;
    int port;
    pthread_t acceptor;
    pthread_t threads[CONNECTIONS_MAX];
    int sockets[CONNECTIONS_MAX];
    _Atomic size_t n_connections;
    sem_t next_piece; /* "/pieces" waits for it before its second piece */
};

static struct server server;

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

static void send_text(int fd, const char *text)
{
    send_all(fd, text, strlen(text));
}

static void send_answer(int fd, const char *head, const char *body)
{
    char text[4096];

    (void)snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", head,
                   strlen(body), body);
    send_text(fd, text);
}

static void send_megabyte(int fd, size_t more)
{
    char head[128];
    char *body = xcalloc(1, BODY_1MB + more);

    memset(body, 'x', BODY_1MB + more);
    (void)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                   BODY_1MB + more);
    send_text(fd, head);
    send_all(fd, body, BODY_1MB + more);
    free(body);
}

static void send_many_headers(int fd)
{
    char line[1024];

    (void)snprintf(line, sizeof(line), "X: %0*d\r\n", (int)sizeof(line) - 6, 0);
    send_text(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100; i++)
        send_text(fd, line);
    send_text(fd, "\r\n");
}

/* An endless chunked body: only the reader's limit ends it. */
static void send_endless(int fd)
{
    char chunk[4096 + 16];

    (void)snprintf(chunk, sizeof(chunk), "1000\r\n%04096d\r\n", 0);
    send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 4096; i++)
        send_text(fd, chunk);
}

static void send_pieces(int fd)
{
    send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    (void)sem_wait(&server.next_piece);
    send_text(fd, "3\r\ntwo\r\n0\r\n\r\n");
}

static void wait_for_close(int fd)
{
    char c;

    while (recv(fd, &c, 1, 0) > 0)
        ;
}

/* True: the connection stays open for the next request. */
static bool answer(int fd, const char *path, const char *request)
{
    static const char deflated[] = "\x4b\x4c\x4a\x06\x00"; /* raw deflate of "abc" */

    if (strcmp(path, "/ok") == 0) {
        send_answer(fd,
                    "200 OK\r\nContent-Type: application/json\r\n"
                    "Date: Mon, 23 Nov 2026 21:45:00 GMT",
                    "{\"a\":1}");
        return true;
    }
    if (strcmp(path, "/echo") == 0) {
        send_answer(fd, "201 Created", request);
        return true;
    }
    if (strcmp(path, "/busy") == 0) {
        send_answer(fd, "503 Service Unavailable\r\nRetry-After: 12", "later");
        return true;
    }
    if (strcmp(path, "/busy-until") == 0) {
        send_answer(fd,
                    "503 Service Unavailable\r\nDate: Mon, 23 Nov 2026 21:45:00 GMT\r\n"
                    "Retry-After: Mon, 23 Nov 2026 21:45:30 GMT",
                    "later");
        return true;
    }
    if (strcmp(path, "/redirect") == 0) {
        send_answer(fd, "302 Found\r\nLocation: /ok?state=1", "elsewhere");
        return true;
    }
    if (strcmp(path, "/login") == 0) {
        send_answer(fd, "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"", "who are you");
        return true;
    }
    if (strcmp(path, "/megabyte") == 0 || strcmp(path, "/too-long") == 0) {
        send_megabyte(fd, path[1] == 't');
        return true;
    }
    if (strcmp(path, "/half") == 0)
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    else if (strcmp(path, "/garbage") == 0)
        send_text(fd, "\x01\x02 this is not HTTP\r\n\r\n");
    else if (strcmp(path, "/headers") == 0)
        send_many_headers(fd);
    else if (strcmp(path, "/endless") == 0)
        send_endless(fd);
    else if (strcmp(path, "/pieces") == 0)
        send_pieces(fd);
    else if (strcmp(path, "/stall") == 0)
        wait_for_close(fd);
    else if (strcmp(path, "/stall-in-body") == 0) {
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        wait_for_close(fd);
    } else if (strcmp(path, "/deflated") == 0) {
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 5\r\n\r\n");
        send_all(fd, deflated, 5);
    }
    return false; /* "/nothing" too */
}

/* One request into text; bodies come with Content-Length. False at the end of the connection. */
static bool read_request(int fd, char *text, size_t size)
{
    size_t len = 0, body_len = 0;
    char *end = NULL;

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
    int fd = *(int *)arg;
    char request[4096], path[64];

    while (read_request(fd, request, sizeof(request))) {
        const char *start = strchr(request, ' ');

        if (!start || sscanf(start, " %63s", path) != 1 || !answer(fd, path, request))
            break;
    }
    (void)shutdown(fd, SHUT_RDWR);
    return NULL;
}

static void *accept_all(void *arg)
{
    (void)arg;
    for (;;) {
        size_t i = server.n_connections;
        int fd = accept(server.listener, NULL, NULL);

        if (fd < 0 || i == CONNECTIONS_MAX)
            return NULL;
        server.sockets[i] = fd;
        (void)pthread_create(&server.threads[i], NULL, serve, &server.sockets[i]);
        server.n_connections = i + 1;
    }
}

static int open_listener(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static int start_server(void **state)
{
    (void)state;
    assert_int_equal(sem_init(&server.next_piece, 0, 0), 0);
    server.listener = open_listener(&server.port);
    assert_int_equal(listen(server.listener, 64), 0);
    assert_int_equal(pthread_create(&server.acceptor, NULL, accept_all, NULL), 0);
    return fetch_global_init(NULL);
}

static int stop_server(void **state)
{
    (void)state;
    (void)shutdown(server.listener, SHUT_RDWR);
    (void)pthread_join(server.acceptor, NULL);
    (void)close(server.listener);
    for (size_t i = 0; i < server.n_connections; i++) {
        (void)shutdown(server.sockets[i], SHUT_RDWR);
        (void)pthread_join(server.threads[i], NULL);
        (void)close(server.sockets[i]);
    }
    return 0;
}

/* ---- Tests ------------------------------------------------------------------------------------- */

static char *url_of(const char *path)
{
    return xprintf_dup("http://127.0.0.1:%d%s", server.port, path);
}

static void get(struct fetcher *fetcher, const char *path, struct fetch_reply *ret_reply)
{
    CLEANUP(freep) char *url = url_of(path);
    struct fetch_request request = {.url = url, .timeout_ms = 5000, .max_reply_bytes = BODY_1MB};

    fetch_and_wait(fetcher, &request, ret_reply);
}

static void a_good_answer_comes_with_its_headers(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_reply reply;

    (void)state;
    get(fetcher, "/ok", &reply);
    CHECK(reply.status == 200 && reply.error.code == TW_OK);
    assert_string_equal(reply.body, "{\"a\":1}");
    assert_string_equal(reply.content_type, "application/json");
    CHECK(reply.server_date_ms == 1795470300000);
    CHECK(reply.retry_after_ms == -1);
    CHECK(reply.elapsed_us > 0 && reply.elapsed_us < 5000000);
}

static void connections_are_kept(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_reply reply;
    size_t before = server.n_connections;

    (void)state;
    for (int i = 0; i < 10; i++) {
        get(fetcher, "/ok", &reply);
        CHECK(reply.status == 200);
    }
    CHECK(server.n_connections == before + 1);
}

static void a_body_of_the_limit_is_taken_and_one_more_byte_is_not(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_reply reply;

    (void)state;
    get(fetcher, "/megabyte", &reply);
    CHECK(reply.status == 200 && reply.body_len == BODY_1MB && reply.body[BODY_1MB - 1] == 'x');
    get(fetcher, "/too-long", &reply);
    CHECK(reply.status == 0 && reply.error.code == TW_BROKEN);
    assert_string_equal(reply.error.message, "the reply is longer than 1048576 bytes");
}

static void an_endless_body_and_endless_headers_are_cut_off(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_reply reply;

    (void)state;
    get(fetcher, "/endless", &reply);
    CHECK(reply.status == 0 && strstr(reply.error.message, "longer than 1048576 bytes"));
    get(fetcher, "/headers", &reply);
    CHECK(reply.status == 0 && strstr(reply.error.message, "headers are longer than"));
}

static void a_stall_ends_with_the_timeout(void **state)
{
    static const char *const paths[] = {"/stall", "/stall-in-body"};
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        CLEANUP(freep) char *url = url_of(paths[i]);
        struct fetch_request request = {.url = url, .timeout_ms = 150, .max_reply_bytes = 100};
        struct fetch_reply reply;
        int64_t start_ms = clock_mono_ms();

        fetch_and_wait(fetcher, &request, &reply);
        CHECK(reply.status == 0 && reply.error.code == TW_BUSY);
        CHECK(strstr(reply.error.message, "no answer from 127.0.0.1:"));
        CHECK(strstr(reply.error.message, " within 150 ms"));
        CHECK(clock_mono_ms() - start_ms >= 140 && clock_mono_ms() - start_ms < 2000);
    }
}

static void broken_answers_are_errors(void **state)
{
    static const char *const paths[] = {"/half", "/garbage", "/nothing"};
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_reply reply;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        get(fetcher, paths[i], &reply);
        if (reply.status != 0 || reply.error.code != TW_BROKEN || !reply.error.message[0])
            fail_msg("%s: status %d, %s", paths[i], reply.status, reply.error.message);
    }
}

struct pieces {
    char text[64];
    int n, n_wanted;
};

static bool take_piece(void *ctx, const char *bytes, size_t len)
{
    struct pieces *pieces = ctx;

    size_t end = strlen(pieces->text);

    (void)snprintf(pieces->text + end, sizeof(pieces->text) - end, "%.*s|", (int)len, bytes);
    if (pieces->n++ == 0)
        (void)sem_post(&server.next_piece);
    return pieces->n < pieces->n_wanted;
}

static struct fetch_request stream_of(const char *url, struct pieces *pieces)
{
    return (struct fetch_request){.url = url,
                                  .timeout_ms = 5000,
                                  .max_reply_bytes = 100,
                                  .on_data = take_piece,
                                  .data_ctx = pieces};
}

static void pieces_are_given_as_they_come_and_kept(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *url = url_of("/pieces");
    struct pieces pieces = {.n_wanted = 9};
    struct fetch_request request = stream_of(url, &pieces);
    struct fetch_reply reply;

    (void)state;
    /* The server sends the second piece only when the first has been taken. */
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(reply.status == 200);
    assert_string_equal(pieces.text, "one|two|");
    assert_string_equal(reply.body, "onetwo");
    CHECK(reply.first_byte_us > 0); /* elapsed_us is curl's, which begins to count later */
}

static void a_taker_may_give_up(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *url = url_of("/pieces");
    struct pieces pieces = {.n_wanted = 1};
    struct fetch_request request = stream_of(url, &pieces);
    struct fetch_reply reply;

    (void)state;
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(reply.status == 0 && reply.error.code == TW_BROKEN && pieces.n == 1);
    CHECK(strstr(reply.error.message, "was not wanted to its end"));
    get(fetcher, "/ok", &reply);
    CHECK(reply.status == 200);
}

static void answers_that_are_no_success_are_not_given(void **state)
{
    static const char *const paths[] = {"/busy", "/redirect"};
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct pieces pieces = {.n_wanted = 9};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        CLEANUP(freep) char *url = url_of(paths[i]);
        struct fetch_request request = stream_of(url, &pieces);
        struct fetch_reply reply;

        fetch_and_wait(fetcher, &request, &reply);
        CHECK(reply.status >= 300 && reply.body_len > 0 && pieces.n == 0);
    }
}

static void a_stream_is_bounded_too(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *url = url_of("/pieces");
    struct pieces pieces = {.n_wanted = 9};
    struct fetch_request request = stream_of(url, &pieces);
    struct fetch_reply reply;

    (void)state;
    request.max_reply_bytes = 5;
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(reply.status == 0 && reply.is_too_long && pieces.n == 1);
}

static void silence_within_a_body_is_a_stall_and_before_it_is_not(void **state)
{
    static const struct {
        const char *path, *message;
    } cases[] = {{"/stall-in-body", " fell silent for 50 ms"}, {"/stall", " within 200 ms"}};
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *url = url_of(cases[i].path);
        struct fetch_request request = {
            .url = url, .timeout_ms = 200, .stall_timeout_ms = 50, .max_reply_bytes = 100};
        struct fetch_reply reply;

        request.timeout_ms = i == 0 ? 60000 : 200;
        fetch_and_wait(fetcher, &request, &reply);
        CHECK(reply.status == 0 && reply.error.code == TW_BUSY);
        CHECK(strstr(reply.error.message, cases[i].message));
    }
}

static void a_refused_port_is_an_error(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    int port, fd = open_listener(&port); /* bound, but nobody listens */
    CLEANUP(freep) char *url = xprintf_dup("http://127.0.0.1:%d/", port);
    struct fetch_request request = {.url = url, .timeout_ms = 5000, .max_reply_bytes = 100};
    struct fetch_reply reply;

    (void)state;
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(reply.status == 0 && reply.error.code == TW_BROKEN);
    CHECK(strstr(reply.error.message, "cannot connect to 127.0.0.1:"));
    CHECK(strstr(reply.error.message, ": Connection refused"));
    (void)close(fd);
}

static void a_redirect_is_not_followed(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_reply reply;

    (void)state;
    get(fetcher, "/redirect", &reply);
    CHECK(reply.status == 302);
    assert_string_equal(reply.body, "elsewhere");
}

static void retry_after_is_read_as_seconds_and_as_a_date(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_reply reply;

    (void)state;
    get(fetcher, "/busy", &reply);
    CHECK(reply.status == 503 && reply.retry_after_ms == 12000);
    get(fetcher, "/busy-until", &reply);
    CHECK(reply.status == 503 && reply.retry_after_ms == 30000);
}

static void a_compressed_body_is_undone(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_reply reply;

    (void)state;
    get(fetcher, "/deflated", &reply);
    CHECK(reply.status == 200);
    assert_string_equal(reply.body, "abc");
}

static void the_proxy_of_the_environment_is_not_asked_for_loopback(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_reply reply;

    (void)state;
    (void)setenv("http_proxy", "http://127.0.0.1:1/", 1); // NOLINT(concurrency-mt-unsafe)
    get(fetcher, "/ok", &reply);
    (void)unsetenv("http_proxy"); // NOLINT(concurrency-mt-unsafe)
    CHECK(reply.status == 200);
}

static void a_request_is_sent_as_asked(void **state)
{
    static const char *const headers[] = {"X-One: 1", "X-Two: 2", NULL};
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *url = url_of("/echo");
    struct fetch_request request = {.method = "DELETE",
                                    .url = url,
                                    .headers = headers,
                                    .bearer = "secret",
                                    .timeout_ms = 5000,
                                    .max_reply_bytes = 4096};
    struct fetch_reply reply;

    (void)state;
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(reply.status == 201);
    CHECK(strncmp(reply.body, "DELETE /echo HTTP/1.1\r\n", 23) == 0);
    CHECK(strstr(reply.body, "X-One: 1\r\n") && strstr(reply.body, "X-Two: 2\r\n"));
    CHECK(strstr(reply.body, "Authorization: Bearer secret\r\n"));
    CHECK(!strstr(reply.body, "Content-Type") && !strstr(reply.body, "Expect"));

    request.method = "POST";
    request.body = "{\"b\":\"two\nlines\"}";
    request.body_len = strlen(request.body);
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(strncmp(reply.body, "POST /echo", 10) == 0);
    CHECK(strstr(reply.body, "Content-Type: application/json\r\n"));
    CHECK(strstr(reply.body, "\r\n\r\n{\"b\":\"two\nlines\"}"));
}

static void access_is_sent_and_not_seen_again(void **state)
{
    static const char *const headers[] = {"X-Scope-OrgID: a", NULL};
    static const char *const secrets[] = {"hunter2-hunter2", "1", NULL};
    const struct fetch_access access = {
        .authorization = "Basic hunter2-hunter2", .headers = headers, .secrets = secrets};
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *url = url_of("/echo");
    struct fetch_request request = {
        .url = url, .access = &access, .timeout_ms = 5000, .max_reply_bytes = 4096};
    struct fetch_reply reply;

    (void)state;
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(reply.status == 201);
    CHECK(strstr(reply.body, "X-Scope-OrgID: a\r\n"));
    CHECK(strstr(reply.body, "Authorization: Basic ***************\r\n"));
    CHECK(strstr(reply.body, "HTTP/1.1")); /* what is so short is not looked for */
    request.bearer = "a-token";
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(strstr(reply.body, "Authorization: Bearer a-token\r\n") && !strstr(reply.body, "Basic"));
}

static void a_server_tells_where_it_leads_and_how_to_log_in(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *redirect = url_of("/redirect");
    CLEANUP(freep) char *login = url_of("/login");
    CLEANUP(freep) char *there = url_of("/ok");
    struct fetch_request request = {.url = redirect, .timeout_ms = 5000, .max_reply_bytes = 4096};
    struct fetch_reply reply;

    (void)state;
    fetch_and_wait(fetcher, &request, &reply);
    assert_int_equal(reply.status, 302);
    assert_string_equal(reply.redirect_to, there);
    assert_string_equal(reply.wants, "");
    request.url = login;
    fetch_and_wait(fetcher, &request, &reply);
    assert_int_equal(reply.status, 401);
    assert_string_equal(reply.wants, "Basic");
    assert_string_equal(reply.redirect_to, "");
}

static void a_certificate_that_is_none_is_named(void **state)
{
    const struct fetch_access access = {.cert_pem = "nothing", .cert_file = "/keys/ana.pem"};
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *url = xprintf_dup("https://127.0.0.1:%d/", server.port);
    struct fetch_request request = {
        .url = url, .access = &access, .timeout_ms = 5000, .max_reply_bytes = 4096};
    struct fetch_reply reply;

    (void)state;
    fetch_and_wait(fetcher, &request, &reply);
    assert_int_equal(reply.status, 0);
    if (reply.error.code != TW_INVALID || !strstr(reply.error.message, "'/keys/ana.pem'"))
        fail_msg("%s", reply.error.message);
}

static void what_cannot_be_sent_is_refused_before(void **state)
{
    static const char *const urls[] = {"",           "ok",         "file:///etc/passwd",
                                       "ftp://h/",   "/ok",        "http://",
                                       "gopher://h", "http://a b", "http://h/\r\nX: 1"};
    static const char *const forged[] = {"X: 1\r\nY: 2", NULL};
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    struct fetch_request request = {.timeout_ms = 100, .max_reply_bytes = 100};
    struct fetch_reply reply;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        request.url = urls[i];
        fetch_and_wait(fetcher, &request, &reply);
        if (reply.status != 0 || reply.error.code != TW_INVALID)
            fail_msg("'%s': status %d, %s", urls[i], reply.status, reply.error.message);
    }
    request.url = "http://127.0.0.1:1/";
    request.headers = forged;
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(reply.error.code == TW_INVALID);
    request.headers = NULL;
    request.bearer = "a\nb";
    fetch_and_wait(fetcher, &request, &reply);
    CHECK(reply.error.code == TW_INVALID);
}

static void count_success(void *ctx, const struct fetch_reply *reply)
{
    *(int *)ctx += reply->status == 200 && reply->body_len == 7;
}

static void a_burst_of_twenty_is_answered(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *url = url_of("/ok");
    struct fetch_request request = {.url = url, .timeout_ms = 5000, .max_reply_bytes = 100};
    size_t before = server.n_connections;
    int n_good = 0;

    (void)state;
    for (int burst = 0; burst < 3; burst++) {
        for (int i = 0; i < 20; i++)
            assert_int_equal(fetcher_start(fetcher, &request, count_success, &n_good, NULL), 0);
        while (fetcher_step(fetcher, 1000) > 0)
            ;
    }
    assert_int_equal(n_good, 60);
    CHECK(server.n_connections <= before + 20); /* later bursts reuse the first one's */
}

struct chain {
    struct fetcher *fetcher;
    const struct fetch_request *request;
    int n_left;
};

static void start_next(void *ctx, const struct fetch_reply *reply)
{
    struct chain *chain = ctx;

    CHECK(reply->status == 200);
    if (--chain->n_left > 0)
        assert_int_equal(fetcher_start(chain->fetcher, chain->request, start_next, chain, NULL), 0);
}

static void a_call_may_start_the_next_fetch(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *url = url_of("/ok");
    struct fetch_request request = {.url = url, .timeout_ms = 5000, .max_reply_bytes = 100};
    struct chain chain = {fetcher, &request, 5};

    (void)state;
    assert_int_equal(fetcher_start(fetcher, &request, start_next, &chain, NULL), 0);
    while (fetcher_step(fetcher, 1000) > 0)
        ;
    assert_int_equal(chain.n_left, 0);
}

static void *wake(void *fetcher)
{
    fetcher_wake(fetcher);
    return NULL;
}

static void a_wake_ends_the_wait(void **state)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    int64_t start_ms = clock_mono_ms();
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, wake, fetcher), 0);
    CHECK(fetcher_step(fetcher, 10000) == 0);
    CHECK(clock_mono_ms() - start_ms < 5000);
    (void)pthread_join(thread, NULL);
}

static void never_called(void *ctx, const struct fetch_reply *reply)
{
    (void)ctx;
    (void)reply;
    fail_msg("a dropped fetch was called");
}

static void freeing_drops_what_is_under_way(void **state)
{
    CLEANUP(freep) char *url = url_of("/stall");
    struct fetch_request request = {.url = url, .timeout_ms = 5000, .max_reply_bytes = 100};
    struct fetcher *fetcher = fetcher_new();

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(fetcher_start(fetcher, &request, never_called, NULL, NULL), 0);
    CHECK(fetcher_step(fetcher, 20) == 3);
    fetcher_free(fetcher);
    fetcher_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_answer_comes_with_its_headers),
        TEST(connections_are_kept),
        TEST(a_body_of_the_limit_is_taken_and_one_more_byte_is_not),
        TEST(an_endless_body_and_endless_headers_are_cut_off),
        TEST(a_stall_ends_with_the_timeout),
        TEST(broken_answers_are_errors),
        TEST(pieces_are_given_as_they_come_and_kept),
        TEST(a_taker_may_give_up),
        TEST(answers_that_are_no_success_are_not_given),
        TEST(a_stream_is_bounded_too),
        TEST(silence_within_a_body_is_a_stall_and_before_it_is_not),
        TEST(a_refused_port_is_an_error),
        TEST(a_redirect_is_not_followed),
        TEST(retry_after_is_read_as_seconds_and_as_a_date),
        TEST(a_compressed_body_is_undone),
        TEST(the_proxy_of_the_environment_is_not_asked_for_loopback),
        TEST(a_request_is_sent_as_asked),
        TEST(access_is_sent_and_not_seen_again),
        TEST(a_server_tells_where_it_leads_and_how_to_log_in),
        TEST(a_certificate_that_is_none_is_named),
        TEST(what_cannot_be_sent_is_refused_before),
        TEST(a_burst_of_twenty_is_answered),
        TEST(a_call_may_start_the_next_fetch),
        TEST(a_wake_ends_the_wait),
        TEST(freeing_drops_what_is_under_way),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("fetch", tests, start_server, stop_server);
}
