#ifndef TW_HTTP_INCOMING_H
#define TW_HTTP_INCOMING_H

/* The headers of a request, looked through once. */

#include "server/http/admission.h"

struct MHD_Connection;

struct incoming {
    struct admission_request asked;
    const char *request_id, *traceparent; /* borrowed of the connection; NULL: none */
};

void incoming_read(struct MHD_Connection *connection, const char *version, struct incoming *ret);

#endif
