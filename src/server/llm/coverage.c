#include "server/llm/coverage.h"

#include "common/alloc.h"

#include <string.h>

/* What a word is worth that stands only in the passage's title or heading, or only in the question. */
#define TITLE_SHARE    0.5
#define QUESTION_SHARE 0.3

/* A wider window must hold this much more for each sentence more. */
#define WIDTH_PRICE 0.05

#define QUANTITY_WEIGHT      1.0 /* in idf1 */
#define SOFT_QUANTITY_WEIGHT 0.2

void coverage_init(struct coverage *coverage,
                   const struct material *material,
                   const struct likenesses *likenesses)
{
    *coverage = (struct coverage){.material = material, .likenesses = likenesses};
    coverage->scores =
        xcalloc(MATERIAL_TOKENS * (material->n_evidence + 1), sizeof(*coverage->scores));
}

void coverage_finish(struct coverage *coverage)
{
    free(coverage->scores);
    *coverage = (struct coverage){0};
}

/* ---- The sentence's content ---------------------------------------------------------------------- */

/* What a sentence says: weights of its items, and their rows of scores. */
struct content {
    size_t n;
    double weights[MATERIAL_TOKENS];
    double sum;
};

static float *row_of(const struct coverage *coverage, size_t item)
{
    return coverage->scores + item * coverage->material->n_evidence;
}

static void score_stem(const struct coverage *coverage, uint32_t stem, float *row)
{
    const struct likenesses *likenesses = coverage->likenesses;
    const struct material *material = coverage->material;

    for (size_t i = likenesses->start[stem]; i < likenesses->start[stem + 1]; i++) {
        const struct likeness *like = &likenesses->items[i];

        for (size_t p = material->place_start[like->stem];
             p < material->place_start[like->stem + 1]; p++) {
            float *score = &row[material->tokens[material->places[p]].sentence];

            if (*score < (float)like->strength)
                *score = (float)like->strength;
        }
    }
}

/* Returns the weight of the quantity in idf1. */
static double score_quantity(const struct coverage *coverage, const struct quantity *q, float *row)
{
    const struct material *material = coverage->material;
    bool is_found = false;

    for (size_t i = 0; i < material->n_evidence_quantities; i++) {
        const struct quantity *other = &material->quantities[i];

        if (quantity_compare(q, other) != QUANTITY_SAME)
            continue;
        row[material->tokens[other->first].sentence] = 1;
        is_found = is_found || !other->is_soft;
    }
    return q->is_soft && !is_found ? SOFT_QUANTITY_WEIGHT : QUANTITY_WEIGHT;
}

static bool is_repeated(const struct material_token *tokens, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (tokens[k].stem == tokens[i].stem && tokens[k].quantity == 0)
            return true;
    return false;
}

static void read_content(const struct coverage *coverage, size_t sentence, struct content *content)
{
    const struct material *material = coverage->material;
    const struct material_sentence *s = &material->sentences[sentence];
    const struct material_token *tokens = &material->tokens[s->first];
    double idf1 = lexicon_idf1(material->lexicon);

    *content = (struct content){0};
    for (size_t i = 0; i < s->n_tokens; i++) {
        float *row = row_of(coverage, content->n);
        double weight = tokens[i].weight;

        if (!material_is_content(material, &tokens[i]) ||
            (!tokens[i].quantity && is_repeated(tokens, i)))
            continue;
        memset(row, 0, material->n_evidence * sizeof(*row));
        if (tokens[i].quantity > 0) {
            const struct quantity *q = &material->quantities[tokens[i].quantity - 1];

            weight = idf1 * score_quantity(coverage, q, row);
        } else {
            score_stem(coverage, tokens[i].stem, row);
        }
        content->weights[content->n++] = weight;
        content->sum += weight;
    }
}

/* ---- Windows ------------------------------------------------------------------------------------- */

/* The scores of the items in the window that is being looked at, and those that hold everywhere in its passage. */
struct held {
    float window[MATERIAL_TOKENS], passage[MATERIAL_TOKENS], question[MATERIAL_TOKENS];
};

static void raise_to(
    float *scores, const struct coverage *coverage, size_t n, size_t sentence, float share)
{
    for (size_t i = 0; i < n; i++) {
        float score = share * row_of(coverage, i)[sentence];

        if (score > scores[i])
            scores[i] = score;
    }
}

