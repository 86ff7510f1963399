#include "server/llm/checks_part.h"
#include "server/llm/operators.h"
#include "server/llm/word_list.h"

/* Words of the sentence that are denied where the evidence, at a place that fits, does not deny them; or the other way
 * round. */

/* How well the place that says the opposite must fit: in idf1, and as a share of what the sentence itself would. */
#define FIT         0.12
#define SHARE       0.7
#define VAGUE_SHARE 0.85 /* where what is denied is a light or generic word */

#define DENIAL_REACH 5 /* words from a "not" to what it may deny in another clause */
#define WITH_REACH   3 /* words from "with" to its noun */

static struct checks_range sentence_of(const struct material *material, size_t token)
{
    const struct material_sentence *s = &material->sentences[material->tokens[token].sentence];

    return (struct checks_range){s->first, s->first + s->n_tokens};
}

/* From the token to the end of its clause. */
static struct checks_range rest_of_clause(const struct material *material, size_t token)
{
    struct checks_range range = {token, token}, sentence = sentence_of(material, token);

    while (range.end < sentence.end &&
           material->tokens[range.end].clause == material->tokens[token].clause)
        range.end++;
    return range;
}

/* ---- What else denies ---------------------------------------------------------------------------- */

/* In the clause of the token, or a few words off: "adding and deleting are not possible". */
static bool is_near(const struct material *material, size_t i, size_t token)
{
    return material->tokens[i].clause == material->tokens[token].clause ||
           (i + DENIAL_REACH >= token && i <= token + DENIAL_REACH);
}

/* Is anything denied near the token, but by the token itself and by what the other sentence has too? */
static bool has_denial(const struct material *material, size_t token, size_t other)
{
    struct checks_range here = sentence_of(material, token), there = sentence_of(material, other);

    for (size_t i = here.first; i < here.end; i++)
        if (i != token && checks_may_deny(&material->tokens[i]) && is_near(material, i, token) &&
            (checks_is_not(&material->tokens[i]) ||
             !checks_has_stem(material, there, material->tokens[i].stem)))
            return true;
    return checks_is_list_denied(material, material->tokens[token].sentence);
}

/* Do the clause here and the sentence there deny one thing in common? */
static bool deny_the_same(const struct checking *checking, size_t here, size_t there)
{
    const struct material *material = checking->material;
    struct checks_range range = sentence_of(material, there);

    for (size_t k = range.first; k < range.end; k++) {
        const struct material_token *like;
        double strength;

        if (!material->tokens[k].is_negated)
            continue;
        like = fit_like(checking->fit, &material->tokens[k], &strength);
        if (like && like->is_negated && like->clause == material->tokens[here].clause)
            return true;
    }
    return false;
}

static const struct quantity *quantity_at(const struct material *material, size_t token)
{
    uint32_t quantity = material->tokens[token].quantity;

    return quantity > 0 ? &material->quantities[quantity - 1] : NULL;
}

/* "What is heavier than 5 tonnes cannot be lifted" is "up to 5 tonnes are lifted". */
static bool is_bound_turned(const struct material *material, size_t token, size_t other)
{
    struct checks_range here = sentence_of(material, token), there = sentence_of(material, other);

    for (size_t i = here.first; i < here.end; i++) {
        const struct quantity *one = quantity_at(material, i);

        if (!one || one->bound == QUANTITY_EXACT ||
            material->tokens[i].clause != material->tokens[token].clause)
            continue;
        for (size_t k = there.first; k < there.end; k++) {
            const struct quantity *two = quantity_at(material, k);

            if (two && (int)two->bound == -(int)one->bound &&
                quantity_compare(one, two) == QUANTITY_SAME)
                return true;
        }
    }
    return false;
}

