#include "server/llm/checks_part.h"
#include "server/llm/operators.h"

#include <math.h>

/* A statement is turned by a small word more, less or other than its evidence has. Every operator (operators.h) of
 * the sentence is weighed at the places of the evidence that fit it best, and those of the window at the places of the
 * sentence: does the best place say the same, does it say what excludes it, does it say nothing of the kind? Weaker
 * than a check: who rewords says "stays free" for "nobody may use it". */

#define PLACES_MAX 128 /* of one side; further ones are not looked at */

/* What an operator that nothing answers counts, here and in the evidence. Of each kind the worst counts. */
static const struct {
    unsigned operators;
    double weight[2];
} kinds[] = {
    {OPERATOR_DENY, {0.5, 1.5}},
    {OPERATOR_BEFORE | OPERATOR_AFTER, {0.5, 0.2}},
    {OPERATOR_MORE | OPERATOR_LESS, {0, 0.6}},
    {OPERATOR_LIMIT | OPERATOR_EXTEND, {0.4, 0.2}},
};

#define OPPOSED    0.8 /* and one whose place is taken by what excludes it */
#define HALF_DOUBT 1.2 /* the sum that makes a doubt of a half */

enum side { HERE, THERE };

struct place {
    size_t at;
    bool is_between; /* before the token, which itself counts as surroundings */
    unsigned says, passes;
    double self; /* what would fit best here; of a place there, at the best one here */
    double any, same, opposite; /* the best fits on the other side */
};

struct places {
    struct place items[PLACES_MAX];
    size_t n;
};

static struct fit_place place_of(const struct place *place)
{
    return (struct fit_place){place->at, place->is_between ? place->at - 1 : place->at};
}

static void add_between(struct places *places, size_t at)
{
    if (places->n < PLACES_MAX)
        places->items[places->n++] = (struct place){.at = at, .is_between = true};
}

static void add_operator(struct places *places, const struct material *material, size_t at)
{
    const struct material_token *token = &material->tokens[at];

    if ((token->says | token->passes) && places->n < PLACES_MAX)
        places->items[places->n++] =
            (struct place){.at = at, .says = token->says, .passes = token->says | token->passes};
}

static void find_here(const struct checking *checking, struct places *here)
{
    size_t first = checking->sentence->first, end = first + checking->sentence->n_tokens;

    for (size_t i = first; i < end; i++) {
        add_operator(here, checking->material, i);
        if (checking->material->tokens[i].weight > 0)
            add_between(here, i);
    }
    for (size_t i = 0; i < here->n; i++)
        here->items[i].self = fit_self(checking->fit, place_of(&here->items[i]));
}

/* The operators of the window and where else in it one could stand; then all others, as far as there is room. */
static void find_there(const struct checking *checking, struct places *there)
{
    const struct material *material = checking->material;
    struct checks_range window = checks_window(checking);

    for (size_t i = window.first; i < window.end; i++) {
        add_operator(there, material, i);
        if (i > 0 && fit_has(checking->fit, &material->tokens[i]))
            add_between(there, i);
    }
    for (size_t i = 0; i < material->n_evidence_tokens; i++)
        if ((i < window.first || i >= window.end) && !checks_is_aside(material, i))
            add_operator(there, material, i);
}

static void meet(struct place *place, const struct place *other, double fit)
{
    place->any = fmax(place->any, fit);
    if (place->says & other->passes)
        place->same = fmax(place->same, fit);
    if (operators_opposites(place->says) & other->says)
        place->opposite = fmax(place->opposite, fit);
}

static void weigh(const struct checking *checking, struct places *here, struct places *there)
{
    struct fit_view views[PLACES_MAX];

    for (size_t i = 0; i < here->n; i++)
        fit_look_from(checking->fit, place_of(&here->items[i]), &views[i]);
    for (size_t k = 0; k < there->n; k++) {
        struct place *place = &there->items[k];
        struct fit_around around;

        fit_look_around(checking->fit, place_of(place), &around);
        for (size_t i = 0; i < here->n; i++) {
            double fit = fit_weigh(&around, &views[i]);

            if (fit > place->any)
                place->self = here->items[i].self;
            meet(&here->items[i], place, fit);
            meet(place, &here->items[i], fit);
        }
    }
}

/* The share of what stands in the clause of an operator there that the sentence has: it may be about something that
 * the sentence leaves out. */
static double held_share(const struct checking *checking, size_t at)
{
    const struct material *material = checking->material;
    const struct material_sentence *s = &material->sentences[material->tokens[at].sentence];
    double sum = 0, held = 0;

    for (size_t i = s->first; i < s->first + s->n_tokens; i++) {
        const struct material_token *token = &material->tokens[i];

        if (i == at || token->clause != material->tokens[at].clause || token->quantity > 0)
            continue;
        sum += token->weight;
        held += fit_has(checking->fit, token) ? token->weight : 0;
    }
    return sum > 0 ? held / sum : 0.5;
}

/* The worst of each kind, and of what is excluded, summed up. */
static double sum_up(const struct checking *checking, const struct places *places, enum side side)
{
    double worst[COUNT_OF(kinds)] = {0}, opposed = 0, sum;
    struct checks_range window = checks_window(checking);

    for (size_t i = 0; i < places->n; i++) {
        const struct place *place = &places->items[i];
        double share;

        if (place->says == 0 || place->self <= 0 ||
            (side == THERE && (place->at < window.first || place->at >= window.end)))
            continue;
        share = (side == THERE ? held_share(checking, place->at) : 1) / place->self;
        opposed = fmax(opposed, share * (place->opposite - place->same));
        for (size_t k = 0; k < COUNT_OF(kinds); k++)
            if (place->says & kinds[k].operators)
                worst[k] = fmax(worst[k], share * (place->any - place->same));
    }
    sum = OPPOSED * opposed;
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        sum += kinds[k].weight[side] * worst[k];
    return sum;
}

double checks_operators(const struct checking *checking)
{
    struct places here = {.n = 0}, there = {.n = 0};
    double sum;

    if (checking->window->n == 0)
        return 0;
    checking->fit->is_narrow = true;
    find_here(checking, &here);
    find_there(checking, &there);
    weigh(checking, &here, &there);
    checking->fit->is_narrow = false;
    sum = sum_up(checking, &here, HERE) + sum_up(checking, &there, THERE);
    return sum / (sum + HALF_DOUBT);
}
