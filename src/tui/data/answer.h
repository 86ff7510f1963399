#ifndef TW_ANSWER_H
#define TW_ANSWER_H

/* What an HTTP answer of any of our servers comes to: its JSON, or one sentence on why there is none.
 * Knows the error bodies of Prometheus, of Alertmanager and RFC 9457, and says something useful about
 * a proxy's HTML, its redirects and how it wants a login. All text that comes out is fit for a terminal. Pure. */

#include "common/error.h"
#include "common/json.h"

#include <stddef.h>

struct fetch_reply;

#define ANSWER_FIELDS_MAX 16

/* An RFC 9457 problem, as the operations API and the ML API send. */
struct answer_problem {
    int status;
    char title[96];
    char detail[256];
    size_t n_fields; /* kept; further ones are dropped */

    struct {
        char field[64];
        char detail[160];
    } fields[ANSWER_FIELDS_MAX];
};

/* The JSON of an answer with status 2xx; its owner is the caller. Else an error: TW_BUSY for a timeout,
 * 429, 503 and 504; TW_NOT_FOUND for 404; TW_INVALID for the other 4xx; TW_BROKEN for no answer, the
 * other 5xx, a redirect, and for what is no JSON. */
int answer_read(const struct fetch_reply *reply,
                struct json **ret_json,
                struct tw_error *err) MUST_CHECK;

/* False when the reply is no problem document. */
bool answer_read_problem(const struct fetch_reply *reply, struct answer_problem *ret_problem);

#endif
