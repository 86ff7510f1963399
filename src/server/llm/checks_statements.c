#include "server/llm/checks_part.h"

/* Statements that say the same but for a "not": a clause or a whole sentence of the answer and one of the evidence
 * that hold each other's words, where one is denied and the other is not. */

/* A pair must be this much alike, and this much more than the statement is to any that does not contradict it. The
 * clearer the margin, the less alike they need to be; least so where what is denied there is allowed here. */
static const struct {
    double similarity, allowed_similarity, ratio;
} bars[2] = {{0.7, 0.6, 1.3}, {0.55, 0.45, 1.8}};

#define BETA          1.0
#define CLAUSES_MAX   8 /* of a sentence that are looked at one by one */
#define STATEMENT_MIN 2 /* words of content of a clause */

static struct checks_range whole(const struct material_sentence *s)
{
    return (struct checks_range){s->first, s->first + s->n_tokens};
}

/* ---- Similarity ---------------------------------------------------------------------------------- */

/* How much of the content of a span the other one holds. */
struct shared {
    double held[MATERIAL_TOKENS]; /* per token of the sentence here */
    double found, sum;            /* over the tokens there */
};

static double weight_of(const struct checking *checking, const struct material_token *token)
{
    return token->quantity > 0 ? checking->idf1 * material_quantity_share(checking->material, token)
                               : token->weight;
}

static void hold(struct shared *shared, size_t token, double strength, double *best)
{
    if (strength > shared->held[token])
        shared->held[token] = strength;
    if (strength > *best)
        *best = strength;
}

static double share_quantity(const struct checking *checking,
                             struct checks_range here,
                             const struct material_token *there,
                             struct shared *shared)
{
    const struct material *material = checking->material;
    double best = 0;

    for (size_t i = here.first; i < here.end; i++) {
        uint32_t quantity = material->tokens[i].quantity;

        if (quantity > 0 &&
            quantity_compare(&material->quantities[quantity - 1],
                             &material->quantities[there->quantity - 1]) == QUANTITY_SAME)
            hold(shared, i - checking->sentence->first, 1, &best);
    }
    return best;
}

static double share_word(const struct checking *checking,
                         struct checks_range here,
                         const struct material_token *there,
                         struct shared *shared)
{
    const struct fit *fit = checking->fit;
    double best = 0;

    for (uint32_t i = fit->heads[there->stem]; i != STEM_NONE; i = fit->links[i].next) {
        size_t token = fit->links[i].token, at = checking->sentence->first + token;

        if (at >= here.first && at < here.end)
            hold(shared, token, fit->links[i].strength, &best);
    }
    return best;
}

/* The harmonic mean of the two shares. */
static double similarity(const struct checking *checking,
                         struct checks_range here,
                         struct checks_range there)
{
    const struct material *material = checking->material;
    struct shared shared = {.sum = 0};
    double found = 0, sum = 0;

    for (size_t k = there.first; k < there.end; k++) {
        const struct material_token *token = &material->tokens[k];
        double weight = weight_of(checking, token);

        if (weight == 0)
            continue;
        shared.sum += weight;
        shared.found +=
            weight * (token->quantity > 0 ? share_quantity(checking, here, token, &shared)
                                          : share_word(checking, here, token, &shared));
    }
    for (size_t i = here.first; i < here.end; i++) {
        double weight = weight_of(checking, &material->tokens[i]);

        sum += weight;
        found += weight * shared.held[i - checking->sentence->first];
    }
    if (found == 0 || shared.found == 0)
        return 0;
    found /= sum;
    shared.found /= shared.sum;
    return (1 + BETA * BETA) * found * shared.found / (BETA * BETA * found + shared.found);
}

/* ---- Contradiction ------------------------------------------------------------------------------- */

static bool is_permission(const struct material *material, size_t token)
{
    const struct thesaurus_entry *known = material->stem[material->tokens[token].stem].known;

    return known && known->is_permission;
}

static bool has_permission(const struct material *material, struct checks_range span)
{
    for (size_t i = span.first; i < span.end; i++)
        if (is_permission(material, i))
            return true;
    return false;
}

static bool has_main_cue(const struct material *material, struct checks_range span)
{
    for (size_t i = span.first; i < span.end; i++)
        if (material->tokens[i].is_main_cue)
            return true;
    return false;
}

/* Does anything in the one deny that is not in the other? Main cues count only where is_counting_cues. */
static bool has_own_denial(const struct material *material,
                           struct checks_range one,
                           struct checks_range other,
                           bool is_counting_cues)
{
    for (size_t i = one.first; i < one.end; i++) {
        const struct material_token *token = &material->tokens[i];

        if (token->is_denying && (is_counting_cues || !token->is_main_cue) &&
            (checks_is_not(token) || !checks_has_stem(material, other, token->stem)))
            return true;
    }
    return false;
}

