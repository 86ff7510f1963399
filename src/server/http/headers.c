#include "server/http/headers.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool headers_host_is_ours(const struct host_list *hosts, const char *host)
{
    static const char *const local[] = {"127.0.0.1", "localhost", "[::1]"};
    size_t len;

    if (!host)
        return true;
    len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (len > strlen(host) || (host[len] != '\0' && host[len] != ':'))
        return false;
    for (size_t i = 0; i < COUNT_OF(local); i++)
        if (strlen(local[i]) == len && strncasecmp(local[i], host, len) == 0)
            return true;
    if (strlen(hosts->own) == len && strncasecmp(hosts->own, host, len) == 0)
        return true;
    for (size_t i = 0; i < hosts->n_names; i++)
        if (strlen(hosts->names[i]) == len && strncasecmp(hosts->names[i], host, len) == 0)
            return true;
    return false;
}

/* n_digits hex digits of random bits, and a NUL. */
static void put_random_hex(struct random_state *rng, char *out, size_t n_digits)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t bits = 0;

    for (size_t i = 0; i < n_digits; i++) {
        if (i % 16 == 0)
            bits = random_bits(rng);
        out[i] = digits[bits & 15];
        bits >>= 4;
    }
    out[n_digits] = '\0';
}

void headers_request_id(const char *header, struct random_state *rng, char out[REQUEST_ID_SIZE])
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = header ? strlen(header) : 0;

    if (len > 0 && len < REQUEST_ID_SIZE && strspn(header, allowed) == len)
        memcpy(out, header, len + 1);
    else
        put_random_hex(rng, out, 16);
}

/* version "-" trace-id "-" parent-id "-" flags, in lower-case hex; version ff and all zeros are
 * invalid (W3C Trace Context, 3.2). */
void headers_trace_id(const char *traceparent, struct random_state *rng, char out[TRACE_ID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    const char *trace = traceparent ? traceparent + 3 : NULL;

    if (traceparent && strlen(traceparent) >= 55 && strspn(traceparent, hex) == 2 &&
        strncmp(traceparent, "ff", 2) != 0 && traceparent[2] == '-' && strspn(trace, hex) == 32 &&
        trace[32] == '-' && strspn(trace, "0") < 32) {
        memcpy(out, trace, 32);
        out[32] = '\0';
    } else {
        put_random_hex(rng, out, 32);
    }
}

int64_t headers_content_length(const char *header)
{
    char *end;
    long long value;

    if (!header || *header < '0' || *header > '9')
        return -1;
    value = strtoll(header, &end, 10);
    return *end == '\0' ? (int64_t)value : -1;
}

bool headers_is_token(const char *name)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";

    for (const char *at = name; *at; at++) {
        char lower = (char)(*at | 0x20);

        if ((lower < 'a' || lower > 'z') && (*at < '0' || *at > '9') && !strchr(marks, *at))
            return false;
    }
    return *name != '\0';
}

bool headers_is_clean(const char *value)
{
    for (; *value; value++)
        if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7f)
            return false;
    return true;
}

bool headers_is_json(const char *content_type)
{
    static const char wanted[] = "application/json";
    const char *rest;

    if (!content_type || strncasecmp(content_type, wanted, strlen(wanted)) != 0)
        return false;
    rest = content_type + strlen(wanted);
    rest += strspn(rest, " \t");
    if (*rest == '\0')
        return true;
    if (*rest != ';')
        return false;
    rest += 1 + strspn(rest + 1, " \t");
    return strcasecmp(rest, "charset=utf-8") == 0 || strcasecmp(rest, "charset=\"utf-8\"") == 0;
}

static bool parse_port(const char *text, uint16_t *ret_port)
{
    char *end;
    unsigned long port;

    if (*text < '0' || *text > '9')
        return false;
    port = strtoul(text, &end, 10);
    *ret_port = (uint16_t)port;
    return *end == '\0' && port <= 65535;
}

int http_address_parse(const char *text, struct http_address *ret_address, struct tw_error *err)
{
    struct http_address a = {.is_v6 = text[0] == '['};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&a.storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&a.storage;
    const char *colon = strrchr(text, ':');
    char bare[HTTP_HOST_SIZE];
    bool is_good;

    if (!colon || (size_t)(colon - text) >= sizeof(a.host) || !parse_port(colon + 1, &a.port))
        return tw_fail(err, TW_INVALID, "'%s' is no HOST:PORT, such as 127.0.0.1:8000", text);
    memcpy(a.host, text, (size_t)(colon - text));
    (void)snprintf(bare, sizeof(bare), "%s", a.host + a.is_v6);
    if (a.is_v6) {
        size_t len = strcspn(bare, "]");

        is_good = strcmp(bare + len, "]") == 0;
        bare[len] = '\0';
        is_good = is_good && inet_pton(AF_INET6, bare, &v6->sin6_addr) == 1;
        a.is_loopback = is_good && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(a.port);
    } else {
        is_good = inet_pton(AF_INET, bare, &v4->sin_addr) == 1;
        a.is_loopback = is_good && (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(a.port);
    }
    if (!is_good)
        return tw_fail(err, TW_INVALID, "'%s' has no numeric address before its port", text);
    *ret_address = a;
    return 0;
}

void http_address_set_port(struct http_address *address, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&address->storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&address->storage;

    address->port = port;
    if (address->is_v6)
        v6->sin6_port = htons(port);
    else
        v4->sin_port = htons(port);
}
