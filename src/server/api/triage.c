#include "server/api/answers.h"
#include "server/api/api.h"
#include "server/api/scoring.h"

#include "common/clock.h"
#include "common/json_write.h"
#include "common/log.h"
#include "server/app.h"
#include "server/llm/answerer.h"
#include "server/metrics/metrics.h"
#include "server/triage/explain.h"
#include "server/triage/llm_remote.h"
#include "server/triage/recommend.h"
#include "server/triage/ticket_text.h"

#include <math.h>
#include <string.h>

#define TRIAGE_DOCS 3
#define NOT_GIVEN   (-1.0)

struct triage_body {
    const char *ticket_text;
    double x[N_FEATURES];
};

#define X(feature) offsetof(struct triage_body, x[feature])

static const struct field triage_fields[] = {
    {"ticket_text", FIELD_STRING, true, 10, 4000, offsetof(struct triage_body, ticket_text), NULL,
     "What the reporter wrote"},
    {"ticket_length", FIELD_INT, false, 0, 1000, X(FEATURE_TICKET_LENGTH), NULL,
     "Words of the ticket; counted in the text when left out"},
    {"urgency_keywords", FIELD_INT, false, 0, 20, X(FEATURE_URGENCY_KEYWORDS), NULL,
     "How many words of urgency it has; counted in the text when left out"},
    {"business_impact", FIELD_NUMBER, true, 0, 10, X(FEATURE_BUSINESS_IMPACT), NULL,
     "0 nobody is affected, 10 the business stands still"},
    {"customer_tier", FIELD_INT, true, 1, 5, X(FEATURE_CUSTOMER_TIER), NULL, "1 basic, 5 premium"},
};
const struct schema triage_schema = SCHEMA_OF(triage_fields);

struct triage {
    struct triage_body body;
    struct scored scored;
    struct asked asked;
    struct answer answer;
    bool is_degraded; /* without the LLM side */
    double ml_ms, llm_ms;
};

static void finish_triage(struct triage *triage)
{
    answer_finish(&triage->answer);
}

static void derive_features(struct triage_body *body)
{
    double *x = body->x;

    if (x[FEATURE_TICKET_LENGTH] == NOT_GIVEN)
        x[FEATURE_TICKET_LENGTH] = (double)ticket_text_words(
            body->ticket_text, (size_t)features[FEATURE_TICKET_LENGTH].max);
    if (x[FEATURE_URGENCY_KEYWORDS] == NOT_GIVEN)
        x[FEATURE_URGENCY_KEYWORDS] = (double)ticket_text_urgency(
            body->ticket_text, (size_t)features[FEATURE_URGENCY_KEYWORDS].max);
}

/* ---- The LLM side, here or elsewhere ------------------------------------------------------------- */

static int ask_here(struct app *app,
                    const struct request *http,
                    struct triage *triage,
                    struct tw_error *err)
{
    char trace_parent[TRACE_PARENT_SIZE];
    struct answerer_account account = {0};
    struct answerer_request request = {
        .question = triage->body.ticket_text,
        .n_passages = TRIAGE_DOCS,
        .trace_parent = trace_parent,
        .deadline_mono_ms = clock_mono_ms() + app->config->http_job_deadline_ms,
    };
    int64_t begin_ns = clock_mono_ns();
    int result;

    answers_trace_parent(&triage->asked, trace_parent);
    app_faults_on(app, triage->asked.simulation_id, triage->asked.id, http->parked_ms,
                  &request.faults);
    result = answerer_answer(&app->answerer, &request, &triage->answer, &account, err);
    triage->asked.duration_ms = (double)(clock_mono_ns() - begin_ns) * 1e-6; /* so far */
    if (result == 0) {
        triage->asked.duration_ms = (double)(clock_mono_ns() - http->received_ns) * 1e-6;
        metrics_add(app->metrics, METRIC_LLM_REQUESTS_TOTAL,
                    LABELS(triage->answer.is_abstained ? LLM_ABSTAINED : LLM_SUCCESS), 1);
        answers_count_scores(app, &triage->asked, &triage->answer);
        answers_count_work(app, &triage->asked, &triage->answer, &account);
    } else {
        api_chat_failed(app, err->code == TW_BUSY ? 504 : 502);
    }
    answerer_account_finish(&account);
    return result;
}

