#ifndef TW_HTTP_PROBLEM_H
#define TW_HTTP_PROBLEM_H

/* Errors as RFC 9457 problem documents. Pure. */

#include "server/http/http.h"

const char *http_status_text(int status);

/* The status an error code means to a client. */
int problem_status(enum tw_code code);

/* Makes reply the problem document of its status (which must be set) with the given detail and
 * reply->fields. */
void problem_write(struct reply *reply, const char *detail);

#endif
