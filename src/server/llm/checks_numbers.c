#include "server/llm/checks_part.h"

/* How well a rival must fit, as a share of what the sentence itself would. */
#define SHARE 0.5

/* How much better two numbers must fit when they change places. */
#define CROSS_RATIO 1.12

/* How much better the other bound must fit ("at least" for "at most"). */
#define BOUND_RATIO 1.3
#define BOUND_SHARE 0.5

#define PLACES_MAX 32 /* that are looked at for one number, where not for a rivalry */

static struct fit_place place_of(const struct quantity *q)
{
    return (struct fit_place){q->first, q->first + q->n_words - 1};
}

/* The i-th number of the sentence. */
static const struct quantity *quantity_at(const struct checking *checking, size_t i)
{
    const struct material *material = checking->material;
    size_t token = checking->sentence->first + checking->fit->quantities[i];

    return &material->quantities[material->tokens[token].quantity - 1];
}

/* Does the sentence itself give this quantity too? Then its place is told apart from the other by crossing. */
static bool is_given(const struct checking *checking, const struct quantity *other)
{
    for (size_t i = 0; i < checking->fit->n_quantities; i++) {
        if (quantity_compare(quantity_at(checking, i), other) == QUANTITY_SAME)
            return true;
    }
    return false;
}

/* The best fit of the place with an occurrence of the quantity. */
static double best_fit(const struct checking *checking,
                       const struct quantity *here,
                       const struct quantity *value)
{
    const struct material *material = checking->material;
    size_t n_places = 0;
    double best = 0;

    for (size_t i = 0; i < material->n_evidence_quantities && n_places < PLACES_MAX; i++) {
        const struct quantity *there = &material->quantities[i];
        double fit;

        if (checks_is_aside(material, there->first) ||
            quantity_compare(value, there) != QUANTITY_SAME)
            continue;
        n_places++;
        fit = fit_of(checking->fit, place_of(here), place_of(there));
        best = fit > best ? fit : best;
    }
    return best;
}

/* Have two numbers of the sentence changed places? */
static bool is_crossed(const struct checking *checking,
                       const struct quantity *a,
                       const struct quantity *b)
{
    double straight = best_fit(checking, a, a) + best_fit(checking, b, b);
    double crossed = best_fit(checking, a, b) + best_fit(checking, b, a);
    double self = fit_self(checking->fit, place_of(a)) + fit_self(checking->fit, place_of(b));

    return straight > 0 && crossed >= CROSS_RATIO * straight && crossed >= SHARE * self;
}

static bool has_crossed(const struct checking *checking, size_t i, const struct quantity *q)
{
    bool result = false;

    /* Each of the two would vouch for the other's old place. */
    checking->fit->is_blind = true;
    for (size_t k = i + 1; k < checking->fit->n_quantities && !q->is_soft && !result; k++) {
        const struct quantity *other = quantity_at(checking, k);

        result = !other->is_soft && quantity_compare(q, other) == QUANTITY_RIVAL &&
                 is_crossed(checking, q, other);
    }
    checking->fit->is_blind = false;
    return result;
}

static unsigned check_value(const struct checking *checking, const struct quantity *q)
{
    const struct material *material = checking->material;
    struct rivalry rivalry = {0};
    bool is_there = false;

    for (size_t i = 0; i < material->n_evidence_quantities; i++) {
        const struct quantity *there = &material->quantities[i];
        enum quantity_relation relation = quantity_compare(q, there);

        if (relation == QUANTITY_OTHER)
            is_there = is_there || quantity_may_be_same(q, there);
        else if (checks_is_aside(material, there->first))
            is_there = is_there || relation == QUANTITY_SAME;
        else if (relation == QUANTITY_SAME || !is_given(checking, there))
            rivalry_add(&rivalry, checking, place_of(q), place_of(there),
                        relation == QUANTITY_RIVAL);
    }
    if (q->is_soft)
        return 0;
    if (!rivalry.has_same && !is_there) {
        if (checks_is_derived(checking, q) || checks_is_spelled_otherwise(checking, q->first))
            return 0;
        if (!q->is_told || rivalry.rival > 0)
            return CHECK_NUMBER_ABSENT;
    }
    return rivalry_is_lost(&rivalry, checking, place_of(q), SHARE) ? CHECK_NUMBER_SWAPPED : 0;
}

/* "More than 5 are not carried" is "up to 5 are carried": one "not" turns the bound. */
static bool is_opposite_bound(const struct material *material,
                              const struct quantity *q,
                              const struct quantity *there)
{
    return (int)there->bound == -(int)q->bound &&
           checks_is_clause_denied(material, q->first) ==
               checks_is_clause_denied(material, there->first);
}

/* "at least 5" where it says "at most 5". */
static unsigned check_bound(const struct checking *checking, const struct quantity *q)
{
    const struct material *material = checking->material;
    size_t n_places = q->bound == QUANTITY_EXACT ? PLACES_MAX : 0;
    double same = 0, other = 0;

    for (size_t i = 0; i < material->n_evidence_quantities && n_places < PLACES_MAX; i++) {
        const struct quantity *there = &material->quantities[i];
        double fit, *best = is_opposite_bound(material, q, there) ? &other : &same;

        if (checks_is_aside(material, there->first) || quantity_compare(q, there) != QUANTITY_SAME)
            continue;
        n_places++;
        fit = fit_of(checking->fit, place_of(q), place_of(there));
        *best = fit > *best ? fit : *best;
    }
    return other > 0 && other >= BOUND_RATIO * same &&
                   other >= BOUND_SHARE * fit_self(checking->fit, place_of(q))
               ? CHECK_ANTONYM
               : 0;
}

unsigned checks_numbers(const struct checking *checking)
{
    unsigned flags = 0;

    for (size_t i = 0; i < checking->fit->n_quantities; i++) {
        const struct quantity *q = quantity_at(checking, i);

        flags |= check_value(checking, q) | check_bound(checking, q);
        if (has_crossed(checking, i, q))
            flags |= CHECK_NUMBER_SWAPPED;
    }
    return flags;
}