static int ask_elsewhere(struct app *app,
                         const struct request *request,
                         struct triage *triage,
                         struct tw_error *err)
{
    char trace_parent[TRACE_PARENT_SIZE];
    struct answer answer;
    const struct llm_remote_request remote = {
        .url = app->config->llm_url,
        .token = *app->config->llm_token ? app->config->llm_token : NULL,
        .simulation = request_header(request, "X-Tidewatch-Simulation"),
        .question = triage->body.ticket_text,
        .n_passages = TRIAGE_DOCS,
        .trace_parent = trace_parent,
        .timeout_ms = app->config->http_job_deadline_ms,
    };

    answers_trace_parent(&triage->asked, trace_parent);
    if (llm_remote_ask(&remote, &answer, err) < 0)
        return -1;
    triage->answer = answer;
    return 0;
}

/* A ticket must have its severity, whatever the LLM side does. */
static void ask_llm(struct app *app, const struct request *request, struct triage *triage)
{
    int64_t begin_ns = clock_mono_ns();
    struct tw_error err = {TW_BROKEN, "no LLM side runs in this process and llm.url names none"};
    int result = -1;

    if (*app->config->llm_url)
        result = ask_elsewhere(app, request, triage, &err);
    else if (app->answerer.knowledge)
        result = ask_here(app, request, triage, &err);
    triage->llm_ms = (double)(clock_mono_ns() - begin_ns) * 1e-6;
    if (result == 0)
        return;
    triage->is_degraded = true;
    answer_warn(&triage->answer, "answered without the knowledge base: %.150s", err.message);
    log_warn("triage without the LLM side: %s (request %s)", err.message, request->request_id);
}

/* ---- The reply ----------------------------------------------------------------------------------- */

static void write_explanation(const struct app *app,
                              const struct triage *triage,
                              struct json_writer *w)
{
    struct buffer text;

    buffer_init(&text, 512U << 10);
    triage_explain(app->model, triage->body.x, &triage->scored.prediction, &text);
    if (triage->answer.text)
        (void)buffer_printf(&text, " %s", triage->answer.text);
    json_write_string(w, "explanation", buffer_text(&text));
    buffer_finish(&text);
}

static void write_actions(const struct app *app, const struct triage *triage, struct json_writer *w)
{
    struct recommendation actions[RECOMMEND_MAX];
    size_t n = recommend(triage->scored.prediction.class_index, app->model->n_classes,
                         triage->answer.passages,
                         triage->answer.is_abstained ? 0 : triage->answer.n_passages, actions);

    json_write_array(w, "recommended_actions");
    for (size_t i = 0; i < n; i++)
        json_write_string(w, NULL, actions[i].text);
    json_write_array_end(w);
    json_write_array(w, "recommended_action_sources");
    for (size_t i = 0; i < n; i++)
        json_write_string(w, NULL, actions[i].chunk_id);
    json_write_array_end(w);
}

static void write_triage(const struct app *app,
                         const struct triage *triage,
                         const struct request *request,
                         struct json_writer *w)
{
    const struct answer *answer = &triage->answer;