/* Is what the one denies said by the other, so that it is the same thing with and without a "not"? What is only
 * allowed by the other ("is fine") is said as well. */
static bool is_denied_thing_said(const struct checking *checking,
                                 struct checks_range denied,
                                 struct checks_range other)
{
    const struct material *material = checking->material;
    bool is_here = denied.first >= checking->sentence->first;

    if (!is_here && has_permission(material, other))
        return true;
    for (size_t i = denied.first; i < denied.end; i++) {
        if (!material->tokens[i].is_negated || material->tokens[i].is_conditional ||
            material->tokens[i].is_lacking)
            continue;
        if (is_permission(material, i) ||
            checks_is_said(checking, i, is_here, other.first, other.end))
            return true;
    }
    return false;
}

static bool is_contradiction(const struct checking *checking,
                             struct checks_range here,
                             struct checks_range there)
{
    const struct material *material = checking->material;
    bool is_denied_here = has_main_cue(material, here);
    struct checks_range denied = is_denied_here ? here : there,
                        other = is_denied_here ? there : here;

    if (is_denied_here == has_main_cue(material, there) ||
        has_own_denial(material, other, denied, true) ||
        has_own_denial(material, denied, other, false) ||
        checks_is_bounded(material, denied, other))
        return false;
    if (is_denied_here && checks_is_list_denied(material, material->tokens[there.first].sentence))
        return false;
    return is_denied_thing_said(checking, denied, other);
}

/* The greatest likeness to statements of a kind. */
struct likeliest {
    double same;     /* that do not contradict it */
    double contrary; /* that do */
    double allowed;  /* that do, as it allows what they deny */
};

static void compare(const struct checking *checking,
                    struct checks_range here,
                    struct checks_range there,
                    struct likeliest *best)
{
    double value = similarity(checking, here, there), *of = &best->same;

    if (value > 0 && is_contradiction(checking, here, there))
        of = has_main_cue(checking->material, there) && has_permission(checking->material, here)
                 ? &best->allowed
                 : &best->contrary;
    if (value > *of)
        *of = value;
}

/* "And never with the press" alone states nothing. */
static bool is_fragment(const struct material *material, struct checks_range span)
{
    size_t n = 0;

    for (size_t i = span.first; i < span.end; i++)
        n += material->tokens[i].weight > 0 || material->tokens[i].quantity > 0;
    return n < STATEMENT_MIN;
}

/* Compares with the clauses and sentences of the evidence that have a "not" where the statement has none, or none
 * where it has one; or with all others. */
static void compare_all(const struct checking *checking,
                        struct checks_range here,
                        bool is_differing,
                        struct likeliest *best)
{
    const struct material *material = checking->material;
    bool is_denied = has_main_cue(material, here) != is_differing;

    for (size_t s = 0; s < material->n_evidence; s++) {
        const struct material_sentence *sentence = &material->sentences[s];
        struct checks_range there = {sentence->first, sentence->first};

        if (checks_is_aside(material, sentence->first))
            continue;
        while (checks_next_clause(material, sentence, &there))
            if (has_main_cue(material, there) == is_denied &&
                !(is_differing && is_fragment(material, there)))
                compare(checking, here, there, best);
        if (has_main_cue(material, whole(sentence)) == is_denied)
            compare(checking, here, whole(sentence), best);
    }
}

static bool is_over(const struct likeliest *best, size_t bar)
{
    return (best->contrary >= bars[bar].similarity &&
            best->contrary >= bars[bar].ratio * best->same) ||
           (best->allowed >= bars[bar].allowed_similarity &&
            best->allowed >= bars[bar].ratio * best->same);
}

static bool is_contradicted(const struct checking *checking, struct checks_range here)
{
    struct likeliest best = {0};

    /* The rest, which is most, is looked at only where something contradicts. */
    compare_all(checking, here, true, &best);
    if (!is_over(&best, 0) && !is_over(&best, 1))
        return false;
    compare_all(checking, here, false, &best);
    return is_over(&best, 0) || is_over(&best, 1);
}

unsigned checks_statements(const struct checking *checking)
{
    struct checks_range here = {checking->sentence->first, checking->sentence->first};

    for (size_t n = 0;
         n < CLAUSES_MAX && checks_next_clause(checking->material, checking->sentence, &here); n++)
        if (is_contradicted(checking, here))
            return CHECK_NEGATION;
    return is_contradicted(checking, whole(checking->sentence)) ? CHECK_NEGATION : 0;
}
