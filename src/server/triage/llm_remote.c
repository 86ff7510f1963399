#include "server/triage/llm_remote.h"

#include "common/alloc.h"
#include "common/fetch.h"

#include <stdio.h>
#include <string.h>

#define REPLY_MAX_BYTES (4U << 20)
#define HEADERS_MAX     4

static void write_body(const struct llm_remote_request *request, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    json_write_string(&w, "query", request->question);
    json_write_int(&w, "num_context_docs", (int64_t)request->n_passages);
    json_write_object_end(&w);
}

static int read_reply(const struct fetch_reply *reply,
                      struct answer *ret_answer,
                      struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;

    if (reply->status == 0)
        return tw_fail(err, reply->error.code, "the LLM API: %s", reply->error.message);
    if (reply->status != 200)
        return tw_fail(err, reply->status == 503 || reply->status == 504 ? TW_BUSY : TW_BROKEN,
                       "the LLM API answered %d", reply->status);
    if (json_parse(reply->body, reply->body_len, &json, err) < 0 ||
        answer_read(json, ret_answer, err) < 0) {
        if (err)
            err->code = TW_BROKEN; /* not the caller's input */
        return -1;
    }
    return 0;
}

int llm_remote_ask(const struct llm_remote_request *request,
                   struct answer *ret_answer,
                   struct tw_error *err)
{
    CLEANUP(fetcher_freep) struct fetcher *fetcher = fetcher_new();
    CLEANUP(freep) char *url = xprintf_dup("%s/chat", request->url);
    CLEANUP(freep) char *trace = xprintf_dup("traceparent: %s", request->trace_parent);
    CLEANUP(freep)
    char *mark = xprintf_dup("X-Tidewatch-Simulation: %s",
                             request->simulation ? request->simulation : "none");
    const char *headers[HEADERS_MAX] = {"X-Tidewatch-Source: triage", trace,
                                        request->simulation ? mark : NULL, NULL};
    struct fetch_request fetch = {.method = "POST",
                                  .url = url,
                                  .headers = headers,
                                  .bearer = request->token,
                                  .timeout_ms = request->timeout_ms,
                                  .max_reply_bytes = REPLY_MAX_BYTES};
    struct fetch_reply reply;
    struct buffer body;
    int result;

    buffer_init(&body, 64U << 10);
    write_body(request, &body);
    fetch.body = buffer_text(&body);
    fetch.body_len = body.len;
    fetch_and_wait(fetcher, &fetch, &reply);
    result = read_reply(&reply, ret_answer, err);
    buffer_finish(&body);
    return result;
}
