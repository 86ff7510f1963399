#include "server/llm/quantity.h"

#include "server/llm/quantity_part.h"

#include <math.h>

/* Things that are numbered rather than counted, by their stems. */
static const char *const numbered[] = {
    "categori", "channel",  "class",   "code",   "error",    "ext",      "extens",  "floor",
    "gate",     "grade",    "group",   "level",  "line",     "log",      "model",   "number",
    "option",   "page",     "phase",   "port",   "prioriti", "question", "room",    "sector",
    "section",  "sever",    "stage",   "step",   "tier",     "type",     "version", "zone",
    "window",   "appendix", "chapter", "articl", "build",    "releas",
};

bool quantity_is_close(const struct quantity_scan *scan, size_t i)
{
    if (i + 1 >= scan->n)
        return false;
    for (size_t at = scan->words[i].end; at < scan->words[i + 1].start; at++)
        if (!strchr(" \t\n-", scan->text[at]))
            return false;
    return true;
}

bool quantity_is_thing(const struct quantity_scan *scan, size_t i)
{
    return i < scan->n && !(scan->words[i].flags & (WORD_STOP | WORD_NUMBER));
}

/* ---- Dates and counts ---------------------------------------------------------------------------- */

static size_t read_date(const struct quantity_scan *scan, size_t i, struct quantity *q)
{
    size_t next = i + 1 + (quantity_is(scan, i + 1, "of"));
    double month = quantity_month(scan, next);

    bool is_day = (scan->words[i].flags & WORD_NUMBER) || q->is_soft; /* digits, or an ordinal */

    if (!is_day || q->kind != QUANTITY_COUNT || q->number < 1 || q->number > 31)
        return 0;
    if (month == 0) {
        next = i;
        month = i > 0 ? quantity_month(scan, i - 1) : 0;
    }
    if (month == 0)
        return 0;
    if (next == i)
        q->first = i - 1;
    q->kind = QUANTITY_DATE;
    q->value = 100 * month + q->number;
    q->is_soft = false;
    return next + 1;
}

#define TOLD_MAX 10 /* up to this many things a writer counts himself */

/* What a count counts or numbers. */
static void read_things(const struct quantity_scan *scan, size_t end, struct quantity *q)
{
    size_t first = q->first;

    if (first > 0 && quantity_is_thing(scan, first - 1) && quantity_is_close(scan, first - 1)) {
        q->before = scan->words[first - 1].stem;
        q->is_label = IS_AMONG(q->before, numbered);
    }
    if (q->is_label || !quantity_is_thing(scan, end) || !quantity_is_close(scan, end - 1))
        return;
    q->of = scan->words[end].stem;
    if (quantity_is_thing(scan, end + 1) && quantity_is_close(scan, end))
        q->of_next = scan->words[end + 1].stem;
}

/* "at seven", "at 7". */
static bool is_hour(const struct quantity_scan *scan, const struct quantity *q)
{
    return quantity_is_bare(q) && !q->is_soft && q->number >= 1 && q->number <= 24 &&
           q->number == floor(q->number) && q->first > 0 &&
           strcmp(scan->words[q->first - 1].form, "at") == 0;
}

/* The quantity that begins at word i; where it ends, i: none. */
static size_t read_quantity(const struct quantity_scan *scan, size_t i, struct quantity *q)
{
    double factor = 1;
    size_t number_end, end;

    *q = (struct quantity){.first = i, .is_exact = true};
    number_end = quantity_read_number(scan, i, q);
    if (number_end == i)
        return i;
    end = read_date(scan, i, q);
    if (end > 0)
        return end;
    number_end = quantity_read_half(scan, number_end, &q->number);
    end = quantity_read_unit(scan, number_end, q, &factor);
    if (q->kind == QUANTITY_TIME || q->kind == QUANTITY_WORK_TIME)
        end = quantity_read_half(scan, end, &q->number);
    q->value = q->number * (q->kind == QUANTITY_CLOCK ? 60 : factor);
    if (q->kind == QUANTITY_COUNT) {
        read_things(scan, end, q);
        q->is_soft = q->is_soft || (q->number == 1 && !q->is_label);
        if (is_hour(scan, q)) {
            q->kind = QUANTITY_CLOCK;
            q->value = 60 * q->number;
            return end;
        }
        q->is_told = !q->is_label && q->number <= TOLD_MAX && !(scan->words[i].flags & WORD_NUMBER);
    }
    return end;
}

/* ---- Bounds ------------------------------------------------------------------------------------- */

