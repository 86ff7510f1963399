#include "server/llm/evaluator.h"

#include "common/alloc.h"
#include "server/llm/abstention.h"
#include "server/llm/checks.h"
#include "server/llm/coverage.h"
#include "server/llm/terms.h"

#include <math.h>
#ifdef TRACE
#include <stdio.h>
#endif
#include <string.h>

static bool has_content(const struct material *material, const struct material_sentence *s)
{
    for (size_t i = 0; i < s->n_tokens; i++)
        if (material_is_content(material, &material->tokens[s->first + i]))
            return true;
    return false;
}

/* Questions, greetings and what else claims nothing. */
static bool is_claim(const struct material *material,
                     const struct material_sentence *s,
                     const char *answer)
{
    return has_content(material, s) && s->end > s->start && answer[s->end - 1] != '?';
}

static void fill_window(const struct material *material,
                        const struct coverage_window *window,
                        struct sentence_score *score)
{
    score->passage = EVALUATION_NOTHING;
    if (window->n == 0)
        return;
    score->passage = material->sentences[window->first].passage;
    score->evidence_start = material->sentences[window->first].start;
    score->evidence_end = material->sentences[window->first + window->n - 1].end;
}

static void score_sentences(const struct material *material,
                            const char *answer,
                            struct evaluation *evaluation)
{
    struct likenesses likenesses;
    struct coverage coverage;
    struct checks checks;

    likenesses_init(&likenesses, material);
    coverage_init(&coverage, material, &likenesses);
    checks_init(&checks, material, &likenesses);
    evaluation->sentences =
        xcalloc(material->n_sentences - material->n_evidence, sizeof(*evaluation->sentences));
    for (size_t s = material->n_evidence; s < material->n_sentences; s++) {
        const struct material_sentence *sentence = &material->sentences[s];
        struct sentence_score *score = &evaluation->sentences[evaluation->n_sentences];
        struct coverage_window window;

        if (!is_claim(material, sentence, answer))
            continue;
        window = coverage_find(&coverage, s);
        score->start = sentence->start;
        score->end = sentence->end;
        fill_window(material, &window, score);
#ifdef TRACE
        printf("    s%zu\n", evaluation->n_sentences);
#endif
        if (!window.is_verbatim)
            score->flags = checks_find(&checks, s, &window);
        score->support = score->flags ? fmin(window.share, EVALUATOR_TAU) / 2 : window.share;
        evaluation->n_sentences++;
    }
    checks_finish(&checks);
    coverage_finish(&coverage);
    likenesses_finish(&likenesses);
}

static void sum_up(struct evaluation *evaluation)
{
    size_t n = evaluation->n_sentences, n_under = 0;
    double sum = 0;

    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        double support = evaluation->sentences[i].support;

        sum += support;
        n_under += support < EVALUATOR_TAU;
        if (support < evaluation->sentences[evaluation->weakest_sentence].support)
            evaluation->weakest_sentence = i;
    }
    evaluation->groundedness = sum / (double)n;
    evaluation->weakest = evaluation->sentences[evaluation->weakest_sentence].support;
    evaluation->hallucination = (double)n_under / (double)n;
}

void evaluator_score(const struct lexicon *lexicon,
                     const struct evaluation_input *input,
                     struct evaluation *ret_evaluation)
{
    struct material material;

    *ret_evaluation = (struct evaluation){
        .groundedness = NAN,
        .weakest = NAN,
        .hallucination = NAN,
        .answer_relevance = NAN,
        .relevance =
            evaluator_relevance(lexicon, input->question, input->passages, input->n_passages),
    };
    material_init(&material, lexicon, input->question, input->passages, input->n_passages);
    material_add_answer(&material, input->answer);
    ret_evaluation->is_cut = material.is_cut;
    ret_evaluation->is_abstained = abstention_is(&material, input->answer);
    if (!ret_evaluation->is_abstained) {
        score_sentences(&material, input->answer, ret_evaluation);
        sum_up(ret_evaluation);
    }
    material_finish(&material);
}

void evaluation_finish(struct evaluation *evaluation)
{
    free(evaluation->sentences);
    *evaluation = (struct evaluation){0};
}

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
