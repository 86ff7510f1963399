#include "server/llm/fit.h"

#include "common/alloc.h"

#include <string.h>

/* A word counts 1 / (1 + distance / HALF_DISTANCE). */
#define HALF_DISTANCE 5.0

#define REACH             24 /* words on each side of a place that are looked at */
#define CLAUSE_DISTANCE   2.0
#define SENTENCE_DISTANCE 12.0
#define NARROW_CLAUSES    3.0 /* how many clauses one counts for when is_narrow */
#define TITLE_DISTANCE    8.0
#define COLUMN_DISTANCE   3.0 /* of one row, another column */

#define STOP_WEIGHT     0.08 /* in idf1 */
#define QUANTITY_WEIGHT 0.8  /* in idf1: another number at the same place */

void fit_init(struct fit *fit, const struct material *material, const struct likenesses *likenesses)
{
    *fit = (struct fit){.material = material, .likenesses = likenesses};
    fit->heads = xcalloc(material->n_evidence_stems + 1, sizeof(*fit->heads));
    memset(fit->heads, 0xff, (material->n_evidence_stems + 1) * sizeof(*fit->heads));
}

void fit_finish(struct fit *fit)
{
    free(fit->heads);
    free(fit->links);
    *fit = (struct fit){0};
}

static void add_link(struct fit *fit, uint32_t token, const struct likeness *like)
{
    size_t n = 0;

    for (uint32_t i = fit->heads[like->stem]; i != STEM_NONE; i = fit->links[i].next)
        n++;
    if (n >= FIT_LINKS)
        return;
    if (fit->n_links == fit->capacity) {
        fit->capacity = fit->capacity ? 2 * fit->capacity : 512;
        fit->links = xrealloc_array(fit->links, fit->capacity, sizeof(*fit->links));
    }
    fit->links[fit->n_links] = (struct fit_link){token, fit->heads[like->stem], like->strength};
    fit->heads[like->stem] = (uint32_t)fit->n_links++;
}

static void clear(struct fit *fit)
{
    const struct likenesses *likenesses = fit->likenesses;

    for (size_t i = 0; fit->sentence && i < fit->sentence->n_tokens; i++) {
        uint32_t stem = fit->material->tokens[fit->sentence->first + i].stem;

        for (size_t k = likenesses->start[stem]; k < likenesses->start[stem + 1]; k++)
            fit->heads[likenesses->items[k].stem] = STEM_NONE;
    }
    fit->n_links = 0;
    fit->n_quantities = 0;
}

void fit_set_sentence(struct fit *fit, size_t sentence)
{
    const struct likenesses *likenesses = fit->likenesses;

    clear(fit);
    fit->sentence = &fit->material->sentences[sentence];
    for (size_t i = 0; i < fit->sentence->n_tokens; i++) {
        const struct material_token *token = &fit->material->tokens[fit->sentence->first + i];

        for (size_t k = likenesses->start[token->stem]; k < likenesses->start[token->stem + 1]; k++)
            add_link(fit, (uint32_t)i, &likenesses->items[k]);
        if (token->quantity > 0 && material_is_content(fit->material, token) &&
            fit->n_quantities < FIT_QUANTITIES)
            fit->quantities[fit->n_quantities++] = (uint32_t)i;
    }
}

const struct material_token *fit_like(const struct fit *fit,
                                      const struct material_token *evidence,
                                      double *ret_strength)
{
    const struct material_token *best = NULL;

    *ret_strength = 0;
    for (uint32_t i = fit->heads[evidence->stem]; i != STEM_NONE; i = fit->links[i].next) {
        if (fit->links[i].strength > *ret_strength) {
            *ret_strength = fit->links[i].strength;
            best = &fit->material->tokens[fit->sentence->first + fit->links[i].token];
        }
    }
    return best;
}

/* ---- Distances ----------------------------------------------------------------------------------- */

static double gap(size_t at, struct fit_place place)
{
    if (at < place.first)
        return (double)(place.first - at);
    return at > place.last ? (double)(at - place.last) : 0;
}

static double clause_gap(const struct material_token *a, const struct material_token *b)
{
    return CLAUSE_DISTANCE *
           (a->clause > b->clause ? a->clause - b->clause : b->clause - a->clause);
}

/* From a token to a place in the same or a neighbouring sentence. */
static double distance(const struct fit *fit, size_t at, struct fit_place place)
{
    const struct material *material = fit->material;
    const struct material_token *token = &material->tokens[at],
                                *other = &material->tokens[place.first];
    const struct material_sentence *sentence = &material->sentences[token->sentence];

    if (sentence->is_title && token->sentence != other->sentence)
        return TITLE_DISTANCE;
    if (token->sentence != other->sentence)
        return SENTENCE_DISTANCE + gap(at, place);
    if (sentence->is_row)
        return token->column == other->column ? 1 : COLUMN_DISTANCE;
    return gap(at, place) + (fit->is_narrow ? NARROW_CLAUSES : 1) * clause_gap(token, other);
}

