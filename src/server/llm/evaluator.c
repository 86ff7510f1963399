#include "server/llm/evaluator.h"

#include "common/alloc.h"
#include "server/llm/abstention.h"
#include "server/llm/checks.h"
#include "server/llm/coverage.h"
#include "server/llm/terms.h"
#include "server/llm/word_list.h"

#include <math.h>
#include <string.h>

/* ---- What claims something ----------------------------------------------------------------------- */

/* Words of greetings, thanks and offers of help, which say nothing about the question. */
static const char *const courtesies[] = {
    "afternoon", "anything",  "ask",       "assist",   "assistance",
    "back",      "certainly", "cheers",    "congrats", "congratulations",
    "course",    "day",       "dear",      "feel",     "free",
    "glad",      "good",      "great",     "happy",    "hello",
    "help",      "helps",     "hey",       "hi",       "hope",
    "know",      "let",       "luck",      "morning",  "need",
    "panic",     "question",  "questions", "sorry",    "sure",
    "thank",     "thanks",    "welcome",   "worries",  "worry"};

static bool is_claim(const struct material *material,
                     const struct material_sentence *s,
                     const char *answer)
{
    if (answer[s->end - 1] == '?')
        return false;
    for (size_t i = 0; i < s->n_tokens; i++) {
        const struct material_token *token = &material->tokens[s->first + i];

        if (material_is_content(material, token) && !IS_AMONG(token->word->form, courtesies))
            return true;
    }
    return false;
}

/* ---- Support ------------------------------------------------------------------------------------- */

/* What the evaluation of one answer works with. */
struct work {
    const struct material *material;
    struct likenesses likenesses;
    struct coverage coverage;
    struct checks checks;
    const struct terms *terms; /* of the question */
    double
        best_coverage; /* of the question, by a sentence of the answer and its window; below 0: none yet */
    double answer_relevance;
};

static void work_init(struct work *work, const struct material *material, const struct terms *terms)
{
    *work = (struct work){.material = material, .terms = terms, .best_coverage = -1};
    likenesses_init(&work->likenesses, material);
    coverage_init(&work->coverage, material, &work->likenesses);
    checks_init(&work->checks, material, &work->likenesses);
}

static void work_finish(struct work *work)
{
    checks_finish(&work->checks);
    coverage_finish(&work->coverage);
    likenesses_finish(&work->likenesses);
}

static size_t take_hashes(const struct material *material,
                          size_t first,
                          size_t end,
                          uint64_t *hashes)
{
    for (size_t i = first; i < end; i++)
        hashes[i - first] = material->stems.hashes[material->tokens[i].stem];
    return end - first;
}

/* Coverage of the question by all of the answer and this window. */
static double cover_question(const struct work *work, const struct coverage_window *window)
{
    const struct material *material = work->material;
    const struct material_sentence *sentences = material->sentences;
    size_t n = 0, first = 0, end = 0;
    struct stem_set set;
    uint64_t *hashes;
    double result;

    if (window->n > 0) {
        first = sentences[window->first].first;
        end = sentences[window->first + window->n - 1].first +
              sentences[window->first + window->n - 1].n_tokens;
    }
    hashes =
        xcalloc(material->n_tokens - material->n_evidence_tokens + end - first, sizeof(*hashes));
    n = take_hashes(material, material->n_evidence_tokens, material->n_tokens, hashes);
    n += take_hashes(material, first, end, hashes + n);
    stem_set_take(&set, hashes, n);
    result = terms_coverage(work->terms, &set);
    stem_set_finish(&set);
    return result;
}

#define DOUBTED 0.05 /* over tau that what is doubted keeps, at most */

/* A sentence of few words proves little either way ("Move fast."): it counts as if it also had so much content, in
 * idf1, of which this share is held. */
#define PRIOR_WEIGHT 0.6
#define PRIOR_SHARE  0.65

static double share_of(const struct work *work, const struct coverage_window *window)
{
    double prior = PRIOR_WEIGHT * lexicon_idf1(work->material->lexicon);

    if (window->n == 0)
        return window->share;
    return (window->share * window->weight + PRIOR_SHARE * prior) / (window->weight + prior);
}

/* What the support of a sentence with hits is divided by. A number or name that is nowhere is the surest sign. */
static double penalty_of(unsigned flags)
{
    double penalty = 1;

    for (unsigned c = 0; c < CHECKS; c++)
        if (flags & (1U << c))
            penalty += (1U << c) & (CHECK_NUMBER_ABSENT | CHECK_NAME_ABSENT) ? 2 : 1;
    return penalty;
}

static double support_of(struct work *work,
                         const struct coverage_window *window,
                         size_t index,
                         unsigned *ret_flags)
{
    double share = share_of(work, window), doubt;

    if (window->is_verbatim)
        return window->share;
    *ret_flags = checks_find(&work->checks, index, window, &doubt);
    if (*ret_flags)
        return fmin(share, EVALUATOR_TAU) / penalty_of(*ret_flags);
    /* A doubt alone flags nothing, and weighs less where the words are few that are the same. */
    return fmin(share, fmax(EVALUATOR_TAU + DOUBTED * (1 - doubt), sqrt(share) * (1 - doubt)));
}