static const char *const least_words[] = {
    "above",    "beyond", "bigger",  "earliest", "exceed",    "exceeding", "exceeds",
    "farther",  "faster", "further", "greater",  "heavier",   "higher",    "larger",
    "later",    "least",  "longer",  "minimum",  "more",      "older",     "outlast",
    "outlasts", "over",   "past",    "surpass",  "surpasses", "warmer"};
static const char *const most_words[] = {"below",   "colder", "cooler",  "earlier", "fewer",
                                         "latest",  "less",   "lighter", "longest", "lower",
                                         "maximum", "most",   "shorter", "slower",  "smaller",
                                         "sooner",  "under",  "within",  "younger"};
static const char *const bound_links[] = {"a", "an", "of", "than", "the"};
static const char *const bound_openers[] = {"and", "are", "at", "is", "or"};
static const char *const negators[] = {"cannot", "neither", "never", "no",
                                       "nobody", "none",    "not",   "nothing"};

static enum quantity_bound bound_of(const char *form)
{
    if (IS_AMONG(form, least_words))
        return QUANTITY_LEAST;
    return IS_AMONG(form, most_words) ? QUANTITY_MOST : QUANTITY_EXACT;
}

/* Words from a "not" to the bound that it turns round; and to a preposition, which may belong to something else. */
#define NEGATION_REACH    6
#define PREPOSITION_REACH 3

/* Does a mark stand before the word? */
static bool is_apart(const struct quantity_scan *scan, size_t i)
{
    for (size_t at = scan->words[i - 1].end; at < scan->words[i].start; at++)
        if (strchr(",;:.!?", scan->text[at]))
            return true;
    return false;
}

/* "no more than", "can't go past". */
static bool is_negated(const struct quantity_scan *scan, size_t i)
{
    static const char *const prepositions[] = {"above", "below", "beyond", "over",
                                               "past",  "under", "within"};
    size_t reach = IS_AMONG(scan->words[i].form, prepositions) ? PREPOSITION_REACH : NEGATION_REACH;

    for (size_t n = 0; n < reach && i > 0; n++, i--) {
        const char *form = scan->words[i - 1].form;

        if (is_apart(scan, i))
            return false;
        if (IS_AMONG(form, negators) || word_ends_in_not(form))
            return true;
    }
    return false;
}

/* "5 days before": the later, the less. 0: it is none, or the words of it. */
static size_t ahead_len(const struct quantity_scan *scan, size_t at)
{
    static const char *const aheads[] = {"ahead", "before", "beforehand"};

    if (IS_AMONG(quantity_form(scan, at), aheads))
        return 1;
    return quantity_is(scan, at, "in") && quantity_is(scan, at + 1, "advance") ? 2 : 0;
}

/* The bound that the word makes, of a quantity with what is behind it at `behind`. */
static enum quantity_bound bound_at(const struct quantity_scan *scan, size_t word, size_t behind)
{
    static const char *const times[] = {"earlier", "earliest", "later", "latest", "sooner"};
    enum quantity_bound bound = bound_of(quantity_form(scan, word));

    return IS_AMONG(quantity_form(scan, word), times) && ahead_len(scan, behind) > 0 ? -bound
                                                                                     : bound;
}

/* "5 or more", "an hour at most", "5 days at the latest". */
static enum quantity_bound read_bound_behind(const struct quantity_scan *scan, size_t behind)
{
    size_t at = behind + ahead_len(scan, behind);

    if (!IS_AMONG(quantity_form(scan, at), bound_openers))
        return QUANTITY_EXACT;
    at += 1 + (quantity_is(scan, at + 1, "the"));
    return bound_at(scan, at, behind);
}

/* The word before the quantity, unless something behind it says more. */
static enum quantity_bound read_bound(const struct quantity_scan *scan, const struct quantity *q)
{
    size_t behind = q->first + q->n_words + (q->kind == QUANTITY_COUNT && q->of);
    enum quantity_bound bound = read_bound_behind(scan, behind);
    size_t before = q->first;

    if (bound != QUANTITY_EXACT)
        return bound;
    while (before > 0 && IS_AMONG(scan->words[before - 1].form, bound_links))
        before--;
    if (before > 1 && strcmp(scan->words[before - 1].form, "to") == 0 &&
        strcmp(scan->words[before - 2].form, "up") == 0)
        return QUANTITY_MOST;
    bound = before > 0 ? bound_at(scan, before - 1, behind) : QUANTITY_EXACT;
    return bound != QUANTITY_EXACT && is_negated(scan, before - 1) ? -bound : bound;
}

