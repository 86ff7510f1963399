#include "server/api/answers.h"
#include "server/api/api.h"
#include "server/api/scoring.h"

#include "common/clock.h"
#include "common/json_write.h"
#include "server/app.h"
#include "server/llm/answerer.h"

#include <stdio.h>
#include <string.h>

/* POST /evaluate: scores of an answer that somebody else's system wrote. */

#define CONTEXT_CHARS_MAX  20000
#define RESPONSE_CHARS_MAX 100000

struct evaluate_body {
    const char *query, *response;
    const struct json *contexts;
};

static const struct field evaluate_fields[] = {
    {"query", FIELD_STRING, true, 1, 5000, offsetof(struct evaluate_body, query), NULL,
     "The question"},
    {"contexts", FIELD_STRINGS, true, 0, ANSWER_PASSAGES_MAX,
     offsetof(struct evaluate_body, contexts), NULL, "The texts that the answer was made from"},
    {"response", FIELD_STRING, true, 0, RESPONSE_CHARS_MAX,
     offsetof(struct evaluate_body, response), NULL, "The answer"},
};
const struct schema evaluate_schema = SCHEMA_OF(evaluate_fields);

struct contexts {
    struct passage passages[ANSWER_PASSAGES_MAX];
    char ids[ANSWER_PASSAGES_MAX][16];
    size_t n;
};

static int read_contexts(const struct json *list,
                         struct contexts *ret_contexts,
                         struct reply *reply,
                         struct tw_error *err)
{
    ret_contexts->n = 0;
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        size_t i = ret_contexts->n++;
        const char *text = json_string(item);

        (void)snprintf(ret_contexts->ids[i], sizeof(ret_contexts->ids[i]), "contexts[%zu]", i);
        if (!text || strlen(text) > CONTEXT_CHARS_MAX)
            field_errors_add(&reply->fields, ret_contexts->ids[i],
                             "must be a text of at most %d bytes", CONTEXT_CHARS_MAX);
        ret_contexts->passages[i] = (struct passage){
            .chunk_id = ret_contexts->ids[i],
            .document = "",
            .title = "",
            .heading = "",
            .text = text ? text : "",
            .len = text ? strlen(text) : 0,
        };
    }
    return reply->fields.n == 0 ? 0 : tw_fail(err, TW_INVALID, "some fields are wrong");
}

int api_evaluate(struct app *app,
                 const struct request *request,
                 struct reply *reply,
                 struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    CLEANUP(answer_finish) struct answer answer;
    struct evaluate_body body;
    struct contexts contexts;
    struct asked asked;
    uint64_t ticket = 0;

    answer_init(&answer);
    if (!fields_decode(&evaluate_schema, request->json, "", &body, &reply->fields))
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    if (read_contexts(body.contexts, &contexts, reply, err) < 0)
        return -1;
    answers_note_caller(app, request, &asked);
    asked.kind = ANSWER_EXTERNAL;
    asked.query = body.query;
    answerer_evaluate(&app->answerer, body.query, contexts.passages, contexts.n, body.response,
                      &answer);
    asked.duration_ms = (double)(clock_mono_ns() - request->received_ns) * 1e-6;
    answers_count_scores(app, &asked, &answer);
    if (answers_keep(app, &asked, &answer, answer.is_abstained ? ANSWER_ABSTAINED : ANSWER_SUCCESS,
                     &ticket, err) < 0)
        return -1;
    json_write_object(&w, NULL);
    json_write_string(&w, "evaluator", "lexical-1");
    answer_write(&answer, &w);
    json_write_fixed(&w, "processing_time_ms", asked.duration_ms, 3);
    json_write_int(&w, "id", asked.id);
    json_write_string(&w, "request_id", request->request_id);
    json_write_object_end(&w);
    scoring_answer_when_durable(app, reply, ticket);
    return 0;
}
