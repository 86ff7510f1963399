#include "server/llm/checks_part.h"
#include "server/llm/word_list.h"

/* How well the place that says the opposite must fit: in idf1, and as a share of what the sentence itself would. */
#define FIT         0.12
#define SHARE       0.7
#define VAGUE_SHARE 0.85 /* where what is denied is a light or generic word */

#define WITH_REACH 3 /* words from "with" to its noun */

/* ---- What else denies ---------------------------------------------------------------------------- */

static bool has_word(const struct material *material,
                     const struct material_sentence *s,
                     uint32_t stem)
{
    for (size_t i = s->first; i < s->first + s->n_tokens; i++)
        if (material->tokens[i].stem == stem)
            return true;
    return false;
}

static bool has_denying(const struct material *material,
                        const struct material_sentence *s,
                        uint32_t stem)
{
    for (size_t i = s->first; i < s->first + s->n_tokens; i++)
        if (material->tokens[i].is_denying && material->tokens[i].stem == stem)
            return true;
    return false;
}

/* Is anything denied in the clause of the token, but by the token itself and by what the other sentence says too? */
static bool has_denial(const struct material *material, size_t token, size_t other)
{
    const struct material_token *at = &material->tokens[token];
    const struct material_sentence *s = &material->sentences[at->sentence];
    const struct material_sentence *there = &material->sentences[material->tokens[other].sentence];

    for (size_t i = s->first; i < s->first + s->n_tokens; i++)
        if (i != token && material->tokens[i].clause == at->clause &&
            material->tokens[i].is_denying &&
            (checks_is_not(&material->tokens[i]) ||
             !has_denying(material, there, material->tokens[i].stem)))
            return true;
    return checks_is_list_denied(material, at->sentence);
}

/* Do the clause here and the sentence there deny one thing in common? */
static bool deny_the_same(const struct checking *checking, size_t here, size_t there)
{
    const struct material *material = checking->material;
    const struct material_sentence *s = &material->sentences[material->tokens[there].sentence];

    for (size_t k = s->first; k < s->first + s->n_tokens; k++) {
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

static const char *const bounds[] = {"alone", "before", "but",    "else",  "except",
                                     "only",  "than",   "unless", "until", "without"};

/* "may not be used unless", "nobody may do it alone": what is denied at the token is not denied altogether, which is
 * a condition in other words; unless the other side has the same one. */
static bool is_bounded(const struct material *material, size_t token, size_t other)
{
    const struct material_token *at = &material->tokens[token];
    const struct material_sentence *s = &material->sentences[at->sentence];
    const struct material_sentence *there = &material->sentences[material->tokens[other].sentence];

    for (size_t i = token; i < s->first + s->n_tokens; i++)
        if (material->tokens[i].clause == at->clause &&
            IS_AMONG(material->tokens[i].word->form, bounds) &&
            !has_word(material, there, material->tokens[i].stem))
            return true;
    return false;
}

/* ---- Predicates ---------------------------------------------------------------------------------- */

static bool is_vague(const struct material *material, const struct material_token *token)
{
    const struct thesaurus_entry *known = material->stem[token->stem].known;

    return (known && known->is_light) || lexicon_is_generic(material->lexicon, token->word->stem);
}

/* "with the consent", and "without": is there such a word shortly before the token? */
static bool stands_behind(const struct material *material, size_t token, const char *form)
{
    const struct material_token *at = &material->tokens[token];

    for (size_t n = 1; n <= WITH_REACH && n <= token; n++)
        if (at[-(ptrdiff_t)n].sentence == at->sentence &&
            strcmp(at[-(ptrdiff_t)n].word->form, form) == 0)
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
    const struct material_token *a = &material->tokens[here], *b = &material->tokens[there];

    if (a->is_negated == b->is_negated)
        return false;
    if (is_with_and_without(material, here, there))
        return true;
    if (a->is_negated)
        return !has_denial(material, there, here) && !deny_the_same(checking, here, there) &&
               !is_bounded(material, here, there);
    return !has_denial(material, here, there) && !is_bounded(material, there, here);
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

        if (word->weight == 0 || word->is_conditional)
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
