#include "server/llm/checks.h"

#include "server/llm/thesaurus.h"

#include <string.h>
#ifdef TRACE
#include <stdio.h>
#define TR(...) printf(__VA_ARGS__)
#else
#define TR(...) (void)0
#endif

const char *const check_names[CHECKS] = {"number-absent", "number-swapped", "name-absent",
                                         "name-swapped",  "negation",       "antonym",
                                         "modifier"};

/* Another place must fit this much better than the best that says the same. What stands in the sentence that the
 * window is about is believed more. */
#define RIVAL_RATIO       1.3
#define RATIO_SAME_THERE  2.5
#define RATIO_RIVAL_THERE 1.05

/* and by this much (in idf1). */
#define RIVAL_MARGIN 0.1

/* A place that contradicts must fit at least so well: in idf1, and as a share of what the sentence itself would. */
#define NUMBER_SHARE         0.5
#define NAME_FIT             0.45
#define NAME_SHARE           0.5
#define OTHER_SHARE          0.7 /* a word that is no name, where a name should be */
#define MODIFIER_SHARE       0.7
#define NEGATION_FIT         0.12
#define NEGATION_SHARE       0.7
#define VAGUE_SHARE          0.85 /* where the predicate is a light or generic word */
#define STATEMENT_SIMILARITY 0.7
#define OPPOSITE_FIT         0.4
#define OPPOSITE_SHARE       0.7

struct best {
    double same, rival; /* fits; 0: none */
    size_t same_at, rival_at;
    bool has_same, is_in_question;
    bool is_same_there, is_rival_there; /* in the sentence that the window is about */
};

static double ratio_of(const struct best *best)
{
    if (best->is_same_there)
        return RATIO_SAME_THERE;
    return best->is_rival_there ? RATIO_RIVAL_THERE : RIVAL_RATIO;
}

