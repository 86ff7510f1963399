#include "server/llm/checks.h"

#include "server/llm/thesaurus.h"

#include <string.h>

const char *const check_names[CHECKS] = {"number-absent", "number-swapped", "name-absent",
                                         "name-swapped",  "negation",       "antonym",
                                         "modifier"};

/* Another place must fit this much better than the best that says the same, */
#define RIVAL_RATIO 1.3

/* and by this much (in idf1). */
#define RIVAL_MARGIN 0.1

/* Two places that contradict must fit at least so well (in idf1). */
#define CONTRADICTION_FIT 0.35

struct best {
    double same, rival; /* fits; 0: none */
    bool has_same, is_in_question;
};

static bool is_beaten(const struct fit *fit, const struct best *best)
{
    double idf1 = lexicon_idf1(fit->material->lexicon);

    return best->rival >= RIVAL_RATIO * best->same &&
           best->rival - best->same >= RIVAL_MARGIN * idf1;
}

static void raise(double *best, double value)
{
    if (value > *best)
        *best = value;
}

static bool is_of_question(const struct material *material, size_t token)
{
    return material->sentences[material->tokens[token].sentence].passage == MATERIAL_QUESTION;
}

/* ---- Numbers ------------------------------------------------------------------------------------- */

static struct fit_place place_of(const struct quantity *q)
{
    return (struct fit_place){q->first, q->first + q->n_words - 1};
}

static struct best compare_quantity(const struct fit *fit, const struct quantity *q)
{
    const struct material *material = fit->material;
    struct best best = {0};

    for (size_t i = 0; i < material->n_evidence_quantities; i++) {
        const struct quantity *other = &material->quantities[i];
        enum quantity_relation relation = quantity_compare(q, other);
        bool is_asked = is_of_question(material, other->first);

        if (relation == QUANTITY_OTHER)
            continue;
        best.is_in_question = best.is_in_question || (is_asked && relation == QUANTITY_SAME);
        if (is_asked)
            continue;
        best.has_same = best.has_same || relation == QUANTITY_SAME;
        raise(relation == QUANTITY_SAME ? &best.same : &best.rival,
              fit_of(fit, place_of(q), place_of(other)));
    }
    return best;
}

static unsigned check_numbers(const struct fit *fit)
{
    const struct material *material = fit->material;
    const struct material_sentence *s = fit->sentence;
    unsigned flags = 0;

    for (size_t i = 0; i < s->n_tokens; i++) {
        const struct material_token *token = &material->tokens[s->first + i];
        const struct quantity *q = &material->quantities[token->quantity - 1];
        struct best best;

        if (token->quantity == 0 || !material_is_content(material, token))
            continue;
        best = compare_quantity(fit, q);
        if (!best.has_same && !best.is_in_question && !q->is_soft)
            flags |= CHECK_NUMBER_ABSENT;
        else if (is_beaten(fit, &best) && (best.has_same || !q->is_soft))
            flags |= CHECK_NUMBER_SWAPPED;
    }
    return flags;
}

/* ---- Names --------------------------------------------------------------------------------------- */

/* The letters that an identifier begins with: those of one prefix are of one kind. */
static bool has_same_prefix(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] == b[n] && a[n] >= 'a' && a[n] <= 'z')
        n++;
    return n > 0 && (a[n] < 'a' || a[n] > 'z') && (b[n] < 'a' || b[n] > 'z');
}

static bool is_name(const struct material_token *token)
{
    return (token->word->flags & WORD_NAME) && token->quantity == 0;
}

/* May the two stand for each other: identifiers of one prefix, or names with the same word behind? */
static bool is_rival_name(const struct material *material, size_t here, size_t there)
{
    const struct material_token *a = &material->tokens[here], *b = &material->tokens[there];

    if (!is_name(b))
        return false;
    if ((a->word->flags | b->word->flags) & WORD_IDENTIFIER)
        return (a->word->flags & b->word->flags & WORD_IDENTIFIER) &&
               has_same_prefix(a->word->form, b->word->form);
    return true;
}

static bool is_in_sentence(const struct fit *fit, uint32_t stem)
{
    for (size_t i = 0; i < fit->sentence->n_tokens; i++)
        if (fit->material->tokens[fit->sentence->first + i].stem == stem)
            return true;
    return false;
}

static struct best compare_name(const struct fit *fit, size_t here)
{
    const struct material *material = fit->material;
    const struct material_token *name = &material->tokens[here];
    struct best best = {0};

    for (size_t i = 0; i < material->n_evidence_tokens; i++) {
        const struct material_token *other = &material->tokens[i];
        bool is_same = other->stem == name->stem;
        struct fit_place place = {i, i};
        double strength;

        if (!is_same && fit_like(fit, other, &strength) == name) {
            best.has_same = true;
            continue;
        }
        if (!is_same && (!is_rival_name(material, here, i) || is_in_sentence(fit, other->stem)))
            continue;
        if (is_of_question(material, i)) {
            best.is_in_question = best.is_in_question || is_same;
            continue;
        }
        best.has_same = best.has_same || is_same;
        raise(is_same ? &best.same : &best.rival,
              fit_of(fit, (struct fit_place){here, here}, place));
    }
    return best;
}

static unsigned check_names_of(const struct fit *fit)
{
    const struct material_sentence *s = fit->sentence;
    unsigned flags = 0;

    for (size_t i = s->first; i < s->first + s->n_tokens; i++) {
        struct best best;

        if (!is_name(&fit->material->tokens[i]))
            continue;
        best = compare_name(fit, i);
        if (!best.has_same && !best.is_in_question)
            flags |= CHECK_NAME_ABSENT;
        else if (best.has_same && is_beaten(fit, &best))
            flags |= CHECK_NAME_SWAPPED;
    }
    return flags;
}

