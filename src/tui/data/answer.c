#include "tui/data/answer.h"

#include "common/fetch.h"
#include "tui/data/server_json.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <string.h>

static enum tw_code code_of(int status)
{
    if (status == 404)
        return TW_NOT_FOUND;
    if (status == 429 || status == 503 || status == 504)
        return TW_BUSY;
    return status >= 400 && status < 500 ? TW_INVALID : TW_BROKEN;
}

/* What an error body says for people, or "": Prometheus has errorType and error, Alertmanager message
 * or a bare string, ours title and detail. */
static void explain_json(const struct json *json, char *out, size_t size)
{
    char what[64] = "", why[200] = "";

    server_json_copy(what, sizeof(what), json_get(json, "errorType"));
    server_json_copy(why, sizeof(why), json_get(json, "error"));
    if (!why[0]) {
        server_json_copy(what, sizeof(what), json_get(json, "title"));
        server_json_copy(why, sizeof(why), json_get(json, "detail"));
    }
    if (!why[0] && !what[0])
        server_json_copy(why, sizeof(why), json_get(json, "message"));
    if (!why[0] && !what[0])
        server_json_copy(why, sizeof(why), json);
    (void)snprintf(out, size, "%s%s%s", what, what[0] && why[0] ? ": " : "", why);
}

/* A redirect is never followed: it may lead to another host, which must not get to see a token. */
static int fail_with_redirect(const struct fetch_reply *reply, struct tw_error *err)
{
    char to[sizeof(reply->redirect_to)];

    (void)server_text_copy(to, sizeof(to), reply->redirect_to, strlen(reply->redirect_to));
    return tw_fail(err, TW_BROKEN, "HTTP %d to %s, which is not asked: is it a login page?",
                   reply->status, to);
}

/* Always -1. */
static int fail_with_status(const struct fetch_reply *reply, struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    bool wants_login = reply->status == 401 && reply->wants[0];
    char said[220] = "";

    if (reply->redirect_to[0])
        return fail_with_redirect(reply, err);
    if (json_parse(reply->body, reply->body_len, &json, NULL) == 0)
        explain_json(json, said, sizeof(said));
    if (!said[0])
        server_text_first_line(said, sizeof(said), reply->body, reply->body_len);
    return tw_fail(err, code_of(reply->status), "HTTP %d%s%s%s%.190s", reply->status,
                   wants_login ? ", it wants a login: " : "", wants_login ? reply->wants : "",
                   said[0] ? ": " : "", said);
}

int answer_read(const struct fetch_reply *reply, struct json **ret_json, struct tw_error *err)
{
    char text[200], type[64];
    struct tw_error reason;

    if (reply->status == 0) {
        (void)server_text_copy(text, sizeof(text), reply->error.message,
                               strlen(reply->error.message));
        return tw_fail(err, reply->error.code, "%s", text);
    }
    if (reply->status < 200 || reply->status > 299)
        return fail_with_status(reply, err);
    if (json_parse(reply->body, reply->body_len, ret_json, &reason) == 0)
        return 0;
    (void)server_text_copy(type, sizeof(type), reply->content_type, strlen(reply->content_type));
    if (reply->body_len > 0 && !strstr(type, "json")) {
        server_text_first_line(text, 100, reply->body, reply->body_len);
        return tw_fail(err, TW_BROKEN, "not JSON but %s: %s", type[0] ? type : "something else",
                       text);
    }
    return tw_fail(err, TW_BROKEN, "%.200s", reason.message);
}

bool answer_read_problem(const struct fetch_reply *reply, struct answer_problem *ret_problem)
{
    CLEANUP(json_freep) struct json *json = NULL;

    if (reply->status < 400 || json_parse(reply->body, reply->body_len, &json, NULL) < 0 ||
        !json_string(json_get(json, "title")))
        return false;
    *ret_problem = (struct answer_problem){.status = reply->status};
    server_json_copy(ret_problem->title, sizeof(ret_problem->title), json_get(json, "title"));
    server_json_copy(ret_problem->detail, sizeof(ret_problem->detail), json_get(json, "detail"));
    for (const struct json *item = json_first(json_get(json, "errors"));
         item && ret_problem->n_fields < ANSWER_FIELDS_MAX; item = json_next(item)) {
        size_t i = ret_problem->n_fields++;

        server_json_copy(ret_problem->fields[i].field, sizeof(ret_problem->fields[i].field),
                         json_get(item, "field"));
        server_json_copy(ret_problem->fields[i].detail, sizeof(ret_problem->fields[i].detail),
                         json_get(item, "detail"));
    }
    return true;
}
