#ifndef TW_JUDGE_H
#define TW_JUDGE_H

/* The evaluator "judge": a language model that grades a share of the answers against their passages, one
 * call each, at temperature 0. Any thread; a judgement waits for the network. Its spending is capped per
 * day. */

#include "common/error.h"
#include "server/llm/judge_answer.h"
#include "server/llm/openai.h"

#define JUDGE_EVALUATOR "judge" /* its name in labels */

struct judge;

/* Copied. */
struct judge_options {
    struct openai_options
        endpoint; /* model: the judge's; temperature and max_tokens are not used */
    struct generation_prices prices;
    double share; /* of the requests, 0..1 */
    double budget_usd_per_day;
};

int judge_new(const struct judge_options *options,
              struct judge **ret_judge,
              struct tw_error *err) MUST_CHECK;
void judge_free(struct judge *judge); /* no judgement is under way; NULL is fine */
DEFINE_CLEANUP(struct judge *, judge_free);
void judge_stop(struct judge *judge); /* as openai_stop */

/* Whether the request is of the share: by a hash of its id, so that replicas and repetitions agree. */
bool judge_wants(const struct judge *judge, const char *request_id);

/* What a judgement cost, also of one that failed. */
struct judge_usage {
    int64_t input_tokens, output_tokens;
    bool is_estimated;
    double cost_usd;
};

/* usage is set in any case, to zeros when there was no reply. TW_BUSY: a timeout, or the day's budget
 * does not hold it. Else as judge_read_answer and openai_complete. */
int judge_score(struct judge *judge,
                const struct judge_case *judged,
                const char *trace_parent,
                int64_t deadline_mono_ms,
                struct judgement *ret,
                struct judge_usage *ret_usage,
                struct tw_error *err) MUST_CHECK;

double judge_spent_today_usd(struct judge *judge);

#endif