static void score_sentence(struct work *work,
                           const struct coverage_window *window,
                           size_t index,
                           struct sentence_score *score)
{
    const struct material *material = work->material;
    const struct material_sentence *first = &material->sentences[window->first];
    double question;

    *score = (struct sentence_score){.start = material->sentences[index].start,
                                     .end = material->sentences[index].end,
                                     .passage = EVALUATION_NOTHING};
    if (window->n > 0) {
        score->passage = first->passage;
        score->evidence_start = first->start;
        score->evidence_end = first[window->n - 1].end;
    }
    score->support = support_of(work, window, index, &score->flags);
    question = cover_question(work, window);
    if (question > work->best_coverage) {
        work->best_coverage = question;
        work->answer_relevance = question * score->support;
    }
}

static void score_sentences(struct work *work, const char *answer, struct evaluation *evaluation)
{
    const struct material *material = work->material;

    evaluation->sentences =
        xcalloc(material->n_sentences - material->n_evidence, sizeof(*evaluation->sentences));
    for (size_t s = material->n_evidence; s < material->n_sentences; s++) {
        struct coverage_window window;

        if (!is_claim(material, &material->sentences[s], answer))
            continue;
        window = coverage_find(&work->coverage, s);
        score_sentence(work, &window, s, &evaluation->sentences[evaluation->n_sentences++]);
    }
    if (evaluation->n_sentences > 0 && work->terms->n > 0)
        evaluation->answer_relevance = work->answer_relevance;
}

static void sum_up(struct evaluation *evaluation)
{
    size_t n = evaluation->n_sentences, n_under = 0;
    double sum = 0;

    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        const struct sentence_score *score = &evaluation->sentences[i];

        sum += score->support;
        n_under += score->support < EVALUATOR_TAU;
        if (score->support < evaluation->sentences[evaluation->weakest_sentence].support)
            evaluation->weakest_sentence = i;
        for (unsigned c = 0; c < CHECKS; c++)
            evaluation->n_checks[c] += (score->flags >> c) & 1;
    }
    evaluation->groundedness = sum / (double)n;
    evaluation->weakest = evaluation->sentences[evaluation->weakest_sentence].support;
    evaluation->hallucination = (double)n_under / (double)n;
}

/* Coverage of the question by the best passage; NAN when it asks about nothing. */
static double relevance_of(const struct material *material, const struct terms *terms)
{
    double best = 0;

    if (terms->n == 0)
        return (double)NAN;
    for (size_t s = 0; s < material->n_evidence;) {
        size_t first = material->sentences[s].first;
        int passage = material->sentences[s].passage;
        size_t end = first;
        struct stem_set set;
        uint64_t *hashes;

        for (; s < material->n_evidence && material->sentences[s].passage == passage; s++)
            end = material->sentences[s].first + material->sentences[s].n_tokens;
        if (passage == MATERIAL_QUESTION)
            continue;
        hashes = xcalloc(end - first, sizeof(*hashes));
        stem_set_take(&set, hashes, take_hashes(material, first, end, hashes));
        best = fmax(best, terms_coverage(terms, &set));
        stem_set_finish(&set);
    }
    return best;
}

void evaluator_score(const struct lexicon *lexicon,
                     const struct evaluation_input *input,
                     struct evaluation *ret_evaluation)
{
    struct material material;
    struct terms terms;
    struct work work;

    *ret_evaluation = (struct evaluation){
        .groundedness = NAN,
        .weakest = NAN,
        .hallucination = NAN,
        .answer_relevance = NAN,
    };
    material_init(&material, lexicon, input->question, input->passages, input->n_passages);
    material_add_answer(&material, input->answer);
    ret_evaluation->is_cut = material.is_cut;
    ret_evaluation->is_abstained = abstention_is(&material, input->answer);
    terms_init(&terms, lexicon, input->question, strlen(input->question));
    ret_evaluation->relevance = relevance_of(&material, &terms);
    if (!ret_evaluation->is_abstained) {
        work_init(&work, &material, &terms);
        score_sentences(&work, input->answer, ret_evaluation);
        work_finish(&work);
        sum_up(ret_evaluation);
    }
    terms_finish(&terms);
    material_finish(&material);
}

void evaluation_finish(struct evaluation *evaluation)
{
    free(evaluation->sentences);
    *evaluation = (struct evaluation){0};
}

/* ---- Relevance ----------------------------------------------------------------------------------- */

double evaluator_relevance(const struct lexicon *lexicon,
                           const char *question,
                           const struct passage *passages,
                           size_t n_passages)
{
    double best = 0;
    struct terms terms;

    terms_init(&terms, lexicon, question, strlen(question));
    for (size_t i = 0; i < n_passages && terms.n > 0; i++) {
        const char *const parts[] = {passages[i].title, passages[i].heading, passages[i].text};
        struct stem_set set;

        stem_set_init(&set, parts, COUNT_OF(parts));
        best = fmax(best, terms_coverage(&terms, &set));
        stem_set_finish(&set);
    }
    if (terms.n == 0)
        best = NAN;
    terms_finish(&terms);
    return best;
}
