#include "common/alloc.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/http/certificate.h"
#include "server/http/http_parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DRAIN_QUIET_MS 50 /* no exchange for so long: what was on the wire has come in */

const char *const listener_names[N_LISTENERS] = {"ml", "llm", "vector", "operations"};

/* The library's own complaints are about clients that hang up, mostly. */
static void on_log(void *cls, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

static void on_log(void *cls, const char *fmt, va_list args)
{
    char text[512];

    (void)cls;
    (void)vsnprintf(text, sizeof(text), fmt, args);
    log_debug("http: %s", text);
}

/* A NUL would end the text for us alone: what says one stays as it was written, and means nothing. */
static size_t unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    for (char *at = text; (at = strstr(at, "%00")); at += 3)
        at[1] = '-';
    return MHD_http_unescape(text);
}

static struct MHD_Daemon *start_daemon(struct http_listener *listener,
                                       const struct http_address *address)
{
    static char priorities[] = CERTIFICATE_PRIORITIES;
    const struct http_options *options = &listener->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (address->is_v6 ? MHD_USE_IPv6 : 0U) | (options->uses_tls ? MHD_USE_TLS : 0U);
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, options->n_threads > 1 ? options->n_threads : 0, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, options->connection_limit, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->address_connection_limit, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_LISTENING_ADDRESS_REUSE, 1, NULL},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, 511, NULL},
        {options->uses_tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, 0, priorities},
        {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, certificate_callback()},
        {MHD_OPTION_END, 0, NULL},
    };

    return MHD_start_daemon(flags, address->port, NULL, NULL, exchange_on_request, listener,
                            MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_SOCK_ADDR,
                            &address->storage, MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed,
                            NULL, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
                            MHD_OPTION_NOTIFY_CONNECTION, exchange_on_connection, listener,
                            MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

/* The port that was got where any would do, to be had again after an outage. */
static void note_port(struct http_listener *listener)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_BIND_PORT);

    if (info)
        http_address_set_port(&listener->address, info->port);
}

int http_listener_start(const struct http_options *options,
                        const struct http_service *service,
                        const char *address,
                        struct http_listener **ret_listener,
                        struct tw_error *err)
{
    CLEANUP(freep) struct http_listener *listener = xcalloc(1, sizeof(*listener));
    struct http_address where;

    if (http_address_parse(address, &where, err) < 0)
        return -1;
    listener->options = *options;
    listener->service = *service;
    listener->quiesced_socket = MHD_INVALID_SOCKET;
    listener->hosts = (struct host_list){options->hosts, options->n_hosts, listener->own_host};
    memcpy(listener->own_host, where.host, sizeof(where.host));
    listener->address = where;
    listener->daemon = start_daemon(listener, &where);
    if (!listener->daemon)
        return tw_fail(err, TW_BROKEN, "cannot listen on %s for the %s API: is the port in use?",
                       address, listener_names[service->listener]);
    note_port(listener);
    *ret_listener = TAKE(listener);
    return 0;
}

uint16_t http_listener_port(const struct http_listener *listener)
{
    return listener->address.port;
}

unsigned http_listener_in_flight(const struct http_listener *listener)
{
    return listener->in_flight;
}

/* The library may look at the socket until it stops, so it is only made deaf. */
static void refuse_connections(struct http_listener *listener)
{
    listener->quiesced_socket = MHD_quiesce_daemon(listener->daemon);
    if (listener->quiesced_socket != MHD_INVALID_SOCKET)
        (void)shutdown(listener->quiesced_socket, SHUT_RDWR);
}

static void stop_daemon(struct http_listener *listener)
{
    MHD_stop_daemon(TAKE(listener->daemon));
    if (listener->quiesced_socket != MHD_INVALID_SOCKET)
        (void)close(listener->quiesced_socket);
    listener->quiesced_socket = MHD_INVALID_SOCKET;
}

bool http_listener_close(struct http_listener *listener)
{
    if (!listener->daemon)
        return true;
    if (!listener->is_cut) {
        listener->is_cut = true;
        refuse_connections(listener);
    }
    if (listener->n_held > 0)
        return false;
    stop_daemon(listener);
    return true;
}

int http_listener_reopen(struct http_listener *listener, struct tw_error *err)
{
    listener->is_cut = false;
    listener->daemon = start_daemon(listener, &listener->address);
    if (listener->daemon)
        return 0;
    return tw_fail(err, TW_BROKEN, "port %u is not to be had", listener->address.port);
}

void http_listener_drain(struct http_listener *listener)
{
    listener->is_draining = true;
    if (!listener->daemon)
        return;
    if (listener->quiesced_socket == MHD_INVALID_SOCKET)
        listener->quiesced_socket = MHD_quiesce_daemon(listener->daemon);
}

void http_listener_stop(struct http_listener *listener, int64_t deadline_mono_ms)
{
    int64_t quiet_since_ms = clock_mono_ms();

    if (!listener)
        return;
    http_listener_drain(listener);
    for (int64_t now = quiet_since_ms; now < deadline_mono_ms; now = clock_mono_ms()) {
        if (listener->in_flight > 0)
            quiet_since_ms = now;
        else if (now - quiet_since_ms >= DRAIN_QUIET_MS)
            break;
        clock_sleep_until_mono_ms(now + 5);
    }
    if (listener->daemon)
        stop_daemon(listener);
    free(listener);
}