/* ---- Modifiers ----------------------------------------------------------------------------------- */

/* The word that tells a role apart, before it; STEM_NONE: none does. */
static uint32_t modifier_of(const struct material *material, size_t head)
{
    const struct material_token *token = &material->tokens[head], *before = token - 1;
    const struct thesaurus_entry *known = material->stem[token->stem].known;

    if (!known || !known->is_role || head == 0 || before->sentence != token->sentence ||
        before->clause != token->clause || before->quantity > 0 ||
        material->stem[before->stem].weight == 0)
        return STEM_NONE;
    return before->stem;
}

static unsigned check_modifiers(const struct fit *fit)
{
    const struct material *material = fit->material;
    const struct material_sentence *s = fit->sentence;
    double idf1 = lexicon_idf1(material->lexicon);

    for (size_t i = s->first; i < s->first + s->n_tokens; i++) {
        uint32_t modifier = modifier_of(material, i);
        struct fit_place here = {i > 0 ? i - 1 : i, i};
        struct best best = {0};

        if (modifier == STEM_NONE)
            continue;
        for (size_t k = 0; k < material->n_evidence_tokens; k++) {
            uint32_t other = material->tokens[k].stem == material->tokens[i].stem
                                 ? modifier_of(material, k)
                                 : STEM_NONE;
            struct fit_place there = {k > 0 ? k - 1 : k, k};
            double strength;
            bool is_same;

            if (other == STEM_NONE || is_of_question(material, k))
                continue;
            is_same = other == modifier || fit_like(fit, &material->tokens[k - 1], &strength) ==
                                               &material->tokens[i - 1];
            raise(is_same ? &best.same : &best.rival, fit_of(fit, here, there));
        }
        if (is_beaten(fit, &best) && best.rival >= CONTRADICTION_FIT * idf1)
            return CHECK_MODIFIER;
    }
    return 0;
}

/* ---- Negations ----------------------------------------------------------------------------------- */

static bool has_denial(const struct material *material, size_t token)
{
    const struct material_token *at = &material->tokens[token];
    const struct material_sentence *s = &material->sentences[at->sentence];

    for (size_t i = s->first; i < s->first + s->n_tokens; i++)
        if (material->tokens[i].clause == at->clause && material->tokens[i].is_denying)
            return true;
    return false;
}

static unsigned check_negations(const struct fit *fit)
{
    const struct material *material = fit->material;
    const struct material_sentence *s = fit->sentence;
    double idf1 = lexicon_idf1(material->lexicon);

    for (size_t i = s->first; i < s->first + s->n_tokens; i++) {
        const struct material_token *here = &material->tokens[i];
        struct best best = {0};

        if (material->stem[here->stem].weight == 0)
            continue;
        for (size_t k = 0; k < material->n_evidence_tokens; k++) {
            const struct material_token *there = &material->tokens[k];
            bool is_rival = there->is_negated != here->is_negated;
            double strength;

            if (fit->heads[there->stem] == STEM_NONE || fit_like(fit, there, &strength) != here ||
                is_of_question(material, k) || material->sentences[there->sentence].is_title)
                continue;
            if (is_rival && has_denial(material, here->is_negated ? k : i))
                is_rival = false; /* both deny something */
            raise(is_rival ? &best.rival : &best.same,
                  fit_of(fit, (struct fit_place){i, i}, (struct fit_place){k, k}));
        }
        if (is_beaten(fit, &best) && best.rival >= CONTRADICTION_FIT * idf1)
            return CHECK_NEGATION;
    }
    return 0;
}

/* ---- Opposites ----------------------------------------------------------------------------------- */

/* -1: other sides of one contrast; 1: the same side; 0: nothing to do with each other. */
static int compare_sides(const struct thesaurus_entry *a, const struct thesaurus_entry *b)
{
    for (unsigned i = 0; a && b && i < a->n_sides; i++)
        for (unsigned k = 0; k < b->n_sides; k++)
            if (a->sides[i].contrast == b->sides[k].contrast)
                return a->sides[i].side == b->sides[k].side ? 1 : -1;
    return 0;
}

static unsigned check_opposites(const struct fit *fit)
{
    const struct material *material = fit->material;
    const struct material_sentence *s = fit->sentence;
    double idf1 = lexicon_idf1(material->lexicon);

    for (size_t i = s->first; i < s->first + s->n_tokens; i++) {
        const struct material_token *here = &material->tokens[i];
        const struct thesaurus_entry *known = material->stem[here->stem].known;
        struct best best = {0};

        if (!known || known->n_sides == 0 || here->is_negated)
            continue;
        for (size_t k = 0; k < material->n_evidence_tokens; k++) {
            const struct material_token *there = &material->tokens[k];
            int relation = compare_sides(known, material->stem[there->stem].known);

            if (relation == 0 || there->is_negated || is_of_question(material, k) ||
                is_in_sentence(fit, there->stem) != (there->stem == here->stem && relation > 0))
                continue;
            raise(relation > 0 ? &best.same : &best.rival,
                  fit_of(fit, (struct fit_place){i, i}, (struct fit_place){k, k}));
        }
        if (is_beaten(fit, &best) && best.rival >= CONTRADICTION_FIT * idf1)
            return CHECK_ANTONYM;
    }
    return 0;
}

unsigned checks_find(struct fit *fit, size_t sentence, const struct coverage_window *window)
{
    (void)window;
    fit_set_sentence(fit, sentence);
    return check_numbers(fit) | check_names_of(fit) | check_modifiers(fit) | check_negations(fit) |
           check_opposites(fit);
}
