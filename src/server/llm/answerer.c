#include "server/llm/answerer.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "server/llm/checks.h"
#include "server/llm/evaluator.h"
#include "server/llm/extractive.h"
#include "server/llm/fabricate.h"
#include "server/llm/knowledge.h"
#include "server/llm/openai.h"
#include "server/llm/retrieval.h"
#include "server/metrics/metrics_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_CHECKS ((unsigned)CHECK_NUMBER_ABSENT | (unsigned)CHECK_NUMBER_SWAPPED)

void answerer_account_finish(struct answerer_account *account)
{
    free(account->query_vector);
    *account = (struct answerer_account){.degraded = -1};
}

static double ms_since(int64_t begin_ns)
{
    return (double)(clock_mono_ns() - begin_ns) * 1e-6;
}

/* ---- Retrieval ----------------------------------------------------------------------------------- */

static int degraded_label(enum retrieval_degraded degraded)
{
    switch (degraded) {
    case RETRIEVAL_LOADING:
        return DEGRADED_LOADING;
    case RETRIEVAL_INDEX_UNREACHABLE:
        return DEGRADED_UNREACHABLE;
    case RETRIEVAL_CHECKSUM:
        return DEGRADED_CHECKSUM;
    case RETRIEVAL_DISAGREEMENT:
        return DEGRADED_DISAGREEMENT;
    case RETRIEVAL_NOT_DEGRADED:
    case N_RETRIEVAL_DEGRADED:
        break;
    }
    return -1;
}

static int retrieve(const struct answerer *answerer,
                    const struct answerer_request *request,
                    struct retrieval *ret_retrieval,
                    struct answer *answer,
                    struct answerer_account *account,
                    struct tw_error *err)
{
    const struct retrieval_request search = {.question = request->question,
                                             .n_docs = request->n_passages,
                                             .faults = request->faults.retrieval};
    int64_t begin_ns = clock_mono_ns();

    if (retrieval_search(answerer->knowledge, &search, ret_retrieval, err) < 0)
        return -1;
    answer->retrieval_ms = ms_since(begin_ns);
    answer->relevance = ret_retrieval->relevance;
    account->degraded = degraded_label(ret_retrieval->degraded);
    account->query_vector = TAKE(ret_retrieval->query_vector);
    if (ret_retrieval->degraded != RETRIEVAL_NOT_DEGRADED)
        answer_warn(answer, "retrieval went on without meaning (%s): %.120s",
                    retrieval_degraded_name(ret_retrieval->degraded),
                    ret_retrieval->degraded_detail);
    answer_set_passages(answer, ret_retrieval->passages, ret_retrieval->n);
    return 0;
}

/* ---- Generation ---------------------------------------------------------------------------------- */

/* What honestly was no answer becomes one, too. */
static void make_up(const struct answerer_request *request, struct extractive_answer *made)
{
    CLEANUP(freep) char *honest = made->text;

    made->text =
        fabricate(made->is_abstained ? NULL : honest, request->question, request->faults.seed);
    made->is_abstained = false;
}

static int quote(const struct answerer_request *request,
                 const struct retrieval *retrieval,
                 struct answer *answer,
                 struct answerer_account *account,
                 struct tw_error *err)
{
    const struct extractive_request extractive = {
        .question = request->question,
        .lexicon = retrieval->snapshot->lexicon,
        .passages = retrieval->passages,
        .n_passages = retrieval->n,
        .is_ambiguous = retrieval->is_ambiguous,
        .topics = retrieval->topics,
        .n_topics = retrieval->n_topics,
    };
    struct extractive_answer made;
    int64_t begin_ns = clock_mono_ns();

    extractive_generate(&extractive, &made);
    if (request->faults.fabricates)
        make_up(request, &made);
    answer->text = made.text;
    answer->is_abstained = made.is_abstained;
    answer->first_text_ms = ms_since(begin_ns);
    account->path = GENERATION_EXTRACTIVE;
    (void)snprintf(answer->model, sizeof(answer->model), "extractive");
    if (request->on_text && !request->on_text(request->ctx, made.text, strlen(made.text)))
        return tw_fail(err, TW_BROKEN, "the reader has left");
    return 0;
}

/* Whether a piece of the text has reached the reader: from then on there is no other answer. */
struct watched_text {
    const struct answerer_request *request;
    bool has_begun;
};

static bool pass_on(void *ctx, const char *text, size_t len)
{
    struct watched_text *watched = ctx;

    watched->has_begun = true;
    return watched->request->on_text(watched->request->ctx, text, len);
}

static void take_generation(struct generation *made,
                            struct answer *answer,
                            struct answerer_account *account)
{
    answer->text = TAKE(made->text);
    memcpy(answer->model, made->model, sizeof(answer->model));
    answer->input_tokens = made->input_tokens;
    answer->output_tokens = made->output_tokens;
    answer->is_estimated = made->is_estimated;
    answer->first_text_ms = (double)made->first_token_us / 1e3;
    account->path = made->path;
    if (made->path != GENERATION_PRIMARY)
        answer_warn(answer, "a fallback answered (%s): %.150s", made->model, made->fallback_reason);
    if (made->is_cut)
        answer_warn(answer, "the model stopped at its limit of tokens");
}

static int ask_model(const struct answerer *answerer,
                     const struct answerer_request *request,
                     const struct retrieval *retrieval,
                     struct answer *answer,
                     struct answerer_account *account,
                     struct tw_error *err)
{
    struct watched_text watched = {.request = request};
    struct generation_request ask = {
        .question = request->question,
        .passages = retrieval->passages,
        .n_passages = retrieval->n,
        .trace_parent = request->trace_parent,
        .deadline_mono_ms = request->deadline_mono_ms,
        .on_text = request->on_text ? pass_on : NULL,
        .ctx = &watched,
    };
    CLEANUP(generation_finish) struct generation made = {0};
    struct tw_error why = {0};