/* "about an hour", "just under a year", "a little over a week", "an hour or so". */
static bool read_rough(const struct quantity_scan *scan, const struct quantity *q)
{
    static const char *const hedges[] = {"about",  "almost", "approximately",
                                         "around", "nearly", "roughly"};
    static const char *const bits[] = {"bit", "just", "little", "shortly", "slightly"};
    static const char *const sides[] = {"above", "below", "over", "past", "under"};
    size_t end = q->first + q->n_words;

    if (quantity_is(scan, end, "or") && quantity_is(scan, end + 1, "so"))
        return true;
    if (q->first == 0)
        return false;
    return IS_AMONG(scan->words[q->first - 1].form, hedges) ||
           (q->first > 1 && IS_AMONG(scan->words[q->first - 1].form, sides) &&
            IS_AMONG(scan->words[q->first - 2].form, bits));
}

/* ---- Ranges -------------------------------------------------------------------------------------- */

/* Nothing but a dash or "to", "and", "or" between two quantities. */
static bool is_range(const struct quantity_scan *scan,
                     const struct quantity *a,
                     const struct quantity *b)
{
    static const char *const articles[] = {"a", "an"};
    size_t behind = a->first + a->n_words;
    const char *between = quantity_form(scan, behind);

    if (b->first == behind)
        return !IS_AMONG(between, articles); /* "twice a year" */
    return b->first == behind + 1 && (strcmp(between, "to") == 0 || strcmp(between, "and") == 0 ||
                                      strcmp(between, "or") == 0);
}

/* "2 to 4 hours": the unit counts for both. "severity 1 and 2": so does what is numbered. */
static void join_range(struct quantity *a, struct quantity *b)
{
    if (a->kind == QUANTITY_COUNT && !a->is_label && !a->of && b->number > 0 &&
        b->kind != QUANTITY_COUNT && b->kind != QUANTITY_DATE) {
        a->kind = b->kind;
        a->of = b->of;
        a->value = a->number * (b->value / b->number);
        a->is_exact = b->is_exact;
        a->is_soft = b->is_soft;
    } else if (a->kind == QUANTITY_COUNT && !a->is_label && !a->of && b->kind == QUANTITY_COUNT) {
        a->of = b->of;
        a->of_next = b->of_next;
    } else if (a->is_label && b->kind == QUANTITY_COUNT && !b->of) {
        b->before = a->before;
        b->is_label = true;
    }
}

/* "1 hour 30 minutes", "an hour and 30 minutes", but not "for 30 days and five-minute averages": adds the smaller to the
 * larger where they are one length. */
static bool join_length(const struct quantity_scan *scan,
                        struct quantity *a,
                        const struct quantity *b)
{
    size_t behind = a->first + a->n_words, end = b->first + b->n_words;
    bool is_next = b->first == behind + (quantity_is(scan, behind, "and"));

    if (!is_next || quantity_is_thing(scan, end) || a->kind != QUANTITY_TIME ||
        b->kind != QUANTITY_TIME || a->number < 1 || b->number == 0 ||
        b->value >= a->value / a->number)
        return false;
    a->value += b->value;
    a->is_soft = a->is_soft && b->is_soft;
    a->number = a->value / (b->value / b->number);
    a->n_words = end - a->first;
    return true;
}

static void imply(struct quantity *q, const struct quantity *before)
{
    bool has_unit = before->kind != QUANTITY_COUNT && before->kind != QUANTITY_CLOCK &&
                    before->kind != QUANTITY_DATE && before->number > 0;

    if (!quantity_is_bare(q) || q->is_soft)
        return;
    q->implied_kind = has_unit ? before->kind : before->implied_kind;
    if (has_unit)
        q->implied_value = q->number * (before->value / before->number);
    else if (before->number > 0)
        q->implied_value = q->number * (before->implied_value / before->number);
}

size_t quantity_find(const char *text,
                     const struct text_word *words,
                     size_t n_words,
                     struct quantity *ret_quantities,
                     size_t max)
{
    struct quantity_scan scan = {text, words, n_words};
    size_t n = 0;

    for (size_t i = 0; i < n_words && n < max;) {
        struct quantity *q = &ret_quantities[n];
        size_t end = read_quantity(&scan, i, q);

        if (end > i) {
            q->n_words = end - q->first;
            n += n == 0 || !join_length(&scan, q - 1, q);
        }
        i = end > i ? end : i + 1;
    }
    for (size_t k = 1; k < n; k++)
        if (is_range(&scan, &ret_quantities[k - 1], &ret_quantities[k]))
            join_range(&ret_quantities[k - 1], &ret_quantities[k]);
    for (size_t k = 0; k < n; k++) {
        ret_quantities[k].bound = read_bound(&scan, &ret_quantities[k]);
        ret_quantities[k].is_rough = read_rough(&scan, &ret_quantities[k]);
    }
    for (size_t k = 1; k < n; k++)
        imply(&ret_quantities[k], &ret_quantities[k - 1]);
    return n;
}
