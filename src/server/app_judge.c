#include "server/app_parts.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/api/answers.h"
#include "server/llm/evaluator.h"
#include "server/llm/judge.h"
#include "server/metrics/metrics.h"

#include <math.h>
#include <string.h>

/* The judge works behind the answers: on a thread of its own, from a short queue. What does not fit is not
 * judged, since a sample is all that is wanted. */

#define QUEUE_LENGTH     32
#define JUDGED_ANSWERS   100 /* that agreement is computed over */
#define JUDGE_TIMEOUT_MS 60000

struct judged {
    struct asked asked;
    char *question;
    char trace_id[33];
    struct answer answer;
};

struct judging {
    struct judge *judge;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t changed;
    struct judged *queue[QUEUE_LENGTH];
    size_t first, n;
    bool is_stopping;
    /* Of the last judged answers: sentences, and those that both call alike. The thread's own. */
    unsigned n_sentences[JUDGED_ANSWERS], n_alike[JUDGED_ANSWERS];
    size_t next;
};

static void judged_free(struct judged *judged)
{
    if (!judged)
        return;
    answer_finish(&judged->answer);
    free(judged->question);
    free(judged);
}

/* ---- One judgement ------------------------------------------------------------------------------- */

static void note_agreement(struct app *app,
                           const struct answer *answer,
                           const struct judgement *judgement)
{
    struct judging *j = app->judging;
    unsigned n = 0, alike = 0;

    j->n_sentences[j->next] = j->n_alike[j->next] = 0;
    for (size_t i = 0; i < judgement->n_sentences && i < answer->n_sentences; i++) {
        bool is_supported = answer->sentences[i].support >= EVALUATOR_TAU;

        if (judgement->sentences[i].is_void)
            continue;
        j->n_sentences[j->next]++;
        j->n_alike[j->next] += is_supported == (judgement->sentences[i].support >= 0.5);
    }
    j->next = (j->next + 1) % JUDGED_ANSWERS;
    for (size_t i = 0; i < JUDGED_ANSWERS; i++) {
        n += j->n_sentences[i];
        alike += j->n_alike[i];
    }
    metrics_set(app->metrics, METRIC_LLM_EVALUATOR_AGREEMENT, NO_LABELS,
                n > 0 ? (double)alike / n : METRIC_ABSENT);
}

static void count_usage(struct app *app, const struct judge_usage *usage)
{
    unsigned model = app_model_label(app, app->config->llm_judge_model);

    metrics_add(app->metrics, METRIC_LLM_TOKENS_TOTAL,
                LABELS(model, TOKENS_INPUT, usage->is_estimated), (uint64_t)usage->input_tokens);
    metrics_add(app->metrics, METRIC_LLM_TOKENS_TOTAL,
                LABELS(model, TOKENS_OUTPUT, usage->is_estimated), (uint64_t)usage->output_tokens);
    metrics_add_number(app->metrics, METRIC_LLM_COST_USD_TOTAL, LABELS(model), usage->cost_usd);
}

static void observe(struct app *app, enum metric metric, const struct judged *judged, double score)
{
    if (isfinite(score))
        metrics_observe(app->metrics, metric, LABELS(EVALUATOR_JUDGE, judged->asked.kind), score,
                        judged->trace_id);
}

static void judge_one(struct app *app, const struct judged *judged)
{
    const char *sentences[JUDGE_SENTENCES_MAX];
    struct judge_case a_case = {
        .question = judged->question,
        .passages = judged->answer.passages,
        .n_passages = judged->answer.n_passages,
        .sentences = sentences,
    };
    char trace_parent[TRACE_PARENT_SIZE];
    struct judge_usage usage = {0};
    struct judgement judgement;
    enum judge_outcome outcome = JUDGE_SCORED;
    struct tw_error err = {0};

    for (; a_case.n_sentences < judged->answer.n_sentences &&
           a_case.n_sentences < JUDGE_SENTENCES_MAX;
         a_case.n_sentences++)
        sentences[a_case.n_sentences] = judged->answer.sentences[a_case.n_sentences].text;
    answers_trace_parent(&judged->asked, trace_parent);
    if (judge_score(app->judging->judge, &a_case, trace_parent, clock_mono_ms() + JUDGE_TIMEOUT_MS,
                    &judgement, &usage, &err) < 0) {
        outcome = usage.input_tokens > 0 ? JUDGE_UNREADABLE
                  : err.code == TW_BUSY  ? JUDGE_OVER_BUDGET
                                         : JUDGE_FAILED;
        log_warn("an answer was not judged, ignoring: %s", err.message);
    } else {
        observe(app, METRIC_LLM_GROUNDEDNESS_SCORE, judged, judgement.groundedness);
        observe(app, METRIC_LLM_HALLUCINATION_SCORE, judged, judgement.hallucination);
        note_agreement(app, &judged->answer, &judgement);
    }
    count_usage(app, &usage);
    metrics_add(app->metrics, METRIC_LLM_JUDGE_ANSWERS_TOTAL, LABELS(outcome), 1);
}

