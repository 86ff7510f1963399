#include "server/llm/abstention.h"

#include "server/llm/regret.h"

#define OPENINGS 5 /* sentences that are looked at */

/* Shares of a sentence's content. */
#define RESTATING 0.5  /* that the question holds, where it only says it again */
#define ANSWERING 0.45 /* that one sentence of the passages holds, where it is an answer */

/* The share of the sentence's content that a sentence of the evidence holds. */
static double share_in(const struct regret_words *words, const struct material_sentence *evidence)
{
    double sum = 0, held = 0;

    for (size_t i = 0; i < words->n; i++) {
        double weight = words->tokens[i].weight;

        sum += weight;
        held += material_has_stem(words->material, evidence, words->tokens[i].stem) ? weight : 0;
    }
    return sum > 0 ? held / sum : 0;
}

/* The share that the sentence of the passages holds that holds most. */
static double best_share(const struct regret_words *words)
{
    const struct material *material = words->material;
    double best = 0;

    for (size_t s = 0; s < material->n_evidence; s++) {
        const struct material_sentence *evidence = &material->sentences[s];
        double share = evidence->is_title || evidence->passage == MATERIAL_QUESTION
                           ? 0
                           : share_in(words, evidence);

        best = share > best ? share : best;
    }
    return best;
}

/* Does the sentence, which regrets nothing, say something of the passages', and not only the question again? */
static bool is_answer(const struct regret_words *words)
{
    const struct material *material = words->material;

    for (size_t s = 0; s < material->n_evidence; s++)
        if (material->sentences[s].passage == MATERIAL_QUESTION &&
            share_in(words, &material->sentences[s]) >= RESTATING)
            return false;
    return best_share(words) >= ANSWERING;
}

bool abstention_is(const struct material *material, const char *answer)
{
    size_t first = material->n_evidence;

    for (size_t s = first; s < material->n_sentences && s < first + OPENINGS; s++) {
        const struct material_sentence *sentence = &material->sentences[s];
        struct regret_words words = {material, &material->tokens[sentence->first],
                                     sentence->n_tokens};

        if (answer[sentence->end - 1] == '?')
            continue;
        if (regret_is(&words) ||
            (regret_is_beyond_sources(&words) && best_share(&words) < ANSWERING))
            return true;
        if (is_answer(&words))
            return false;
    }
    return false;
}