static double nearness(double distance)
{
    return 1 / (1 + distance / HALF_DISTANCE);
}

/* ---- The fit ------------------------------------------------------------------------------------- */

static void raise(struct fit_around *around, uint32_t token, double value)
{
    if (value > around->best[token])
        around->best[token] = value;
}

/* A number there is like the same number here. */
static void try_quantity(struct fit_around *around, const struct material_token *there, double near)
{
    const struct fit *fit = around->fit;
    const struct material *material = fit->material;

    for (size_t i = 0; i < fit->n_quantities; i++) {
        uint32_t here = fit->quantities[i];
        const struct material_token *token = &material->tokens[fit->sentence->first + here];

        if (quantity_compare(&material->quantities[token->quantity - 1],
                             &material->quantities[there->quantity - 1]) == QUANTITY_SAME)
            raise(around, here, near);
    }
}

static void try_tokens(struct fit_around *around, size_t first, size_t end)
{
    const struct fit *fit = around->fit;

    for (size_t at = first; at < end; at++) {
        const struct material_token *token = &fit->material->tokens[at];
        double near;

        if (at >= around->there.first && at <= around->there.last)
            continue;
        near = nearness(distance(fit, at, around->there));
        if (token->quantity > 0 && material_is_content(fit->material, token))
            try_quantity(around, token, near);
        else
            for (uint32_t i = fit->heads[token->stem]; i != STEM_NONE; i = fit->links[i].next)
                raise(around, fit->links[i].token, near * fit->links[i].strength);
    }
}

/* The sentence of the place, its neighbours and the title. */
static void try_neighbours(struct fit_around *around)
{
    const struct material *material = around->fit->material;
    size_t s = material->tokens[around->there.first].sentence, title = s;
    size_t first = around->there.first > REACH ? around->there.first - REACH : 0;
    size_t end = around->there.last + 1 + REACH;

    for (size_t k = s > 0 ? s - 1 : 0; k <= s + 1 && k < material->n_evidence; k++) {
        const struct material_sentence *near = &material->sentences[k];
        size_t from = near->first > first ? near->first : first;
        size_t to = near->first + near->n_tokens < end ? near->first + near->n_tokens : end;

        if (near->passage == material->sentences[s].passage && !near->is_title)
            try_tokens(around, from, to);
    }
    while (title > 0 && !material->sentences[title].is_title &&
           material->sentences[title - 1].passage == material->sentences[s].passage)
        title--;
    if (material->sentences[title].is_title && title != s)
        try_tokens(around, material->sentences[title].first,
                   material->sentences[title].first + material->sentences[title].n_tokens);
}

/* What a token of the sentence counts. Stop words count a little: "yourself" and "its own" tell places apart. */
static double weight_of(const struct fit *fit, const struct material_token *token)
{
    double idf1 = lexicon_idf1(fit->material->lexicon);

    if (token->quantity > 0)
        return fit->is_blind
                   ? 0
                   : QUANTITY_WEIGHT * idf1 * material_quantity_share(fit->material, token);
    return token->weight > 0 ? token->weight : STOP_WEIGHT * idf1;
}

void fit_look_around(const struct fit *fit, struct fit_place there, struct fit_around *ret_around)
{
    *ret_around = (struct fit_around){.fit = fit, .there = there};
    try_neighbours(ret_around);
}

void fit_look_from(const struct fit *fit, struct fit_place here, struct fit_view *ret_view)
{
    for (size_t i = 0; i < fit->sentence->n_tokens; i++) {
        size_t at = fit->sentence->first + i;

        ret_view->weight[i] = at >= here.first && at <= here.last
                                  ? 0
                                  : (float)(weight_of(fit, &fit->material->tokens[at]) *
                                            nearness(distance(fit, at, here)));
    }
}

double fit_weigh(const struct fit_around *around, const struct fit_view *view)
{
    double sum = 0;

    for (size_t i = 0; i < around->fit->sentence->n_tokens; i++)
        sum += around->best[i] * (double)view->weight[i];
    return sum;
}

double fit_of(const struct fit *fit, struct fit_place here, struct fit_place there)
{
    struct fit_around around;
    struct fit_view view;

    fit_look_around(fit, there, &around);
    fit_look_from(fit, here, &view);
    return fit_weigh(&around, &view);
}

double fit_self(const struct fit *fit, struct fit_place here)
{
    double sum = 0;

    for (size_t i = 0; i < fit->sentence->n_tokens; i++) {
        size_t at = fit->sentence->first + i;
        double near = nearness(distance(fit, at, here));

        if (at < here.first || at > here.last)
            sum += weight_of(fit, &fit->material->tokens[at]) * near * near;
    }
    return sum;
}
