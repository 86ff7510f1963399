#include "tui/data/triage_answer.h"

#include "common/alloc.h"
#include "common/fetch.h"
#include "common/json_write.h"
#include "tui/data/answer.h"
#include "tui/data/scored.h"
#include "tui/data/scored_page.h"
#include "tui/data/server_json.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- The request ------------------------------------------------------------------------------- */

static void write_feature(struct json_writer *w, const char *name, double value)
{
    if (!isnan(value))
        json_write_number(w, name, value);
}

void triage_write_request(const struct triage_request *request, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    json_write_string(&w, "ticket_text", request->text);
    write_feature(&w, "ticket_length", request->length);
    write_feature(&w, "urgency_keywords", request->urgency);
    write_feature(&w, "business_impact", request->impact);
    write_feature(&w, "customer_tier", request->tier);
    json_write_object_end(&w);
}

/* ---- Reading ----------------------------------------------------------------------------------- */

/* "0.82 vpn.md#2" of an object, or the string itself. Owned. */
static char *line_dup(const struct json *item)
{
    const struct json *id = json_get(item, "chunk_id");
    double score = json_number(json_get(item, "score"), (double)NAN);
    char name[160];

    if (json_type(item) != JSON_OBJECT)
        return server_json_lines_dup(item);
    if (json_get(item, "text"))
        return server_json_lines_dup(json_get(item, "text"));
    server_json_copy(name, sizeof(name), id ? id : json_get(item, "document"));
    return isnan(score) ? xstrdup(name) : xprintf_dup("%.2f  %s", score, name);
}

static int read_lines(const struct json *json,
                      const char *key,
                      struct triage_lines *lines,
                      struct tw_error *err)
{
    const struct json *list = json_get(json, key);

