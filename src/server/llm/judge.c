#include "server/llm/judge.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/hash.h"
#include "server/llm/spend.h"
#include "server/llm/tokens.h"

#include <pthread.h>
#include <string.h>

#define PROMPT_MAX      ((size_t)512 << 10)
#define REPLY_TOKENS    64 /* of a reply, and for each sentence in it */
#define SENTENCE_TOKENS 96
#define ESTIMATE_MARGIN 2.0 /* tokens.h may be that far off */

struct judge {
    struct openai *openai;
    struct generation_prices prices;
    double share;
    pthread_mutex_t lock;
    struct spend spend; /* guarded by lock */
};

int judge_new(const struct judge_options *options, struct judge **ret_judge, struct tw_error *err)
{
    CLEANUP(judge_freep) struct judge *judge = xcalloc(1, sizeof(*judge));

    (void)pthread_mutex_init(&judge->lock, NULL);
    judge->prices = options->prices;
    judge->share = options->share;
    spend_init(&judge->spend, options->budget_usd_per_day);
    if (openai_new(&options->endpoint, &judge->openai, err) < 0)
        return -1;
    *ret_judge = TAKE(judge);
    return 0;
}

void judge_free(struct judge *judge)
{
    if (!judge)
        return;
    openai_free(judge->openai);
    (void)pthread_mutex_destroy(&judge->lock);
    free(judge);
}

void judge_stop(struct judge *judge)
{
    openai_stop(judge->openai);
}

bool judge_wants(const struct judge *judge, const char *request_id)
{
    uint8_t digest[HASH_SHA256_SIZE];
    uint64_t bits = 0;

    hash_sha256(request_id, strlen(request_id), digest);
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | digest[i];
    return (double)(bits >> 11) * 0x1.0p-53 < judge->share;
}

double judge_spent_today_usd(struct judge *judge)
{
    double usd;

    (void)pthread_mutex_lock(&judge->lock);
    usd = spend_today(&judge->spend, clock_now_ms());
    (void)pthread_mutex_unlock(&judge->lock);
    return usd;
}

static int64_t reply_tokens_max(const struct judge_case *judged)
{
    return REPLY_TOKENS + SENTENCE_TOKENS * (int64_t)judged->n_sentences;
}

/* The most that a call with that prompt will cost. */
static double most_usd(const struct judge *judge, const struct openai_prompt *prompt)
{
    size_t tokens = tokens_estimate(prompt->system, strlen(prompt->system)) +
                    tokens_estimate(prompt->user, strlen(prompt->user)) +
                    tokens_estimate(prompt->schema, strlen(prompt->schema));

    return generation_cost_usd(&judge->prices, (int64_t)(ESTIMATE_MARGIN * (double)tokens),
                               prompt->max_tokens);
}

/* The call within the budget. */
static int ask(struct judge *judge,
               const struct openai_prompt *prompt,
               struct generation *ret,
               struct judge_usage *ret_usage,
               struct tw_error *err)
{
    double reserved_usd = most_usd(judge, prompt);
    bool is_in_budget;
    int r;

    (void)pthread_mutex_lock(&judge->lock);
    is_in_budget = spend_reserve(&judge->spend, clock_now_ms(), reserved_usd);
    (void)pthread_mutex_unlock(&judge->lock);
    if (!is_in_budget)
        return tw_fail(err, TW_BUSY, "the judge's budget of the day does not hold another call");
    r = openai_complete(judge->openai, prompt, ret, err);
    if (r == 0)
        *ret_usage = (struct judge_usage){
            ret->input_tokens, ret->output_tokens, ret->is_estimated,
            generation_cost_usd(&judge->prices, ret->input_tokens, ret->output_tokens)};
    (void)pthread_mutex_lock(&judge->lock);
    spend_settle(&judge->spend, clock_now_ms(), reserved_usd, ret_usage->cost_usd);
    (void)pthread_mutex_unlock(&judge->lock);
    return r;
}

int judge_score(struct judge *judge,
                const struct judge_case *judged,
                const char *trace_parent,
                int64_t deadline_mono_ms,
                struct judgement *ret,
                struct judge_usage *ret_usage,
                struct tw_error *err)
{
    struct openai_prompt prompt = {
        .system = judge_rules(),
        .schema_name = "grades",
        .schema = judge_schema(),
        .max_tokens = reply_tokens_max(judged),
        .temperature = 0,
        .trace_parent = trace_parent,
        .deadline_mono_ms = deadline_mono_ms,
    };
    struct generation reply = {0};
    struct buffer user;
    int r = -1;

    *ret_usage = (struct judge_usage){0};
    if (judged->n_sentences == 0 || judged->n_sentences > JUDGE_SENTENCES_MAX)
        return tw_fail(err, TW_INVALID, "an answer of %zu sentences cannot be judged",
                       judged->n_sentences);
    buffer_init(&user, PROMPT_MAX);
    judge_write_case(&user, judged);
    prompt.user = buffer_text(&user);
    if (user.failed)
        (void)tw_fail(err, TW_INVALID, "the answer is too long to be judged");
    else if (ask(judge, &prompt, &reply, ret_usage, err) == 0)
        r = judge_read_answer(judged, reply.text, reply.len, ret, err);
    generation_finish(&reply);
    buffer_finish(&user);
    return r;
}