static bool is_beaten(const struct fit *fit,
                      const struct best *best,
                      struct fit_place here,
                      double share)
{
    double idf1 = lexicon_idf1(fit->material->lexicon);

    return best->rival >= ratio_of(best) * best->same &&
           best->rival - best->same >= RIVAL_MARGIN * idf1 &&
           best->rival >= share * fit_self(fit, here);
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

#ifdef TRACE
static int show_place(const struct material *m, size_t at)
{
    const struct material_sentence *s = &m->sentences[m->tokens[at].sentence];
    printf("    . ");
    for (size_t i = s->first; i < s->first + s->n_tokens; i++)
        printf(i == at ? "[%s] " : "%s ", m->tokens[i].word->form);
    return printf("\n");
}
#endif
#ifndef TRACE
#define show_place(a, b) 0
#endif
static bool is_in(const struct coverage_window *window, size_t sentence)
{
    return window->n > 0 && sentence == window->anchor;
}

/* ---- Numbers ------------------------------------------------------------------------------------- */

static struct fit_place place_of(const struct quantity *q)
{
    return (struct fit_place){q->first, q->first + q->n_words - 1};
}

/* Does the sentence itself give this quantity? Then its place is told apart from this one already. */
static bool is_given(const struct fit *fit, const struct quantity *other)
{
    const struct material *material = fit->material;

    for (size_t i = 0; i < fit->sentence->n_tokens; i++) {
        uint32_t quantity = material->tokens[fit->sentence->first + i].quantity;

        if (quantity > 0 &&
            quantity_compare(&material->quantities[quantity - 1], other) == QUANTITY_SAME)
            return true;
    }
    return false;
}

static struct best compare_quantity(const struct fit *fit,
                                    const struct coverage_window *window,
                                    const struct quantity *q)
{
    const struct material *material = fit->material;
    struct best best = {0};

    for (size_t i = 0; i < material->n_evidence_quantities; i++) {
        const struct quantity *other = &material->quantities[i];
        enum quantity_relation relation = quantity_compare(q, other);
        bool is_asked = is_of_question(material, other->first);

        if (relation == QUANTITY_OTHER || (relation == QUANTITY_RIVAL && is_given(fit, other)))
            continue;
        best.is_in_question = best.is_in_question || (is_asked && relation == QUANTITY_SAME);
        if (is_asked)
            continue;
        best.has_same = best.has_same || relation == QUANTITY_SAME;
        if (is_in(window, material->tokens[other->first].sentence))
            *(relation == QUANTITY_SAME ? &best.is_same_there : &best.is_rival_there) = true;
        {
            double f = fit_of(fit, place_of(q), place_of(other));
            if (f > (relation == QUANTITY_SAME ? best.same : best.rival))
                *(relation == QUANTITY_SAME ? &best.same_at : &best.rival_at) = other->first;
            raise(relation == QUANTITY_SAME ? &best.same : &best.rival, f);
        }
    }
    return best;
}

static unsigned check_numbers(const struct fit *fit, const struct coverage_window *window)
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
        best = compare_quantity(fit, window, q);
        if (!best.has_same && !best.is_in_question && !q->is_soft)
            flags |= CHECK_NUMBER_ABSENT;
        else if (!q->is_soft && is_beaten(fit, &best, place_of(q), NUMBER_SHARE))
            show_place(material, best.same_at), show_place(material, best.rival_at),
                TR("    ~ number %s same %.2f rival %.2f norm %.2f\n", token->word->form,
                   best.same / 4.78, best.rival / 4.78, best.rival / fit_self(fit, place_of(q))),
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

/* The kinds of characters in turn: "acc-3" and "mon-12" are both letters, hyphen, digits. */
static bool has_same_shape(const char *a, const char *b)
{
    while (*a && *b) {
        bool is_letter = *a >= 'a' && *a <= 'z', is_digit = *a >= '0' && *a <= '9';
        char first = *a;

        if (is_letter != (*b >= 'a' && *b <= 'z') || is_digit != (*b >= '0' && *b <= '9') ||
            (!is_letter && !is_digit && *a != *b))
            return false;
        while (is_letter ? *a >= 'a' && *a <= 'z' : is_digit ? *a >= '0' && *a <= '9' : *a == first)
            a++;
        while (is_letter ? *b >= 'a' && *b <= 'z' : is_digit ? *b >= '0' && *b <= '9' : *b == first)
            b++;
    }
    return *a == *b;
}

static bool is_role(const struct material *material, const struct material_token *token)
{
    const struct thesaurus_entry *known = material->stem[token->stem].known;

    return known && known->is_role;
}

/* May the two stand for each other: identifiers of one prefix or shape, names, roles? */
static bool is_rival_name(const struct material *material, size_t here, size_t there)
{
    const struct material_token *a = &material->tokens[here], *b = &material->tokens[there];

    if (!is_name(b))
        return is_role(material, b) && b->weight > 0 && !(a->word->flags & WORD_IDENTIFIER);
    if ((a->word->flags | b->word->flags) & WORD_IDENTIFIER)
        return (a->word->flags & b->word->flags & WORD_IDENTIFIER) &&
               (has_same_prefix(a->word->form, b->word->form) ||
                has_same_shape(a->word->form, b->word->form));
    return true;
}

static bool is_in_sentence(const struct fit *fit, uint32_t stem)
{
    for (size_t i = 0; i < fit->sentence->n_tokens; i++)
        if (fit->material->tokens[fit->sentence->first + i].stem == stem)
            return true;
    return false;
}

static struct best compare_name(const struct fit *fit,
                                const struct coverage_window *window,
                                size_t here)
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
        if (!is_same && (!is_rival_name(material, here, i) || fit->heads[other->stem] != STEM_NONE))
            continue;
        if (is_of_question(material, i)) {
            best.is_in_question = best.is_in_question || is_same;
            continue;
        }
        best.has_same = best.has_same || is_same;
        if (is_in(window, other->sentence))
            *(is_same ? &best.is_same_there : &best.is_rival_there) = true;
        raise(is_same ? &best.same : &best.rival,
              fit_of(fit, (struct fit_place){here, here}, place));
    }
    return best;
}