    if (json_type(list) != JSON_ARRAY)
        return 0;
    if (json_count(list) > TRIAGE_LINES_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d %s", TRIAGE_LINES_MAX, key);
    for (const struct json *item = json_first(list); item; item = json_next(item))
        lines->at[lines->n++] = line_dup(item);
    return 0;
}

static int read_all_lines(const struct json *json,
                          struct triage_answer *answer,
                          struct tw_error *err)
{
    if (read_lines(json, "recommended_actions", &answer->actions, err) < 0 ||
        read_lines(json, "recommended_action_sources", &answer->action_sources, err) < 0 ||
        read_lines(json, "context_sources", &answer->sources, err) < 0 ||
        read_lines(json, "warnings", &answer->warnings, err) < 0)
        return -1;
    return 0;
}

int triage_read(const struct fetch_reply *reply,
                struct triage_answer *ret_answer,
                struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *scores;
    struct triage_answer answer = {0};

    if (answer_read(reply, &json, err) < 0)
        return -1;
    server_json_copy(answer.severity, sizeof(answer.severity), json_get(json, "severity"));
    answer.confidence = server_json_ratio(json_get(json, "confidence"));
    if (!answer.severity[0] || isnan(answer.confidence))
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no triage");
    if (read_all_lines(json, &answer, err) < 0) {
        triage_answer_finish(&answer);
        return -1;
    }
    scores = json_get(json, "llm_quality_scores");
    answer.is_abstained = json_bool(json_get(json, "abstained"), false);
    answer.explanation = server_json_lines_dup(json_get(json, "explanation"));
    answer.relevance = server_json_ratio(json_get(scores, "relevance"));
    answer.hallucination = server_json_ratio(json_get(scores, "hallucination"));
    answer.groundedness = server_json_ratio(json_get(scores, "groundedness"));
    answer.answer_relevance = server_json_ratio(json_get(scores, "answer_relevance"));
    answer.processing_ms = server_json_amount(json_get(json, "processing_time_ms"));
    answer.ml_ms = server_json_amount(json_get(json, "ml_processing_ms"));
    answer.llm_ms = server_json_amount(json_get(json, "llm_processing_ms"));
    server_json_copy_id(answer.prediction_id, sizeof(answer.prediction_id),
                        json_get(json, "prediction_id"));
    server_json_copy_id(answer.id, sizeof(answer.id), json_get(json, "id"));
    server_json_copy_id(answer.request_id, sizeof(answer.request_id), json_get(json, "request_id"));
    *ret_answer = answer;
    return 0;
}

static void lines_finish(struct triage_lines *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        free(lines->at[i]);
}

void triage_answer_finish(struct triage_answer *answer)
{
    lines_finish(&answer->actions);
    lines_finish(&answer->action_sources);
    lines_finish(&answer->sources);
    lines_finish(&answer->warnings);
    free(answer->explanation);
    *answer = (struct triage_answer){0};
}

/* Of the LLM side there is a score at least, also of a search that found nothing. */
bool triage_is_degraded(const struct triage_answer *answer)
{
    return !answer->is_abstained && answer->sources.n == 0 && isnan(answer->relevance) &&
           isnan(answer->groundedness);
}

/* ---- Showing ----------------------------------------------------------------------------------- */

/* beside: what stands behind each line; may be NULL. */
static void write_list(const char *title,
                       const struct triage_lines *lines,
                       const struct triage_lines *beside,
                       struct page *page)
{
    if (lines->n == 0)
        return;
    page_end_line(page);
    page_text(page, PAGE_BOLD, title);
    page_end_line(page);
    for (size_t i = 0; i < lines->n; i++) {
        page_printf(page, PAGE_PLAIN, " %2zu. ", i + 1);
        page_wrapped(page, PAGE_PLAIN, 5, lines->at[i]);
        if (beside && i < beside->n && beside->at[i][0]) {
            page_wrapped(page, PAGE_DIM, 5, "  ");
            page_wrapped(page, PAGE_DIM, 5, beside->at[i]);
        }
        page_end_line(page);
    }
}

static void write_times(const struct triage_answer *answer, struct page *page)
{
    const struct {
        const char *name;
        double ms;
    } times[] = {
        {"took", answer->processing_ms}, {"model", answer->ml_ms}, {"llm", answer->llm_ms}};

    const char *comma = "";

    for (size_t i = 0; i < COUNT_OF(times); i++) {
        if (isnan(times[i].ms))
            continue;
        page_printf(page, PAGE_DIM, "%s%s %.1f ms", comma, times[i].name, times[i].ms);
        comma = ", ";
    }
    if (page->column > 0)
        page_end_line(page);
}

void triage_write(const struct triage_answer *answer, struct page *page)
{
    struct scored scores = {
        .relevance = answer->relevance,
        .hallucination = answer->hallucination,
        .groundedness = answer->groundedness,
        .answer_relevance = answer->answer_relevance,
    };

    page_text(page, PAGE_BOLD, answer->severity);
    page_printf(page, PAGE_PLAIN, "  confidence %.3f", answer->confidence);
    page_end_line(page);
    for (size_t i = 0; i < answer->warnings.n; i++) {
        page_wrapped(page, PAGE_WARN, 0, "warning: ");
        page_wrapped(page, PAGE_PLAIN, 2, answer->warnings.at[i]);
        page_end_line(page);
    }
    page_end_line(page);
    page_wrapped(page, PAGE_PLAIN, 0, answer->explanation);
    page_end_line(page);
    if (answer->is_abstained) {
        page_text(page, PAGE_WARN, "The knowledge base has nothing on it.");
        page_end_line(page);
    }
    write_list("ACTIONS", &answer->actions, &answer->action_sources, page);
    write_list("SOURCES", &answer->sources, NULL, page);
    page_end_line(page);
    scored_write_scores(&scores, page);
    write_times(answer, page);
    page_printf(page, PAGE_DIM, "prediction %s  request %s", answer->prediction_id,
                answer->request_id);
    page_end_line(page);
}
