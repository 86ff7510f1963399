#include "server/llm/checks_part.h"
#include "server/llm/word_list.h"

#include <string.h>

/* A sentence denies where its evidence does not, or the other way round. Weaker than a check: who rewords says "stays
 * free" for "nobody may use it". */

/* Words that say by themselves that something is not, or not done, besides those that every check knows. */
static const char *const losses[] = {
    "alone",   "away",      "cancelled", "closed",    "cost-free", "expire", "expired",
    "expires", "forfeit",   "forfeited", "free",      "gone",      "ignore", "ignored",
    "lapse",   "lapsed",    "lapses",    "lose",      "loses",     "lost",   "missing",
    "off",     "optional",  "shut",      "skip",      "skipped",   "spared", "stops",
    "void",    "voluntary", "waived",    "withdrawn", "withheld"};

/* What denies for the checks, but mostly says where: "from outside". */
static const char *const places[] = {"beyond", "outside"};

static bool is_loss(const struct material_token *token)
{
    return (token->is_denying && !token->is_cue && !IS_AMONG(token->word->form, places)) ||
           IS_AMONG(token->word->form, losses);
}

/* "Not forbidden" denies nothing. */
static bool denies(const struct material *material, struct checks_range clause)
{
    bool has_cue = false, has_loss = false, has_double = false;

    for (size_t i = clause.first; i < clause.end; i++) {
        const struct material_token *token = &material->tokens[i];

        has_cue = has_cue || token->is_cue;
        has_double = has_double || (is_loss(token) && token->is_negated);
        has_loss = has_loss || (is_loss(token) && !token->is_negated);
    }
    return has_loss || (has_cue && !has_double);
}

/* "Do not open it while it is hot": a condition shares the fate of the clause that it limits. */
static bool is_condition(const struct material *material, struct checks_range clause)
{
    static const char *const openers[] = {"as", "because", "if", "unless", "when", "while"};

    return IS_AMONG(material->tokens[clause.first].word->form, openers);
}

/* Which clauses of the sentence deny, by their numbers. */
struct denials {
    bool clause[MATERIAL_TOKENS];
};

static void find_denials(const struct material *material,
                         const struct material_sentence *sentence,
                         struct denials *denials)
{
    struct checks_range clause = {sentence->first, sentence->first};
    bool follows[MATERIAL_TOKENS + 1] = {false};
    unsigned n = 0;

    memset(denials, 0, sizeof(*denials));
    for (; checks_next_clause(material, sentence, &clause); n++) {
        denials->clause[n] = denies(material, clause);
        follows[n] = !denials->clause[n] && is_condition(material, clause);
    }
    for (unsigned i = 0; i < n; i++)
        if (follows[i])
            denials->clause[i] = i > 0 ? denials->clause[i - 1] : n > 1 && denials->clause[1];
}

/* How well the window holds each word of the sentence: in clauses that do not deny, and in those that do. */
struct held {
    double best[MATERIAL_TOKENS][2];
};

static void hold(const struct checking *checking,
                 const struct material_sentence *there,
                 struct held *held)
{
    const struct fit *fit = checking->fit;
    struct denials denials;

    find_denials(checking->material, there, &denials);
    for (size_t k = there->first; k < there->first + there->n_tokens; k++) {
        const struct material_token *token = &checking->material->tokens[k];
        bool is_denied = denials.clause[token->clause];

        for (uint32_t i = fit->heads[token->stem]; i != STEM_NONE; i = fit->links[i].next) {
            double *best = &held->best[fit->links[i].token][is_denied];

            *best = fit->links[i].strength > *best ? fit->links[i].strength : *best;
        }
    }
}

double checks_polarity(const struct checking *checking)
{
    const struct material_sentence *here = checking->sentence;
    struct held held = {0};
    struct denials denials;
    double sum = 0, turned = 0;

    find_denials(checking->material, here, &denials);
    for (size_t s = 0; s < checking->window->n; s++)
        hold(checking, &checking->material->sentences[checking->window->first + s], &held);
    for (size_t i = 0; i < here->n_tokens; i++) {
        const struct material_token *token = &checking->material->tokens[here->first + i];
        bool is_denied = denials.clause[token->clause];
        double same = held.best[i][is_denied], other = held.best[i][!is_denied];

        if (token->quantity > 0)
            continue;
        sum += token->weight * (same > other ? same : other);
        turned += token->weight * (other > same ? other - same : 0);
    }
    return sum > 0 ? turned / sum : 0;
}
