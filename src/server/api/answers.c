#include "server/api/answers.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "server/app.h"
#include "server/drill/drill.h"
#include "server/llm/answerer.h"
#include "server/llm/query_window.h"
#include "server/metrics/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#define DETAIL_BYTES_MAX (1U << 20)

void answers_note_caller(struct app *app, const struct request *request, struct asked *asked)
{
    const char *header = request_header(request, "X-Tidewatch-Simulation");

    *asked = (struct asked){
        .id = app->next_sequence++,
        .at_ms = clock_now_ms(),
        .class_index = -1,
        .trace_id = request->trace_id,
    };
    asked->origin = (uint8_t)drill_check_header(app->drill, header, &asked->simulation_id);
}

void answers_trace_parent(const struct asked *asked, char out[TRACE_PARENT_SIZE])
{
    (void)snprintf(out, TRACE_PARENT_SIZE, "00-%s-%016" PRIx64 "-01", asked->trace_id,
                   (uint64_t)asked->id);
}

/* ---- Counting ---------------------------------------------------------------------------------- */

static void observe_score(struct app *app,
                          enum metric metric,
                          const struct asked *asked,
                          double score)
{
    if (isfinite(score))
        metrics_observe(app->metrics, metric, LABELS(EVALUATOR_LEXICAL, asked->kind), score,
                        asked->trace_id);
}

void answers_count_scores(struct app *app, const struct asked *asked, const struct answer *answer)
{
    struct metrics *m = app->metrics;

    observe_score(app, METRIC_LLM_RELEVANCE_SCORE, asked, answer->relevance);
    observe_score(app, METRIC_LLM_GROUNDEDNESS_SCORE, asked, answer->groundedness);
    observe_score(app, METRIC_LLM_HALLUCINATION_SCORE, asked, answer->hallucination);
    observe_score(app, METRIC_LLM_ANSWER_RELEVANCE_SCORE, asked, answer->answer_relevance);
    metrics_add(m, METRIC_LLM_UNSUPPORTED_SENTENCES_TOTAL, LABELS(asked->kind),
                answer->n_unsupported_sentences);
    metrics_add(m, METRIC_LLM_UNSUPPORTED_NUMBERS_TOTAL, LABELS(asked->kind),
                answer->n_unsupported_numbers);
    if (answer->is_abstained)
        metrics_add(m, METRIC_LLM_ABSTENTIONS_TOTAL, LABELS(asked->kind), 1);
    if (asked->kind == ANSWER_EXTERNAL)
        return;
    (void)pthread_mutex_lock(&app->quality_lock);
    quality_put(&app->quality, answer->relevance, answer->groundedness, answer->hallucination);
    (void)pthread_mutex_unlock(&app->quality_lock);
}

static void observe_ms(struct app *app, enum metric metric, const struct asked *asked, double ms)
{
    if (isfinite(ms))
        metrics_observe(app->metrics, metric, NO_LABELS, ms / 1e3, asked->trace_id);
}

static void count_tokens(struct app *app,
                         const struct answer *answer,
                         const struct answerer_account *account)
{
    unsigned model = app_model_label(app, answer->model), estimated = answer->is_estimated;

    if (account->path == GENERATION_EXTRACTIVE) /* reads and writes none */
        return;
    metrics_add(app->metrics, METRIC_LLM_TOKENS_TOTAL, LABELS(model, TOKENS_INPUT, estimated),
                (uint64_t)answer->input_tokens);
    metrics_add(app->metrics, METRIC_LLM_TOKENS_TOTAL, LABELS(model, TOKENS_OUTPUT, estimated),
                (uint64_t)answer->output_tokens);
    metrics_add_number(
        app->metrics, METRIC_LLM_COST_USD_TOTAL, LABELS(model),
        generation_cost_usd(&app->prices, answer->input_tokens, answer->output_tokens));
}

static void note_query(struct app *app,
                       const struct asked *asked,
                       const struct answerer_account *account)
{
    if (account->query_vector &&
        query_window_put(app->queries, account->query_vector, asked->origin == ORIGIN_DRILL))
        (void)eventfd_write(app->llm_wake_fd, 1);
}

void answers_count_work(struct app *app,
                        const struct asked *asked,
                        const struct answer *answer,
                        struct answerer_account *account)
{
    struct metrics *m = app->metrics;

    observe_ms(app, METRIC_LLM_REQUEST_LATENCY_SECONDS, asked, asked->duration_ms);
    observe_ms(app, METRIC_LLM_RETRIEVAL_LATENCY_SECONDS, asked, answer->retrieval_ms);
    observe_ms(app, METRIC_LLM_GENERATION_LATENCY_SECONDS, asked, answer->generation_ms);
    observe_ms(app, METRIC_LLM_EVALUATION_LATENCY_SECONDS, asked, answer->evaluation_ms);
    observe_ms(app, METRIC_LLM_TIME_TO_FIRST_TOKEN_SECONDS, asked, answer->first_text_ms);
    if (account->degraded >= 0)
        metrics_add(m, METRIC_LLM_RETRIEVAL_DEGRADED_TOTAL, LABELS((unsigned)account->degraded), 1);
    if (account->path == GENERATION_FALLBACK_MODEL)
        metrics_add(m, METRIC_LLM_FALLBACKS_TOTAL, LABELS(FALLBACK_TO_MODEL), 1);
    else if (account->is_replaced && answer->text)
        metrics_add(m, METRIC_LLM_FALLBACKS_TOTAL, LABELS(FALLBACK_TO_EXTRACTIVE), 1);
    count_tokens(app, answer, account);
    note_query(app, asked, account);
}

/* ---- Storing ----------------------------------------------------------------------------------- */

static char *detail_of(const struct answer *answer)
{
    struct buffer detail;
    struct json_writer w = {&detail, false};

    buffer_init(&detail, DETAIL_BYTES_MAX);
    json_write_object(&w, NULL);
    answer_write_record(answer, &w);
    json_write_object_end(&w);
    return buffer_take(&detail, NULL);
}

int answers_keep(struct app *app,
                 const struct asked *asked,
                 const struct answer *answer,
                 enum answer_status status,
                 uint64_t *ret_ticket,
                 struct tw_error *err)
{
    CLEANUP(answer_row_freep) struct answer_row *row = xcalloc(1, sizeof(*row));

    *row = (struct answer_row){
        .id = asked->id,
        .at_ms = asked->at_ms,
        .kind = asked->kind,
        .status = (uint8_t)status,
        .origin = asked->origin,
        .class_index = asked->class_index,
        .relevance = answer->relevance,
        .hallucination = answer->hallucination,
        .groundedness = answer->groundedness,
        .answer_relevance = answer->answer_relevance,
        .duration_ms = asked->duration_ms,
        .simulation_id = asked->simulation_id,
        .query = xstrdup(asked->query),
        .detail = detail_of(answer),
    };
    (void)snprintf(row->trace_id, sizeof(row->trace_id), "%s", asked->trace_id);
    (void)snprintf(row->model, sizeof(row->model), "%s", answer->model);
    if (!row->detail)
        return tw_fail(err, TW_INVALID, "the answer is too large to be stored");
    return store_put_answer(app->store, TAKE(row), ret_ticket, err);
}