    if (openai_generate(answerer->openai, &ask, &made, &why) == 0) {
        take_generation(&made, answer, account);
        return 0;
    }
    account->is_timeout = why.code == TW_BUSY;
    if (watched.has_begun)
        return tw_fail(err, why.code, "%s", why.message);
    account->is_replaced = true;
    answer_warn(answer, "the model did not answer, so the knowledge base is quoted: %.120s",
                why.message);
    return quote(request, retrieval, answer, account, err);
}

/* Under the floor there is nothing to answer from, whoever would write. */
static int generate(const struct answerer *answerer,
                    const struct answerer_request *request,
                    const struct retrieval *retrieval,
                    struct answer *answer,
                    struct answerer_account *account,
                    struct tw_error *err)
{
    int64_t begin_ns = clock_mono_ns();
    bool asks_model = answerer->openai && retrieval->n > 0 && !request->faults.fabricates;
    int result = asks_model ? ask_model(answerer, request, retrieval, answer, account, err)
                            : quote(request, retrieval, answer, account, err);

    answer->generation_ms = request->faults.delay_ms + ms_since(begin_ns);
    answer->first_text_ms += request->faults.delay_ms;
    return result;
}

/* ---- Evaluation ---------------------------------------------------------------------------------- */

static char *dup_bytes(const char *text, size_t len)
{
    char *copy = xcalloc(len + 1, 1);

    memcpy(copy, text, len);
    return copy;
}

static void take_sentence(const struct sentence_score *score,
                          const char *text,
                          struct answer_sentence *ret_sentence)
{
    *ret_sentence = (struct answer_sentence){
        .text = dup_bytes(text + score->start, score->end - score->start),
        .support = score->support,
        .passage = score->passage, /* under 0: the question, or nothing */
        .evidence_start = score->evidence_start,
        .evidence_end = score->evidence_end,
        .flags = score->flags,
    };
}

/* The scores of answer->text by answer->passages. */
static void evaluate(const struct lexicon *lexicon, const char *question, struct answer *answer)
{
    const struct evaluation_input input = {
        .question = question,
        .passages = answer->passages,
        .n_passages = answer->n_passages,
        .answer = answer->text,
    };
    CLEANUP(evaluation_finish) struct evaluation scores = {0};
    int64_t begin_ns = clock_mono_ns();

    evaluator_score(lexicon, &input, &scores);
    answer->evaluation_ms = ms_since(begin_ns);
    answer->is_abstained = answer->is_abstained || scores.is_abstained;
    if (answer->is_abstained)
        return;
    answer->groundedness = scores.groundedness;
    answer->hallucination = scores.hallucination;
    answer->weakest = scores.weakest;
    answer->answer_relevance = scores.answer_relevance;
    answer->sentences = xcalloc(scores.n_sentences + 1, sizeof(*answer->sentences));
    answer->n_sentences = scores.n_sentences;
    for (size_t i = 0; i < scores.n_sentences; i++) {
        take_sentence(&scores.sentences[i], answer->text, &answer->sentences[i]);
        answer->n_unsupported_sentences += scores.sentences[i].support < EVALUATOR_TAU;
        answer->n_unsupported_numbers += (scores.sentences[i].flags & NUMBER_CHECKS) != 0;
    }
}

static void warn_of_faults(const struct answerer_faults *faults, struct answer *answer)
{
    const struct retrieval_faults *retrieval = &faults->retrieval;

    if (faults->fabricates)
        answer_warn(answer, "a simulated fault made this answer up");
    if (faults->delay_ms > 0)
        answer_warn(answer, "a simulated fault delayed this answer");
    if (retrieval->is_empty || retrieval->is_shuffled || retrieval->is_dense_down ||
        retrieval->is_corrupted)
        answer_warn(answer, "a simulated fault acts on retrieval");
}

/* ---- Together ------------------------------------------------------------------------------------ */

int answerer_answer(const struct answerer *answerer,
                    const struct answerer_request *request,
                    struct answer *ret_answer,
                    struct answerer_account *ret_account,
                    struct tw_error *err)
{
    CLEANUP(retrieval_finish) struct retrieval retrieval = {0};

    answer_init(ret_answer);
    *ret_account = (struct answerer_account){.path = GENERATION_EXTRACTIVE, .degraded = -1};
    warn_of_faults(&request->faults, ret_answer);
    if (retrieve(answerer, request, &retrieval, ret_answer, ret_account, err) < 0 ||
        generate(answerer, request, &retrieval, ret_answer, ret_account, err) < 0)
        return -1;
    evaluate(retrieval.snapshot->lexicon, request->question, ret_answer);
    return 0;
}

void answerer_evaluate(const struct answerer *answerer,
                       const char *question,
                       const struct passage *passages,
                       size_t n_passages,
                       const char *text,
                       struct answer *ret_answer)
{
    struct knowledge_snapshot *snapshot = knowledge_obtain_snapshot(answerer->knowledge);
    const struct lexicon *lexicon = snapshot->lexicon;

    answer_init(ret_answer);
    answer_set_passages(ret_answer, passages, n_passages);
    ret_answer->text = xstrdup(text);
    (void)snprintf(ret_answer->model, sizeof(ret_answer->model), "external");
    ret_answer->relevance = evaluator_relevance(lexicon, question, passages, n_passages);
    evaluate(lexicon, question, ret_answer);
    knowledge_snapshot_unref(snapshot);
}
