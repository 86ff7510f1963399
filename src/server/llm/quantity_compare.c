#include "server/llm/quantity.h"

#include <math.h>
#include <string.h>

bool quantity_is_bare(const struct quantity *q)
{
    return q->kind == QUANTITY_COUNT && !q->is_label && !q->of;
}

static bool is_near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fmax(fabs(a), fabs(b)) + 1e-9;
}

static bool is_same_word(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool has_same_thing(const struct quantity *a, const struct quantity *b)
{
    if (a->is_label || b->is_label)
        return is_same_word(a->before, b->before);
    return is_same_word(a->of, b->of) || is_same_word(a->of, b->of_next) ||
           is_same_word(a->of_next, b->of) || is_same_word(a->of_next, b->of_next);
}

/* "ten in the evening" is 22:00 too, "half past one" is 13:30, and midnight 24:00. */
static bool is_same_clock(double a, double b)
{
    return is_near(a, b, 1e-9) || is_near(a + 12, b, 1e-9) || is_near(a, b + 12, 1e-9) ||
           is_near(a + 24, b, 1e-9) || is_near(a, b + 24, 1e-9);
}

#define ROUGH 0.17 /* "just under half an hour" is 25 minutes */

/* How far apart equal values may be: a month is 30 or 31 days, and a gigabyte 1000 or 1024 megabytes. */
static double tolerance_of(const struct quantity *a, const struct quantity *b)
{
    bool has_other_unit = !is_near(a->value * b->number, b->value * a->number, 1e-9);

    if (!has_other_unit)
        return 1e-9;
    if (a->is_rough || b->is_rough)
        return ROUGH;
    if (a->kind == QUANTITY_SIZE)
        return 0.05;
    return a->is_exact && b->is_exact ? 1e-9 : 0.02;
}

/* "4 hours" for "4 working hours" leaves something out; "two weeks" for "10 working days" does not. */
static bool is_same_work(const struct quantity *a, const struct quantity *b)
{
    const struct quantity *work = a->kind == QUANTITY_WORK_TIME ? a : b;
    const struct quantity *time = work == a ? b : a;

    return is_near(a->value, b->value, 1e-9) || is_near(work->value * 7 / 5, time->value, 1e-9);
}

static enum quantity_relation compare_bare(const struct quantity *bare,
                                           const struct quantity *other)
{
    if (other->kind == QUANTITY_CLOCK ? is_same_clock(bare->number, other->number)
                                      : is_near(bare->number, other->number, 1e-9))
        return QUANTITY_SAME;
    if (bare->implied_kind == QUANTITY_COUNT || bare->implied_kind != other->kind)
        return QUANTITY_OTHER;
    return is_near(bare->implied_value, other->value, 0.02) ? QUANTITY_SAME : QUANTITY_RIVAL;
}

enum quantity_relation quantity_compare(const struct quantity *a, const struct quantity *b)
{
    bool is_same;

    if (a->kind == QUANTITY_COUNT && b->kind == QUANTITY_COUNT) {
        if (is_near(a->value, b->value, 1e-9))
            return QUANTITY_SAME;
        return has_same_thing(a, b) ? QUANTITY_RIVAL : QUANTITY_OTHER;
    }
    if (quantity_is_bare(a))
        return compare_bare(a, b);
    if (quantity_is_bare(b))
        return compare_bare(b, a);
    if (a->kind == QUANTITY_CLOCK && b->kind == QUANTITY_CLOCK)
        is_same = is_same_clock(a->number, b->number);
    else if (a->kind == b->kind)
        is_same = is_near(a->value, b->value, tolerance_of(a, b)) &&
                  (a->kind != QUANTITY_MONEY || is_same_word(a->of, b->of));
    else if ((a->kind == QUANTITY_TIME && b->kind == QUANTITY_WORK_TIME) ||
             (a->kind == QUANTITY_WORK_TIME && b->kind == QUANTITY_TIME))
        is_same = is_same_work(a, b);
    else
        return QUANTITY_OTHER;
    return is_same ? QUANTITY_SAME : QUANTITY_RIVAL;
}

static bool is_countable(const struct quantity *q)
{
    return !q->is_label && (q->kind == QUANTITY_COUNT || q->kind == QUANTITY_TIME ||
                            q->kind == QUANTITY_WORK_TIME || q->kind == QUANTITY_CLOCK);
}

bool quantity_may_be_same(const struct quantity *a, const struct quantity *b)
{
    return (a->kind == QUANTITY_COUNT || b->kind == QUANTITY_COUNT) && is_countable(a) &&
           is_countable(b) && is_near(a->number, b->number, 1e-9);
}