    json_write_object(w, NULL);
    json_write_string(w, "severity", app->model->classes[triage->scored.prediction.class_index]);
    json_write_int(w, "severity_code", triage->scored.prediction.class_index);
    json_write_fixed(w, "confidence", triage->scored.prediction.confidence, 6);
    write_explanation(app, triage, w);
    write_actions(app, triage, w);
    json_write_array(w, "context_sources");
    for (size_t i = 0; i < answer->n_passages; i++)
        json_write_string(w, NULL, answer->passages[i].chunk_id);
    json_write_array_end(w);
    json_write_bool(w, "abstained", answer->is_abstained);
    json_write_object(w, "llm_quality_scores");
    json_write_fixed(w, "relevance", answer->relevance, 4);
    json_write_fixed(w, "hallucination", answer->hallucination, 4);
    json_write_fixed(w, "groundedness", answer->groundedness, 4);
    json_write_fixed(w, "answer_relevance", answer->answer_relevance, 4);
    json_write_object_end(w);
    json_write_object(w, "features");
    for (int f = 0; f < N_FEATURES; f++)
        json_write_number(w, features[f].name, triage->body.x[f]);
    json_write_object_end(w);
    json_write_array(w, "warnings");
    for (size_t i = 0; i < answer->n_warnings; i++)
        json_write_string(w, NULL, answer->warnings[i]);
    json_write_array_end(w);
    json_write_fixed(w, "processing_time_ms", triage->asked.duration_ms, 3);
    json_write_fixed(w, "ml_processing_ms", triage->ml_ms, 3);
    json_write_fixed(w, "llm_processing_ms", triage->llm_ms, 3);
    json_write_string(w, "model_version", app->model->version);
    json_write_string(w, "prediction_id", triage->scored.id);
    json_write_int(w, "id", triage->asked.id);
    json_write_string(w, "request_id", request->request_id);
    json_write_string(w, "trace_id", request->trace_id);
    json_write_object_end(w);
}

/* ---- The way of a ticket ------------------------------------------------------------------------- */

static int predict(struct app *app,
                   const struct request *request,
                   struct triage *triage,
                   struct tw_error *err)
{
    uint64_t ticket;
    double seconds;

    scoring_note_caller(app, request, &triage->scored.row);
    scoring_predict(app, triage->body.x, &triage->scored);
    seconds = (double)(clock_mono_ns() - request->received_ns) * 1e-9;
    triage->ml_ms = seconds * 1e3;
    triage->scored.row.duration_ms = (float)triage->ml_ms;
    triage->asked.class_index = triage->scored.prediction.class_index;
    return scoring_keep(app, &triage->scored, &ticket, err);
}

static void count_triage(struct app *app, const struct triage *triage)
{
    enum triage_status status = triage->is_degraded ? TRIAGE_DEGRADED : TRIAGE_SUCCESS;

    metrics_add(app->metrics, METRIC_TRIAGE_REQUESTS_TOTAL,
                LABELS((unsigned)triage->asked.class_index, status), 1);
    metrics_observe(app->metrics, METRIC_TRIAGE_LATENCY_SECONDS, NO_LABELS,
                    triage->asked.duration_ms / 1e3, triage->asked.trace_id);
    (void)pthread_mutex_lock(&app->quality_lock);
    correlation_put(&app->correlation, triage->scored.prediction.confidence,
                    triage->answer.groundedness);
    (void)pthread_mutex_unlock(&app->quality_lock);
}

static enum answer_status status_of(const struct triage *triage)
{
    if (triage->is_degraded)
        return ANSWER_DEGRADED;
    return triage->answer.is_abstained ? ANSWER_ABSTAINED : ANSWER_SUCCESS;
}

int api_triage(struct app *app,
               const struct request *request,
               struct reply *reply,
               struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    CLEANUP(finish_triage)
    struct triage triage = {.body.x = {NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN}};
    uint64_t ticket = 0;

    answer_init(&triage.answer);
    if (!fields_decode(&triage_schema, request->json, "", &triage.body, &reply->fields))
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    derive_features(&triage.body);
    answers_note_caller(app, request, &triage.asked);
    triage.asked.kind = ANSWER_TRIAGE;
    triage.asked.query = triage.body.ticket_text;
    if (predict(app, request, &triage, err) < 0)
        return -1;
    ask_llm(app, request, &triage);
    triage.asked.duration_ms = (double)(clock_mono_ns() - request->received_ns) * 1e-6;
    if (answers_keep(app, &triage.asked, &triage.answer, status_of(&triage), &ticket, err) < 0)
        return -1;
    count_triage(app, &triage);
    write_triage(app, &triage, request, &w);
    app_judge(app, &triage.asked, request->request_id, &triage.answer);
    scoring_answer_when_durable(app, reply, ticket);
    return 0;
}

void api_triage_failed(struct app *app, int status)
{
    metrics_add(
        app->metrics, METRIC_TRIAGE_REQUESTS_TOTAL,
        LABELS((unsigned)app->model->n_classes, status >= 500 ? TRIAGE_ERROR : TRIAGE_INVALID), 1);
}
