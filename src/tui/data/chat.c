#include "tui/data/chat.h"

#include "common/fetch.h"
#include "common/json_write.h"
#include "tui/data/answer.h"
#include "tui/data/scored_page.h"
#include "tui/data/server_json.h"

#include <math.h>
#include <string.h>

void chat_write_request(const char *query, double n_docs, bool is_stream, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    json_write_string(&w, "query", query);
    if (!isnan(n_docs))
        json_write_number(&w, "num_context_docs", n_docs);
    if (is_stream)
        json_write_bool(&w, "stream", true);
    json_write_object_end(&w);
}

/* ---- Reading ----------------------------------------------------------------------------------- */

static void read_warnings(const struct json *list, struct chat_answer *answer)
{
    if (json_type(list) != JSON_ARRAY)
        return;
    for (const struct json *item = json_first(list); item && answer->n_warnings < CHAT_WARNINGS_MAX;
         item = json_next(item)) {
        server_json_copy(answer->warnings[answer->n_warnings], sizeof(answer->warnings[0]), item);
        answer->n_warnings += answer->warnings[answer->n_warnings][0] != '\0';
    }
}

int chat_read_object(const struct json *json, struct chat_answer *ret_answer, struct tw_error *err)
{
    const struct json *usage = json_get(json, "usage");
    struct chat_answer answer = {
        .n_input_tokens = server_json_whole(json_get(usage, "input_tokens"), -1),
        .n_output_tokens = server_json_whole(json_get(usage, "output_tokens"), -1),
        .is_estimated = json_bool(json_get(usage, "estimated"), false),
        .first_token_ms = server_json_amount(json_get(json, "ttft_ms")),
        .processing_ms = server_json_amount(json_get(json, "processing_time_ms")),
    };

    if (scored_read(json, &answer.scored, err) < 0)
        return -1;
    server_json_copy(answer.model, sizeof(answer.model), json_get(json, "model"));
    server_json_copy_id(answer.id, sizeof(answer.id), json_get(json, "id"));
    server_json_copy(answer.request_id, sizeof(answer.request_id), json_get(json, "request_id"));
    read_warnings(json_get(json, "warnings"), &answer);
    *ret_answer = answer;
    return 0;
}

int chat_read(const struct fetch_reply *reply, struct chat_answer *ret_answer, struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    return chat_read_object(json, ret_answer, err);
}

void chat_answer_finish(struct chat_answer *answer)
{
    scored_finish(&answer->scored);
    *answer = (struct chat_answer){0};
}

/* ---- Showing ----------------------------------------------------------------------------------- */

void chat_write_facts(const struct chat_answer *answer, struct page *page)
{
    const char *comma = "";

    if (answer->model[0]) {
        page_printf(page, PAGE_DIM, "model %s", answer->model);
        comma = ", ";
    }
    if (!isnan(answer->processing_ms)) {
        page_printf(page, PAGE_DIM, "%s%.1f ms", comma, answer->processing_ms);
        comma = ", ";
    }
    if (!isnan(answer->first_token_ms))
        page_printf(page, PAGE_DIM, " (first token %.1f ms)", answer->first_token_ms);
    if (answer->n_input_tokens > 0 || answer->n_output_tokens > 0)
        page_printf(page, PAGE_DIM, "%stokens %lld in %lld out%s", comma,
                    (long long)answer->n_input_tokens, (long long)answer->n_output_tokens,
                    answer->is_estimated ? " (estimated)" : "");
}

void chat_write(const struct chat_answer *answer, struct page *page)
{
    for (size_t i = 0; i < answer->n_warnings; i++) {
        page_wrapped(page, PAGE_WARN, 0, "warning: ");
        page_wrapped(page, PAGE_PLAIN, 2, answer->warnings[i]);
        page_end_line(page);
    }
    if (answer->scored.is_abstained) {
        page_text(page, PAGE_WARN,
                  "NOT ANSWERED: the knowledge base has nothing that answers this");
        page_end_line(page);
    }
    scored_write_answer(&answer->scored, page);
    page_end_line(page);
    scored_write_sources(&answer->scored, page);
    scored_write_scores(&answer->scored, page);
    chat_write_facts(answer, page);
    if (page->column > 0)
        page_end_line(page);
    if (answer->id[0])
        page_printf(page, PAGE_DIM, "stored as %s  ", answer->id);
    if (answer->request_id[0])
        page_printf(page, PAGE_DIM, "request %s", answer->request_id);
    if (page->column > 0)
        page_end_line(page);
}