/* Is it nowhere in the evidence, not even in other words? */
static bool is_absent(const struct fit *fit, const struct material_token *token)
{
    return fit->likenesses->start[token->stem] == fit->likenesses->start[token->stem + 1];
}

static unsigned check_names_of(const struct fit *fit, const struct coverage_window *window)
{
    const struct material *material = fit->material;
    const struct material_sentence *s = fit->sentence;
    unsigned flags = 0;

    for (size_t i = s->first; i < s->first + s->n_tokens; i++) {
        const struct material_token *token = &material->tokens[i];
        struct best best;

        if (token->weight == 0 || token->quantity > 0 ||
            (!is_name(token) && !is_role(material, token) &&
             !((token->word->flags & WORD_CAPITAL) && is_absent(fit, token))))
            continue;
        best = compare_name(fit, window, i);
        if (is_name(token) && !best.has_same && !best.is_in_question)
            flags |= CHECK_NAME_ABSENT;
        else if ((best.has_same || !is_name(token)) &&
                 best.rival >= NAME_FIT * lexicon_idf1(material->lexicon) &&
                 is_beaten(fit, &best, (struct fit_place){i, i},
                           is_name(token) ? NAME_SHARE : OTHER_SHARE))
            TR("    ~ name %s same %.2f rival %.2f norm %.2f\n", token->word->form,
               best.same / 4.78, best.rival / 4.78,
               best.rival / fit_self(fit, (struct fit_place){i, i})),
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
        before->clause != token->clause || before->quantity > 0 || before->weight == 0)
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
        if (is_beaten(fit, &best, here, MODIFIER_SHARE)) {
            TR("    ~ modifier %s same %.2f rival %.2f norm %.2f\n", material->tokens[i].word->form,
               best.same / idf1, best.rival / idf1, best.rival / fit_self(fit, here));
            return CHECK_MODIFIER;
        }
    }
    return 0;
}

/* ---- Negations ----------------------------------------------------------------------------------- */

static bool denies(const struct material_sentence *s, const struct material *material)
{
    for (size_t i = s->first; i < s->first + s->n_tokens; i++)
        if (material->tokens[i].is_denying)
            return true;
    return false;
}

/* What a list is introduced by: "These things are forbidden:". */
static bool is_list_denied(const struct material *material, size_t sentence)
{
    int passage = material->sentences[sentence].passage;

    if (!material->sentences[sentence].is_item)
        return false;
    while (sentence > 0 && material->sentences[sentence].is_item)
        sentence--;
    return material->sentences[sentence].passage == passage &&
           denies(&material->sentences[sentence], material);
}

/* Is anything denied in the clause of the token, but by the token itself? */
static bool has_denial(const struct material *material, size_t token)
{
    const struct material_token *at = &material->tokens[token];
    const struct material_sentence *s = &material->sentences[at->sentence];

    for (size_t i = s->first; i < s->first + s->n_tokens; i++)
        if (i != token && material->tokens[i].clause == at->clause &&
            material->tokens[i].is_denying)
            return true;
    return is_list_denied(material, at->sentence);
}

/* Do the clause here and the sentence there deny one thing in common? */
static bool deny_the_same(const struct fit *fit, size_t here, size_t there)
{
    const struct material *material = fit->material;
    const struct material_sentence *s = &material->sentences[material->tokens[there].sentence];

    for (size_t k = s->first; k < s->first + s->n_tokens; k++) {
        for (uint32_t i = material->tokens[k].is_negated ? fit->heads[material->tokens[k].stem]
                                                         : STEM_NONE;
             i != STEM_NONE; i = fit->links[i].next) {
            const struct material_token *like =
                &material->tokens[fit->sentence->first + fit->links[i].token];

            if (like->is_negated && like->clause == material->tokens[here].clause)
                return true;
        }
    }
    return false;
}