/* "may not be used unless", "nobody may do it alone": is what is denied at the token not denied altogether? */
static bool is_bounded(const struct material *material, size_t token, size_t other)
{
    static const char *const conditions[] = {"before", "unless", "until", "without"};
    struct checks_range rest = rest_of_clause(material, token);

    /* The condition is a clause of its own. */
    if (rest.end < sentence_of(material, token).end &&
        IS_AMONG(material->tokens[rest.end].word->form, conditions))
        rest.end++;
    return is_bound_turned(material, token, other) ||
           checks_is_bounded(material, rest, sentence_of(material, other));
}

/* ---- Predicates ---------------------------------------------------------------------------------- */

static bool is_vague(const struct material *material, const struct material_token *token)
{
    const struct thesaurus_entry *known = material->stem[token->stem].known;

    return (known && known->is_light) || lexicon_is_generic(material->lexicon, token->word->stem);
}

/* Is there such a word shortly before the token? */
static bool stands_behind(const struct material *material, size_t token, const char *form)
{
    size_t first = sentence_of(material, token).first;

    for (size_t i = token; i > first && i + WITH_REACH > token; i--)
        if (strcmp(material->tokens[i - 1].word->form, form) == 0)
            return true;
    return false;
}

static bool is_with_and_without(const struct material *material, size_t here, size_t there)
{
    return (stands_behind(material, here, "with") && stands_behind(material, there, "without")) ||
           (stands_behind(material, here, "without") && stands_behind(material, there, "with"));
}

static bool is_rival(const struct checking *checking, size_t here, size_t there)
{
    const struct material *material = checking->material;
    bool is_denied_here = material->tokens[here].is_negated;

    if (is_denied_here == material->tokens[there].is_negated)
        return false;
    if (is_with_and_without(material, here, there))
        return true;
    if (is_denied_here)
        return !has_denial(material, there, here) && !deny_the_same(checking, here, there) &&
               !is_bounded(material, here, there);
    return !has_denial(material, here, there) && !is_bounded(material, there, here);
}

/* "extension 4400" is not what is done to prolong something. */
static bool is_numbered(const struct material *material, size_t token)
{
    const struct material_token *next = &material->tokens[token + 1];

    return token + 1 < material->n_tokens && next->sentence == material->tokens[token].sentence &&
           next->quantity > 0 && material->quantities[next->quantity - 1].is_label;
}

static void compare(const struct checking *checking, size_t here, struct rivalry *rivalry)
{
    const struct material *material = checking->material;
    const struct likenesses *likenesses = checking->fit->likenesses;
    uint32_t stem = material->tokens[here].stem;

    for (size_t k = likenesses->start[stem]; k < likenesses->start[stem + 1]; k++) {
        uint32_t like = likenesses->items[k].stem;

        for (size_t p = material->place_start[like]; p < material->place_start[like + 1]; p++) {
            size_t there = material->places[p];
            double strength;

            if (rivalry->n_places < RIVALRY_PLACES && !checks_is_aside(material, there) &&
                !is_numbered(material, there) &&
                fit_like(checking->fit, &material->tokens[there], &strength) ==
                    &material->tokens[here])
                rivalry_add(rivalry, checking, (struct fit_place){here, here},
                            (struct fit_place){there, there}, is_rival(checking, here, there));
        }
    }
}

unsigned checks_negations(const struct checking *checking)
{
    const struct material *material = checking->material;

    for (size_t i = 0; i < checking->sentence->n_tokens; i++) {
        size_t at = checking->sentence->first + i;
        const struct material_token *word = &material->tokens[at];
        struct rivalry rivalry = {0};

        /* "None outlasts" is a bound. */
        if (word->weight == 0 || word->is_conditional ||
            (word->says & (OPERATOR_MORE | OPERATOR_LESS)))
            continue;
        compare(checking, at, &rivalry);
        rivalry.is_same_there = rivalry.is_rival_there = false;
        if (rivalry.rival >= FIT * checking->idf1 &&
            rivalry_is_lost(&rivalry, checking, (struct fit_place){at, at},
                            is_vague(material, word) ? VAGUE_SHARE : SHARE))
            return CHECK_NEGATION;
    }
    return 0;
}