/* ---- The queue ----------------------------------------------------------------------------------- */

static struct judged *take(struct judging *j)
{
    struct judged *judged = NULL;

    (void)pthread_mutex_lock(&j->lock);
    while (j->n == 0 && !j->is_stopping)
        (void)pthread_cond_wait(&j->changed, &j->lock);
    if (!j->is_stopping) {
        judged = j->queue[j->first];
        j->first = (j->first + 1) % QUEUE_LENGTH;
        j->n--;
    }
    (void)pthread_mutex_unlock(&j->lock);
    return judged;
}

static void *judge_answers(void *ctx)
{
    struct app *app = ctx;
    struct judged *judged;

    (void)pthread_setname_np(pthread_self(), "judge");
    while ((judged = take(app->judging))) {
        judge_one(app, judged);
        judged_free(judged);
    }
    return NULL;
}

void app_judge(struct app *app,
               const struct asked *asked,
               const char *request_id,
               struct answer *answer)
{
    struct judging *j = app->judging;
    struct judged *judged;

    if (!j || answer->n_sentences == 0 || !judge_wants(j->judge, request_id))
        return;
    judged = xcalloc(1, sizeof(*judged));
    judged->asked = *asked;
    judged->question = xstrdup(asked->query);
    memcpy(judged->trace_id, asked->trace_id, sizeof(judged->trace_id));
    judged->asked.trace_id = judged->trace_id;
    judged->answer = *answer;
    answer_init(answer);
    (void)pthread_mutex_lock(&j->lock);
    if (j->n < QUEUE_LENGTH) {
        j->queue[(j->first + j->n++) % QUEUE_LENGTH] = TAKE(judged);
        (void)pthread_cond_signal(&j->changed);
    }
    (void)pthread_mutex_unlock(&j->lock);
    judged_free(judged);
}

/* ---- Start and stop ------------------------------------------------------------------------------ */

int app_start_judge(struct app *app, const struct openai_options *endpoint, struct tw_error *err)
{
    const struct config *c = app->config;
    struct judge_options options = {.endpoint = *endpoint,
                                    .prices = {c->llm_price_input, c->llm_price_output},
                                    .share = c->llm_judge_share,
                                    .budget_usd_per_day = c->llm_judge_budget_usd_per_day};
    struct judging *j = xcalloc(1, sizeof(*j));

    app->judging = j;
    (void)pthread_mutex_init(&j->lock, NULL);
    (void)pthread_cond_init(&j->changed, NULL);
    options.endpoint.model = c->llm_judge_model;
    options.endpoint.fallback_model = NULL;
    if (judge_new(&options, &j->judge, err) < 0)
        return -1;
    if (pthread_create(&j->thread, NULL, judge_answers, app) == 0)
        return 0;
    judge_free(TAKE(j->judge));
    return tw_fail(err, TW_BROKEN, "cannot start the judge's thread");
}

void app_stop_judge(struct app *app)
{
    struct judging *j = app->judging;

    if (!j)
        return;
    if (j->judge) { /* and so its thread */
        judge_stop(j->judge);
        (void)pthread_mutex_lock(&j->lock);
        j->is_stopping = true;
        (void)pthread_cond_signal(&j->changed);
        (void)pthread_mutex_unlock(&j->lock);
        (void)pthread_join(j->thread, NULL);
        judge_free(j->judge);
    }
    for (size_t i = 0; i < j->n; i++)
        judged_free(j->queue[(j->first + i) % QUEUE_LENGTH]);
    (void)pthread_cond_destroy(&j->changed);
    (void)pthread_mutex_destroy(&j->lock);
    free(j);
    app->judging = NULL;
}