static bool is_vague(const struct material *material, const struct material_token *token)
{
    const struct thesaurus_entry *known = material->stem[token->stem].known;

    return (known && known->is_light) || lexicon_is_generic(material->lexicon, token->word->stem);
}

static unsigned check_negations(const struct fit *fit)
{
    const struct material *material = fit->material;
    const struct material_sentence *s = fit->sentence;
    double idf1 = lexicon_idf1(material->lexicon);

    for (size_t i = s->first; i < s->first + s->n_tokens; i++) {
        const struct material_token *here = &material->tokens[i];
        struct best best = {0};

        if (here->weight == 0 || here->is_conditional)
            continue;
        for (size_t k = 0; k < material->n_evidence_tokens; k++) {
            const struct material_token *there = &material->tokens[k];
            bool is_rival = there->is_negated != here->is_negated;
            double strength;

            if (fit->heads[there->stem] == STEM_NONE || fit_like(fit, there, &strength) != here ||
                is_of_question(material, k) || material->sentences[there->sentence].is_title)
                continue;
            if (is_rival && (here->is_negated ? has_denial(material, k) || deny_the_same(fit, i, k)
                                              : has_denial(material, i)))
                is_rival = false; /* both deny something */
            raise(is_rival ? &best.rival : &best.same,
                  fit_of(fit, (struct fit_place){i, i}, (struct fit_place){k, k}));
        }
        if (is_beaten(fit, &best, (struct fit_place){i, i},
                      is_vague(material, here) ? VAGUE_SHARE : NEGATION_SHARE) &&
            best.rival >= NEGATION_FIT * idf1) {
            TR("    ~ negation %s same %.2f rival %.2f norm %.2f\n", here->word->form,
               best.same / idf1, best.rival / idf1,
               best.rival / fit_self(fit, (struct fit_place){i, i}));
            return CHECK_NEGATION;
        }
    }
    return 0;
}

/* ---- Statements denied as a whole ---------------------------------------------------------------- */

/* A run of tokens of one sentence: a clause, or all of it. */
struct span {
    size_t first, end;
};

static bool next_clause(const struct material *material,
                        const struct material_sentence *s,
                        struct span *span)
{
    size_t at = span->end, end = s->first + s->n_tokens;

    if (at >= end)
        return false;
    span->first = at;
    while (at < end && material->tokens[at].clause == material->tokens[span->first].clause)
        at++;
    span->end = at;
    return true;
}

static bool span_has(const struct material *material, struct span span, bool is_cue)
{
    for (size_t i = span.first; i < span.end; i++)
        if (is_cue ? material->tokens[i].is_main_cue : material->tokens[i].is_denying)
            return true;
    return false;
}

static double content_weight(const struct material *material, const struct material_token *token)
{
    if (token->quantity > 0)
        return material_is_content(material, token) ? lexicon_idf1(material->lexicon) : 0;
    return token->weight;
}

/* How much the two say the same: harmonic mean of the shares of their content that the other holds. */
static double similarity(const struct fit *fit, struct span here, struct span there)
{
    const struct material *material = fit->material;
    double held_here[MATERIAL_TOKENS] = {0};
    double sum_here = 0, sum_there = 0, found_here = 0, found_there = 0;

    for (size_t k = there.first; k < there.end; k++) {
        const struct material_token *token = &material->tokens[k];
        double best = 0, weight = content_weight(material, token);

        if (weight == 0)
            continue;
        if (token->quantity > 0) {
            for (size_t i = here.first; i < here.end; i++)
                if (material->tokens[i].quantity > 0 &&
                    quantity_compare(&material->quantities[material->tokens[i].quantity - 1],
                                     &material->quantities[token->quantity - 1]) == QUANTITY_SAME) {
                    best = 1;
                    held_here[i - fit->sentence->first] = 1;
                }
        } else {
            for (uint32_t i = fit->heads[token->stem]; i != STEM_NONE; i = fit->links[i].next) {
                size_t at = fit->sentence->first + fit->links[i].token;

                if (at < here.first || at >= here.end)
                    continue;
                raise(&best, fit->links[i].strength);
                raise(&held_here[fit->links[i].token], fit->links[i].strength);
            }
        }
        sum_there += weight;
        found_there += best * weight;
    }
    for (size_t i = here.first; i < here.end; i++) {
        double weight = content_weight(material, &material->tokens[i]);

        sum_here += weight;
        found_here += weight * held_here[i - fit->sentence->first];
    }
    if (found_here == 0 || found_there == 0)
        return 0;
    found_here /= sum_here;
    found_there /= sum_there;
    return 2 * found_here * found_there / (found_here + found_there);
}