static double sum_held(const struct content *content, const struct held *held)
{
    double sum = 0;

    for (size_t i = 0; i < content->n; i++) {
        float best = held->window[i] > held->passage[i] ? held->window[i] : held->passage[i];

        sum += content->weights[i] * (double)best;
    }
    return sum;
}

/* The windows that begin with this sentence, against the best so far. */
static void try_windows(const struct coverage *coverage,
                        const struct content *content,
                        struct held *held,
                        size_t first,
                        struct coverage_window *best)
{
    const struct material_sentence *sentences = coverage->material->sentences;
    double price = 0;

    memset(held->window, 0, sizeof(held->window));
    for (size_t n = 1; n <= COVERAGE_WINDOW && first + n <= coverage->material->n_evidence; n++) {
        const struct material_sentence *last = &sentences[first + n - 1];
        double share;

        if (last->is_title || last->passage != sentences[first].passage || (n > 1 && last->is_row))
            return;
        raise_to(held->window, coverage, content->n, first + n - 1, 1);
        share = sum_held(content, held) / content->sum - price;
        price += WIDTH_PRICE;
        if (best->n == 0 || share > best->share)
            *best = (struct coverage_window){.share = share, .first = first, .n = n};
    }
}

static void find_window(const struct coverage *coverage,
                        const struct content *content,
                        struct held *held,
                        struct coverage_window *best)
{
    const struct material *material = coverage->material;

    memset(held, 0, sizeof(*held));
    for (size_t s = 0; s < material->n_evidence; s++)
        if (material->sentences[s].passage == MATERIAL_QUESTION)
            raise_to(held->question, coverage, content->n, s, (float)QUESTION_SHARE);
    memcpy(held->passage, held->question, sizeof(held->passage));
    for (size_t s = 0; s < material->n_evidence; s++) {
        if (material->sentences[s].is_title) {
            memcpy(held->passage, held->question, sizeof(held->passage));
            raise_to(held->passage, coverage, content->n, s, (float)TITLE_SHARE);
        } else {
            try_windows(coverage, content, held, s, best);
        }
    }
}

/* The sentence of the window that holds most by itself. */
static size_t find_anchor(const struct coverage *coverage,
                          const struct content *content,
                          const struct coverage_window *window)
{
    size_t anchor = window->first;
    double most = -1;

    for (size_t s = window->first; s < window->first + window->n; s++) {
        double sum = 0;

        for (size_t i = 0; i < content->n; i++)
            sum += content->weights[i] * (double)row_of(coverage, i)[s];
        if (sum > most) {
            most = sum;
            anchor = s;
        }
    }
    return anchor;
}

/* ---- Verbatim ------------------------------------------------------------------------------------ */

static bool stands_at(const struct material *material, const struct material_sentence *s, size_t at)
{
    if (at + s->n_tokens > material->n_evidence_tokens)
        return false;
    for (size_t i = 0; i < s->n_tokens; i++)
        if (material->tokens[at + i].stem != material->tokens[s->first + i].stem ||
            material->tokens[at + i].sentence != material->tokens[at].sentence)
            return false;
    return at + s->n_tokens == material->n_evidence_tokens ||
           material->tokens[at + s->n_tokens].sentence != material->tokens[at].sentence ||
           material->tokens[at + s->n_tokens].clause !=
               material->tokens[at + s->n_tokens - 1].clause;
}

static bool is_verbatim(const struct material *material,
                        const struct material_sentence *s,
                        const struct coverage_window *window)
{
    const struct material_sentence *first = &material->sentences[window->first];
    const struct material_sentence *last = &material->sentences[window->first + window->n - 1];

    if (first->passage == MATERIAL_QUESTION || s->n_tokens == 0)
        return false;
    /* From the head of a sentence on: without its head it may say the opposite. */
    for (const struct material_sentence *at = first; at <= last; at++)
        if (stands_at(material, s, at->first))
            return true;
    return false;
}

struct coverage_window coverage_find(const struct coverage *coverage, size_t sentence)
{
    struct coverage_window best = {.share = 0};
    struct content content;
    struct held held;

    read_content(coverage, sentence, &content);
    if (content.sum <= 0)
        return (struct coverage_window){.share = 1};
    find_window(coverage, &content, &held, &best);
    if (best.n == 0)
        return best;
    best.weight = content.sum;
    best.anchor = find_anchor(coverage, &content, &best);
    best.is_verbatim =
        is_verbatim(coverage->material, &coverage->material->sentences[sentence], &best);
    if (best.is_verbatim || best.share > 1)
        best.share = 1;
    if (best.share < 0)
        best.share = 0;
    return best;
}
