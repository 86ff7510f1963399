#include "server/llm/checks_part.h"
#include "server/llm/word_list.h"

#include <math.h>
#include <string.h>

/* Numbers that stand nowhere, but follow from those of one sentence of the evidence. */

#define DAY  86400.0
#define YEAR (365 * DAY)

#define INEXACT 0.03 /* months are 30 days here, and years 365 */

static bool is_near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fmax(fabs(a), fabs(b)) + 1e-9;
}

static bool has_word(const struct material *material,
                     const struct material_sentence *s,
                     const char *const *words,
                     size_t n)
{
    for (size_t i = s->first; i < s->first + s->n_tokens; i++)
        if (word_list_has(words, n, material->tokens[i].word->form))
            return true;
    return false;
}

static const struct material_sentence *sentence_of(const struct material *material,
                                                   const struct quantity *q)
{
    return &material->sentences[material->tokens[q->first].sentence];
}

/* The next quantity of the same sentence of the evidence, or NULL. */
static const struct quantity *next_of(const struct material *material, size_t i)
{
    const struct quantity *q = &material->quantities[i], *next = q + 1;

    return i + 1 < material->n_evidence_quantities &&
                   material->tokens[next->first].sentence == material->tokens[q->first].sentence
               ? next
               : NULL;
}

/* "half of it" beside 60 euros makes 30. */
static bool is_half(const struct material *material,
                    const struct quantity *q,
                    const struct quantity *there)
{
    static const char *const halves[] = {"half"};

    return is_near(2 * q->number, there->number, 1e-9) &&
           has_word(material, sentence_of(material, there), halves, COUNT_OF(halves));
}

/* "5 days together" of 3 days for the one and 2 for the other. */
static bool is_sum(const struct checking *checking, const struct quantity *q, size_t i)
{
    static const char *const totals[] = {"altogether", "combined", "sum", "together", "total"};
    const struct material *material = checking->material;
    const struct quantity *one = &material->quantities[i], *other = next_of(material, i);

    return other && q->kind == one->kind && q->kind == other->kind && !one->is_label &&
           is_near(q->value, one->value + other->value, 1e-9) &&
           has_word(material, checking->sentence, totals, COUNT_OF(totals));
}

/* "for twelve hours" from 07:00 to 19:00, and over midnight. */
static bool is_span(const struct material *material, const struct quantity *q, size_t i)
{
    const struct quantity *from = &material->quantities[i], *to = next_of(material, i);
    double seconds;

    if (!to || q->kind != QUANTITY_TIME || from->kind != QUANTITY_CLOCK ||
        to->kind != QUANTITY_CLOCK)
        return false;
    seconds = 60 * (to->value - from->value);
    return is_near(q->value, seconds > 0 ? seconds : seconds + DAY, 1e-9);
}

/* Seconds of the "year" in "twice a year"; 0: nothing of the kind stands behind the number. */
static double period_behind(const struct material *material, const struct quantity *q)
{
    static const struct {
        const char *form;
        double seconds;
    } periods[] = {{"day", DAY}, {"week", 7 * DAY}, {"month", 30 * DAY}, {"year", YEAR}};
    const struct material_sentence *s = sentence_of(material, q);
    size_t end = s->first + s->n_tokens, at = q->first + q->n_words;
    static const char *const times[] = {"times"}, *const links[] = {"a", "each", "every", "per"};

    at += at < end && IS_AMONG(material->tokens[at].word->form, times);
    if (at + 1 >= end || !IS_AMONG(material->tokens[at].word->form, links))
        return 0;
    for (size_t k = 0; k < COUNT_OF(periods); k++)
        if (strcmp(material->tokens[at + 1].word->form, periods[k].form) == 0)
            return periods[k].seconds;
    return 0;
}

/* "every six months" is "twice a year". */
static bool is_frequency(const struct material *material,
                         const struct quantity *every,
                         const struct quantity *times)
{
    double period = times->kind == QUANTITY_COUNT ? period_behind(material, times) : 0;

    return every->kind == QUANTITY_TIME && period > 0 && times->number > 1 &&
           is_near(every->value * times->number, period, INEXACT);
}

/* "Eleven or more" is "more than 10". */
static bool is_next_bound(const struct quantity *q, const struct quantity *there)
{
    return q->kind == QUANTITY_COUNT && there->kind == QUANTITY_COUNT && !q->is_label &&
           q->bound != QUANTITY_EXACT && q->bound == there->bound &&
           is_near(fabs(q->number - there->number), 1, 1e-9);
}

/* "25 percent" of "one in four". */
static bool is_ratio(const struct material *material, const struct quantity *q, size_t i)
{
    const struct quantity *part = &material->quantities[i], *all = next_of(material, i);

    return all && q->kind == QUANTITY_PERCENT && part->kind == QUANTITY_COUNT &&
           all->kind == QUANTITY_COUNT && all->first == part->first + part->n_words + 1 &&
           strcmp(material->tokens[all->first - 1].word->form, "in") == 0 &&
           is_near(q->value * all->number, 100 * part->number, 1e-9);
}

bool checks_is_derived(const struct checking *checking, const struct quantity *q)
{
    const struct material *material = checking->material;

    for (size_t i = 0; i < material->n_evidence_quantities; i++) {
        const struct quantity *there = &material->quantities[i];

        if (is_half(material, q, there) || is_sum(checking, q, i) || is_span(material, q, i) ||
            is_frequency(material, q, there) || is_frequency(material, there, q) ||
            is_next_bound(q, there) || is_ratio(material, q, i))
            return true;
    }
    return false;
}
