#include "server/llm/polarity.h"

#include "server/llm/word_list.h"

/* Words that say by themselves that something is not, or not done, besides those that every check knows. */
static const char *const losses[] = {
    "alone",   "away",      "cancelled", "closed",    "cost-free", "expire", "expired",
    "expires", "forfeit",   "forfeited", "free",      "gone",      "ignore", "ignored",
    "lapse",   "lapsed",    "lapses",    "lose",      "loses",     "lost",   "missing",
    "off",     "optional",  "shut",      "skip",      "skipped",   "spared", "stops",
    "void",    "voluntary", "waived",    "withdrawn", "withheld"};

/* Tokens [first, end) of one sentence. */
struct span {
    const struct material *material;
    size_t first, end;
};

static bool is_loss(const struct material_token *token)
{
    return (token->is_denying && !token->is_cue) || IS_AMONG(token->word->form, losses);
}

/* "Not forbidden" denies nothing. */
static bool denies(const struct span *span, unsigned clause)
{
    bool has_cue = false, has_loss = false, has_double = false;

    for (size_t i = span->first; i < span->end; i++) {
        const struct material_token *token = &span->material->tokens[i];

        if (token->clause != clause)
            continue;
        has_cue = has_cue || token->is_cue;
        has_double = has_double || (is_loss(token) && token->is_negated);
        has_loss = has_loss || (is_loss(token) && !token->is_negated);
    }
    return has_loss || (has_cue && !has_double);
}

/* "Do not open it while it is hot": a condition shares the fate of what it limits. */
static bool is_condition(const struct span *span, unsigned clause)
{
    static const char *const openers[] = {"because", "if", "unless", "when", "while", "as"};

    for (size_t i = span->first; i < span->end; i++)
        if (span->material->tokens[i].clause == clause)
            return IS_AMONG(span->material->tokens[i].word->form, openers);
    return false;
}

static bool is_denied(const struct span *span, unsigned clause)
{
    if (!is_condition(span, clause) || denies(span, clause))
        return denies(span, clause);
    return clause > 0 ? denies(span, clause - 1) : denies(span, clause + 1);
}

static struct span span_of(const struct material *material, size_t sentence)
{
    const struct material_sentence *s = &material->sentences[sentence];

    return (struct span){material, s->first, s->first + s->n_tokens};
}

static double strength_of(const struct likenesses *likenesses, uint32_t here, uint32_t there)
{
    for (size_t k = likenesses->start[here]; k < likenesses->start[here + 1]; k++)
        if (likenesses->items[k].stem == there)
            return likenesses->items[k].strength;
    return 0;
}

/* How well the window holds the stem in clauses that deny, or in those that do not. */
static void find_sides(const struct material *material,
                       const struct likenesses *likenesses,
                       uint32_t stem,
                       const struct coverage_window *window,
                       double ret_best[2])
{
    for (size_t s = window->first; s < window->first + window->n; s++) {
        struct span there = span_of(material, s);

        for (size_t k = there.first; k < there.end; k++) {
            const struct material_token *token = &material->tokens[k];
            double strength = strength_of(likenesses, stem, token->stem);

            if (strength > 0) {
                double *best = &ret_best[is_denied(&there, token->clause)];

                *best = strength > *best ? strength : *best;
            }
        }
    }
}

double polarity_mismatch(const struct material *material,
                         const struct likenesses *likenesses,
                         size_t sentence,
                         const struct coverage_window *window)
{
    struct span here = span_of(material, sentence);
    double held = 0, turned = 0;

    for (size_t i = here.first; i < here.end; i++) {
        const struct material_token *token = &material->tokens[i];
        double best[2] = {0};
        bool denied;

        if (token->weight == 0 || token->quantity > 0)
            continue;
        find_sides(material, likenesses, token->stem, window, best);
        denied = is_denied(&here, token->clause);
        held += token->weight * (best[0] > best[1] ? best[0] : best[1]);
        if (best[!denied] > best[denied])
            turned += token->weight * (best[!denied] - best[denied]);
    }
    return held > 0 ? turned / held : 0;
}
