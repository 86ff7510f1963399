#ifndef TW_TEST_REPLY_H
#define TW_TEST_REPLY_H

/* Replies as common/fetch would give them, for the parsers' tests. */

#include "common/fetch.h"

#include <string.h>

static inline struct fetch_reply reply_of(int status, const char *body)
{
    struct fetch_reply reply = {.status = status,
                                .body = body,
                                .body_len = strlen(body),
                                .content_type = "application/json",
                                .retry_after_ms = -1};

    return reply;
}

static inline struct fetch_reply reply_html(int status, const char *body)
{
    struct fetch_reply reply = reply_of(status, body);

    strncpy(reply.content_type, "text/html", sizeof(reply.content_type) - 1);
    return reply;
}

static inline struct fetch_reply reply_none(enum tw_code code, const char *why)
{
    struct fetch_reply reply = reply_of(0, "");

    (void)tw_fail(&reply.error, code, "%s", why);
    return reply;
}

#endif