static void compare_statement(const struct fit *fit,
                              struct span here,
                              struct span there,
                              struct best *best)
{
    const struct material *material = fit->material;
    double value = similarity(fit, here, there);
    bool is_cue_here = span_has(material, here, true),
         is_cue_there = span_has(material, there, true);
    bool is_rival =
        is_cue_here != is_cue_there && !span_has(material, is_cue_here ? there : here, false) &&
        !(is_cue_here && is_list_denied(material, material->tokens[there.first].sentence));

    if (is_rival && value > best->rival)
        best->rival_at = there.first;
    raise(is_rival ? &best->rival : &best->same, value);
}

static bool is_denied_statement(const struct fit *fit, struct span here, bool is_whole)
{
    const struct material *material = fit->material;
    struct best best = {0};

    for (size_t s = 0; s < material->n_evidence; s++) {
        const struct material_sentence *sentence = &material->sentences[s];
        struct span there = {sentence->first, sentence->first};

        if (sentence->is_title || sentence->passage == MATERIAL_QUESTION)
            continue;
        while (next_clause(material, sentence, &there))
            compare_statement(fit, here, there, &best);
        there = (struct span){sentence->first, sentence->first + sentence->n_tokens};
        compare_statement(fit, here, there, &best);
    }
    if (best.rival >= STATEMENT_SIMILARITY && best.rival >= RIVAL_RATIO * best.same) {
        TR("    ~ clause %s same %.2f rival %.2f norm %.2f\n",
           is_whole ? "whole" : material->tokens[here.first].word->form, best.same, best.rival,
           best.rival);
        (void)show_place(material, best.rival_at);
        return true;
    }
    return false;
}

static unsigned check_statements(const struct fit *fit)
{
    const struct material_sentence *s = fit->sentence;
    struct span here = {s->first, s->first};
    unsigned flags = 0;

    while (next_clause(fit->material, s, &here))
        if (is_denied_statement(fit, here, false))
            flags = CHECK_NEGATION;
    here = (struct span){s->first, s->first + s->n_tokens};
    if (is_denied_statement(fit, here, true))
        flags = CHECK_NEGATION;
    return flags;
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

            if (here->is_turned != there->is_turned)
                relation = -relation;
            if (relation == 0 || there->is_negated || is_of_question(material, k) ||
                (there->stem != here->stem && is_in_sentence(fit, there->stem)))
                continue;
            raise(relation > 0 ? &best.same : &best.rival,
                  fit_of(fit, (struct fit_place){i, i}, (struct fit_place){k, k}));
        }
        if (is_beaten(fit, &best, (struct fit_place){i, i}, OPPOSITE_SHARE) &&
            best.rival >= OPPOSITE_FIT * idf1) {
            TR("    ~ antonym %s same %.2f rival %.2f norm %.2f\n", here->word->form,
               best.same / idf1, best.rival / idf1,
               best.rival / fit_self(fit, (struct fit_place){i, i}));
            return CHECK_ANTONYM;
        }
    }
    return 0;
}

unsigned checks_find(struct fit *fit, size_t sentence, const struct coverage_window *window)
{
    fit_set_sentence(fit, sentence);
    return check_numbers(fit, window) | check_names_of(fit, window) | check_modifiers(fit) |
           check_negations(fit) | check_statements(fit) | check_opposites(fit);
}
